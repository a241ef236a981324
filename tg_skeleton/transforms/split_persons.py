"""Turns frames with several persons into successive frames with one."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import set_persons
from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("split_persons")
class SplitPersons(BodyTransform):
    r"""Makes a sequence of one person: a frame with several persons becomes several frames with one each.

    .. math:: p_1(t),\ p_2(t),\ p_1(t+1),\ p_2(t+1),\ \dots

    Only persons who are present (not all zero) get a frame. A frame in which nobody is present has none and is
    dropped; of a recording in which nobody ever is, one all-zero frame stays. A velocity between two neighbors of the
    result may lead from one person to another; a graph that keeps its persons as components needs no `SplitPersons`.

    Reads and writes ``pos``, ``x``, ``score``; writes ``edge_index``, ``parent_index``, ``joint``, ``person`` (and
    ``batch``, ``ptr``). A batch is split where all of its sequences come to the same number of frames.

    Shapes:
        ``[T, M V, ...]`` -> ``[T', V, ...]``, T' the number of (frame, present person) pairs.

    Raises:
        ValueError: The sequences of a batch come to different numbers of frames.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import SplitPersons
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> two_frames_of_two = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(2, 2, 1, 1)
    >>> SplitPersons()(SkeletonSequence.from_array(two_frames_of_two, dot)).pos.flatten()
    tensor([1., 2., 3., 4.])

    Source: Qin et al. 2022 (ESAN), Implementation details. Assumption: frames without anybody are dropped.
    """

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        split = self.apply(Bodies.of(data))
        lengths = split.lengths.tolist()
        if min(lengths) != max(lengths):
            raise ValueError(
                "SplitPersons: expected a batch of sequences that come to one number of one-person frames, got "
                f"{min(lengths)} to {max(lengths)}; apply SplitPersons to each sequence before batching, "
                "as a transform of the data set, and SampleSegments or ReplayPad after it"
            )
        frame = torch.arange(lengths[0], device=data.joint.device)
        split = split.take(frame.expand(len(lengths), -1))
        set_persons(data, 1)
        return split.onto(data)

    def apply(self, bodies: Bodies) -> Bodies:
        here, member, first = bodies.present, bodies.member, bodies.first  # [T, P], [B, P], [B]
        frames, persons = here.shape
        frame, person = (torch.arange(size, device=here.device) for size in (frames, persons))
        ever = bodies.per_person((member & here.any(0)).any(1))
        stays = ~ever & (bodies.per_person(first) == person)
        here = here | (stays & (frame == 0)[:, None])
        recording = torch.zeros_like(person) if bodies.recording is None else bodies.recording
        owner = torch.where(here, recording, bodies.num_recordings)  # absences come last
        rows = owner.flatten().argsort(stable=True)  # recording by recording, in the order of frames and persons
        counts = torch.where(member, here.sum(0), 0).sum(1)
        return replace(bodies, length=counts, rows=(rows, counts.cumsum(0) - counts))
