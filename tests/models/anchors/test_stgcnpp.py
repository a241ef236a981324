"""STGCN++ against loops over persons, frames, joints and subsets, and against a result that is written down."""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import STGCNPP

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
WIDTHS = (5, 5, 9)
STRIDES = (1, 1, 2)
CLIPS = [[0, 1], [2]]
"""The persons of each clip."""

EXPECTED = [
    [0.349069035720, -0.480092674607, 0.410623981286],
    [0.476483447821, -0.538740098300, 0.402763468522],
]
"""Logits of the drawn input, as the loops computed them."""


def spatial(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``, with what is around it."""
    at, width = f"blocks.{number}.spatial", WIDTHS[number]
    out = []
    for frame in x:
        out.append([])
        values = [anchor.lin(vector, weights, f"{at}.conv.lin") for vector in frame]
        for i in range(5):
            total = np.zeros(width)
            for k in range(3):
                for j in range(5):
                    graph = weights[f"{at}.conv.topology"][k, i, j]
                    total = total + graph * values[j][k * width : (k + 1) * width]
            y = anchor.norm(total, weights, f"{at}.norm") + anchor.shortcut(frame[i], weights, f"{at}.residual")
            out[-1].append(np.maximum(y, 0))
    return out


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, stride = f"blocks.{number}", STRIDES[number]
    out = anchor.ms_tcn(spatial(x, weights, number, anchor), weights, f"{at}.temporal.0", (1, 2), stride)
    for t, frame in enumerate(out):
        for v in range(5):
            y = anchor.lin(np.maximum(frame[v], 0), weights, f"{at}.temporal.1")
            y = anchor.norm(y, weights, f"{at}.temporal.2")
            y = y + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual") if number else y
            frame[v] = np.maximum(y, 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = STGCNPP(Y, 2, 3, widths=WIDTHS, dilations=(1, 2))
    weights, x = anchor.draw(model), anchor.draw_clips(7, 15, 2)
    persons = anchor.persons(x, weights, joints=5, together=1)
    for number in range(3):
        persons = [block(z, weights, number, anchor) for z in persons]
    alone = np.array(anchor.logits(persons, weights, together=1))
    slow = [alone[clip].mean(axis=0) for clip in CLIPS]
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
    fast = model(torch.from_numpy(x), torch.tensor([0] * 10 + [1] * 5), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
