from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_skeleton.evaluation import Scores, ensemble

LN = np.log
JOINT = Scores(["a", "b"], LN([[0.8, 0.2], [0.4, 0.6]]), [0, 1])
BONE = Scores(["b", "a"], LN([[0.9, 0.1], [0.3, 0.7]]), [1, 0])
KINDS: tuple[Literal["softmax", "logits"], ...] = ("softmax", "logits")


def probabilities(scores: Scores) -> np.ndarray:
    odds = np.exp(scores.logits.astype(np.float64))
    return odds / odds.sum(1, keepdims=True)


def random_streams(seed: int, streams: int = 3, recordings: int = 20, classes: int = 7) -> list[Scores]:
    draw = np.random.default_rng(seed)
    labels = draw.integers(classes, size=recordings)
    names = [f"r{number}" for number in range(recordings)]
    return [Scores(names, draw.normal(size=(recordings, classes)), labels) for _ in range(streams)]


def shuffled(scores: Scores, seed: int) -> Scores:
    order = np.random.default_rng(seed).permutation(len(scores))
    return Scores(scores.names[order], scores.logits[order], scores.labels[order])


def test_probabilities_are_averaged_by_name() -> None:
    fused = ensemble([JOINT, BONE])
    assert fused.names.tolist() == ["a", "b"]
    assert fused.labels.tolist() == [0, 1]
    np.testing.assert_allclose(np.exp(fused.logits), [[0.55, 0.45], [0.65, 0.35]], rtol=1e-6)


@pytest.mark.parametrize("weights", [[0.25, 0.75], (1, 3), np.array([4e307, 1.2e308]), [1e-320, 3e-320]])
def test_weights_are_proportions(weights: list[float]) -> None:
    fused = ensemble([JOINT, BONE], weights)
    np.testing.assert_allclose(np.exp(fused.logits), [[0.425, 0.575], [0.775, 0.225]], rtol=1e-3)


def test_logits_are_averaged() -> None:
    one = Scores(["a", "b"], [[4.0, 0.0], [1.0, 2.0]], [0, 1])
    other = Scores(["b", "a"], [[3.0, 8.0], [0.0, 6.0]], [1, 0])
    assert ensemble([one, other], [3, 1], of="logits").logits.tolist() == [[3.0, 1.5], [1.5, 3.5]]


def test_the_softmax_of_the_result_is_the_mean_probability() -> None:
    streams = random_streams(0)
    weights = np.array([0.5, 0.2, 0.3])
    expected = sum(weight * probabilities(scores) for weight, scores in zip(weights, streams, strict=True))
    np.testing.assert_allclose(probabilities(ensemble(streams, weights)), expected, rtol=1e-5)


def test_the_two_kinds_differ() -> None:
    """A loud stream wins among logits, two quiet ones among probabilities."""
    quiet = Scores(["a"], [[0.0, 3.0]], [1])
    loud = Scores(["a"], [[50.0, 0.0]], [1])
    assert ensemble([quiet, quiet, loud]).predictions.tolist() == [1]
    assert ensemble([quiet, quiet, loud], of="logits").predictions.tolist() == [0]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), of=st.sampled_from(KINDS))
def test_the_order_of_recordings_does_not_matter(seed: int, of: Literal["softmax", "logits"]) -> None:
    streams = random_streams(seed)
    mixed = [streams[0], shuffled(streams[1], seed), shuffled(streams[2], seed + 1)]
    one, other = ensemble(streams, [1, 2, 3], of=of), ensemble(mixed, [1, 2, 3], of=of)
    assert np.array_equal(one.logits, other.logits) and np.array_equal(one.names, other.names)


@pytest.mark.parametrize("of", KINDS)
def test_the_order_of_streams_does_not_matter(of: Literal["softmax", "logits"]) -> None:
    streams = random_streams(1)
    one, other = ensemble(streams, [1, 2, 3], of=of), ensemble(streams[::-1], [3, 2, 1], of=of)
    np.testing.assert_allclose(one.logits, other.logits, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("of", KINDS)
def test_a_weight_of_one_leaves_one_stream(of: Literal["softmax", "logits"]) -> None:
    streams = random_streams(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = ensemble(streams, [0, 1, 0], of=of)
    np.testing.assert_allclose(probabilities(alone), probabilities(streams[1]), rtol=1e-5)


@pytest.mark.parametrize("of", KINDS)
def test_one_stream_stays_what_it_is(of: Literal["softmax", "logits"]) -> None:
    (stream,) = random_streams(3, streams=1)
    np.testing.assert_allclose(probabilities(ensemble([stream], of=of)), probabilities(stream), rtol=1e-5)


@pytest.mark.parametrize("largest", [1e4, 3e38])
def test_certain_networks_give_finite_logits(largest: float) -> None:
    certain = Scores(["a", "b"], [[largest, -largest], [-largest, largest]], [0, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fused = ensemble([certain, certain])
    assert np.isfinite(fused.logits).all()
    assert fused.predictions.tolist() == [0, 1]


def test_names_of_the_streams_do_not_matter() -> None:
    assert np.array_equal(ensemble({"joint": JOINT, "bone": BONE}).logits, ensemble([JOINT, BONE]).logits)


def test_other_recordings_are_refused_both_ways() -> None:
    joint = Scores(list("abcdef"), np.zeros((6, 2)), [0] * 6)
    bone = Scores(list("eg"), np.zeros((2, 2)), [0] * 2)
    message = "'a', 'b', 'c' and 2 more only in 'joint', 'g' only in 'bone'; test every stream on the same split"
    with pytest.raises(ValueError, match=f"'joint' and 'bone' are not of the same recordings: {message}"):
        ensemble({"joint": joint, "bone": bone})


def test_a_subset_is_refused() -> None:
    part = Scores(["a"], [[1.0, 0.0]], [0])
    with pytest.raises(ValueError, match=r"same recordings: 'b' only in 'scores\[0\]'; test"):
        ensemble([JOINT, part])
    with pytest.raises(ValueError, match=r"same recordings: 'b' only in 'scores\[1\]'; test"):
        ensemble([part, BONE])


def test_another_number_of_classes_is_refused() -> None:
    other = Scores(["a", "b"], np.zeros((2, 3)), [0, 1])
    with pytest.raises(ValueError, match=r"'scores\[0\]' has 2 classes, 'scores\[1\]' has 3; fuse networks of one"):
        ensemble([JOINT, other])


def test_other_labels_are_refused() -> None:
    other = Scores(["b", "a"], BONE.logits, [0, 0])
    message = r"'b' is of class 1 in 'joint' and of class 0 in 'bone' \(1 such recordings\); use one labelling"
    with pytest.raises(ValueError, match=message):
        ensemble({"joint": JOINT, "bone": other})


@pytest.mark.parametrize("none", [[], {}])
def test_no_streams_are_refused(none: list[Scores]) -> None:
    with pytest.raises(ValueError, match="scores: expected at least one stream, got none"):
        ensemble(none)


def test_one_scores_is_no_list_of_them() -> None:
    with pytest.raises(TypeError, match=r"expected a list or a dict of Scores, one per stream, got one Scores"):
        ensemble(JOINT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"weights: expected 2 numbers, one per stream \(joint, bone\), got \[1\]"),
        ([[1.0, 1.0]], r"weights: expected 2 numbers, one per stream \(joint, bone\), got \[1, 2\]"),
        (2.0, r"weights: expected 2 numbers, one per stream \(joint, bone\), got \[\]"),
        ({"joint": 1.0}, r"weights: expected 2 numbers, one per stream \(joint, bone\), got \{'joint': 1.0\}"),
        ([1.0, -0.5], r"weights: expected finite numbers >= 0, not all of them 0, got \[1.0, -0.5\]"),
        ([0.0, 0.0], r"weights: expected finite numbers >= 0, not all of them 0, got \[0.0, 0.0\]"),
        ([1.0, np.nan], r"weights: expected finite numbers >= 0, not all of them 0, got \[1.0, nan\]"),
        ([1.0, np.inf], r"weights: expected finite numbers >= 0, not all of them 0, got \[1.0, inf\]"),
    ],
)
def test_weights_that_are_none_are_refused(weights: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ensemble({"joint": JOINT, "bone": BONE}, weights)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="of: expected 'softmax' or 'logits', got 'votes'"):
        ensemble([JOINT, BONE], of="votes")  # type: ignore[arg-type]
