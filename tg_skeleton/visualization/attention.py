"""Attention maps among joints as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.maps import (
    NAMED,
    Maps,
    checked_maps,
    checked_names,
    label_columns,
    label_rows,
    outline_cells,
    panels_of,
)
from tg_skeleton.visualization.style import Style, dress, palette


def plot_attention(
    maps: Maps | Mapping[str, Maps],
    joints: Sequence[str] | None = None,
    *,
    columns: Sequence[str] | None = None,
    difference: bool = False,
    edge_index: Tensor | None = None,
    vmax: float | None = None,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draws attention maps side by side in one scale of colors: a row per action, a column per kind of map.

    Rows of a map are the joints that attend (queries, targets), columns the joints that are attended to (keys,
    sources); so stands Å as well, and may be drawn beside them. Paper B's Fig. 8 is a layer's map of two actions,
    without and with αÅ in the logits:

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import attention_maps
    >>> from tg_skeleton.models import AMANet
    >>> from tg_skeleton.visualization import plot_attention
    >>> model, x = AMANet(NTU25, in_channels=12, num_classes=60, widths=(12,)), torch.randn(20, 25, 12)
    >>> bare, full = (
    ...     attention_maps(model, x, with_graph=graph)["blocks.0.factorised.0.attention"].mean((0, 1, 2))
    ...     for graph in (False, True)
    ... )
    >>> maps = {"clapping": (bare, full)}
    >>> figure = plot_attention(maps, NTU25.joints, columns=("without αÅ", "with αÅ"), difference=True)
    >>> [axes.get_title() for axes in figure.axes[:3]]
    ['clapping, without αÅ', 'clapping, with αÅ', 'clapping, difference']

    Args:
        maps: The maps of each action, or those of one without a name.
        joints: Names of the joints; left out: their numbers.
        columns: Names of the maps of an action.
        difference: Of two maps an action, draw the second less the first beside them.
        edge_index: Bones, such as `Topology.edge_index`; their cells are framed.
        vmax: The weight of the strongest color; left out: the largest of all.
        title: A line above the picture.
        style: On white or on near black.

    Shapes:
        maps ``[V, V]``, or K of them (``[K, V, V]`` or a list); K and V are the same for all actions. edge_index
        ``[2, E]`` (source, target).

    Raises:
        ValueError: There are no maps, they are not square, differ in size or number, or hold negative or infinite
            numbers; there are more or fewer names than joints or maps, or other than two maps for a difference; an
            edge ends outside of the joints; ``vmax`` is not above 0, or the style is unknown.

    Source: Paper B (AMANet, 2023), Fig. 8.
    """
    colors, stacks = palette(style), checked_maps(maps, "V")
    count, size = next(iter(stacks.values())).shape[:2]
    names = checked_names("joints", joints, size, "joint")
    kinds = checked_names("columns", columns, count, "map of an action") if columns is not None else [""] * count
    if difference and count != 2:
        raise ValueError(f"difference: expected two maps an action, without and with, got {count}")
    if edge_index is not None and edge_index.numel() and not 0 <= int(edge_index.max()) < size:
        raise ValueError(f"edge_index: expected ends in 0..{size - 1}, the joints of the maps, got {edge_index.max()}")

    side = max(2.4, 0.14 * size) if size <= NAMED else 4.0
    figure, panels = panels_of(stacks, kinds, colors, vmax=vmax, difference=difference, side=side)
    for axes in panels.flat:
        if edge_index is not None:
            outline_cells(axes, edge_index.cpu().T.numpy(), colors)
    for axes in panels[:, 0]:
        label_rows(axes, names, "attending joint")
    for axes in panels[-1]:
        label_columns(axes, names, "attended joint")
    if title is not None:
        figure.suptitle(title)
    return dress(figure, style)
