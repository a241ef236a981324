from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.visualization import plot_body_attention

STICK = Topology("stick", ("foot", "hip", "head"), (0, 0, 1))
WEIGHTS = torch.tensor([[0.5, 0.4, 0.1], [0.2, 0.0, 0.8], [0.0, 0.0, 1.0]])


def standing(frames: int = 4, persons: int = 1) -> SkeletonSequence:
    pos = torch.zeros(frames, persons, 3, 3)
    pos[..., 0] = 3 * torch.arange(1, persons + 1)[:, None] + torch.tensor([0.0, 1.0, 0.0])
    pos[..., 1] = torch.arange(3)
    return SkeletonSequence.from_array(pos, STICK)


def curves(axes: Axes) -> list[np.ndarray]:
    """The outlines of the curves, smallest weight first."""
    return [path.vertices[:-1] for path in axes.collections[-1].get_paths()]


def ends(outline: np.ndarray) -> tuple[list[float], list[float], float, float]:
    """Where a curve begins and ends, and how wide it is there."""
    half = len(outline) // 2
    one, other = outline[:half], outline[half:][::-1]
    middle, width = (one + other) / 2, np.linalg.norm(one - other, axis=1)
    return middle[0].round(5).tolist(), middle[-1].round(5).tolist(), float(width[0]), float(width[-1])


def discs(axes: Axes) -> list[float]:
    return axes.collections[-2].get_sizes().tolist()


def test_curves_lead_from_the_query_to_the_key_and_widen() -> None:
    drawn = [ends(outline) for outline in curves(plot_body_attention(standing(), WEIGHTS, frame=[0]).axes[0])]
    foot, hip, head = [3, 0], [4, 1], [3, 2]
    assert [(start, end) for start, end, _, _ in drawn] == [(foot, head), (hip, foot), (foot, hip), (hip, head)]
    assert all(thin < wide for _, _, thin, wide in drawn)


def test_width_and_opacity_grow_with_the_weight() -> None:
    axes = plot_body_attention(standing(), WEIGHTS, frame=[0]).axes[0]
    widths = [ends(outline)[3] for outline in curves(axes)]
    np.testing.assert_allclose(np.array(widths) / widths[-1], np.array([0.1, 0.2, 0.4, 0.8]) / 0.8, rtol=1e-4)
    opacity = axes.collections[-1].get_facecolor()[:, 3]
    assert (np.diff(opacity) > 0).all()


def test_discs_are_what_joints_attend_to_themselves() -> None:
    sizes = np.array(discs(plot_body_attention(standing(), WEIGHTS, frame=[0]).axes[0]))
    np.testing.assert_allclose(sizes / sizes[2], [0.5, 0.0, 1.0])


def test_only_the_largest_are_drawn() -> None:
    assert len(curves(plot_body_attention(standing(), WEIGHTS, frame=[0], top=2).axes[0])) == 2


def test_a_row_per_head_and_a_column_per_frame() -> None:
    maps = torch.zeros(4, 2, 3, 3)
    maps[3, 1, 0, 2] = 0.5
    figure = plot_body_attention(standing(), maps, frame=[0, 3], title="block 1")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["head 0, frame 0", "head 0, frame 3", "head 1, frame 0", "head 1, frame 3"]
    assert [len(curves(axes)) for axes in figure.axes] == [0, 0, 0, 1]
    assert figure.get_suptitle() == "block 1"
    named = plot_body_attention(standing(), maps, frame=[0], heads=["near", "far"])
    assert [axes.get_title() for axes in named.axes] == ["near, frame 0", "far, frame 0"]


def test_a_block_that_halves_the_frames_has_a_map_for_two() -> None:
    maps = torch.zeros(3, 1, 3, 3)  # of 5 frames: 0, 2, 4
    maps[1, 0, 0, 2] = 0.5
    figure = plot_body_attention(standing(5), maps, frame=range(5))
    assert [len(curves(axes)) for axes in figure.axes] == [0, 0, 1, 1, 0]


def test_the_scale_may_be_given() -> None:
    half, full = (plot_body_attention(standing(), WEIGHTS, frame=[0], vmax=vmax) for vmax in (2.0, 1.0))
    widths = [ends(curves(figure.axes[0])[-1])[3] for figure in (half, full)]
    assert widths[0] == pytest.approx(widths[1] / 2)
    assert "to a weight of 2;" in half.get_supxlabel()


def test_the_maps_of_the_second_person_lie_on_it() -> None:
    axes = plot_body_attention(standing(persons=2), WEIGHTS, frame=[0], person=1).axes[0]
    assert ends(curves(axes)[-1])[:2] == ([7, 1], [6, 2])


def test_persons_that_attend_to_each_other_are_one_map() -> None:
    maps = torch.zeros(6, 6)
    maps[0, 5] = 0.7
    axes = plot_body_attention(standing(persons=2), maps, frame=[0]).axes[0]
    assert ends(curves(axes)[-1])[:2] == ([3, 0], [6, 2])


def test_a_joint_that_is_not_seen_takes_no_part() -> None:
    sequence = standing()
    sequence.score = torch.ones(4, 3)
    sequence.score[:, 2] = 0
    axes = plot_body_attention(sequence, WEIGHTS, frame=[0]).axes[0]
    assert len(curves(axes)) == 2
    assert discs(axes)[2] == 0


@pytest.mark.parametrize("style", ["light", "dark"])
def test_a_picture_is_written(tmp_path: Path, style: str) -> None:
    figure = plot_body_attention(standing(), WEIGHTS, style=style)  # type: ignore[arg-type]
    figure.savefig(tmp_path / "attention.png")
    assert (tmp_path / "attention.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            torch.zeros(4, 4),
            r"weights: expected .* of V = 3 joints, got \[4, 4\]; take one person's entry of attention_maps",
        ),
        (torch.zeros(1, 4, 1, 3, 3), r"weights: expected .* of V = 3 joints, got \[1, 4, 1, 3, 3\]"),
        (
            torch.zeros(3, 1, 3, 3),
            "weights: expected maps of 4 frames, of every s-th of them, or one for all, got 3",
        ),
        (-WEIGHTS, "weights: expected attention weights >= 0, got -1.0; logits need a softmax first"),
    ],
)
def test_maps_that_do_not_fit_are_refused(weights: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_body_attention(standing(), weights)


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"person: expected a number in 0..0, got 1"):
        plot_body_attention(standing(), WEIGHTS, person=1)
    with pytest.raises(ValueError, match="top: expected at least one curve, got 0"):
        plot_body_attention(standing(), WEIGHTS, top=0)
    with pytest.raises(ValueError, match="heads: expected 1 names, one per head, got 2"):
        plot_body_attention(standing(), WEIGHTS, heads=["a", "b"])
    with pytest.raises(ValueError, match="vmax: expected a weight above 0, got 0"):
        plot_body_attention(standing(), WEIGHTS, vmax=0.0)
