"""Hyper-GCN's wiring in loops, and against a result that is written down.

The graph convolution is the operator's, whose loops stand in its own test.
"""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import HyperGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
WIDTHS = (4, 4, 4, 8)
STRIDES = (1, 1, 1, 2)

EXPECTED = [
    [-0.329490369918, -0.704581770872, 0.434634056582],
    [-0.354063321633, -0.708773133119, 0.430494057039],
]
"""Logits of the drawn input, as the loops computed them."""


def entrance(x, weights, anchor):
    """Every joint's vector of ``x [T, N, C]`` behind the embedding and tanh."""
    return np.stack(
        [
            [
                np.tanh(anchor.lin(vector, weights, "embedding") + weights["joint_embedding"][node % 5])
                for node, vector in enumerate(frame)
            ]
            for frame in x
        ]
    )


def temporal(x, weights, at, stride, anchor):
    """Branches of two dilated convolutions, a maximum and a linear map of ``x[t][v]``, clips padded by copies."""
    frames, width = len(x), len(x[0][0]) // 4

    def hidden(t, v, branch):
        h = anchor.norm(anchor.lin(x[t][v], weights, f"{at}.lin_in"), weights, f"{at}.norm_in")
        return np.maximum(h[branch * width : (branch + 1) * width], 0)

    out = []
    for t in range(0, frames, stride):
        out.append([])
        for v in range(5):
            parts = []
            for branch, dilation in enumerate((1, 2)):
                kernel, y = weights[f"{at}.convs.{branch}.weight"], weights[f"{at}.convs.{branch}.bias"]
                for tap in range(5):
                    seen = min(max(t + dilation * (tap - 2), 0), frames - 1)
                    y = y + kernel[:, :, tap, 0] @ hidden(seen, v, branch)
                parts.append(y)
            around = [hidden(s, v, 2) for s in (t - 1, t, t + 1) if 0 <= s < frames]
            parts += [np.max(around, axis=0), anchor.lin(x[t][v], weights, f"{at}.lin_skip")]
            out[-1].append(anchor.norm(np.concatenate(parts), weights, f"{at}.norm"))
    return out


def block(x, weights, number, model, anchor):
    """One block on ``x[t][v]``."""
    at, stride, spatial = f"blocks.{number}", STRIDES[number], model.blocks[number].spatial
    mixed = spatial.conv(torch.from_numpy(np.array(x)), spatial.adjacency).detach().numpy()
    h = []
    for t, frame in enumerate(mixed):
        h.append([])
        for v in range(5):
            y = anchor.norm(frame[v], weights, f"{at}.spatial.norm")
            h[-1].append(np.maximum(y + anchor.shortcut(x[t][v], weights, f"{at}.spatial.residual"), 0))
    out = temporal(h, weights, f"{at}.temporal", stride, anchor)
    for t, frame in enumerate(out):
        for v in range(5):
            frame[v] = np.maximum(frame[v] + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual"), 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = HyperGCN(Y, 2, 3, widths=WIDTHS, heads=2)
    weights, x = anchor.draw(model), anchor.draw_clips(7, 20, 2)
    persons = []
    for z in anchor.persons(entrance(x, weights, anchor), weights, joints=5, together=2):
        first = block(z, weights, 0, model, anchor)
        second = block(first, weights, 1, model, anchor)
        both = [[a + b for a, b in zip(*frames, strict=True)] for frames in zip(first, second, strict=True)]
        third = block(both, weights, 2, model, anchor)
        persons.append(block(third, weights, 3, model, anchor))
    slow = anchor.logits(persons, weights, together=2)
    fast = model(torch.from_numpy(x), torch.arange(2).repeat_interleave(10), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
