"""MST-GCN against loops over persons, frames, groups, joints and subsets, and against a result that is written down."""

from __future__ import annotations

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.models import MSTGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
SUBSETS = [
    {i: {i: 1.0} for i in range(5)},
    {0: {1: 1.0}, 2: {1: 1.0}, 3: {1: 1.0}, 4: {3: 1.0}},
    {1: {0: 1 / 3, 2: 1 / 3, 3: 1 / 3}, 3: {4: 1.0}},
]
"""A_k of target and source: itself, towards the middle, away from it."""

WIDTHS = (4, 4, 8)

EXPECTED = [
    [5.051128278576, 0.527358458022, -1.547467432807],
    [3.758590554112, 0.338465604446, -1.867719444845],
]
"""Logits of the drawn input, as the loops computed them."""


def groups_of(number):
    return 1 if number == 0 else 2


def spatial(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``."""
    at, groups, width = f"blocks.{number}.0", groups_of(number), WIDTHS[number]
    channels = len(x[0][0])
    before, behind = channels // groups, width // groups
    out = []
    for frame in x:
        z = frame if number == 0 else [anchor.norm(vector, weights, f"{at}.norm_in") for vector in frame]
        parts = []
        for g in range(groups):
            read = [vector[g * before : (g + 1) * before] for vector in z]
            if g > 0 and before == behind:
                read = [vector + other for vector, other in zip(read, parts[g - 1], strict=True)]
            heard = [np.zeros(behind) for _ in range(5)]
            for k in range(3):
                for i in range(5):
                    for j in range(5):
                        graph = SUBSETS[k].get(i, {}).get(j, 0.0) + weights[f"{at}.learned"][g, k, i, j]
                        rows = anchor.lin(read[j], weights, f"{at}.convs.{g}.lin")[k * behind : (k + 1) * behind]
                        heard[i] = heard[i] + graph * rows
            parts.append([anchor.norm(vector, weights, f"{at}.norms.{g}") for vector in heard])
        out.append([])
        for v in range(5):
            y = np.concatenate([part[v] for part in parts])
            y = y if number == 0 else y + anchor.shortcut(frame[v], weights, f"{at}.residual")
            out[-1].append(np.maximum(y, 0))
    return out


def temporal(x, weights, number, anchor):
    """The temporal convolution of a block on ``x[t][v]``."""
    at, groups, stride = f"blocks.{number}.1", groups_of(number), 2 if number == 2 else 1
    width = WIDTHS[number] // groups
    parts = []
    for g in range(groups):
        read = [[vector[g * width : (g + 1) * width] for vector in frame] for frame in x]
        if g > 0 and stride == 1:
            read = [[read[t][v] + parts[-1][t][v] for v in range(5)] for t in range(len(x))]
        convolved = anchor.temporal(read, weights, f"{at}.convs.{g}", stride)
        parts.append([[anchor.norm(vector, weights, f"{at}.norms.{g}") for vector in frame] for frame in convolved])
    out = []
    for t in range(len(parts[0])):
        out.append([])
        for v in range(5):
            y = np.concatenate([part[t][v] for part in parts])
            y = y if number == 0 else y + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual")
            out[-1].append(np.maximum(y, 0))
    return out


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    return temporal(spatial(x, weights, number, anchor), weights, number, anchor)


def test_equals_loops_and_the_stored_result(anchor) -> None:
    anchor.check(MSTGCN(Y, 2, 3, widths=WIDTHS, num_groups=2), block, EXPECTED)
