"""The one entrance of users' recordings into a data set: joints that were not seen, empty frames, nobody."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tg_skeleton.io import Recording
from tg_skeleton.missing import Zeros, filled_frames, find_missing, present
from tg_skeleton.plausibility import implausibilities
from tg_skeleton.topology import Topology
from tg_skeleton.transforms.bodies import Bodies
from tg_skeleton.transforms.preprocessing import REMOVE_STRAYS


def entering(recording: Recording, topology: Topology, zeros: Zeros = "missing", *, strict: bool = False) -> Recording:
    """A recording with score 0 for joints that were not seen and without empty frames at its ends; see `find_missing`.

    Its remarks say what was changed, which joints are astray (`RemoveStrays`), and what does not look like a body
    (`tg_skeleton.plausibility.implausibilities`).

    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.datasets.entering import entering
    >>> from tg_skeleton.io import Recording
    >>> arm = Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))
    >>> pos = np.zeros((9, 1, 3, 2), np.float32)
    >>> pos[2:5] = [[1, 1], [2, 1], [3, 1]]
    >>> pos[3, 0, 2] = 0
    >>> entered = entering(Recording("clip", pos, 0), arm)
    >>> entered.pos.shape, entered.score[:, 0, 2].tolist()
    ((3, 1, 3, 2), [1.0, 0.0, 1.0])
    >>> entered.remarks
    ('6 empty frames at the ends of 9 were cut', '1 of 9 joints were not seen')

    Args:
        recording: The recording.
        topology: Its skeleton.
        zeros: ``"real"`` where joints at exactly zero lie there.
        strict: What does not look like a body is an error.

    Raises:
        ValueError: No joint was seen in any frame; with ``strict``, something does not look like a body.
    """
    pos, score = torch.from_numpy(recording.pos), recording.score
    if pos.dim() != 4 or pos.size(2) != topology.num_joints:
        return recording  # the validator names what is wrong
    pos, confidence = find_missing(pos, topology, None if score is None else torch.from_numpy(score), zeros=zeros)
    if not bool(present(pos, confidence).any()):
        raise ValueError(f"recording '{recording.name}': expected a person in it, but no joint was seen in any frame")
    first, last = filled_frames(pos, confidence)
    pos, confidence = pos[first:last], None if confidence is None else confidence[first:last]
    remarks = list(recording.remarks)
    if last - first < len(recording.pos):
        remarks.append(
            f"{len(recording.pos) - (last - first)} empty frames at the ends of {len(recording.pos)} were cut"
        )
    if confidence is not None:
        there = present(pos, confidence)
        missing = int((confidence[there] == 0).sum())
        if missing:
            remarks.append(f"{missing} of {int(there.sum()) * topology.num_joints} joints were not seen")
    if strays := count_strays(pos, confidence, topology):
        remarks.append(f"{strays} joints are astray, at the end of bones more than four times as long as usual")
    changed = replace(recording, pos=pos.numpy(), score=None if confidence is None else confidence.numpy())
    found = implausibilities(changed.pos, changed.score, topology)
    if strict and found:
        raise ValueError(f"recording '{recording.name}': {'; '.join(map(str, found))}")
    return replace(changed, remarks=(*remarks, *(one.remark for one in found)))


def count_strays(pos: Tensor, score: Tensor | None, topology: Topology) -> int:
    """The joints that recipes take for astray: ``[T, M, V, D]``, ``[T, M, V]``."""
    parent = torch.tensor(topology.parents)
    astray = REMOVE_STRAYS.astray(Bodies(None, 1, parent, pos=pos, score=score))
    return 0 if astray is None else int(astray.sum())
