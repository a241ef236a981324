from __future__ import annotations

from pathlib import Path

import pytest

from tg_skeleton.visualization import plot_curves

LIGHTNING = """epoch,lr-Adam,step,test/top1,train/loss,train/top1,val/loss,val/top1
,0.001,0,,,,,
0,,9,,,,1.9,0.25
0,,9,,2.0,0.2,,
,0.001,10,,,,,
1,,19,,,,1.0,0.75
1,,19,,1.5,0.5,,
2,,29,,,,1.1,0.75
2,,29,,1.25,0.625,,
3,,39,,,,1.2,0.5
3,,39,,1.0,0.75,,
4,,40,0.5,,,,
"""
"""Several rows an epoch with blanks, as Lightning writes them; two epochs are equally good."""


def written(folder: Path, text: str = LIGHTNING, name: str = "metrics.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def curves(axes) -> dict[str, list[list[float]]]:
    return {line.get_label(): line.get_xydata().tolist() for line in axes.lines}


def test_loss_and_accuracy_of_both_splits(tmp_path: Path) -> None:
    loss, accuracy = plot_curves(written(tmp_path), title="ESAN").axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy, %")
    assert curves(loss)["training"] == [[0, 2.0], [1, 1.5], [2, 1.25], [3, 1.0]]
    assert curves(loss)["validation"] == [[0, 1.9], [1, 1.0], [2, 1.1], [3, 1.2]]
    assert curves(accuracy)["training"] == [[0, 20], [1, 50], [2, 62.5], [3, 75]]


def test_the_last_of_the_best_epochs_is_marked(tmp_path: Path) -> None:
    loss, accuracy = plot_curves(written(tmp_path)).axes
    assert curves(loss)["best, epoch 2: 1.100"] == [[2, 1.1]]
    assert curves(accuracy)["best, epoch 2: 75.0 %"] == [[2, 75]]


def test_without_validation_nothing_is_marked(tmp_path: Path) -> None:
    text = "epoch,train/loss,train/top1\n0,2.0,0.5\n1,1.0,0.75\n"
    for axes in plot_curves(written(tmp_path, text), style="dark").axes:
        assert list(curves(axes)) == ["training"]


def test_several_trainings_differ_in_color(tmp_path: Path) -> None:
    figure = plot_curves({"a": written(tmp_path), "b": written(tmp_path, name="other.csv")})
    labels = ["a, training", "a, validation", "a, best, epoch 2: 1.100"]
    assert [line.get_label() for line in figure.axes[0].lines][:3] == labels
    colors = [line.get_color() for line in figure.axes[0].lines]
    assert len(set(colors[:3])) == len(set(colors[3:])) == 1 and colors[0] != colors[3]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"metrics.csv': no such file; trainings write logs/version_N/metrics.csv"
    ):
        plot_curves(tmp_path / "metrics.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", r"metrics.csv': expected columns epoch, train/loss, .* found none with a value"),
        ("epoch,train/loss\n0,much\n", r"metrics.csv' is not a valid metrics.csv of Lightning: could not convert"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_curves(written(tmp_path, text))


def test_no_training_is_refused() -> None:
    with pytest.raises(ValueError, match=r"metrics: expected the metrics.csv of at least one training, got none"):
        plot_curves({})
