"""Places for joints that were not seen."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("fill_missing")
class FillMissing(BodyTransform):
    r"""Gives joints that were not seen (score 0) a place: over time, else along the skeleton.

    Between two sightings of a joint, at frames a < t < b, its place and its score are interpolated linearly:

    .. math:: p'_{t,i} = p_{a,i} + \frac{t - a}{b - a}\, (p_{b,i} - p_{a,i})

    A joint without a sighting before or behind it is put where its nearest seen joint k, counted in bones, has it in
    the body's mean shape: :math:`p'_{t,i} = p_{t,k} + r_i - r_k`, where r adds up the mean bones of the person over all
    frames in which both ends were seen (zero for a bone that never was). It takes that joint's score.

    A person who is absent from a frame stays absent, unless nobody of the recording is in that frame: such frames are
    filled over time, too. Before a person's first sighting nothing is filled, nor, unless ``causal``, after the last.
    With ``causal=True`` nothing is read from later frames: the last sighting is held, and mean bones are those of the
    frames so far. Of recordings without scores, only frames without anybody are filled.

    Reads and writes ``pos`` and ``score`` (written where there was none and something is filled); ``x`` stays.

    Args:
        limit: The longest gap, in frames, that is filled; joints of a longer one stay missing. Default: any.
        causal: Read earlier frames only, as a live stream has them.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``, ``score`` ``[T, N]`` -> ``[T, N]``.

    Units:
        Frames.

    Raises:
        ValueError: ``limit`` is less than 1.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import FillMissing
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> pos = torch.tensor([[[1.0, 1.0], [2.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [2.0, 3.0]]])
    >>> FillMissing()(SkeletonSequence.from_array(pos, stick)).pos[:, 1]
    tensor([[2., 1.],
            [2., 2.],
            [2., 3.]])
    """

    def __init__(self, limit: int | None = None, *, causal: bool = False) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit: expected 1 frame or more, or None, got {limit}")
        self.limit = limit
        self.causal = causal

    def apply(self, bodies: Bodies) -> Bodies:
        pos, score, seen = bodies.coordinates, bodies.score, bodies.seen
        if bodies.filled == "made scores" or (not torch.compiler.is_compiling() and bool(seen.all())):
            return bodies
        # A frame with nobody in it is missing; one without this person alone is not.
        somebody = bodies.per_recording(bodies.present.t().float(), "amax").t() > 0  # [T, B]
        if score is None:
            if not torch.compiler.is_compiling() and bool(somebody.all()):
                return bodies
            score = seen.to(pos.dtype)
        open_ = (bodies.present | ~bodies.per_person(somebody, 1))[..., None]  # [T, P, 1]
        before, after, has_before, has_after, gap = sightings(seen, bodies.per_person(bodies.lengths))
        short = torch.ones_like(seen) if self.limit is None else gap <= self.limit
        last, last_score = _at(pos, before), score.gather(0, before)
        if self.causal:
            bridged = has_before
            place, confidence = last, last_score
        else:
            bridged = has_before & has_after
            frame = torch.arange(pos.size(0), device=pos.device)[:, None, None]
            weight = (frame - before) / (after - before).clamp(min=1)
            place = torch.lerp(last, _at(pos, after), weight.to(pos.dtype)[..., None])
            confidence = torch.lerp(last_score, score.gather(0, after), weight.to(score.dtype))
        known = has_before.any(2, keepdim=True) if self.causal else _between(seen)
        over_time = ~seen & open_ & bridged & short & known
        pos = torch.where(over_time[..., None], place, torch.where(seen[..., None], pos, 0.0))
        score = torch.where(over_time, confidence, torch.where(seen, score, 0.0))

        placed = seen | over_time
        rest = ~placed & placed.any(2, keepdim=True) & short
        if torch.compiler.is_compiling() or bool(rest.any()):
            shape = mean_shape(bodies, pos=bodies.coordinates, seen=seen, causal=self.causal)
            nearest = _nearest(bodies, placed)  # [T, P, V]
            index = nearest[..., None].expand_as(pos)
            hung = pos.gather(2, index) + shape - shape.expand_as(pos).gather(2, index)
            pos = torch.where(rest[..., None], hung, pos)
            score = torch.where(rest, score.gather(2, nearest), score)
        return replace(bodies, pos=pos, score=score)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(limit={self.limit}, causal={self.causal})"


def sightings(seen: Tensor, length: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The last sighting up to each frame and the next one, whether there are such, and the frames between them.

    Args:
        seen: ``[T, P, V]`` bool, as all results are (the sightings int64).
        length: The frames of each person's recording, ``[P]`` or ``[1]``, at whose ends gaps end.
    """
    frames = seen.size(0)
    frame = torch.arange(frames, device=seen.device)[:, None, None]
    in_order = torch.where(seen, frame, frame + frames).argsort(0)  # sightings come first; ONNX has no cummax
    count = seen.long().cumsum(0)
    total = count[-1:]
    before = in_order.gather(0, (count - 1).clamp(min=0))
    after = in_order.gather(0, torch.minimum(count, (total - 1).clamp(min=0)))
    has_before, has_after = count > 0, count < total
    first, last = torch.where(has_before, before, -1), torch.where(has_after, after, length[:, None])
    return before, after, has_before, has_after, last - first - 1


def _between(seen: Tensor) -> Tensor:
    """The frames between the first and the last in which a person was seen: ``[T, P, V]`` -> ``[T, P, 1]``."""
    here = seen.any(2, keepdim=True).long()
    return (here.cumsum(0) > 0) & (here.sum(0) - here.cumsum(0) + here > 0)


def _at(value: Tensor, frame: Tensor) -> Tensor:
    """Values in other frames: ``[T, P, V, D]``, ``[T, P, V]`` -> ``[T, P, V, D]``."""
    return value.gather(0, frame[..., None].expand_as(value))


def mean_shape(bodies: Bodies, pos: Tensor, seen: Tensor, *, causal: bool) -> Tensor:
    """Persons in their mean shape, roots at the origin: ``[1, P, V, D]``, or ``[T, P, V, D]`` of the frames so far."""
    both = (seen & bodies.at_parent(seen))[..., None]
    bone = torch.where(both, pos - bodies.at_parent(pos), 0.0)
    if causal:
        total, count = bone.cumsum(0), both.long().cumsum(0)
    else:
        total, count = bone.sum(0, keepdim=True), both.sum(0, keepdim=True)
    mean = total / count.clamp(min=1)
    assert bodies.parent is not None
    above = bodies.parent.expand(mean.shape[:3])  # a root is its own parent, and its bone is zero
    for _ in range(pos.size(2).bit_length()):  # each step adds the bones of twice as long a way up
        mean = mean + mean.gather(2, above[..., None].expand_as(mean))
        above = above.gather(2, above)
    return mean


def _nearest(bodies: Bodies, placed: Tensor) -> Tensor:
    """The placed joint that is the fewest bones from each joint, ancestors first: ``[T, P, V]`` -> ``[T, P, V]``."""
    assert bodies.parent is not None
    hops = hop_counts(bodies.parent)  # [V, V] or [P, V, V]
    joints = placed.size(2)
    far = torch.where(placed[:, :, None], 0, 4 * joints)  # [T, P, 1, V]
    return (hops + far).argmin(-1)


def hop_counts(parent: Tensor) -> Tensor:
    """Twice the bones between joints, one less to an ancestor: ``[*, V]`` -> ``[*, V, V]`` int64."""
    joints = parent.size(-1)
    joint = torch.arange(joints, device=parent.device)
    above = joint.expand_as(parent)
    ancestor = (above[..., None] == joint).long()  # [*, V, V], whether k is j or an ancestor of j
    for _ in range(joints - 1):
        above = parent.gather(-1, above)
        ancestor = ancestor | (above[..., None] == joint).long()
    depth = ancestor.sum(-1) - 1
    common = (ancestor[..., :, None, :] & ancestor[..., None, :, :]).sum(-1) - 1  # depth of the last common ancestor
    return 2 * (depth[..., :, None] + depth[..., None, :] - 2 * common) - ancestor
