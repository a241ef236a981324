from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from tg_skeleton import topologies
from tg_skeleton.nn import SpatialSelfAttention
from tg_skeleton.topology import Topology
from tg_skeleton.visualization import plot_attention
from tg_skeleton.visualization.style import Style, palette

ONE = np.array([[0.5, 0.5], [0.0, 1.0]])
OTHER = np.array([[1.0, 0.0], [0.25, 0.75]])
JOINTS = ["left_hand", "right_hand"]


def shown(figure) -> list[list[list[float]]]:
    return [axes.images[0].get_array().tolist() for axes in figure.axes if axes.images]


def titles(figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes if axes.images]


def test_a_row_per_action_and_a_column_per_kind() -> None:
    figure = plot_attention({"clap": (ONE, OTHER), "wave": (OTHER, ONE)}, JOINTS, columns=("without", "with"))
    assert titles(figure) == ["clap, without", "clap, with", "wave, without", "wave, with"]
    assert shown(figure) == [ONE.tolist(), OTHER.tolist(), OTHER.tolist(), ONE.tolist()]
    rows = [axes.get_subplotspec().rowspan.start for axes in figure.axes[:4]]
    assert rows == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("maps", "count"),
    [
        (ONE, 1),
        (np.stack([ONE, OTHER]), 2),
        ([ONE, OTHER], 2),
        (torch.tensor(ONE), 1),
        ((torch.tensor(ONE, requires_grad=True), OTHER), 2),
    ],
)
def test_maps_of_one_action_need_no_name(maps: object, count: int) -> None:
    figure = plot_attention(maps)  # type: ignore[arg-type]
    assert titles(figure) == [""] * count
    assert shown(figure)[0] == ONE.tolist()


def test_all_maps_share_the_scale_of_the_largest_weight() -> None:
    figure = plot_attention({"clap": 0.5 * ONE, "wave": 0.25 * OTHER})
    assert [axes.images[0].get_clim() for axes in figure.axes if axes.images] == [(0.0, 0.5)] * 2
    assert [axes.get_ylabel() for axes in figure.axes].count("attention weight") == 1


def test_the_scale_may_be_given() -> None:
    (axes, bar) = plot_attention(ONE, vmax=0.2).axes
    assert axes.images[0].get_clim() == (0.0, 0.2)
    assert axes.images[0].colorbar.extend == "max"
    assert bar.get_ylabel() == "attention weight"


def test_zeros_have_a_scale_too() -> None:
    assert plot_attention(np.zeros((3, 3))).axes[0].images[0].get_clim() == (0.0, 1.0)


def test_names_stand_at_the_outer_axes_alone() -> None:
    figure = plot_attention({"clap": (ONE, OTHER), "wave": (OTHER, ONE)}, JOINTS, title="last SFEM")
    figure.draw_without_rendering()
    visible = [
        [[label.get_text() for label in labels if label.get_visible()] for labels in both]
        for both in ((axes.get_yticklabels(), axes.get_xticklabels()) for axes in figure.axes[:4])
    ]
    names = ["left hand", "right hand"]
    assert visible == [[names, []], [[], []], [names, names], [[], names]]
    assert [axes.get_ylabel() for axes in figure.axes[:4]] == ["attending joint", "", "attending joint", ""]
    assert [axes.get_xlabel() for axes in figure.axes[:4]] == ["", "", "attended joint", "attended joint"]
    assert figure.get_suptitle() == "last SFEM"


def test_of_many_joints_some_numbers_are_written() -> None:
    axes = plot_attention(np.full((75, 75), 1 / 75), [f"joint_{number}" for number in range(75)]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [str(number) for number in range(0, 75, 5)]


@pytest.mark.parametrize("topology", topologies.TOPOLOGIES, ids=lambda topology: topology.name)
def test_labels_lie_within_the_picture(topology: Topology) -> None:
    size = topology.num_joints
    figure = plot_attention({"a": np.full((2, size, size), 0.1), "b": np.full((2, size, size), 0.1)}, topology.joints)
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= -1 and box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1


def test_labels_do_not_overlap() -> None:
    figure = plot_attention(np.full((2, 25, 25), 0.04), topologies.NTU25.joints)
    figure.draw_without_rendering()
    for axes in figure.axes[:2]:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
        assert all(one.x1 <= other.x0 + 1 for one, other in pairwise(boxes))


def test_a_map_of_an_operator_has_targets_as_rows() -> None:
    """Joint 1 is the source that all look at."""
    conv = SpatialSelfAttention(1, 1, alpha=0.0)
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter.fill_(1.0)
    weights = conv(torch.tensor([[[0.0], [9.0], [0.0]]]), return_attention_weights=True)[1][1]
    (drawn,) = shown(plot_attention(weights.unflatten(1, (3, 3)).mean((0, 3))))
    assert np.argmax(drawn, axis=1).tolist() == [1, 1, 1]


def test_the_difference_stands_beside_its_two_maps() -> None:
    figure = plot_attention({"clap": (ONE, OTHER), "wave": (OTHER, OTHER)}, columns=("bare", "full"), difference=True)
    assert titles(figure)[:3] == ["clap, bare", "clap, full", "clap, difference"]
    drawn = [axes.images[0] for axes in figure.axes if axes.images]
    np.testing.assert_allclose(drawn[2].get_array(), OTHER - ONE)
    np.testing.assert_allclose(drawn[5].get_array(), 0)
    assert drawn[2].get_clim() == drawn[5].get_clim() == (-0.5, 0.5)
    assert [axes.get_ylabel() for axes in figure.axes[-2:]] == ["attention weight", "change of the weight"]


def test_bones_are_framed_at_target_and_source() -> None:
    figure = plot_attention(ONE, edge_index=torch.tensor([[1], [0]]))  # 1 -> 0: row 0, column 1
    (frame,) = figure.axes[0].collections[0].get_segments()
    assert frame.min(0).tolist() == [0.5, -0.5] and frame.max(0).tolist() == [1.5, 0.5]


@pytest.mark.parametrize("style", ["light", "dark"])
def test_nothing_is_as_dark_as_the_background(style: Style) -> None:
    figure = plot_attention((ONE, ONE), style=style)
    colors = palette(style)
    image = figure.axes[0].images[0]
    assert to_hex(image.cmap(image.norm(0.0))) == to_hex(figure.get_facecolor()) == colors.background
    assert figure.axes[0].xaxis.label.get_color() == colors.text


def test_a_difference_needs_two_maps() -> None:
    with pytest.raises(ValueError, match="difference: expected two maps per action, without and with, got 1"):
        plot_attention(ONE, difference=True)


def test_bones_of_other_joints_are_refused() -> None:
    with pytest.raises(ValueError, match=r"edge_index: expected joints in 0..1, those of the maps, got 2"):
        plot_attention(ONE, edge_index=torch.tensor([[2], [0]]))


def test_a_picture_is_written(tmp_path: Path) -> None:
    plot_attention(ONE, JOINTS).savefig(tmp_path / "attention.png")
    assert (tmp_path / "attention.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ({}, "maps: expected the maps of at least one action, got none"),
        ({"clap": []}, "maps of 'clap': expected maps of one shape, got \\[\\]"),
        ([ONE, np.eye(3)], r"maps: expected maps of one shape, got \[\[2, 2\], \[3, 3\]\]"),
        (np.zeros((2, 3)), r"maps: expected \[V, V\] or K of them, got \[1, 2, 3\]; average frames and heads"),
        ({"clap": np.zeros((4, 5, 2, 2))}, r"maps of 'clap': expected \[V, V\] or K of them, got \[4, 5, 2, 2\]"),
        (np.zeros((0, 0)), r"maps: expected \[V, V\] or K of them, got \[1, 0, 0\]"),
        (-ONE, "maps: expected attention weights >= 0, got -1.0; logits need a softmax first"),
        (np.full((2, 2), np.nan), "maps: expected attention weights >= 0, got nan"),
        ({"clap": ONE, "wave": [ONE, ONE]}, r"'clap' has \[1, 2, 2\], 'wave' has \[2, 2, 2\]; expected as many maps"),
        ({"clap": ONE, "wave": np.eye(3)}, r"'clap' has \[1, 2, 2\], 'wave' has \[1, 3, 3\]"),
    ],
)
def test_maps_that_do_not_fit_are_refused(maps: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_attention(maps)  # type: ignore[arg-type]


def test_another_number_of_joints_is_refused() -> None:
    with pytest.raises(ValueError, match="joints: expected 2 names, one per joint, got 3"):
        plot_attention(ONE, ["a", "b", "c"])


def test_another_number_of_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="columns: expected 1 names, one per map of an action, got 2"):
        plot_attention(ONE, columns=("without", "with"))


@pytest.mark.parametrize("vmax", [0.0, -1.0, float("nan")])
def test_a_scale_without_width_is_refused(vmax: float) -> None:
    with pytest.raises(ValueError, match="vmax: expected a weight above 0, got"):
        plot_attention(ONE, vmax=vmax)
