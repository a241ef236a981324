"""Light and dark color palettes of all figures, safe for color blindness, with perceptually uniform color maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from tg_skeleton.visualization._matplotlib import (
    Axes,
    Colormap,
    ConstrainedLayoutEngine,
    Figure,
    ListedColormap,
    to_rgb,
)

Style = Literal["light", "dark"]
"""White background, for print, or nearly black background, for screens."""


@dataclass(frozen=True)
class Palette:
    """The colors of a style.

    Args:
        background: The background.
        text: Labels and numbers.
        faint: Ticks, axes, and systems in the background.
        grid: Lines between cells and behind bars.
        ghost: Bodies under an overlay.
        series: Persons, systems and curves, in this order: Okabe and Ito's colors, ordered by contrast with the
            background.
        ramp: The colors of a sequential map, from small to large.
        against: The end of a diverging map for negative values.
        favor: The end of a diverging map for positive values.

    Source: Okabe and Ito 2008, "Color Universal Design".
    """

    background: str
    text: str
    faint: str
    grid: str
    ghost: str
    series: tuple[str, ...]
    ramp: tuple[str, ...]
    against: str
    favor: str

    def sequential(self) -> Colormap:
        """A perceptually uniform color map from the background to the strongest color."""
        return ListedColormap(uniform_steps((self.background, *self.ramp), 256))

    def diverging(self) -> Colormap:
        """A perceptually uniform color map from ``against`` over the background to ``favor``."""
        half = uniform_steps((self.background, self.favor), 128)
        return ListedColormap(np.concatenate([uniform_steps((self.against, self.background), 128), half]))

    def color(self, number: int) -> str:
        """The color of a person, a system or a curve; colors repeat after the last one."""
        return self.series[number % len(self.series)]


_PALETTES: dict[Style, Palette] = {
    "light": Palette(
        background="#ffffff",
        text="#1f2329",
        faint="#8b929b",
        grid="#e3e6ea",
        ghost="#c6ccd4",
        series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"),
        ramp=("#0072b2", "#08264a"),
        against="#c25500",
        favor="#005e94",
    ),
    "dark": Palette(
        background="#14171c",
        text="#e8eaed",
        faint="#878e98",
        grid="#2c3139",
        ghost="#4a515c",
        series=("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#ffffff"),
        ramp=("#1e86c8", "#e9f6ff"),
        against="#f08a3c",
        favor="#5cc0ff",
    ),
}


def palette(style: Style) -> Palette:
    """The palette of a style.

    Raises:
        ValueError: There is no such style.

    >>> from tg_skeleton.visualization.style import palette
    >>> palette("light").series[:2]
    ('#0072b2', '#d55e00')
    """
    if style not in get_args(Style):
        raise ValueError(f"style: expected 'light' or 'dark', got {style!r}")
    return _PALETTES[style]


def uniform_steps(colors: Sequence[str], steps: int) -> np.ndarray:
    """A way through some colors whose steps look equally long: straight lines of Oklab at one speed, ``[S, 3]`` sRGB.

    >>> from tg_skeleton.visualization.style import uniform_steps
    >>> uniform_steps(("#ffffff", "#000000"), 3).round(2)[:, 0].tolist()
    [1.0, 0.39, 0.0]

    Source: Ottosson 2020, "A perceptual color space for image processing" (Oklab).
    """
    points = np.array([oklab(to_rgb(color)) for color in colors])
    way = np.concatenate([[0.0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    at = np.linspace(0.0, way[-1], steps)
    rgb: np.ndarray = _rgb(np.stack([np.interp(at, way, channel) for channel in points.T], axis=1)).clip(0.0, 1.0)
    return rgb


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(rgb: Sequence[float]) -> np.ndarray:
    """An sRGB color in the perceptually uniform Oklab space: lightness and two color axes."""
    values = np.asarray(rgb)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    lab: np.ndarray = _TO_LAB @ np.cbrt(_TO_LMS @ linear)
    return lab


def _rgb(lab: np.ndarray) -> np.ndarray:
    """Oklab ``[*, 3]`` to sRGB."""
    linear = ((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T
    linear = linear.clip(0.0, None)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def on_image(share: float, style: Style) -> str:
    """The text color on a cell of a sequential map at position ``share``, 0 to 1.

    >>> from tg_skeleton.visualization.style import on_image
    >>> on_image(0.9, "light"), on_image(0.9, "dark")
    ('#ffffff', '#14171c')
    """
    colors = palette(style)
    return colors.background if share > 0.45 else colors.text


def set_margins(figure: Figure) -> None:
    """Set margins of a tenth of an inch for a figure with a constrained layout."""
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(w_pad=0.1, h_pad=0.1, wspace=0.0, hspace=0.0)


def dress(figure: Figure, style: Style) -> Figure:
    """Apply the colors of a style to a figure's backgrounds, axes, ticks and titles."""
    colors = palette(style)
    figure.set_facecolor(colors.background)
    for text in figure.texts:
        text.set_color(colors.text)
    for axes in figure.axes:
        _dress_axes(axes, colors)
    return figure


def _dress_axes(axes: Axes, colors: Palette) -> None:
    axes.set_facecolor(colors.background)
    axes.tick_params(which="major", color=colors.faint, labelcolor=colors.text)
    axes.title.set_color(colors.text)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(colors.text)
        axis.get_offset_text().set_color(colors.text)
    for spine in axes.spines.values():
        spine.set_edgecolor(colors.faint)
    if (legend := axes.get_legend()) is not None:
        legend.get_frame().set(facecolor=colors.background, edgecolor=colors.grid)
        for text in legend.get_texts():
            text.set_color(colors.text)
        legend.get_title().set_color(colors.text)
