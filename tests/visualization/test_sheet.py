"""A contact sheet of recordings."""

import pytest
import torch

from tg_skeleton import COCO17, NTU25, SkeletonSequence
from tg_skeleton.visualization import plot_sheet

WALK = SkeletonSequence.from_array(torch.rand(12, 1, 25, 3), NTU25)
PAIR = SkeletonSequence.from_array(torch.rand(9, 2, 17, 2), COCO17)


def test_a_strip_for_each_recording_of_any_skeleton() -> None:
    figure = plot_sheet({"walk": WALK, "pair": PAIR}, frames=4, columns=1)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["walk", "pair"]
    assert [len(axes.lines) for axes in figure.axes] == [4, 8]  # joints of a person in a frame


def test_frames_stand_side_by_side() -> None:
    (axes,) = plot_sheet({"walk": WALK}, frames=3).axes
    lefts = [float(line.get_xdata().min()) for line in axes.lines]
    low, high = axes.get_xlim()
    assert lefts == sorted(lefts) and low < lefts[0] and max(line.get_xdata().max() for line in axes.lines) < high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({},), "recordings: expected at least one, got none"),
        (({"walk": WALK}, 0), "frames: expected at least one frame, got 0"),
    ],
)
def test_what_can_t_be_drawn(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_sheet(*arguments)


def test_columns_below_one() -> None:
    with pytest.raises(ValueError, match="columns: expected 1 or more, got 0"):
        plot_sheet({"walk": WALK}, columns=0)
