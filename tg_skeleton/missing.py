"""Joints that were not seen, and persons who are not there: the one rule about them."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor

from tg_skeleton.topology import Topology

Zeros: TypeAlias = Literal["missing", "real"]
"""Whether a joint at the origin was not seen, as detectors and sensors write it, or is a place."""

NaN: TypeAlias = Literal["refuse", "missing"]
"""Whether coordinates that are not finite are an error, or belong to joints that were not seen."""

Reduce: TypeAlias = Literal["amin", "amax", "sum"]
"""How the values of persons become one of their recording."""


def check_nan(nan: NaN, array: Any = ()) -> None:
    """Raise where a user's array has coordinates that are not finite, and they are refused.

    What a masked array hides was not seen, whatever it is.

    >>> from tg_skeleton.missing import check_nan
    >>> check_nan("missing", [[0.1, float("nan")]])
    >>> check_nan("refuse", [[0.1, float("nan")]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: expected finite coordinates, got 1 that are NaN or infinite, the first at [0, 1] of shape [1, 2]; ...

    Args:
        nan: What coordinates that are not finite mean.
        array: The coordinates, of any shape. Default: ``nan`` alone is checked.

    Raises:
        ValueError: It has, or ``nan`` is unknown.
    """
    if nan not in get_args(NaN):
        raise ValueError(f"nan: expected 'refuse' or 'missing', got {nan!r}")
    if nan == "missing" or isinstance(array, np.ma.MaskedArray):
        return
    values = np.asarray(array.detach().cpu().float() if isinstance(array, Tensor) else array)
    finite = np.isfinite(values) if values.dtype.kind == "f" else np.ones(1, bool)
    if not finite.all():
        place = [int(one) for one in np.argwhere(~finite)[0]]
        raise ValueError(
            f"expected finite coordinates, got {int((~finite).sum())} that are NaN or infinite, the first at {place} "
            f"of shape {list(values.shape)}; nan='missing' takes these joints for not seen"
        )


def find_missing(
    pos: Tensor,
    topology: Topology,
    score: Tensor | None = None,
    *,
    zeros: Zeros = "missing",
    recording: Tensor | None = None,
    num_recordings: int = 1,
) -> tuple[Tensor, Tensor | None]:
    """Coordinates and scores of which those of unseen joints are 0: ``[T, M, V, D]``, ``[T, M, V]`` -> the same.

    A joint was not seen where its score is 0 or a coordinate is not finite, and, with ``zeros="missing"``, where all of
    its two or more coordinates are exactly 0 while its person is there. Data centered on a joint have it at the
    origin in every frame of every person: that one counts as seen, if it is the root or lies between other joints, and
    its bones are no longer than twice the longest other one. Where nothing is missing and no scores are given,
    there are none.

    >>> import torch
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.missing import find_missing
    >>> arm = Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))
    >>> pos = torch.tensor([[[[1.0, 1.0], [2.0, 1.0], [0.0, 0.0]]], [[[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]]])
    >>> find_missing(pos, arm)[1].squeeze(1)
    tensor([[1., 1., 0.],
            [1., 1., 1.]])

    Args:
        pos: Coordinates.
        topology: The skeleton.
        score: Confidences; None: 1 of what was seen.
        zeros: Whether a joint at the origin was not seen, or is a real place.
        recording: The recording of each person, ``[M]``. Default: all are of one.
        num_recordings: B.
    """
    seen = pos.isfinite().all(-1)
    if score is not None:
        seen = seen & (score > 0)
    pos = torch.where(seen[..., None], pos, 0.0)
    zero = (pos == 0).all(-1)
    here = ~zero.all(-1, keepdim=True)  # [T, M, 1]
    if zeros == "missing" and pos.size(-1) > 1:
        hidden = seen & zero & here
        if torch.compiler.is_compiling() or bool(hidden.any()):
            center = _center_joints(pos, zero, here, topology, recording, num_recordings)  # [B, V]
            seen = seen & ~(hidden & ~(center if recording is None else center.index_select(0, recording)))
    if score is None and not torch.compiler.is_compiling() and not bool((~seen & here).any()):
        return pos, None
    return pos, torch.where(seen & here, 1.0 if score is None else score, 0.0)


def _center_joints(
    pos: Tensor, zero: Tensor, here: Tensor, topology: Topology, recording: Tensor | None, num_recordings: int
) -> Tensor:
    """The joint on which each recording is centered, none or one: ``[B, V]`` bool."""
    joints, device = topology.num_joints, pos.device
    joint, parents = torch.arange(joints, device=device), torch.tensor(topology.parents, device=device)
    depth, neighbors = [0] * joints, [0] * joints
    for child, parent in topology.bones:
        neighbors[child] += 1
        neighbors[parent] += 1
    for start in range(joints):
        above = start
        while topology.parents[above] != above:
            above, depth[start] = topology.parents[above], depth[start] + 1
    inner = torch.tensor([start == topology.root or count > 1 for start, count in enumerate(neighbors)], device=device)
    rank = torch.tensor([depth[start] * joints + start for start in range(joints)], device=device)

    def per_recording(value: Tensor, reduce: Reduce) -> Tensor:
        """``[T, M, V]`` -> ``[B, V]``"""
        return reduce_persons(getattr(value.float(), reduce)(0), recording, num_recordings, reduce)

    always = (per_recording(zero | ~here, "amin") > 0) & inner
    nearest = torch.where(always, rank, joints * joints).argmin(1, keepdim=True)
    found = always & (joint == nearest)  # [B, V]

    known = here & ~zero
    length = torch.linalg.vector_norm(pos - pos.index_select(2, parents), dim=-1)  # [T, M, V], of the bone above
    among = known & known.index_select(2, parents)
    from_center = known | known.index_select(2, parents)
    of_found = (found | found.index_select(1, parents)) & (joint != topology.root)  # [B, V], bones of the center
    others = ~of_found & (joint != topology.root)
    mean_other = per_recording(length * among, "sum") / per_recording(among, "sum").clamp(min=1)
    mean_found = per_recording(length * from_center, "sum") / per_recording(from_center, "sum").clamp(min=1)
    longest = torch.where(others, mean_other, 0.0).amax(1, keepdim=True)
    return found & ((torch.where(of_found, mean_found, 0.0).amax(1, keepdim=True) <= 2 * longest) | (longest == 0))


def reduce_persons(value: Tensor, recording: Tensor | None, num_recordings: int, reduce: Reduce) -> Tensor:
    """A value per person reduced to one per recording: ``[P, ...]`` -> ``[B, ...]``.

    Args:
        value: Of each person.
        recording: ``[P]`` int64; None: all persons are of one recording.
        num_recordings: B.
        reduce: How.
    """
    if recording is None:
        out: Tensor = getattr(torch, reduce)(value, 0, keepdim=True)
        return out
    neutral = {"amin": float("inf"), "amax": -float("inf"), "sum": 0}[reduce]
    index = recording.view(-1, *[1] * (value.dim() - 1)).expand_as(value)
    return value.new_full((num_recordings, *value.shape[1:]), neutral).scatter_reduce(0, index, value, reduce)


def filled_frames(pos: Tensor, score: Tensor | None = None) -> tuple[int, int]:
    """The first frame with somebody in it and the one after the last: ``[T, M, V, D]``, ``[T, M, V]``.

    All frames where nobody is in any of them, or where a joint has a single coordinate, whose zero is a place.

    >>> import torch
    >>> from tg_skeleton.missing import filled_frames
    >>> filled_frames(torch.tensor([0.0, 0.0, 2.0, 0.0, 5.0, 0.0]).view(6, 1, 1, 1).expand(-1, -1, -1, 2))
    (2, 5)
    """
    somebody = present(pos, score).any(1).nonzero().view(-1)
    if pos.size(-1) == 1 or not somebody.numel():
        return 0, pos.size(0)
    return int(somebody[0]), int(somebody[-1]) + 1


def present(pos: Tensor, score: Tensor | None = None) -> Tensor:
    """Whether bodies are there, that is, have a joint that was seen and is not zero: ``[*, V, D]`` -> ``[*]`` bool.

    >>> import torch
    >>> from tg_skeleton.missing import present
    >>> two_joints = torch.tensor([[[0.0, 0.0], [1.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]])
    >>> present(two_joints), present(two_joints, torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    (tensor([ True, False]), tensor([False, False]))

    Args:
        pos: Coordinates of V joints.
        score: ``[*, V]``, 0 where a joint was not seen.
    """
    if pos.is_cpu and not torch.compiler.is_compiling():  # nearly always one coordinate answers
        here = pos[..., 0, 0] != 0
        if score is not None:
            here &= score[..., 0] > 0
        if not here.all():
            here[~here] = _present(pos[~here], None if score is None else score[~here])
        return here
    return _present(pos, score)


def _present(pos: Tensor, score: Tensor | None) -> Tensor:
    extent = pos.abs().amax(-1)
    return (extent if score is None else torch.where(score > 0, extent, 0.0)).amax(-1) != 0
