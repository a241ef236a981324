from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_skeleton.evaluation import Scores, ensemble, tune_weights

KINDS: tuple[Literal["softmax", "logits"], ...] = ("softmax", "logits")


def random_streams(seed: int, streams: int = 3, recordings: int = 40, classes: int = 5) -> list[Scores]:
    """Networks of unequal quality that share a part of their mistakes."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(classes, size=recordings)
    names = [f"r{number}" for number in range(recordings)]
    common = draw.normal(size=(recordings, classes))
    made = []
    for stream in range(streams):
        logits = common + draw.normal(size=(recordings, classes))
        logits[np.arange(recordings), labels] += 1.5 - 0.3 * stream
        made.append(Scores(names, 2 * logits, labels))
    return made


def log_loss(scores: Scores) -> float:
    logits = scores.logits.astype(np.float64)
    true = logits[np.arange(len(scores)), scores.labels]
    return float((np.log(np.exp(logits).sum(1)) - true).mean())


def best_of_all(streams: list[Scores], steps: int, of: Literal["softmax", "logits"]) -> tuple[float, float]:
    """Accuracy and log loss of the best of all weights, one by one through `ensemble`."""
    grid = [np.array(parts) / steps for parts in product(range(steps + 1), repeat=len(streams)) if sum(parts) == steps]
    fused = [ensemble(streams, weights, of=of) for weights in [np.ones(len(streams)), *grid]]
    accuracy = max(scores.top_k() for scores in fused)
    return accuracy, min(log_loss(scores) for scores in fused if scores.top_k() == accuracy)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), of=st.sampled_from(KINDS), streams=st.integers(1, 3))
def test_the_best_of_all_weights_is_found(seed: int, of: Literal["softmax", "logits"], streams: int) -> None:
    validation = random_streams(seed, streams)
    accuracy, loss = best_of_all(validation, 10, of)
    fused = ensemble(validation, tune_weights(validation, of=of, steps=10), of=of)
    assert fused.top_k() == accuracy
    assert log_loss(fused) == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("of", KINDS)
@pytest.mark.parametrize("streams", [2, 3, 4, 5, 6])
def test_no_worse_than_equal_weights_or_one_stream(streams: int, of: Literal["softmax", "logits"]) -> None:
    validation = random_streams(streams, streams, recordings=200, classes=10)
    weights = tune_weights(validation, of=of)
    tuned = ensemble(validation, weights, of=of).top_k()
    assert tuned >= ensemble(validation, of=of).top_k()
    assert tuned >= max(scores.top_k() for scores in validation)
    assert weights.shape == (streams,) and (weights >= 0).all() and weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("of", KINDS)
def test_a_stream_that_knows_nothing_gets_nothing(of: Literal["softmax", "logits"]) -> None:
    knows = Scores(["a", "b"], [[2.0, 0.0], [0.0, 2.0]], [0, 1])
    wrong = Scores(["a", "b"], [[0.0, 2.0], [2.0, 0.0]], [0, 1])
    assert tune_weights([wrong, knows], of=of).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("of", KINDS)
def test_equal_streams_get_equal_weights(of: Literal["softmax", "logits"]) -> None:
    (stream,) = random_streams(0, 1)
    for count in (2, 3, 6):
        assert tune_weights([stream] * count, of=of).tolist() == pytest.approx([1 / count] * count)


def test_the_log_loss_tells_equal_accuracies_apart() -> None:
    """Both are always right; the second is surer, so it gets all."""
    unsure = Scores(["a", "b"], [[1.0, 0.0], [0.0, 1.0]], [0, 1])
    sure = Scores(["a", "b"], [[4.0, 0.0], [0.0, 4.0]], [0, 1])
    assert tune_weights([unsure, sure]).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("of", KINDS)
def test_networks_that_say_nothing_are_judged_as_ensemble_does(of: Literal["softmax", "logits"]) -> None:
    """Of equal scores the first class is predicted, so a silent network is right about it and no other."""
    silent = Scores(["a", "b", "c"], np.zeros((3, 3)), [0, 1, 2])
    first = Scores(["a", "b", "c"], [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0, 1, 2])
    assert tune_weights([silent, silent], of=of).tolist() == [0.5, 0.5]
    assert ensemble([silent, first], tune_weights([silent, first], of=of), of=of).top_k() == 2 / 3


@pytest.mark.parametrize("of", KINDS)
def test_the_same_scores_give_the_same_weights_in_any_order(of: Literal["softmax", "logits"]) -> None:
    streams = random_streams(5, 3, recordings=300)
    weights = tune_weights(dict(zip("abc", streams, strict=True)), of=of)
    assert weights.tolist() == tune_weights(streams, of=of).tolist()
    assert weights.tolist() == tune_weights(streams[::-1], of=of).tolist()[::-1]
    order = np.random.default_rng(0).permutation(300)
    mixed = Scores(streams[1].names[order], streams[1].logits[order], streams[1].labels[order])
    assert weights.tolist() == tune_weights([streams[0], mixed, streams[2]], of=of).tolist()


def test_steps_are_the_fineness_of_the_grid() -> None:
    weights = tune_weights(random_streams(6, 3), steps=4)
    assert (weights * 4 == (weights * 4).round()).all() or weights.tolist() == pytest.approx([1 / 3] * 3)


def test_certain_networks_are_weighed() -> None:
    sure = Scores(["a", "b"], [[3e38, -3e38], [3e38, -3e38]], [0, 1])
    good = Scores(["a", "b"], [[2.0, 0.0], [0.0, 2.0]], [0, 1])
    weights = tune_weights([sure, good])
    assert ensemble([sure, good], weights).top_k() == 1.0


def test_no_recordings_are_refused() -> None:
    none = Scores([], np.zeros((0, 2)), [])
    with pytest.raises(ValueError, match="validation: expected at least one recording, got none"):
        tune_weights([none, none])


def test_no_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="steps: expected at least 1, got 0"):
        tune_weights(random_streams(0), steps=0)


def test_a_grid_without_end_is_refused() -> None:
    message = "steps: 100 steps distributed over 6 streams are 96,560,646 combinations, expected at most 100,000"
    with pytest.raises(ValueError, match=message):
        tune_weights(random_streams(0, 6), steps=100)


def test_other_recordings_are_refused() -> None:
    one, other = random_streams(0, 1, recordings=3)[0], random_streams(0, 1, recordings=4)[0]
    with pytest.raises(ValueError, match=r"not of the same recordings: 'r3' only in 'scores\[1\]'"):
        tune_weights([one, other])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="of: expected 'softmax' or 'logits', got 'votes'"):
        tune_weights(random_streams(0), of="votes")  # type: ignore[arg-type]
