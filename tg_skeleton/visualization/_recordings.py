"""Recordings and their overlays as the compact JSON that the player reads."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from tg_skeleton.data import SkeletonSequence

Array = np.ndarray | Tensor
Overlay = Array | Sequence[Array | None] | None
"""An array for one recording; for several recordings a list, with None for those without an overlay."""

CODES = 65535
"""Coordinates are quantized to 0..CODES, from the smallest to the largest value of the recording."""


def geometry(sequence: SkeletonSequence, y_down: bool) -> dict[str, Any]:
    """Sizes, parents and coordinates; ``flip`` maps to the space of the view: right, up, toward the viewer."""
    dense = sequence.to_dense("pos")  # refuses persons of several topologies
    persons, frames, joints, dims = dense.shape
    pos = _array(sequence.pos)
    low, high = pos.min((0, 1)), pos.max((0, 1))
    step = (high - low) / CODES
    codes = np.rint((pos - low) / np.where(step > 0, step, 1.0))
    flat, down = dims == 2, -1 if y_down else 1
    return {
        "frames": frames,
        "persons": persons,
        "parents": sequence.parent_index[:joints].tolist(),
        "flip": [1, down, 0] if flat else [-down, down, -1],
        "low": [float(f"{value:.7g}") for value in low],
        "step": [float(f"{value:.7g}") for value in step],
        "pos": _text(codes.astype("<u2")),
        "shown": _shown(sequence, pos),
    }


def check(sequence: SkeletonSequence, number: int) -> None:
    """Raise unless the recording can be played.

    Raises:
        ValueError: It is a batch, has no ``pos``, no frames, neither 2 nor 3 coordinates, or coordinates that are not
            finite.
    """
    subject = f"sequences[{number}]"
    if "batch" in sequence:
        raise ValueError(f"{subject}: expected one recording, got a batch; give batch[0], batch[1], ...")
    if "pos" not in sequence:
        raise ValueError(f"{subject}: expected a recording with pos, got one without; play it before pos is dropped")
    frames, _, dims = sequence.pos.shape
    if frames == 0 or dims not in (2, 3):
        raise ValueError(f"{subject}: expected frames of 2 or 3 coordinates, got {frames} frames of {dims}")
    wrong = np.argwhere(~np.isfinite(_array(sequence.pos)).all(-1))
    if len(wrong):
        frame, node = wrong[0].tolist()
        raise ValueError(
            f"{subject}: expected finite coordinates, got {_array(sequence.pos)[frame, node].tolist()} for node {node} "
            f"in frame {frame}; set missing joints to 0, with score 0"
        )


def frame_rate(sequence: SkeletonSequence, fps: float | None) -> float:
    """Frames per second: what is asked for, else the recording's own, else 30.

    Raises:
        ValueError: It is no positive number.
    """
    rate = float(fps if fps is not None else getattr(sequence, "fps", 30.0))
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"fps: expected a positive number of frames per second, got {rate}")
    return rate


def joint_names(recordings: Sequence[SkeletonSequence], joints: Sequence[str] | None) -> list[str]:
    """The names of the joints of all recordings. Default: their numbers."""
    sizes = [int(sequence.joint.max()) + 1 for sequence in recordings]
    first = recordings[0].parent_index[: sizes[0]].tolist()
    for number, (sequence, size) in enumerate(zip(recordings, sizes, strict=True)):
        if size != sizes[0] or sequence.parent_index[:size].tolist() != first:
            raise ValueError(
                f"sequences: [0] and [{number}] have {sizes[0]} and {size} joints, or other bones; expected one "
                "topology, so make a player of each"
            )
    if joints is None:
        return [str(joint) for joint in range(sizes[0])]
    if len(joints) != sizes[0]:
        raise ValueError(f"joints: expected {sizes[0]} names, one per joint, got {len(joints)}")
    return list(joints)


def saliency_map(values: Array | None, sequence: SkeletonSequence) -> dict[str, Any] | None:
    """``[T', N]`` as bytes, scaled so that the largest value is 255."""
    if values is None:
        return None
    array, nodes = _array(values), sequence.pos.size(1)
    if array.ndim != 2 or array.shape[1] != nodes or not len(array):
        raise ValueError(f"saliency: expected [T', {nodes}] with one frame or more, got {list(array.shape)}")
    return {"frames": len(array), **_bytes("saliency", array)}


def attention_map(values: Array | None, sequence: SkeletonSequence) -> dict[str, Any] | None:
    """``[H, T', N, N]`` as bytes, scaled so that the largest value is 255."""
    if values is None:
        return None
    given, nodes = _array(values), sequence.pos.size(1)
    array = given[None, None] if given.ndim == 2 else given[:, None] if given.ndim == 3 else given
    if array.ndim != 4 or array.shape[2:] != (nodes, nodes) or not array.size:
        raise ValueError(
            f"attention: expected [{nodes}, {nodes}], [H, {nodes}, {nodes}] or [H, T', {nodes}, {nodes}] for "
            f"{nodes} nodes, got {list(given.shape)}"
        )
    return {"heads": array.shape[0], "frames": array.shape[1], **_bytes("attention", array)}


def each(argument: str, values: Sequence[str], count: int) -> list[str]:
    """The texts as a list, one per recording."""
    if isinstance(values, str) or len(values) != count:
        got = repr(values) if isinstance(values, str) else len(values)
        raise ValueError(f"{argument}: expected {count}, one per recording, got {got}")
    return list(values)


def maps(argument: str, overlay: Overlay, count: int, one: bool) -> list[Array | None]:
    """The overlays as a list, one map or None per recording."""
    if overlay is None:
        return [None] * count
    if isinstance(overlay, np.ndarray | Tensor):
        if one:
            return [overlay]
        raise ValueError(f"{argument}: expected a list of {count}, one per recording, got one array")
    if len(overlay) != count:
        raise ValueError(f"{argument}: expected {count}, one per recording, got {len(overlay)}")
    return list(overlay)


def _shown(sequence: SkeletonSequence, pos: np.ndarray) -> str | None:
    """0: absent; 1 to 255: the score; None: all joints are present with score 1."""
    there = (pos != 0).any(-1)  # [T, N]
    persons = sequence.num_persons
    present = there.reshape(len(pos), persons, -1).any(-1).repeat(there.shape[1] // persons, 1)
    codes = np.where(present, 255, 0)
    if "score" in sequence:
        score = np.nan_to_num(_array(sequence.score)).clip(0.0, 1.0)
        codes = np.where(present & (there | (score > 0)), 1 + np.rint(254 * score), 0)
    return None if (codes == 255).all() else _text(codes.astype(np.uint8))


def _bytes(argument: str, array: np.ndarray) -> dict[str, Any]:
    if not np.isfinite(array).all() or (array < 0).any():
        raise ValueError(f"{argument}: expected finite numbers >= 0, got {array.min()}; take the absolute values")
    top = float(array.max())
    return {"top": top, "values": _text(np.rint(array * (255 / top if top > 0 else 0.0)).astype(np.uint8))}


def _array(value: Array) -> np.ndarray:
    return value.detach().cpu().double().numpy() if isinstance(value, Tensor) else np.asarray(value, dtype=np.float64)


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
