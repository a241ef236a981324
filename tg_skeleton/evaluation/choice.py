"""Whether a change of a training counts: paired differences of accuracies, by seeds and by folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

LEAST_GAIN = 1.5
"""The gain in points that a change must have on every fold."""

LEAST_SEEDS = 4
"""The seeds that a decision needs: one seed moves an accuracy by as much as a change does."""

RULE = f"A change counts if it gains {LEAST_GAIN} points on every fold, with {LEAST_SEEDS} seeds or more."
"""The rule in words."""

Verdict = Literal["counts", "harms", "undecided", "too few seeds"]
"""Whether a change gains enough on every fold, loses as much on every fold, or neither; or that it can't be told."""


@dataclass(frozen=True)
class Paired:
    """Accuracies of several seeds against those of the same seeds without a change, in percent; see `paired`.

    Args:
        mean: The mean accuracy.
        spread: Its standard deviation over seeds; not a number for one seed.
        difference: The mean of the differences, seed by seed.
        error: The standard error of that mean; not a number for one seed.
    """

    mean: float
    spread: float
    difference: float
    error: float


def paired(base: Mapping[int, float], changed: Mapping[int, float]) -> Paired:
    r"""Compare the accuracies of the seeds that both have.

    .. math:: \bar d = \frac{1}{n} \sum_s (c_s - b_s), \qquad
        \mathrm{error} = \sqrt{\frac{\sum_s (c_s - b_s - \bar d)^2}{n (n - 1)}}

    >>> from tg_skeleton.evaluation import paired
    >>> paired({0: 70.0, 1: 74.0}, {0: 72.0, 1: 78.0})
    Paired(mean=75.0, spread=4.242640687119285, difference=3.0, error=1.0)

    Args:
        base: The accuracy of each seed, without the change.
        changed: The same with it.

    Raises:
        ValueError: They have no seed in common.
    """
    seeds = sorted(set(base) & set(changed))
    if not seeds:
        raise ValueError(f"changed: expected a seed of {sorted(base)}, got {sorted(changed)}; train the same seeds")
    values = np.array([changed[seed] for seed in seeds])
    differences = values - np.array([base[seed] for seed in seeds])
    several = len(seeds) > 1
    return Paired(
        mean=float(values.mean()),
        spread=float(values.std(ddof=1)) if several else float("nan"),
        difference=float(differences.mean()),
        error=float(differences.std(ddof=1) / np.sqrt(len(seeds))) if several else float("nan"),
    )


def verdict(differences: Sequence[float], seeds: int) -> Verdict:
    """Whether a change counts: `LEAST_GAIN` points or more on every fold, with `LEAST_SEEDS` seeds or more.

    >>> from tg_skeleton.evaluation import verdict
    >>> verdict([1.5, 2.0], seeds=4), verdict([1.4, 9.0], seeds=4), verdict([1.5, 2.0], seeds=3)
    ('counts', 'undecided', 'too few seeds')

    Args:
        differences: The mean difference on each fold.
        seeds: The seeds of the fold that has the fewest.

    Raises:
        ValueError: There are no differences.
    """
    if not differences:
        raise ValueError("differences: expected one of each fold, got none")
    if seeds < LEAST_SEEDS:
        return "too few seeds"
    least, most = (round(end(differences), 9) for end in (min, max))  # 1.5 by way of thirds is 1.5
    if least >= LEAST_GAIN:
        return "counts"
    return "harms" if most <= -LEAST_GAIN else "undecided"
