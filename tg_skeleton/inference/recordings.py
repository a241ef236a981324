"""Recordings in the form that a network takes, checked."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tg_skeleton.data import SkeletonSequence, body_graph
from tg_skeleton.inference.card import ModelCard
from tg_skeleton.io import as_coordinates
from tg_skeleton.plausibility import Finding, implausibilities
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import Resample
from tg_skeleton.transforms.preprocessing import steps_of

NEEDED = ("pos", "score", "x", "edge_index", "parent_index", "joint", "person")
"""What a network can read of a recording; other attributes may differ from one recording to the next."""

RATE = "fps"
"""The frame rate of a recording, which is kept where the network's transforms read it (`Resample`)."""


def as_sequence(
    recording: SkeletonSequence | np.ndarray | Tensor, card: ModelCard, place: int = 0, layout: str | None = None
) -> SkeletonSequence:
    """A recording with a name and without what no network reads; the recording itself stays as it is.

    Args:
        recording: A sequence, or coordinates ``[T, M, V, D]`` or ``[T, V, D]``, or in another layout.
        card: The metadata of the network.
        place: Its position among the recordings, which names it where it has no name.
        layout: The order of an array's axes. Default: recognized, see `tg_skeleton.io.find_layout`.

    Raises:
        ValueError: It has no frames, other joints or dimensions than the network takes, or values that are not finite.
        TypeError: It is neither a sequence nor an array.
    """
    name = f"recording {place}"
    if isinstance(recording, SkeletonSequence):
        sequence = recording
        name = recording.name if "name" in recording and isinstance(recording.name, str) else name
    elif isinstance(recording, np.ndarray | Tensor):
        sequence = _from_array(recording, card, name, layout)
    else:
        raise TypeError(
            f"{name}: expected a SkeletonSequence or an array [T, M, V, D] or [T, V, D], got {type(recording).__name__}"
        )
    needed = (*NEEDED, RATE) if reads_rate(card) else NEEDED
    kept = SkeletonSequence(**{key: sequence[key] for key in needed if key in sequence}, name=name)
    _check(kept, card, name)
    if "batch" in sequence:
        raise ValueError(f"{name}: expected a single recording, got a batch; take it apart: batch.to_data_list()")
    return kept


def reads_rate(card: ModelCard) -> bool:
    """Whether the network's transforms read the frame rate of each recording."""
    return any(isinstance(step, Resample) and step.source is None for step in steps_of(card.transform))


def findings_of(sequence: SkeletonSequence, card: ModelCard) -> tuple[Finding, ...]:
    """What about a recording does not look like a body, or like the training data; nothing if these were not measured.

    Args:
        sequence: The result of `as_sequence`.
        card: The metadata of the network.
    """
    if card.bodies is None or "pos" not in sequence:
        return ()
    shape = (sequence.num_frames, sequence.num_persons, card.topology.num_joints)
    pos = sequence.pos.detach().cpu().numpy().reshape(*shape, -1)
    score = sequence.score.detach().cpu().numpy().reshape(shape) if "score" in sequence else None
    return tuple(implausibilities(pos, score, card.topology, expected=card.bodies))


def is_empty(sequence: SkeletonSequence) -> bool:
    """Whether nobody is in a recording: it has coordinates, and no joint was seen."""
    if "pos" not in sequence:
        return False
    seen = sequence.pos.any(-1)
    return not bool((seen & (sequence.score > 0) if "score" in sequence else seen).any())


def persons_alone(sequence: SkeletonSequence, topology: Topology) -> list[SkeletonSequence]:
    """Each person of a recording as a recording of one's own."""
    joints = topology.num_joints
    return [
        SkeletonSequence(
            **{key: sequence[key].narrow(1, m * joints, joints) for key in ("pos", "score", "x") if key in sequence},
            **({RATE: sequence[RATE]} if RATE in sequence else {}),
            **body_graph(topology),
            name=sequence.name,
        )
        for m in range(sequence.num_persons)
    ]


def _from_array(array: np.ndarray | Tensor, card: ModelCard, name: str, layout: str | None) -> SkeletonSequence:
    if array.ndim not in (3, 4):
        raise ValueError(
            f"{name}: expected coordinates [T, M, V, D] or, of one person, [T, V, D], got {list(array.shape)}"
        )
    if layout is None:
        _check_joints(int(array.shape[-2]), card, name)
    if not array.shape[0]:
        raise ValueError(f"{name}: expected at least one frame, got none")
    if card.transform is None and card.batch_transform is None:
        raise ValueError(f"{name}: this checkpoint has no transforms; give sequences with the x that its network reads")
    try:
        pos, score, _ = as_coordinates(array, card.topology.num_joints, layout=layout)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return SkeletonSequence.from_array(pos, card.topology, score=score, name=name)


def _check(sequence: SkeletonSequence, card: ModelCard, name: str) -> None:
    topology = card.topology
    if any(key not in sequence for key in ("edge_index", "parent_index", "joint", "person")):
        raise ValueError(f"{name}: expected a recording with a skeleton; build it with SkeletonSequence.from_array")
    _check_joints(int(sequence.joint.max()) + 1, card, name)
    parents = torch.tensor(topology.parents)
    joints, nodes = topology.num_joints, sequence.joint.numel()
    start = torch.arange(nodes).view(-1, joints)[:, :1]
    if not torch.equal(sequence.parent_index.cpu().view(-1, joints), parents + start):
        raise ValueError(
            f"{name}: expected {topology.name}'s joints in {topology.name}'s order, got a skeleton with other parents; "
            f"carry it over with tg_skeleton.transforms.ToTopology(source, target)"
        )
    if not sequence.num_frames:
        raise ValueError(f"{name}: expected at least one frame, got none")
    if "pos" in sequence and sequence.pos.size(-1) != card.dims:
        raise ValueError(
            f"{name}: expected {card.dims} coordinates of each joint, got {sequence.pos.size(-1)}; take a network that "
            f"was trained on {sequence.pos.size(-1)}-D recordings"
        )
    for key in ("pos", "score", "x"):
        if key in sequence and not bool(sequence[key].isfinite().all()):
            bad = int((~sequence[key].isfinite()).flatten(1).any(1).nonzero()[0])
            raise ValueError(
                f"{name}: {key}: expected finite numbers, got others in frame {bad}; give joints "
                "that were not seen score 0"
            )


def _check_joints(joints: int, card: ModelCard, name: str) -> None:
    if joints != card.topology.num_joints and card.any_skeleton:
        raise ValueError(
            f"{name}: expected {card.topology.name}'s {card.topology.num_joints} joints, got {joints}; this network "
            "takes any skeleton: recognizer.on(topology, dims) is the one for another"
        )
    topology = card.topology
    if joints != topology.num_joints:
        raise ValueError(
            f"{name}: expected {topology.name}'s {topology.num_joints} joints, got {joints}; carry them over with "
            "tg_skeleton.transforms.ToTopology(source, target)"
        )
