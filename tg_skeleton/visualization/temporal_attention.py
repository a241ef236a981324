"""Attention maps between frames as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.maps import Maps, checked_maps, checked_names, panels_of
from tg_skeleton.visualization.style import Style, dress, palette


def plot_temporal_attention(
    maps: Maps | Mapping[str, Maps],
    *,
    columns: Sequence[str] | None = None,
    vmax: float | None = None,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw attention between frames side by side on one color scale: a row per action, a column per map.

    Rows of a map are attending frames (queries), columns are attended frames (keys). With a temporal stride, the rows
    are the remaining frames, numbered consecutively.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import attention_maps
    >>> from tg_skeleton.models import AMANet
    >>> from tg_skeleton.visualization import plot_temporal_attention
    >>> model = AMANet(NTU25, in_channels=12, num_classes=60, widths=(12,))
    >>> maps = attention_maps(model, torch.randn(20, 25, 12))["blocks.0.factorised.1.joint_features.attention"]
    >>> wrists = [NTU25.index(f"{side}_wrist") for side in ("left", "right")]
    >>> figure = plot_temporal_attention(maps[0, wrists, 0], columns=("left wrist", "right wrist"))
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['left wrist', 'right wrist']

    Args:
        maps: The maps of each action by name, or the maps of a single action, such as those of several joints, heads
            or layers.
        columns: Names of the maps of an action, as column titles.
        vmax: The weight shown in the strongest color. Default: the largest of all.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Shapes:
        maps ``[T', T]``, or K of them (``[K, T', T]`` or a list), the same for all actions.

    Raises:
        ValueError: There are no maps, they differ in size or number, or contain negative or infinite numbers; the
            number of names is not that of maps; ``vmax`` is not positive, or the style is unknown.
    """
    colors, stacks = palette(style), checked_maps(maps, "T", square=False)
    count = len(next(iter(stacks.values())))
    kinds = checked_names("columns", columns, count, "map of an action") if columns is not None else [""] * count
    figure, panels = panels_of(stacks, kinds, colors, vmax=vmax, difference=False, side=2.8)
    for axes in panels.flat:
        axes.locator_params(integer=True, nbins=6)
        axes.tick_params(labelsize=8)
    for axes in panels[:, 0]:
        axes.set_ylabel("attending frame")
    for axes in panels[-1]:
        axes.set_xlabel("attended frame")
    if title is not None:
        figure.suptitle(title)
    return dress(figure, style)
