"""DGNN against loops over persons, frames, joints and bones, and against a result that is written down."""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import DGNN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
WIDTHS = (4, 4, 8)
STRIDES = (1, 1, 2)

EXPECTED = [
    [0.330817864981, -0.215617245774, 0.379141443625],
    [0.359210221556, -0.230885180283, 0.449782389748],
]
"""Logits of the drawn input, as the loops computed them."""


def spatial(joints, bones, weights, number, anchor):
    """The graph convolution of a block on ``joints[t][v]`` and ``bones[t][e]``."""
    at = f"blocks.{number}.spatial"
    ends = weights[f"{at}.incidence"]
    out = ([], [])
    for x, a in zip(joints, bones, strict=True):
        for which, (own, others, matrix) in enumerate(((x, a, ends), (a, x, ends.transpose(0, 2, 1)))):
            lin, norm = ("lin_node", "norm_joints") if which == 0 else ("lin_edge", "norm_bones")
            frame = []
            for i in range(5):
                heard = [sum(matrix[k, i, j] * others[j] for j in range(5)) for k in range(2)]
                y = anchor.lin(np.concatenate([own[i], *heard]), weights, f"{at}.conv.{lin}")
                frame.append(np.maximum(anchor.norm(y, weights, f"{at}.{norm}"), 0))
            out[which].append(frame)
    return out


def temporal(x, before, weights, number, anchor):
    """The temporal convolution of a block on ``x[t][v]``, and the way around the block from ``before[t][v]``."""
    at, stride = f"blocks.{number}", STRIDES[number]
    out = anchor.temporal(x, weights, f"{at}.temporal.0", stride)
    around = before
    if f"{at}.residual.0.weight" in weights:
        around = anchor.temporal(before, weights, f"{at}.residual.0", stride)
        around = [[anchor.norm(vector, weights, f"{at}.residual.1") for vector in frame] for frame in around]
    for t, frame in enumerate(out):
        for v in range(5):
            y = anchor.norm(frame[v], weights, f"{at}.temporal.1")
            frame[v] = np.maximum(y + around[t][v] if number else y, 0)
    return out


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = DGNN(Y, 4, 3, widths=WIDTHS)
    weights, x = anchor.draw(model), anchor.draw_clips(7, 20, 4)
    features = []
    for person in anchor.persons(x, weights, joints=5, together=2):
        z = [[[vector[half] for vector in frame] for frame in person] for half in (slice(2), slice(2, 4))]
        for number in range(3):
            mixed = spatial(*z, weights, number, anchor)
            z = [temporal(m, before, weights, number, anchor) for m, before in zip(mixed, z, strict=True)]
        means = [sum(vector for frame in part for vector in frame) / (len(part) * 5) for part in z]
        features.append([[np.concatenate(means)]])
    slow = anchor.logits(features, weights, together=2)
    fast = model(torch.from_numpy(x), torch.arange(2).repeat_interleave(10), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
