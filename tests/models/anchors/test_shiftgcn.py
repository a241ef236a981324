"""Shift-GCN against loops over persons, frames, joints and channels, and against a result that is written down."""

from __future__ import annotations

import math

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.models import ShiftGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
WIDTHS = (7, 7, 8)
STRIDES = (1, 1, 2)

EXPECTED = [
    [-0.471908151257, -1.335973394418, 0.001743688054],
    [-0.492843128028, -1.421103837532, -0.021206919779],
]
"""Logits of the drawn input, as the loops computed them."""


def spatial(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``, with what is around it."""
    at, width = f"blocks.{number}.spatial", WIDTHS[number]
    gain = 1 + np.tanh(weights[f"{at}.conv.mask"])
    out = []
    for frame in x:
        hidden = []
        for k in range(5):
            shifted = np.array([frame[(k + c) % 5][c] for c in range(len(frame[0]))])
            hidden.append(anchor.lin(shifted * gain[k], weights, f"{at}.conv.lin"))
        back = np.array([[hidden[(i - d) % 5][d] for d in range(width)] for i in range(5)])
        normed = anchor.norm(back.reshape(-1), weights, f"{at}.norm").reshape(5, width)
        around = [anchor.shortcut(vector, weights, f"{at}.residual") for vector in frame]
        out.append([np.maximum(normed[v] + around[v], 0) for v in range(5)])
    return out


def shifted(x, offsets, stride):
    """Every channel of ``x[t][v]`` at another time."""
    out = []
    for t in range(math.ceil(len(x) / stride)):
        frame = np.zeros((5, len(offsets)))
        for c, offset in enumerate(offsets):
            position = stride * t + (stride - 1) / 2 + offset
            for s in range(len(x)):
                for v in range(5):
                    frame[v, c] += max(0.0, 1 - abs(position - s)) * x[s][v][c]
        out.append(list(frame))
    return out


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, stride = f"blocks.{number}", STRIDES[number]
    hidden = spatial(x, weights, number, anchor)
    hidden = [[anchor.norm(vector, weights, f"{at}.temporal.0") for vector in frame] for frame in hidden]
    hidden = shifted(hidden, weights[f"{at}.temporal.1.offset"], 1)
    hidden = [[np.maximum(anchor.lin(vector, weights, f"{at}.temporal.2"), 0) for vector in frame] for frame in hidden]
    out = shifted(hidden, weights[f"{at}.temporal.4.offset"], stride)
    for t, frame in enumerate(out):
        for v in range(5):
            y = anchor.norm(frame[v], weights, f"{at}.temporal.5")
            y = y + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual") if number else y
            frame[v] = np.maximum(y, 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    anchor.check(ShiftGCN(Y, 2, 3, widths=WIDTHS), block, EXPECTED)
