from __future__ import annotations

import numpy as np
import pytest
import torch

from tg_skeleton.visualization import plot_temporal_attention

ONE = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
"""Two frames that a block keeps, of three."""


def test_a_row_per_action_and_a_column_per_map() -> None:
    figure = plot_temporal_attention({"clap": (ONE, ONE[::-1]), "wave": (ONE, ONE)}, columns=("left", "right"))
    drawn = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in drawn] == ["clap, left", "clap, right", "wave, left", "wave, right"]
    assert drawn[1].images[0].get_array().tolist() == ONE[::-1].tolist()
    assert [axes.get_ylabel() for axes in drawn] == ["attending frame", "", "attending frame", ""]
    assert [axes.get_xlabel() for axes in drawn] == ["", "", "attended frame", "attended frame"]


@pytest.mark.parametrize("style", ["light", "dark"])
def test_frames_are_counted_in_whole_numbers(style: str) -> None:
    figure = plot_temporal_attention(torch.eye(4), title="T1", style=style)  # type: ignore[arg-type]
    figure.draw_without_rendering()
    assert all(float(tick).is_integer() for tick in figure.axes[0].get_xticks())
    assert figure.get_suptitle() == "T1"


def test_maps_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"maps: expected \[T, T\] or K of them, got \[2, 2, 3, 3\]; average joints"):
        plot_temporal_attention(np.zeros((2, 2, 3, 3)))
    with pytest.raises(ValueError, match=r"expected as many maps of as many frames for every action"):
        plot_temporal_attention({"clap": ONE, "wave": ONE.T})
    with pytest.raises(ValueError, match="columns: expected 1 names, one per map of an action, got 2"):
        plot_temporal_attention(ONE, columns=("a", "b"))
