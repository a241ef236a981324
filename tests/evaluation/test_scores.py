from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.evaluation import Scores

LOGITS = [[3.0, 1.0, 2.0], [0.0, 5.0, 4.0], [1.0, 2.0, 0.0], [2.0, 2.0, 2.0]]


def scores() -> Scores:
    return Scores(["a", "b", "c", "d"], LOGITS, [0, 2, 2, 2])


@pytest.mark.parametrize(("k", "accuracy"), [(1, 0.25), (2, 0.5), (3, 1.0)])
def test_top_k(k: int, accuracy: float) -> None:
    assert scores().top_k(k) == accuracy


def test_equal_logits_earn_nothing() -> None:
    constant = Scores(["a", "b", "c"], np.zeros((3, 3)), [0, 1, 2])
    assert constant.top_k(1) == pytest.approx(1 / 3)


def test_predictions() -> None:
    assert scores().predictions.tolist() == [0, 1, 1, 0]


def test_confusion_has_true_classes_as_rows() -> None:
    assert scores().confusion().tolist() == [[1, 0, 0], [0, 0, 0], [1, 2, 0]]


def test_types_are_fixed() -> None:
    made = scores()
    assert (made.logits.dtype, made.labels.dtype, made.names.dtype.kind) == (np.float32, np.int64, "U")


def test_repr() -> None:
    assert repr(scores()) == "Scores(4 recordings, 3 classes)"


def test_a_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    path = scores().save(tmp_path / "new" / "scores.npz")
    loaded = Scores.load(path)
    for key in ("names", "logits", "labels"):
        assert np.array_equal(getattr(loaded, key), getattr(scores(), key))
    assert [file.name for file in path.parent.iterdir()] == ["scores.npz"]


def test_the_file_holds_no_pickle(tmp_path: Path) -> None:
    with np.load(scores().save(tmp_path / "scores.npz"), allow_pickle=False) as file:
        assert sorted(file) == ["labels", "logits", "names"]


@pytest.mark.parametrize(
    ("names", "logits", "labels", "message"),
    [
        (["a"], [1.0, 2.0], [0], r"logits: expected \[S, K\] with at least one class, got \[2\]"),
        (["a"], np.zeros((1, 0)), [0], r"logits: expected \[S, K\] with at least one class, got \[1, 0\]"),
        (["a", "b"], [[1.0, 2.0]], [0], r"names: expected \[1\], one per row of logits, got \[2\]"),
        (["a"], [[1.0, 2.0]], [0, 1], r"labels: expected \[1\], one per row of logits, got \[2\]"),
        (["a", "b", "a"], np.zeros((3, 2)), [0, 1, 0], "names: 'a' occurs 2 times"),
        (["a", "b"], np.zeros((2, 2)), [0, 2], r"labels: expected 0..1, got 2 for 'b'"),
        (["a", "b"], np.zeros((2, 2)), [-1, 1], r"labels: expected 0..1, got -1 for 'a'"),
        (["a", "b"], [[0, 1], [np.nan, 1]], [0, 1], r"logits: expected finite numbers, got \[nan, 1.0\] for 'b'"),
    ],
)
def test_what_does_not_fit_is_refused(names: list[str], logits: object, labels: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scores(names, logits, labels)


@pytest.mark.parametrize("k", [0, 4])
def test_k_out_of_range_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"k: expected 1..3, the number of classes, got {k}"):
        scores().top_k(k)


def test_no_recordings_have_no_accuracy() -> None:
    with pytest.raises(ValueError, match="top_k: expected at least one recording, got none"):
        Scores([], np.zeros((0, 3)), []).top_k()


def test_a_path_without_npz_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected a file name ending in .npz, got '.*scores.txt'"):
        scores().save(tmp_path / "scores.txt")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone.npz': no such file"):
        Scores.load(tmp_path / "gone.npz")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = scores().save(tmp_path / "cut.npz")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"cut.npz' is not a valid file of scores"):
        Scores.load(path)


def test_a_bare_array_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "bare.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match=r"bare.npz' is not a valid file of scores"):
        Scores.load(tmp_path / "bare.npz")


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", names=["a"], logits=[[1.0]])
    with pytest.raises(ValueError, match=r"other.npz' is not a valid file of scores: .* labels is missing"):
        Scores.load(tmp_path / "other.npz")


def test_pickles_are_refused(tmp_path: Path) -> None:
    names = np.array(["a"], dtype=object)
    np.savez(tmp_path / "pickle.npz", names=names, logits=[[1.0]], labels=[0])
    with pytest.raises(
        ValueError,
        match=r"pickle.npz' is not a valid file of scores: expected numbers or text, got an array of Python objects",
    ):
        Scores.load(tmp_path / "pickle.npz")


def test_classes_without_recordings_are_left_out_of_the_means() -> None:
    scores = Scores(list("abcdef"), np.eye(4)[[0, 0, 1, 1, 1, 2]], [0, 0, 0, 1, 1, 1])
    assert scores.mean_class_accuracy() == pytest.approx(2 / 3)
    assert scores.macro_f1() == pytest.approx((4 / 5 + 4 / 6 + 0) / 3)


def test_means_of_nothing_are_refused() -> None:
    empty = Scores([], np.zeros((0, 2)), [])
    for mean in (empty.mean_class_accuracy, empty.macro_f1):
        with pytest.raises(ValueError, match="scores: expected at least one recording, got none"):
            mean()
