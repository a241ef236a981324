"""The one place that imports matplotlib, which is an extra; without pyplot, so that no window or state is involved."""

from __future__ import annotations

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ImportError as error:
    raise ImportError(
        "tg_skeleton.visualization draws with matplotlib, which is not installed; pip install 'tg_skeleton[plot]'"
    ) from error

__all__ = ["Axes", "Figure"]
