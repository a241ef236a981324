"""CTR-GCN against loops over persons, frames, joints and subsets, and against a result that is written down."""

from __future__ import annotations

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.models import CTRGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
WIDTHS = (4, 4, 8)
STRIDES = (1, 1, 2)

EXPECTED = [
    [38.495657960805, 3.842689780109, 23.661982122319],
    [45.621430547794, 3.441186721094, 24.981067249403],
]
"""Logits of the drawn input, as the loops computed them."""


def spatial(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``, with what is around it."""
    at, width = f"blocks.{number}.spatial", WIDTHS[number]
    conv = f"{at}.conv"
    means = [sum(frame[v] for frame in x) / len(x) for v in range(5)]
    out = [[np.zeros(width) for _ in range(5)] for _ in x]
    for k in range(3):
        few, rows = slice(k * 8, (k + 1) * 8), slice(k * width, (k + 1) * width)
        for i in range(5):
            for j in range(5):
                target = anchor.lin(means[i], weights, f"{conv}.lin_query")[few]
                source = anchor.lin(means[j], weights, f"{conv}.lin_key")[few]
                refined = anchor.lin(np.tanh(target - source), weights, f"{conv}.lin_refine")[rows]
                graph = weights[f"{conv}.topology"][k, i, j] + weights[f"{conv}.alpha"] * refined
                for t, frame in enumerate(x):
                    out[t][i] = out[t][i] + graph * anchor.lin(frame[j], weights, f"{conv}.lin_value")[rows]
    for t, frame in enumerate(x):
        for i in range(5):
            y = anchor.norm(out[t][i], weights, f"{at}.norm") + anchor.shortcut(frame[i], weights, f"{at}.residual")
            out[t][i] = np.maximum(y, 0)
    return out


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, stride = f"blocks.{number}", STRIDES[number]
    out = anchor.ms_tcn(spatial(x, weights, number, anchor), weights, f"{at}.temporal", (1, 2), stride)
    for t, frame in enumerate(out):
        for v in range(5):
            y = frame[v] + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual") if number else frame[v]
            frame[v] = np.maximum(y, 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    anchor.check(CTRGCN(Y, 2, 3, widths=WIDTHS), block, EXPECTED)
