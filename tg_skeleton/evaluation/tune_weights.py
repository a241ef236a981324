"""Weights of a fusion, tuned on the validation split."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from tg_skeleton.evaluation._streams import Of, Streams, check_of, join, log_softmax

GRIDS = (100, 50, 20, 10, 5, 2, 1)
"""Default steps: the first ones whose grid is small enough."""

CANDIDATES = 5_000
"""The largest grid by default."""

LIMIT = 100_000
"""The largest grid that may be requested."""

BLOCK = 2_000_000
"""Elements of the largest temporary array."""


def tune_weights(validation: Streams, *, of: Of = "softmax", steps: int | None = None) -> np.ndarray:
    r"""Find the weights of `ensemble` with the highest top-1 accuracy on a validation split.

    Use the scores of the **validation split, never of the test split**: an accuracy with weights that were tuned on the
    test labels is too high.

    All weights that are multiples of 1 / ``steps`` and sum to 1 are tried, and equal weights. The result is at least as
    good there as equal weights and as every stream alone, and deterministic. Ties are broken by the mean log loss
    :math:`-\log p_y`, then by the distance to equal weights.

    Assumption: the paper does not state how its weights were chosen.

    >>> from tg_skeleton.evaluation import Scores, ensemble, tune_weights
    >>> joint = Scores(["a", "b", "c"], [[4.0, 0.0], [0.0, 1.0], [2.0, 0.0]], [0, 1, 1])
    >>> bone = Scores(["a", "b", "c"], [[0.0, 1.0], [0.0, 1.0], [0.0, 2.0]], [0, 1, 1])
    >>> weights = tune_weights([joint, bone])
    >>> weights.tolist(), ensemble([joint, bone], weights).top_k()
    ([0.39, 0.61], 1.0)

    Args:
        validation: Scores of each stream on the validation split.
        of: As for `ensemble`: average probabilities, or logits.
        steps: Steps of the grid. Default: 100 for two streams, 50 for three, 20 for four, 10 for five and six,
            so that it has fewer than 5,000 points.

    Shapes:
        result ``[S]`` float64 for S streams, non-negative, sum 1.

    Raises:
        TypeError: One `Scores` is given in place of several.
        ValueError: There are no streams or no recordings; the streams differ in recordings, classes or labels; ``of``
            is neither of the two; or ``steps`` is below 1 or makes more than 100,000 combinations.
    """
    check_of(of)
    joined = join(validation)
    if not len(joined.names):
        raise ValueError("validation: expected at least one recording, got none")
    weights = _candidates(len(joined.streams), steps)
    log_probability = log_softmax(joined.logits)
    values = np.exp(log_probability) if of == "softmax" else joined.logits
    correct = _correct(weights, values, joined.labels)
    best = weights[correct == correct.max()]
    if len(best) > 1:
        true = (log_probability if of == "softmax" else joined.logits)[:, np.arange(len(joined.labels)), joined.labels]
        loss = _loss_of_softmax(best, true) if of == "softmax" else _loss_of_logits(best, joined.logits, true)
        best = best[[int(np.argmin(loss.round(9)))]]  # rounding errors must not break ties
    chosen: np.ndarray = best[0]
    return chosen


def _candidates(num_streams: int, steps: int | None) -> np.ndarray:
    """The grid and equal weights, ``[G, S]``, those nearest to equal weights first."""
    if steps is None:
        steps = next(grid for grid in GRIDS if _grid_size(num_streams, grid) <= CANDIDATES or grid == GRIDS[-1])
    if steps < 1:
        raise ValueError(f"steps: expected at least 1, got {steps}")
    if _grid_size(num_streams, steps) > LIMIT:
        raise ValueError(
            f"steps: {steps} steps distributed over {num_streams} streams are {_grid_size(num_streams, steps):,} "
            f"combinations, expected at most {LIMIT:,}; use fewer steps"
        )
    # Stars and bars: num_streams - 1 bars among steps stars; the gaps between bars are the shares.
    length = steps + num_streams - 1
    bars = list(combinations(range(length), num_streams - 1))
    places = np.array(bars, dtype=np.int64).reshape(len(bars), num_streams - 1)
    grid = np.diff(places, axis=1, prepend=-1, append=length) - 1
    weights = np.concatenate([np.full((1, num_streams), 1.0 / num_streams), grid / steps])
    distance = np.square(weights - 1.0 / num_streams).sum(1)
    return weights[np.argsort(distance.round(12), kind="stable")]


def _grid_size(num_streams: int, steps: int) -> int:
    """The number of ways to distribute equal steps over the streams."""
    return math.comb(steps + num_streams - 1, num_streams - 1)


def _correct(weights: np.ndarray, values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The number of correct recordings for each row of weights, ``[G]``, of values ``[S, R, K]``."""
    recordings = np.arange(len(labels))
    true = values[:, recordings, labels][..., None]
    # Only classes that some weights can put ahead of the true one and of every stream's prediction matter: a few.
    rivals = np.ones(values.shape[1:], dtype=bool)
    for predicted in (labels, *values.argmax(-1)):
        rivals &= ~(values[:, recordings, predicted][..., None] > values).all(0)
    rivals[recordings, labels] = False
    hopeless = (rivals & (values > true).all(0)).any(-1)
    rivals[hopeless] = False
    rows, columns = rivals.nonzero()
    if not rows.size:
        return np.full(len(weights), (~hopeless).sum())
    margins = true[:, rows, 0] - values[:, rows, columns]
    least = np.where(columns < labels[rows], np.nextafter(0.0, 1.0), 0.0)  # a tie goes to the first class
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    wrong = [
        np.logical_or.reduceat(some @ margins < least, starts, axis=1).sum(1) for some in _blocks(weights, rows.size)
    ]
    return (~hopeless).sum() - np.concatenate(wrong)


def _loss_of_softmax(weights: np.ndarray, log_true: np.ndarray) -> np.ndarray:
    """The mean log loss of each row of weights, ``[G]``, of the true classes' log probabilities ``[S, R]``."""
    top = log_true.max(0)
    true = np.exp(log_true - top)  # scaled by the largest stream, so that no recording underflows
    tiny = np.finfo(np.float64).tiny  # unless that stream's weight is 0
    return np.concatenate(
        [-(np.log(np.maximum(some @ true, tiny)) + top).mean(-1) for some in _blocks(weights, top.size)]
    )


def _loss_of_logits(weights: np.ndarray, logits: np.ndarray, true: np.ndarray) -> np.ndarray:
    """The mean log loss of each row of weights, ``[G]``, of logits ``[S, R, K]`` and the true classes' ``[S, R]``."""
    losses = []
    for some in _blocks(weights, logits[0].size):
        fused = np.tensordot(some, logits, axes=1)  # [g, R, K]
        top = fused.max(-1, keepdims=True)
        losses.append((np.log(np.exp(fused - top).sum(-1)) + top[..., 0] - some @ true).mean(-1))
    return np.concatenate(losses)


def _blocks(weights: np.ndarray, size: int) -> list[np.ndarray]:
    """Rows of weights in blocks, so that a temporary array has at most `BLOCK` elements."""
    return np.array_split(weights, max(1, math.ceil(len(weights) * size / BLOCK)))
