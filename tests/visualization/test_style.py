from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import Colormap, to_rgb

from tg_skeleton.visualization import plot_confusion
from tg_skeleton.visualization.style import Style, oklab, palette

STYLES: tuple[Style, ...] = ("light", "dark")

# Viénot, Brettel and Mollon 1999: linear sRGB as those see it who lack the long, or the middle wavelengths' cones.
BLINDNESS = {
    "protan": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "deutan": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}


def as_seen_by(color: str, matrix: np.ndarray) -> np.ndarray:
    rgb = np.array(to_rgb(color))
    linear = matrix @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = linear.clip(0, 1)
    return oklab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def steps(colors: Colormap) -> np.ndarray:
    points = np.array([oklab(colors(number)[:3]) for number in range(colors.N)])
    return np.linalg.norm(np.diff(points, axis=0), axis=1)


@pytest.mark.parametrize("blindness", list(BLINDNESS))
@pytest.mark.parametrize("style", STYLES)
def test_the_first_colors_are_told_apart_by_the_color_blind(style: Style, blindness: str) -> None:
    seen = [as_seen_by(color, BLINDNESS[blindness]) for color in palette(style).series[:5]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 0.07


@pytest.mark.parametrize("blindness", list(BLINDNESS))
@pytest.mark.parametrize("style", STYLES)
def test_for_and_against_are_told_apart_by_the_color_blind(style: Style, blindness: str) -> None:
    colors = palette(style)
    ends = (as_seen_by(color, BLINDNESS[blindness]) for color in (colors.against, colors.favor))
    assert np.linalg.norm(np.subtract(*ends)) > 0.2


@pytest.mark.parametrize("style", STYLES)
def test_equal_steps_of_a_map_look_equal(style: Style) -> None:
    sequential, diverging = steps(palette(style).sequential()), steps(palette(style).diverging())
    assert sequential.max() < 1.1 * sequential.min()
    for half in (diverging[:127], diverging[128:]):
        assert half.max() < 1.1 * half.min()


@pytest.mark.parametrize("style", STYLES)
def test_a_sequential_map_goes_one_way_in_lightness(style: Style) -> None:
    colors = palette(style).sequential()
    lightness = np.diff([oklab(colors(number)[:3])[0] for number in range(colors.N)])
    assert (lightness < 0).all() if style == "light" else (lightness > 0).all()


@pytest.mark.parametrize("style", STYLES)
def test_text_stands_out_from_the_background(style: Style) -> None:
    colors = palette(style)
    assert abs(oklab(to_rgb(colors.text))[0] - oklab(to_rgb(colors.background))[0]) > 0.7


def test_more_persons_than_colors_begin_anew() -> None:
    colors = palette("light")
    assert colors.color(len(colors.series)) == colors.color(0)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="style: expected 'light' or 'dark', got 'pink'"):
        plot_confusion(np.eye(2), style="pink")  # type: ignore[arg-type]
