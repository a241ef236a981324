"""DualHead-Net's branches and gates in loops, and against a result that is written down.

The blocks are those of MS-G3D, whose loops stand in its own test.
"""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import DualHeadNet

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))

EXPECTED = [
    [60.261808788023, -30.710985638695, 210.075010335609],
    [72.541155419784, -24.265578696631, 165.365577781814],
]
"""Logits of the drawn input, as the loops computed them."""


def run(block, x):
    """A block of MS-G3D on ``x[t][v]``."""
    return list(block(torch.from_numpy(np.array(x))[None])[0].detach().numpy())


def gated(x, by, weights, name):
    """``x[t][v]``, every vector times one plus the sigmoid of its frame's or joint's gate."""
    kernel = weights[f"{name}.conv.weight"][0, :, :, 0]  # [C, taps]
    taps = kernel.shape[1]
    places = len(x) if name.startswith("to_coarse") else 5
    means = [
        sum(by[place]) / 5 if name.startswith("to_coarse") else sum(frame[place] for frame in by) / len(by)
        for place in range(places)
    ]
    gates = []
    for place in range(places):
        g = weights[f"{name}.conv.bias"][0]
        for tap in range(taps):
            other = place + tap - taps // 2
            if 0 <= other < places:
                g = g + kernel[:, tap] @ means[other]
        gates.append(1 + 1 / (1 + np.exp(-g)))
    return [
        [vector * gates[t if name.startswith("to_coarse") else v] for v, vector in enumerate(frame)]
        for t, frame in enumerate(x)
    ]


def heads(x, model, weights, anchor):
    """The mean features of one person ``x[t][v]`` in both branches."""
    x = run(model.block, x)
    f = [[anchor.lin(vector, weights, "embedding") for vector in frame] for frame in x]
    c = [x[t] for t in range(0, len(x), 2)]
    for k in range(2):
        f = run(model.fine[k], f)
        c = run(model.coarse[k], gated(c, f, weights, f"to_coarse.{k}"))
        f = gated(f, c, weights, f"to_fine.{k}")
    return [sum(vector for frame in z for vector in frame) / (len(z) * 5) for z in (f, c)]


def slow_logits(model, weights, x, anchor):
    persons = [heads(z, model, weights, anchor) for z in anchor.persons(x, weights, joints=5, together=2)]
    logits = []
    for first in (0, 2):
        clip = [(persons[first][head] + persons[first + 1][head]) / 2 for head in range(2)]
        both = [anchor.lin(clip[head], weights, f"classifiers.{head}") for head in range(2)]
        logits.append((both[0] + both[1]).tolist())
    return logits


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = DualHeadNet(Y, 2, 3, width=6, num_scales=(4, 3))
    weights, x = anchor.draw(model), anchor.draw_clips(7, 20, 2)
    slow = slow_logits(model, weights, x, anchor)
    fast = model(torch.from_numpy(x), torch.arange(2).repeat_interleave(10), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
