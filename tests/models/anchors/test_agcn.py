"""AGCN against loops over persons, frames, joints and subsets, and against a result that is written down."""

from __future__ import annotations

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.models import AGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
SUBSETS = {
    0: ([0], [1], []),
    1: ([1], [], [0, 2, 3]),
    2: ([2], [1], []),
    3: ([3], [1], [4]),
    4: ([4], [3], []),
}
"""Of every joint itself, its neighbor towards the middle, which is the center, and those away from it."""

WIDTHS = (4, 4, 8)
STRIDES = (1, 1, 2)

EXPECTED = [
    [5.270560573101, -9.625424129786, 3.893266845132],
    [4.494831690140, -7.755580870748, 3.242112734866],
]
"""Logits of the drawn input, as the loops computed them."""


def inferred(x, weights, at, k, width, anchor):
    """C of one subset."""
    frames, rows = range(len(x)), slice(k * width, (k + 1) * width)
    query = [[anchor.lin(vector, weights, f"{at}.lin_query")[rows] for vector in frame] for frame in x]
    key = [[anchor.lin(vector, weights, f"{at}.lin_key")[rows] for vector in frame] for frame in x]
    out = np.zeros((5, 5))
    for i in range(5):
        logits = [sum(query[t][i] @ key[t][j] for t in frames) / (len(x) * width) for j in range(5)]
        out[i] = np.exp(logits) / sum(np.exp(logits))
    return out


def spatial(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``, with what is around it."""
    at, width = f"blocks.{number}.spatial", WIDTHS[number]
    out = [[np.zeros(width) for _ in range(5)] for _ in x]
    for k in range(3):
        individual = inferred(x, weights, f"{at}.conv", k, width // 4, anchor)
        maps = weights[f"{at}.conv.lin_value.weight"][k * width : (k + 1) * width]
        bias = weights[f"{at}.conv.lin_value.bias"][k * width : (k + 1) * width]
        for t, frame in enumerate(x):
            for i in range(5):
                heard = np.zeros(len(frame[0]))
                for j in range(5):
                    skeleton = 1 / len(SUBSETS[i][k]) if j in SUBSETS[i][k] else 0.0
                    weight = skeleton + weights[f"{at}.conv.global_graph"][k, i, j] + individual[i, j]
                    heard = heard + weight * frame[j]
                out[t][i] = out[t][i] + maps @ heard + bias
    for t, frame in enumerate(x):
        for i in range(5):
            y = anchor.norm(out[t][i], weights, f"{at}.norm") + anchor.shortcut(frame[i], weights, f"{at}.residual")
            out[t][i] = np.maximum(y, 0)
    return out


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, stride = f"blocks.{number}", STRIDES[number]
    out = anchor.temporal(spatial(x, weights, number, anchor), weights, f"{at}.temporal.0", stride)
    for t, frame in enumerate(out):
        for v in range(5):
            y = anchor.norm(frame[v], weights, f"{at}.temporal.1")
            y = y + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual") if number else y
            frame[v] = np.maximum(y, 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    anchor.check(AGCN(Y, 2, 3, widths=WIDTHS), block, EXPECTED)
