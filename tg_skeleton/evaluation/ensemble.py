"""The fusion of several streams into one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_skeleton.evaluation._streams import Of, Streams, check_of, join, log_softmax
from tg_skeleton.evaluation.scores import Scores


def ensemble(
    scores: Streams,
    weights: Sequence[float] | np.ndarray | None = None,
    *,
    of: Of = "softmax",
) -> Scores:
    r"""Average the scores of several networks, recording by recording, joined on the recordings' names.

    .. math:: p = \sum_i \alpha_i\, \mathrm{softmax}(z_i), \qquad \alpha_i = w_i / \textstyle\sum_j w_j

    The ``logits`` of the result are :math:`\log p`, finite even where p underflows, so their softmax is p itself. With
    ``of="logits"`` they are :math:`\sum_i \alpha_i z_i`.

    Assumption: the paper does not state its weights; the default is equal weights, see `tune_weights`.

    >>> from tg_skeleton.evaluation import Scores, ensemble
    >>> joint = Scores(["a", "b"], [[2.0, 0.0], [0.0, 1.0]], [0, 0])
    >>> bone = Scores(["b", "a"], [[3.0, 0.0], [1.0, 0.0]], [0, 0])
    >>> joint.top_k(), ensemble({"joint": joint, "bone": bone}).top_k()
    (0.5, 1.0)
    >>> ensemble([joint, bone], [1, 3], of="logits").logits.tolist()
    [[1.25, 0.0], [2.25, 0.25]]

    Args:
        scores: Scores of each stream on the same recordings; a dict gives the streams names, which errors quote.
        weights: One number per stream, in the order of ``scores``; only their proportions matter. Default: equal.
        of: Average probabilities, or logits (of which a network with larger logits dominates).

    Shapes:
        weights ``[S]`` for S streams; the result is in the order of the first stream.

    Raises:
        TypeError: One `Scores` is given in place of several.
        ValueError: There are no streams; they differ in recordings, classes or labels; the weights are not one
            non-negative number per stream with a positive sum; or ``of`` is neither of the two.

    Source: Paper B (AMANet, 2023), MS-DS, Fig. 9 and Table 8.
    """
    check_of(of)
    joined = join(scores)
    share = shares(weights, joined.streams)
    used = share > 0  # log 0 of an unused stream is not finite
    if of == "softmax":
        logits = np.logaddexp.reduce(np.log(share[used])[:, None, None] + log_softmax(joined.logits[used]), axis=0)
    else:
        logits = np.tensordot(share[used], joined.logits[used], axes=1)
    largest = float(np.finfo(np.float32).max)
    return Scores(joined.names, np.clip(logits, -largest, largest), joined.labels)


def shares(weights: Sequence[float] | np.ndarray | None, streams: Sequence[str]) -> np.ndarray:
    """The weights as fractions of their sum, ``[S]`` float64; equal ones where none are given.

    Raises:
        ValueError: They are not one non-negative number per stream with a positive sum.
    """
    if weights is None:
        return np.full(len(streams), 1.0 / len(streams))
    expected = f"weights: expected {len(streams)} numbers, one per stream ({', '.join(streams)})"
    try:
        share = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{expected}, got {weights!r}") from error
    if share.shape != (len(streams),):
        raise ValueError(f"{expected}, got {list(share.shape)}")
    if not (np.isfinite(share).all() and (share >= 0).all() and share.any()):
        raise ValueError(f"weights: expected finite numbers >= 0, not all of them 0, got {share.tolist()}")
    share = share / share.max()  # before the sum, which could overflow
    return share / share.sum()
