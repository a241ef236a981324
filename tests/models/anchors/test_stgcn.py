"""ST-GCN against loops over persons, frames, joints, subsets and taps, and against a result that is written down."""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import STGCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
NEIGHBORS = {0: [1], 1: [0, 2, 3], 2: [1], 3: [1, 4], 4: [3]}
FAR = {0: 1, 1: 0, 2: 1, 3: 1, 4: 2}
"""Bones from the middle, which is the center."""

WIDTHS = (3, 3, 3, 3, 4, 4, 4, 5, 5, 5)
STRIDES = (1, 1, 1, 1, 2, 1, 1, 2, 1, 1)
CLIPS = [[0, 1], [2]]
"""The persons of each clip."""

EXPECTED = [
    [-0.4764229659778231, -0.42712515439367116, 0.9169906650592717, 0.1313990761392723],
    [-0.43979697635140796, -0.39228071402125486, 0.8734691739512153, 0.15771508598511477],
]
"""Logits of the drawn input, as the loops computed them."""


def subsets(joint: int) -> list[list[int]]:
    near = NEIGHBORS[joint]
    return [[joint], [j for j in near if FAR[j] < FAR[joint]], [j for j in near if FAR[j] > FAR[joint]]]


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, width, stride = f"blocks.{number}", WIDTHS[number], STRIDES[number]
    maps = weights[f"{at}.spatial.conv.lin.weight"].reshape(3, width, -1)
    biases = weights[f"{at}.spatial.conv.lin.bias"].reshape(3, width)
    importance = weights[f"{at}.spatial.conv.importance"]
    hidden = []
    for frame in x:
        hidden.append([])
        for v in range(5):
            total = np.zeros(width)
            for k, members in enumerate(subsets(v)):
                for j in members:
                    total += importance[k, v, j] / len(members) * (maps[k] @ frame[j] + biases[k])
            hidden[-1].append(np.maximum(anchor.norm(total, weights, f"{at}.spatial.norm"), 0))
    convolved = anchor.temporal(hidden, weights, f"{at}.temporal.0", stride)
    out = []
    for t, frame in enumerate(convolved):
        out.append([])
        for v in range(5):
            y = anchor.norm(frame[v], weights, f"{at}.temporal.1")
            if stride == 2:
                projected = anchor.lin(x[2 * t][v], weights, f"{at}.residual.lin")
                y = y + anchor.norm(projected, weights, f"{at}.residual.norm")
            elif number > 0:
                y = y + x[t][v]
            out[-1].append(np.maximum(y, 0))
    return out


def network(x, weights, anchor):
    """Logits of ``x [T, N, C]``, one list for each clip."""
    features = []
    for z in anchor.persons(x, weights, joints=5, together=1):
        for number in range(10):
            z = block(z, weights, number, anchor)
        features.append(sum(vector for frame in z for vector in frame) / (len(z) * 5))
    clips = [sum(features[person] for person in persons) / len(persons) for persons in CLIPS]
    return [anchor.lin(clip, weights, "classifier").tolist() for clip in clips]


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = STGCN(Y, 2, 4, widths=WIDTHS)
    weights, x = anchor.draw(model), anchor.draw_clips(7, 15, 2)
    slow = network(x, weights, anchor)
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
    fast = model(torch.from_numpy(x), torch.tensor([0] * 10 + [1] * 5), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
