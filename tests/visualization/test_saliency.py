from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.visualization import plot_saliency
from tg_skeleton.visualization.style import Style, palette


def walking(frames: int = 5, persons: int = 1) -> SkeletonSequence:
    return SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(frames, persons, 25, 3)), NTU25)


SALIENCY = torch.randn(5, 25, generator=torch.Generator().manual_seed(0))


def tables(figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images and axes.get_xlabel() != ""]


def test_the_table_is_joints_by_frames_in_a_scale_around_zero() -> None:
    figure = plot_saliency(walking(), SALIENCY, NTU25.joints)
    (table,) = tables(figure)
    np.testing.assert_array_equal(table, SALIENCY.T)
    image = next(axes.images[0] for axes in figure.axes if axes.images)
    assert image.get_clim() == (-float(SALIENCY.abs().max()), float(SALIENCY.abs().max()))


def test_on_the_body_area_and_color_are_the_saliency() -> None:
    axes = plot_saliency(walking(), SALIENCY, frames=[2]).axes[0]
    discs, order = axes.collections[-1], SALIENCY[2].abs().argsort()
    np.testing.assert_allclose(
        discs.get_sizes() / discs.get_sizes().max(), SALIENCY[2].abs()[order] / SALIENCY[2].abs().max()
    )
    colors = palette("light")
    expected = [colors.favor if value > 0 else colors.against for value in SALIENCY[2][order]]
    assert [to_hex(color) for color in discs.get_facecolor()] == expected


def test_persons_stand_below_each_other() -> None:
    saliency = torch.cat([SALIENCY, -SALIENCY], dim=1)
    figure = plot_saliency(walking(persons=2), saliency, frames=3)
    first, second = (axes for axes in figure.axes[3:5])
    assert (first.get_ylabel(), second.get_ylabel()) == ("person 0", "person 1")
    np.testing.assert_array_equal(second.images[0].get_array(), -SALIENCY.T)


@pytest.mark.parametrize("style", ["light", "dark"])
def test_names_do_not_overlap(style: Style) -> None:
    figure = plot_saliency(walking(), SALIENCY, NTU25.joints, title="ESAN", style=style)
    figure.draw_without_rendering()
    axes = next(axes for axes in figure.axes if axes.images)
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert all(one.y0 >= other.y1 - 1 for one, other in pairwise(boxes))


def test_a_saliency_of_zeros_is_drawn() -> None:
    plot_saliency(walking(), torch.zeros(5, 25)).draw_without_rendering()


def test_saliencies_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"saliency: expected one number per frame and node .*, \[5, 25\], got \[4, 25\]"
    ):
        plot_saliency(walking(), SALIENCY[:4])
    with pytest.raises(ValueError, match="saliency: expected finite numbers, got NaN or infinity"):
        plot_saliency(walking(), SALIENCY / 0)
    with pytest.raises(ValueError, match="joints: expected 25 names, one per joint, got 1"):
        plot_saliency(walking(), SALIENCY, ["head"])
