"""Attention maps as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from tg_skeleton.visualization._matplotlib import Axes, Figure

NAMED = 40
"""The largest number of joints whose every name is written; of more, some numbers are."""

Map = np.ndarray | Tensor
Maps = Map | Sequence[Map]


def plot_attention(
    maps: Maps | Mapping[str, Maps],
    joints: Sequence[str] | None = None,
    *,
    columns: Sequence[str] | None = None,
    vmax: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draws attention maps side by side in one scale of colours: a row per action, a column per kind of map.

    Rows of a map are the joints that attend (queries, targets), columns the joints that are attended to (keys,
    sources); so stands Å as well, and may be drawn beside them. Paper B's Fig. 8 is a layer's map of two actions,
    without and with αÅ in the logits.

    An operator gives its weights for all pairs, grouped by target; of one set of V nodes they are maps, head by head:

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import SpatialSelfAttention
    >>> from tg_skeleton.visualization import plot_attention
    >>> conv, x = SpatialSelfAttention(3, 8, alpha=0.8), torch.randn(60, 25, 3)
    >>> pairs, weights = conv(x, NTU25.edge_index, return_attention_weights=True)[1]  # weights [60, 625, 1]
    >>> with_graph = weights.unflatten(1, (25, 25)).mean((0, 3))
    >>> conv.alpha = 0.0
    >>> pairs, weights = conv(x, return_attention_weights=True)[1]
    >>> without = weights.unflatten(1, (25, 25)).mean((0, 3))
    >>> figure = plot_attention({"clapping": (without, with_graph)}, NTU25.joints, columns=("α = 0", "α = 0.8"))
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['clapping, α = 0', 'clapping, α = 0.8']

    Args:
        maps: The maps of each action, or those of one without a name.
        joints: Names of the joints; left out: their numbers.
        columns: Names of the maps of an action.
        vmax: The weight of the darkest colour; left out: the largest of all.
        title: A line above the picture.

    Shapes:
        maps ``[V, V]``, or K of them (``[K, V, V]`` or a list); K and V are the same for all actions.

    Raises:
        ValueError: There are no maps, they are not square, differ in size or number, or hold negative or infinite
            numbers; there are more or fewer names than joints or maps; or ``vmax`` is not above 0.

    Source: Paper B (AMANet, 2023), Fig. 8.
    """
    stacks = _checked_maps(maps)
    actions, (count, size) = list(stacks), next(iter(stacks.values())).shape[:2]
    names = _checked_names("joints", joints, size, "joint")
    kinds = _checked_names("columns", columns, count, "map of an action") if columns is not None else [""] * count
    if vmax is not None and not vmax > 0:
        raise ValueError(f"vmax: expected a weight above 0, got {vmax}")
    largest = max(float(stack.max()) for stack in stacks.values())
    top = vmax if vmax is not None else largest or 1.0

    side = max(2.4, 0.14 * size) if size <= NAMED else 4.0
    figure = Figure(figsize=(side * count + 1.9, (side + 0.25) * len(actions) + 1.2), layout="constrained")
    panels = figure.subplots(len(actions), count, squeeze=False, sharex=True, sharey=True)
    for action, row in zip(actions, panels, strict=True):
        for kind, axes, weights in zip(kinds, row, stacks[action], strict=True):
            image = axes.imshow(weights, cmap="Blues", vmin=0.0, vmax=top)
            axes.set_title(", ".join(text for text in (action, kind) if text), fontsize=9)
    for axes in panels.flat:
        _draw_grid(axes, size)
    for axes in panels[:, 0]:
        _label_rows(axes, names)
    for axes in panels[-1]:
        _label_columns(axes, names)
    bar = figure.colorbar(image, ax=panels, aspect=30, shrink=0.8, extend="max" if largest > top else "neither")
    bar.set_label("attention weight")
    if title is not None:
        figure.suptitle(title)
    return figure


def _checked_maps(maps: Maps | Mapping[str, Maps]) -> dict[str, np.ndarray]:
    """The maps of each action as ``[K, V, V]``."""
    named = dict(maps) if isinstance(maps, Mapping) else {"": maps}
    if not named:
        raise ValueError("maps: expected the maps of at least one action, got none")
    stacks = {action: _stack(action, some) for action, some in named.items()}
    first, reference = next(iter(stacks.items()))
    for action, stack in stacks.items():
        if stack.shape != reference.shape:
            raise ValueError(
                f"maps: '{first}' has {list(reference.shape)}, '{action}' has {list(stack.shape)}; expected as many "
                "maps of as many joints for every action"
            )
    return stacks


def _stack(action: str, maps: Maps) -> np.ndarray:
    arrays = [_array(one) for one in maps] if isinstance(maps, Sequence) else [_array(maps)]
    of = f" of '{action}'" if action else ""
    shapes = [list(array.shape) for array in arrays]
    if not arrays or any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"maps{of}: expected maps of one shape, got {shapes}")
    stack = arrays[0] if not isinstance(maps, Sequence) else np.stack(arrays)
    stack = stack[None] if stack.ndim == 2 else stack
    if stack.ndim != 3 or stack.shape[1] != stack.shape[2] or not stack.size:
        raise ValueError(f"maps{of}: expected [V, V] or K of them, got {list(stack.shape)}; average frames and heads")
    if not np.isfinite(stack).all() or (stack < 0).any():
        raise ValueError(f"maps{of}: expected attention weights >= 0, got {stack.min()}; logits need a softmax first")
    return stack


def _array(value: Map) -> np.ndarray:
    return value.detach().cpu().float().numpy() if isinstance(value, Tensor) else np.asarray(value)


def _checked_names(argument: str, names: Sequence[str] | None, size: int, one: str) -> list[str]:
    if names is None:
        return [str(number) for number in range(size)]
    if len(names) != size:
        raise ValueError(f"{argument}: expected {size} names, one per {one}, got {len(names)}")
    return list(names)


def _ticks(names: list[str]) -> tuple[list[int], list[str]]:
    """Where names stand and how they read: all of them, or every fifth number of too many."""
    if len(names) <= NAMED:
        return list(range(len(names))), [name.replace("_", " ") for name in names]
    step = 5 * -(-len(names) // 100)
    return list(range(0, len(names), step)), [str(number) for number in range(0, len(names), step)]


def _draw_grid(axes: Axes, size: int) -> None:
    """Thin lines between the cells, by which the eye finds the name of a joint."""
    if size <= NAMED:
        axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="0.85", linewidth=0.3)
        axes.tick_params(which="minor", length=0)


def _label_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(*_ticks(names), fontsize=7)
    axes.set_ylabel("attending joint")


def _label_columns(axes: Axes, names: list[str]) -> None:
    ticks, texts = _ticks(names)
    axes.set_xticks(ticks, texts, fontsize=7, rotation=90 if max(map(len, texts)) > 2 else 0)
    axes.set_xlabel("attended joint")
