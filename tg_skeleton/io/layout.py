"""The order of an array's axes, given in letters or recognized."""

from __future__ import annotations

from collections.abc import Sequence

LETTERS = {
    "N": "recordings",
    "T": "frames",
    "M": "persons",
    "V": "joints",
    "C": "coordinates",
}
"""The axes that an array of skeletons has."""

KNOWN = ("T V C", "C T V", "T M V C", "C T V M", "N T V C", "N T M V C", "N C T V M")
"""The layouts that are recognized; "C T V M" and "N C T V M" are those of ST-GCN and the code that follows it."""

MOST_PERSONS = 20
"""More persons than frames and than this are taken for frames."""


def find_layout(
    shape: Sequence[int], joints: int, layout: str | None = None, *, recordings: bool = False, name: str = "array"
) -> str:
    """The letter of each axis of an array, such as ``"TMVC"``.

    >>> from tg_skeleton.io.layout import find_layout
    >>> find_layout((60, 2, 25, 3), 25), find_layout((3, 300, 25, 2), 25), find_layout((2, 60, 25, 3), 25, "M T V C")
    ('TMVC', 'CTVM', 'MTVC')

    Args:
        shape: Of the array.
        joints: V, the joints of its skeleton.
        layout: The letters N (recordings), T (frames), M (persons), V (joints), C or D (coordinates), each once, with
            or without spaces. Default: one of `KNOWN`, where a single one fits.
        recordings: Whether the array holds several recordings (N), or one.
        name: What the array is called in errors.

    Raises:
        ValueError: The letters are no layout or do not fit the shape; none or several of the known layouts fit.
    """
    shape = tuple(shape)
    if layout is not None:
        return _given(shape, joints, layout, recordings, name)
    known = [text.replace(" ", "") for text in KNOWN if ("N" in text) == recordings]
    fitting = [axes for axes in known if len(axes) == len(shape) and _fits(dict(zip(axes, shape, strict=True)), joints)]
    likely = [axes for axes in fitting if _is_likely(dict(zip(axes, shape, strict=True)))]
    if len(likely) == 1:
        return likely[0]
    if not fitting:
        raise ValueError(
            f"{name}: expected {' or '.join(_spaced(axes, joints) for axes in known)}, got {list(shape)}; give "
            "layout=, the letters of the axes in their order, such as 'M T V C', or check the topology"
        )
    could = [*fitting, *(["MTVC"] if "TMVC" in fitting else [])]
    readings = "; ".join(f"layout='{' '.join(axes)}': {_reading(axes, shape)}" for axes in could)
    raise ValueError(
        f"{name}: the shape {list(shape)} can be read in several ways, or in an unlikely one; give {readings}"
    )


def _given(shape: tuple[int, ...], joints: int, layout: str, recordings: bool, name: str) -> str:
    axes = layout.replace(" ", "").replace("D", "C")
    needed = {"T", "V", "C"} | ({"N"} if recordings else set())
    allowed = {*LETTERS} if recordings else {*LETTERS} - {"N"}
    if len(set(axes)) != len(axes) or not needed <= set(axes) <= allowed:
        raise ValueError(
            f"layout: expected the letters {', '.join(sorted(needed))} and perhaps M, each once, such as "
            f"'{'N ' * recordings}T M V C', got {layout!r}"
        )
    if len(axes) != len(shape) and "M" in axes and len(axes) == len(shape) + 1:
        axes = axes.replace("M", "")
    if len(axes) != len(shape):
        raise ValueError(
            f"{name}: expected {len(axes)} axes ({' '.join(axes)}), got {list(shape)}; "
            "add or drop axes, or give another layout="
        )
    if shape[axes.index("V")] != joints:
        raise ValueError(
            f"{name}: expected {joints} joints along axis {axes.index('V')} ({' '.join(axes)}), got {list(shape)}; "
            "check layout= and the topology"
        )
    return axes


def _fits(sizes: dict[str, int], joints: int) -> bool:
    return sizes["V"] == joints and 1 <= sizes["C"] <= 4


def _is_likely(sizes: dict[str, int]) -> bool:
    frames, persons = sizes["T"], sizes.get("M", 1)
    if list(sizes)[-1] == "C":
        return not (persons > MOST_PERSONS and persons > frames)
    return frames >= 10 and persons <= 2 and sizes["C"] >= 2  # channels first


def _spaced(axes: str, joints: int) -> str:
    return "[" + ", ".join(f"V = {joints}" if axis == "V" else axis for axis in axes) + "]"


def _reading(axes: str, shape: tuple[int, ...]) -> str:
    return ", ".join(f"{size} {LETTERS[axis]}" for axis, size in zip(axes, shape, strict=True) if axis != "V")
