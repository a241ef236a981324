from __future__ import annotations

import importlib
import re
import sys

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from torch_geometric.data import Batch

from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.visualization import plot_sequence
from tg_skeleton.visualization.style import Style, palette

STICK = Topology("stick", ("foot", "hip", "head"), (0, 0, 1))


def standing(frames: int = 3, persons: int = 1, dims: int = 3) -> SkeletonSequence:
    """A stick whose joint j of person m stands at x = m + 1, y = j, z = 10 m."""
    pos = torch.zeros(frames, persons, 3, dims)
    pos[..., 0] = torch.arange(1, persons + 1)[:, None]
    pos[..., 1] = torch.arange(3)
    if dims == 3:
        pos[..., 2] = 10 * torch.arange(persons)[:, None]
    return SkeletonSequence.from_array(pos, STICK)


def bones(axes) -> list[list[list[float]]]:
    return [segment.tolist() for lines in axes.collections for segment in lines.get_segments()]


def joints(axes) -> list[list[float]]:
    return [point for line in axes.lines for point in line.get_xydata().tolist()]


def test_bones_link_joints_to_their_parents() -> None:
    axes = plot_sequence(standing(1)).axes[0]
    assert bones(axes) == [[[1, 1], [1, 0]], [[1, 2], [1, 1]]]
    assert joints(axes) == [[1, 0], [1, 1], [1, 2]]


def test_views_choose_coordinates() -> None:
    assert joints(plot_sequence(standing(1, persons=2), view="zy").axes[0])[-1] == [10, 2]
    assert joints(plot_sequence(standing(1, persons=2), view="xz").axes[0])[-1] == [2, 10]


def test_a_camera_goes_around_the_middle_of_all() -> None:
    sequence = standing(1, persons=2)
    front = joints(plot_sequence(sequence, view=(0, 0)).axes[0])
    assert front == [[across - 1.5, up - 1] for across, up in joints(plot_sequence(sequence).axes[0])]
    side, above = (np.array(joints(plot_sequence(sequence, view=view).axes[0])) for view in ((-90.0, 0.0), (0.0, 90.0)))
    flat = {view: np.array(joints(plot_sequence(sequence, view=view).axes[0])) for view in ("zy", "xz")}
    np.testing.assert_allclose(side, flat["zy"] - [5, 1], atol=1e-5)
    np.testing.assert_allclose(above, flat["xz"] - [1.5, 5], atol=1e-5)


@pytest.mark.parametrize("style", ["light", "dark"])
def test_a_still_is_drawn_in_either_style(style: Style) -> None:
    figure = plot_sequence(standing(), frames=[1], title="standing", style=style)
    assert len(figure.axes) == 1
    assert to_hex(figure.get_facecolor()) == to_hex(figure.axes[0].get_facecolor()) == palette(style).background
    assert figure.texts[0].get_color() == figure.axes[0].title.get_color() == palette(style).text


def test_stills_are_evenly_spaced() -> None:
    assert [axes.get_title() for axes in plot_sequence(standing(11), frames=3).axes] == [
        "frame 0",
        "frame 5",
        "frame 10",
    ]


def test_a_short_sequence_has_fewer_stills() -> None:
    assert len(plot_sequence(standing(2), frames=8).axes) == 2


def test_frames_can_be_chosen() -> None:
    assert [axes.get_title() for axes in plot_sequence(standing(5), frames=[4, 1]).axes] == ["frame 4", "frame 1"]


def test_an_absent_person_is_not_drawn() -> None:
    sequence = standing(2, persons=2)
    sequence.pos[1, 3:] = 0
    assert [len(joints(axes)) for axes in plot_sequence(sequence).axes] == [6, 3]


def test_a_joint_at_the_origin_is_drawn() -> None:
    sequence = standing(1)
    sequence.pos[0, 0] = 0
    assert len(joints(plot_sequence(sequence).axes[0])) == 3


def test_a_joint_without_score_is_not_drawn() -> None:
    sequence = standing(1)
    sequence.score = torch.tensor([[1.0, 0.0, 0.5]])
    axes = plot_sequence(sequence).axes[0]
    assert joints(axes) == [[1, 0], [1, 2]]
    assert bones(axes) == []


def test_persons_differ_in_color() -> None:
    axes = plot_sequence(standing(1, persons=3)).axes[0]
    assert len({line.get_color() for line in axes.lines}) == 3
    assert [to_hex(lines.get_color()[0]) for lines in axes.collections] == [line.get_color() for line in axes.lines]


def test_all_stills_have_one_scale() -> None:
    sequence = standing(4)
    sequence.pos[3] *= 5
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in plot_sequence(sequence).axes}) == 1


def test_image_coordinates_hang_from_the_top() -> None:
    assert joints(plot_sequence(standing(1, dims=2), y_down=True).axes[0]) == [[1, 0], [1, -1], [1, -2]]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_point_sized_recording_is_drawn(value: float) -> None:
    sequence = SkeletonSequence.from_array(np.full((4, 1, 25, 3), value), NTU25)
    plot_sequence(sequence, title="still").draw_without_rendering()


def test_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sequence: expected one recording, got a batch; draw batch\[0\]"):
        plot_sequence(Batch.from_data_list([standing(), standing()]))


def test_a_sequence_without_pos_is_refused() -> None:
    sequence = standing()
    del sequence.pos
    with pytest.raises(ValueError, match="sequence: expected a recording with pos, got one without"):
        plot_sequence(sequence)


@pytest.mark.parametrize("view", ["zy", "xz", (10, 0)])
def test_a_third_coordinate_that_is_not_there_is_named(view: object) -> None:
    with pytest.raises(
        ValueError, match=f"view: {re.escape(repr(view))} needs three coordinates, got 2; use view='xy'"
    ):
        plot_sequence(standing(dims=2), view=view)  # type: ignore[arg-type]


def test_an_unknown_view_is_refused() -> None:
    for view in ("top", (1, 2, 3)):
        with pytest.raises(
            ValueError, match=r"view: expected 'xy', 'zy', 'xz' or \(azimuth, elevation\) in degrees, got"
        ):
            plot_sequence(standing(), view=view)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (0, "frames: expected at least one frame, got 0"),
        ([3], r"frames: expected numbers in 0..2, got 3"),
        ([-1], r"frames: expected numbers in 0..2, got -1"),
        ([], r"frames: expected numbers in 0..2, got none"),
    ],
)
def test_frames_that_do_not_exist_are_refused(frames: int | list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_sequence(standing(), frames=frames)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("tg_skeleton.visualization")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(ImportError, match=r"not installed; pip install 'tg_skeleton\[plot\]'"):
        importlib.import_module("tg_skeleton.visualization")
