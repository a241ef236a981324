"""Attention maps between joints as figures."""

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
    """Draw attention maps side by side on one color scale: a row per action, a column per kind of map.

    Rows of a map are attending joints (queries, targets), columns are attended joints (keys, sources). Å has the same
    orientation, so it can be drawn as one of the maps. Fig. 8 of paper B shows the maps of a layer for two actions,
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
        maps: The maps of each action by name, or the maps of a single action.
        joints: Names of the joints. Default: their numbers.
        columns: Names of the maps of an action, as column titles.
        difference: For two maps per action, whether to draw the second minus the first in a further column.
        edge_index: Bones, such as `Topology.edge_index`, whose cells are outlined.
        vmax: The weight shown in the strongest color. Default: the largest of all.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Shapes:
        maps ``[V, V]``, or K of them (``[K, V, V]`` or a list); K and V are the same for all actions. edge_index
        ``[2, E]`` (source, target).

    Raises:
        ValueError: There are no maps, they are not square, differ in size or number, or contain negative or infinite
            numbers; the number of names is not that of joints or maps; ``difference`` is given without exactly two
            maps per action; an edge refers to a joint outside of the maps; ``vmax`` is not positive, or the
            style is unknown.

    Source: Paper B (AMANet, 2023), Fig. 8.
    """
    colors, stacks = palette(style), checked_maps(maps, "V")
    count, size = next(iter(stacks.values())).shape[:2]
    names = checked_names("joints", joints, size, "joint")
    kinds = checked_names("columns", columns, count, "map of an action") if columns is not None else [""] * count
    if difference and count != 2:
        raise ValueError(f"difference: expected two maps per action, without and with, got {count}")
    if edge_index is not None and edge_index.numel() and not 0 <= int(edge_index.max()) < size:
        raise ValueError(f"edge_index: expected joints in 0..{size - 1}, those of the maps, got {edge_index.max()}")

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
