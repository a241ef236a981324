from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.colors import to_hex

from tg_skeleton.visualization import System, plot_tradeoff
from tg_skeleton.visualization.style import Style, palette

SYSTEMS = {
    "ESAN": System(0.894, 866_618, 345e6),
    "AMANet": (0.858, 2_042_834, 400e6),
    "ST-GCN": (0.784, 3_079_202, 446e6),
    "2s-AGCN": (0.847, 3_449_730, 512e6),
    "MS-G3D": (0.912, 3_028_690, 696e6),
    "SGN": (0.907, 665_018, 134e6),
    "CTR-GCN": (0.886, 1_426_892, 239e6),
}


def bubbles(figure) -> dict[tuple[float, float], float]:
    """Areas by place; those of the legend have none."""
    drawn = [one for one in figure.axes[0].collections if len(one.get_offsets())]
    return {tuple(one.get_offsets()[0].tolist()): one.get_sizes()[0] for one in drawn}


def test_a_bubble_lies_at_parameters_and_accuracy_and_its_area_is_the_macs() -> None:
    drawn = bubbles(plot_tradeoff({"small": (0.9, 1e6, 1e8), "large": (0.75, 4e6, 5e8)}))
    assert set(drawn) == {(1e6, 90.0), (4e6, 75.0)}
    assert drawn[4e6, 75.0] == pytest.approx(5 * drawn[1e6, 90.0])


def test_the_legend_says_what_an_area_is() -> None:
    figure = plot_tradeoff({"small": (0.9, 1e6, 1e8), "large": (0.75, 4e6, 5e8)})
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["20 M", "100 M", "500 M"]
    areas = [handle.get_sizes()[0] for handle in legend.legend_handles]
    assert areas[2] == pytest.approx(5 * areas[1]) == pytest.approx(bubbles(figure)[4e6, 75.0])


@pytest.mark.parametrize("style", ["light", "dark"])
def test_names_cover_neither_each_other_nor_the_edge(style: Style) -> None:
    figure = plot_tradeoff(SYSTEMS, title="NW-UCLA", style=style)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert {text.get_text() for text in axes.texts} == set(SYSTEMS)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    frame = axes.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


def test_names_of_systems_that_lie_on_each_other_are_apart() -> None:
    figure = plot_tradeoff(dict.fromkeys(("one", "two", "three"), (0.9, 1000000.0, 100000000.0)))
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_in_a_crowd_lines_lead_from_names_that_are_far_to_their_bubbles() -> None:
    crowd = {f"a long name {number}": (0.88 + 0.006 * (number % 4), 3e6 * 1.2**number, 2e9) for number in range(8)}
    crowd["small and far away"] = (0.8, 1e5, 1e7)
    axes = plot_tradeoff(crowd).axes[0]
    names = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert not any(one.overlaps(other) for one, other in combinations(names.values(), 2))
    assert axes.lines
    at = [tuple(axes.transData.transform((system[1], 100 * system[0]))) for system in crowd.values()]
    for line in axes.lines:
        name, bubble = axes.transAxes.transform(line.get_xydata())
        assert any(bubble == pytest.approx(place) for place in at)
        assert any(box.padded(1).contains(*name) for box in names.values())


def test_the_marked_stand_out() -> None:
    figure = plot_tradeoff(SYSTEMS, marked=["ESAN"])
    drawn = [one for one in figure.axes[0].collections if len(one.get_offsets())]
    marked = [one for one in drawn if to_hex(one.get_facecolor()[0]) == palette("light").series[1]]
    assert [one.get_offsets()[0].tolist() for one in marked] == [[866_618, 89.4]]


@pytest.mark.parametrize(
    ("systems", "message"),
    [
        ({}, "systems: expected at least one, got none"),
        ({"a": (89.4, 1e6, 1e8)}, r"systems: the accuracy of 'a' is 89.4; expected a fraction in 0..1"),
        (
            {"a": (0.9, 1e6, 0)},
            "systems: 'a' has 1000000.0 parameters and 0 multiply-accumulates; expected numbers above",
        ),
    ],
)
def test_numbers_that_do_not_fit_are_refused(systems: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_tradeoff(systems)


def test_a_marked_system_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="marked: there is no system 'SGCN'; expected some of ESAN, AMANet"):
        plot_tradeoff(SYSTEMS, marked=["SGCN"])
