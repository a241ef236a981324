"""Attention maps as arrays of equal shape, and as panels on one color scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from tg_skeleton.visualization._matplotlib import Axes, Figure, LineCollection
from tg_skeleton.visualization.style import Palette, set_margins

NAMED = 40
"""The largest number of rows for which all names and grid lines are drawn; beyond it, every fifth number or fewer."""

Map = np.ndarray | Tensor
Maps = Map | Sequence[Map]


def array_of(value: Map) -> np.ndarray:
    """A tensor or an array as a numpy array."""
    return value.detach().cpu().float().numpy() if isinstance(value, Tensor) else np.asarray(value)


def checked_maps(maps: Maps | Mapping[str, Maps], among: str, *, square: bool = True) -> dict[str, np.ndarray]:
    """The maps of each action as ``[K, queries, keys]``.

    Args:
        maps: The maps of each action by name, or the maps of a single action.
        among: The symbol of the attending axis in error messages: ``"V"`` or ``"T"``.
        square: Whether the maps must be square.

    Raises:
        ValueError: There are none, they differ in shape or number, or are not attention maps.
    """
    named = dict(maps) if isinstance(maps, Mapping) else {"": maps}
    if not named:
        raise ValueError("maps: expected the maps of at least one action, got none")
    stacks = {action: _stack(action, some, among, square) for action, some in named.items()}
    first, reference = next(iter(stacks.items()))
    for action, stack in stacks.items():
        if stack.shape != reference.shape:
            raise ValueError(
                f"maps: '{first}' has {list(reference.shape)}, '{action}' has {list(stack.shape)}; expected as many "
                f"maps of as many {'joints' if among == 'V' else 'frames'} for every action"
            )
    return stacks


def _stack(action: str, maps: Maps, among: str, square: bool) -> np.ndarray:
    arrays = [array_of(one) for one in maps] if isinstance(maps, Sequence) else [array_of(maps)]
    of = f" of '{action}'" if action else ""
    shapes = [list(array.shape) for array in arrays]
    if not arrays or any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"maps{of}: expected maps of one shape, got {shapes}")
    stack = arrays[0] if not isinstance(maps, Sequence) else np.stack(arrays)
    stack = stack[None] if stack.ndim == 2 else stack
    if stack.ndim != 3 or (square and stack.shape[1] != stack.shape[2]) or not stack.size:
        rest = "frames and heads" if among == "V" else "joints and heads"
        raise ValueError(f"maps{of}: expected [{among}, {among}] or K of them, got {list(stack.shape)}; average {rest}")
    if not np.isfinite(stack).all() or (stack < 0).any():
        raise ValueError(f"maps{of}: expected attention weights >= 0, got {stack.min()}; logits need a softmax first")
    return stack


def checked_names(argument: str, names: Sequence[str] | None, size: int, one: str) -> list[str]:
    """One name per joint, map, ... Default: numbers.

    Raises:
        ValueError: The number of names is not ``size``.
    """
    if names is None:
        return [str(number) for number in range(size)]
    if len(names) != size:
        raise ValueError(f"{argument}: expected {size} names, one per {one}, got {len(names)}")
    return list(names)


def checked_scale(vmax: float | None, largest: float) -> float:
    """The weight shown in the strongest color.

    Raises:
        ValueError: It is not positive.
    """
    if vmax is not None and not vmax > 0:
        raise ValueError(f"vmax: expected a weight above 0, got {vmax}")
    return vmax if vmax is not None else largest or 1.0


def panels_of(
    maps: dict[str, np.ndarray],
    kinds: Sequence[str],
    colors: Palette,
    *,
    vmax: float | None,
    difference: bool,
    side: float,
) -> tuple[Figure, np.ndarray]:
    """A row of panels per action, with its maps and their difference; color bars follow their panels.

    Returns:
        The figure and its panels ``[A, K or K + 1]``.
    """
    count, rows, keys = next(iter(maps.values())).shape
    largest = max(float(stack.max()) for stack in maps.values())
    top = checked_scale(vmax, largest)
    columns = count + difference
    figure = Figure(
        figsize=(side * keys / max(rows, keys) * columns + 1.9 + 0.9 * difference, (side + 0.25) * len(maps) + 1.4),
        layout="constrained",
    )
    set_margins(figure)
    panels: np.ndarray = figure.subplots(len(maps), columns, squeeze=False, sharex=True, sharey=True)
    changes = {action: stack[1] - stack[0] for action, stack in maps.items()} if difference else {}
    widest = max((float(np.abs(change).max()) for change in changes.values()), default=0.0) or 1.0
    for (action, stack), row in zip(maps.items(), panels, strict=True):
        for kind, axes, weights in zip(kinds, row, stack, strict=False):
            image = axes.imshow(weights, cmap=colors.sequential(), vmin=0.0, vmax=top)
            axes.set_title(", ".join(text for text in (action, kind) if text), fontsize=9)
        if difference:
            change = row[-1].imshow(changes[action], cmap=colors.diverging(), vmin=-widest, vmax=widest)
            row[-1].set_title(", ".join(text for text in (action, "difference") if text), fontsize=9)
    extend = "max" if largest > top else "neither"
    bar = figure.colorbar(image, ax=panels[:, :count], aspect=30, shrink=0.8, extend=extend)
    bar.set_label("attention weight")
    if difference:
        bar = figure.colorbar(change, ax=panels[:, -1], aspect=30, shrink=0.8)
        bar.set_label("change of the weight")
    for axes in panels.flat:
        _draw_grid(axes, rows, keys, colors)
    return figure, panels


def outline_cells(axes: Axes, cells: np.ndarray, colors: Palette) -> None:
    """Outline cells ``[E, 2]`` (column, row)."""
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]])
    axes.add_collection(
        LineCollection(cells[:, None] + corners, colors=colors.series[1], linewidths=0.6), autolim=False
    )


def label_rows(axes: Axes, names: list[str], label: str) -> None:
    """Label the rows with their names, or with some numbers if there are too many."""
    axes.set_yticks(*_ticks(names), fontsize=7)
    axes.set_ylabel(label)


def label_columns(axes: Axes, names: list[str], label: str) -> None:
    """Label the columns with their names, or with some numbers if there are too many."""
    ticks, texts = _ticks(names)
    axes.set_xticks(ticks, texts, fontsize=7, rotation=90 if max(map(len, texts)) > 2 else 0)
    axes.set_xlabel(label)


def _ticks(names: list[str]) -> tuple[list[int], list[str]]:
    """Positions and texts of the tick labels: all names, or every fifth number if there are too many."""
    if len(names) <= NAMED:
        return list(range(len(names))), [name.replace("_", " ") for name in names]
    step = 5 * -(-len(names) // 100)
    return list(range(0, len(names), step)), [str(number) for number in range(0, len(names), step)]


def _draw_grid(axes: Axes, rows: int, columns: int, colors: Palette) -> None:
    """Draw thin lines between the cells."""
    if max(rows, columns) <= NAMED:
        axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        axes.grid(which="minor", color=colors.grid, linewidth=0.3)
        axes.tick_params(which="minor", length=0)
