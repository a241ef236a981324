"""AAGCN against loops over persons, frames, joints and subsets, and against a result that is written down."""

from __future__ import annotations

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.models import AAGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
WIDTHS = (4, 4, 8)
STRIDES = (1, 1, 2)

EXPECTED = [
    [36.709995079862, -32.156056286235, 48.544876136181],
    [24.437745797129, -21.227143802275, 41.491803133306],
]
"""Logits of the drawn input, as the loops computed them."""


def spatial(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``, with what is around it."""
    at, width, frames = f"blocks.{number}.spatial.0", WIDTHS[number], range(len(x))
    few = width // 4
    out = [[np.zeros(width) for _ in range(5)] for _ in x]
    for k in range(3):
        own, rows = slice(k * few, (k + 1) * few), slice(k * width, (k + 1) * width)
        query = [[anchor.lin(vector, weights, f"{at}.conv.lin_query")[own] for vector in frame] for frame in x]
        key = [[anchor.lin(vector, weights, f"{at}.conv.lin_key")[own] for vector in frame] for frame in x]
        for i in range(5):
            graph = []
            for j in range(5):
                product = sum(query[t][i] @ key[t][j] for t in frames) / (len(x) * few)
                inferred = weights[f"{at}.conv.alpha"][0] * np.tanh(product)
                graph.append(weights[f"{at}.conv.topology"][k, i, j] + inferred)
            for t in frames:
                heard = sum(graph[j] * x[t][j] for j in range(5))
                value = weights[f"{at}.conv.lin_value.weight"][rows] @ heard
                out[t][i] = out[t][i] + value + weights[f"{at}.conv.lin_value.bias"][rows]
    for t, frame in enumerate(x):
        for i in range(5):
            y = anchor.norm(out[t][i], weights, f"{at}.norm") + anchor.shortcut(frame[i], weights, f"{at}.residual")
            out[t][i] = np.maximum(y, 0)
    return out


def factor(logit):
    """Of ``y * sigmoid(g) + y``."""
    return 1 + 1 / (1 + np.exp(-logit))


def gated(x, weights, number, anchor):
    """The gates of a block on ``x[t][v]``."""
    at = f"blocks.{number}.spatial.1"

    def along(means, name):
        kernel, bias = weights[f"{at}.{name}.weight"][0], weights[f"{at}.{name}.bias"][0]  # [C, taps]
        taps, out = kernel.shape[1], []
        for place in range(len(means)):
            seen = [(tap, place + tap - taps // 2) for tap in range(taps)]
            out.append(bias + sum(kernel[:, tap] @ means[n] for tap, n in seen if 0 <= n < len(means)))
        return out

    joints = along([sum(frame[v] for frame in x) / len(x) for v in range(5)], "joints")
    x = [[factor(joints[v]) * frame[v] for v in range(5)] for frame in x]
    frames = along([sum(frame) / 5 for frame in x], "frames")
    x = [[factor(frames[t]) * vector for vector in frame] for t, frame in enumerate(x)]
    mean = sum(vector for frame in x for vector in frame) / (5 * len(x))
    channels = anchor.lin(np.maximum(anchor.lin(mean, weights, f"{at}.lin_in"), 0), weights, f"{at}.lin_out")
    return [[factor(channels) * vector for vector in frame] for frame in x]


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, stride = f"blocks.{number}", STRIDES[number]
    hidden = gated(spatial(x, weights, number, anchor), weights, number, anchor)
    out = anchor.temporal(hidden, weights, f"{at}.temporal.0", stride)
    for t, frame in enumerate(out):
        for v in range(5):
            y = anchor.norm(frame[v], weights, f"{at}.temporal.1")
            y = y + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual") if number else y
            frame[v] = np.maximum(y, 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    anchor.check(AAGCN(Y, 2, 3, widths=WIDTHS), block, EXPECTED)
