"""The only module that imports matplotlib, an optional dependency; without pyplot, which keeps global state."""

from __future__ import annotations

try:
    from matplotlib import rc_context
    from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.colors import Colormap, ListedColormap, Normalize, to_rgb, to_rgba
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
except ImportError as error:
    raise ImportError(
        "tg_skeleton.visualization draws with matplotlib, which is not installed; pip install 'tg_skeleton[plot]'"
    ) from error

__all__ = [
    "AbstractMovieWriter",
    "Axes",
    "Colormap",
    "ConstrainedLayoutEngine",
    "FFMpegWriter",
    "Figure",
    "FixedLocator",
    "FuncFormatter",
    "LineCollection",
    "ListedColormap",
    "Normalize",
    "NullFormatter",
    "PillowWriter",
    "PolyCollection",
    "rc_context",
    "to_rgb",
    "to_rgba",
]
