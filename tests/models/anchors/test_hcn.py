"""HCN against loops over persons, pixels and taps, and against a result that is written down."""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import HCN

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
CLIPS = [[0, 1], [2]]
"""The persons of each clip."""

EXPECTED = [
    [0.709583158371, -0.670013755463, 0.400016652199],
    [0.562076316339, -0.610011886729, 0.138482258278],
]
"""Logits of the drawn input, as the loops computed them."""


def image_conv(image, weights, name):
    """A convolution of ``image[c][h, w]``, one place at a time, padded with zeros."""
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]  # [C', C, 3, 3]
    _, height, width = image.shape
    padded = np.zeros((image.shape[0], height + 2, width + 2))
    padded[:, 1:-1, 1:-1] = image
    out = np.zeros((len(bias), height, width))
    for h in range(height):
        for w in range(width):
            seen = padded[:, h : h + 3, w : w + 3]
            out[:, h, w] = bias + np.sum(kernel * seen, axis=(1, 2, 3))
    return out


def pooled(image):
    channels, height, width = image.shape
    out = np.zeros((channels, height // 2, width // 2))
    for h in range(height // 2):
        for w in range(width // 2):
            out[:, h, w] = image[:, 2 * h : 2 * h + 2, 2 * w : 2 * w + 2].max(axis=(1, 2))
    return out


def tower(x, weights, name, anchor):
    """``x[t][v]`` to an image of 64 channels."""
    hidden = [[np.maximum(anchor.lin(v, weights, f"{name}.joint.0"), 0) for v in frame] for frame in x]
    hidden = anchor.temporal(hidden, weights, f"{name}.joint.2")
    image = np.array([[hidden[t][v] for t in range(len(x))] for v in range(5)])  # [V, T, W]
    image = pooled(image_conv(image, weights, f"{name}.image.0"))
    return pooled(image_conv(image, weights, f"{name}.image.2"))


def motion(x):
    """Differences of frames, read at as many times as there were frames."""
    frames = len(x)
    steps = [[x[t + 1][v] - x[t][v] for v in range(5)] for t in range(frames - 1)]
    out = []
    for t in range(frames):
        position = min(max((t + 0.5) * (frames - 1) / frames - 0.5, 0.0), frames - 2.0)
        before = min(int(position), frames - 3)
        share = position - before
        out.append([(1 - share) * steps[before][v] + share * steps[before + 1][v] for v in range(5)])
    return out


def features(x, weights, anchor):
    """What the persons of a clip compete with."""
    image = np.concatenate([tower(x, weights, "position", anchor), tower(motion(x), weights, "motion", anchor)])
    image = pooled(np.maximum(image_conv(image, weights, "head.0"), 0))
    return pooled(np.maximum(image_conv(image, weights, "head.4"), 0)).reshape(-1)


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = HCN(Y, 2, 3, num_frames=16)
    weights, x = anchor.draw(model), anchor.draw_clips(16, 15, 2)
    persons = [[list(frame[5 * p : 5 * p + 5]) for frame in x] for p in range(3)]
    found = np.array([features(z, weights, anchor) for z in persons])
    slow = []
    for clip in CLIPS:
        hidden = np.maximum(anchor.lin(found[clip].max(axis=0), weights, "classifier.0"), 0)
        slow.append(anchor.lin(hidden, weights, "classifier.3"))
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
    fast = model(torch.from_numpy(x), torch.tensor([0] * 10 + [1] * 5), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
