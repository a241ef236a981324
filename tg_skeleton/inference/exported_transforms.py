"""The transforms of a checkpoint as an exported file applies them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch_geometric.transforms import BaseTransform, Compose

from tg_skeleton.transforms import CropResize, ReplayPad, SampleSegments, SplitPersons, Streams
from tg_skeleton.transforms.bodies import Bodies, BodyTransform
from tg_skeleton.transforms.streams import Stream


def steps(transform: BaseTransform | None) -> Iterator[BaseTransform]:
    """The transforms that a composition applies, one after another.

    >>> from torch_geometric.transforms import Compose
    >>> from tg_skeleton.inference.exported_transforms import steps
    >>> from tg_skeleton.transforms import MinMaxNormalize, SampleSegments
    >>> list(steps(Compose([MinMaxNormalize(), Compose([SampleSegments(20)])])))
    [MinMaxNormalize(), SampleSegments(20, mode='random', clips=1)]
    """
    if isinstance(transform, Compose):
        for part in transform.transforms:
            yield from steps(part)
    elif transform is not None:
        yield transform


def chain(*transforms: BaseTransform | None) -> tuple[list[BodyTransform], Stream]:
    """Transforms as an exported file applies them, without draws, and the stream that ends them.

    They bring every recording to one number of frames once, directly behind a `SplitPersons` if there is one.

    Raises:
        ValueError: They can't become part of an exported graph; says which one can't.
    """
    found = [step for transform in transforms for step in steps(transform)]
    sampling = [place for place, step in enumerate(found) if isinstance(step, SampleSegments | ReplayPad | CropResize)]
    split = [place for place, step in enumerate(found) if isinstance(step, SplitPersons)]
    before: list[BodyTransform] = []
    reason = None
    for step in found[:-1]:
        if not isinstance(step, BodyTransform):
            reason = reason or f"{step!r} is no BodyTransform"
            continue
        try:
            before.append(step.certain())
        except ValueError as error:
            reason = reason or str(error)
    last = found[-1] if found else None
    if reason is None and not isinstance(last, Stream):
        reason = f"the last transform is {last!r}, where one like Streams writes x"
    elif reason is None and _reads_score(last):
        reason = "the stream 'score' reads confidences, which the file does not take"
    elif reason is None and len(sampling) != 1:
        reason = f"{len(sampling)} transforms sample frames, where one does"
    elif reason is None and any(place + 1 != sampling[0] for place in split):
        reason = "SplitPersons does not stand directly in front of the transform that samples frames"
    if reason is not None:
        raise ValueError(
            f"the transforms of this checkpoint can't be exported: {reason}; use --from x (source='x'), which exports "
            "the network alone"
        )
    assert isinstance(last, Stream)
    return before, last


def trimmed(bodies: Bodies) -> Bodies:
    """Recordings without the frames at both ends in which nobody is, as `SkeletonSequence.from_array` leaves them."""
    frames = bodies.num_frames
    somebody = bodies.per_recording(bodies.present.t().float(), "amax") > 0  # [B, T]
    first = somebody.int().argmax(1)
    last = frames - 1 - somebody.flip(1).int().argmax(1)
    length = torch.where(somebody.any(1), last + 1 - first, bodies.lengths)
    frame = torch.arange(frames, device=first.device)
    out = bodies.take((frame + first[:, None]).clamp(max=frames - 1))
    behind = (bodies.per_person(frame >= length[:, None]).t())[..., None]
    return replace(out.without(behind.expand(-1, -1, out.coordinates.size(2))), length=length)


def _reads_score(stream: object) -> bool:
    return stream == "score" or (isinstance(stream, Streams) and any(map(_reads_score, stream.names)))
