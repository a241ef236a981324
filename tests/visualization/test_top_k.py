from __future__ import annotations

import pytest

from tg_skeleton.visualization import plot_top_k

FOUND = {"joint": [0.5, 0.75, 1.0], "bone": [0.25, 0.5, 0.5], "fused": [0.75, 1.0, 1.0]}


def test_a_line_for_each_stream_and_a_thick_one_for_the_fusion() -> None:
    (axes,) = plot_top_k(FOUND, title="NTU").axes
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    assert drawn == {name: ([1, 2, 3], [100 * value for value in values]) for name, values in FOUND.items()}
    widths = {line.get_label(): line.get_linewidth() for line in axes.lines}
    assert widths["fused"] > widths["joint"] == widths["bone"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(FOUND)
    assert axes.get_title() == "NTU"


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ({}, r"accuracies: expected streams with as many each, 1 or more, got \[\]"),
        ({"joint": [0.1], "bone": [0.1, 0.2]}, r"accuracies: expected streams with as many each, .*, got \[1, 2\]"),
        ({"joint": [89.0]}, "accuracies: those of 'joint' are .*; expected fractions in 0..1"),
    ],
)
def test_what_can_t_be_drawn(accuracies: dict[str, list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plot_top_k(accuracies)
