"""SGN against loops over persons, frames and joints, and against a result that is written down."""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton import Topology
from tg_skeleton.models import SGN

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
FRAMES, JOINTS = 5, 3
CLIPS = [[0, 1], [2]]
"""The persons of each clip."""

EXPECTED = [
    [-0.6662625502954367, -0.580445878364606, 1.0969111215897946, 0.3515017562655897],
    [-0.6816446320371732, -0.6610750871984863, 1.1791691844962502, 0.23765837890587108],
]
"""Logits of the drawn input, as the loops computed them."""


def embedded(x, weights, name, anchor):
    """Two linear maps of a vector, with a ReLU behind each."""
    return np.maximum(anchor.lin(np.maximum(anchor.lin(x, weights, f"{name}.0"), 0), weights, f"{name}.2"), 0)


def embedded_joints(body, weights, anchor):
    """Positions, velocities and joint types of one person as ``z[t][v]``."""
    z = []
    for t in range(FRAMES):
        velocity = body[t] - body[t - 1] if t else np.zeros_like(body[0])
        p = anchor.norm(body[t].reshape(-1), weights, "position_norm").reshape(JOINTS, -1)
        v = anchor.norm(velocity.reshape(-1), weights, "velocity_norm").reshape(JOINTS, -1)
        z.append([])
        for joint in range(JOINTS):
            dynamics = embedded(p[joint], weights, "position_embedding", anchor)
            dynamics = dynamics + embedded(v[joint], weights, "velocity_embedding", anchor)
            kind = embedded(np.eye(JOINTS)[joint], weights, "joint_embedding", anchor)
            z[-1].append(np.concatenate([dynamics, kind]))
    return z


def graph(frame, weights, anchor):
    """How much each joint of a frame hears of each."""
    rows = []
    for target in frame:
        query = anchor.lin(target, weights, "lin_query")
        heard = np.exp([query @ anchor.lin(source, weights, "lin_key") for source in frame])
        rows.append(heard / sum(heard))
    return rows


def layer(frame, rows, weights, name, anchor):
    out = []
    for i, row in enumerate(rows):
        heard = sum(row[j] * frame[j] for j in range(JOINTS))
        y = anchor.lin(heard, weights, f"{name}.lin_neighbours") + anchor.lin(frame[i], weights, f"{name}.lin_self")
        out.append(np.maximum(anchor.norm(y, weights, f"{name}.norm"), 0))
    return out


def features(body, weights, anchor):
    """One person ``[T, V, C]``, as a vector."""
    bodies = []
    for t, frame in enumerate(embedded_joints(body, weights, anchor)):
        rows = graph(frame, weights, anchor)
        for number in range(3):
            frame = layer(frame, rows, weights, f"layers.{number}", anchor)
        when = embedded(np.eye(FRAMES)[t], weights, "frame_embedding", anchor)
        bodies.append([np.max([vector + when for vector in frame], axis=0)])
    out = []
    for (vector,) in anchor.temporal(bodies, weights, "temporal.0"):
        h = np.maximum(anchor.norm(vector, weights, "temporal.1"), 0)
        out.append(np.maximum(anchor.norm(anchor.lin(h, weights, "head.0"), weights, "head.1"), 0))
    return np.max(out, axis=0)


def test_equals_loops_and_the_stored_result(anchor) -> None:
    model = SGN(STICK, 2, 4, num_frames=FRAMES)
    weights, x = anchor.draw(model), anchor.draw_clips(FRAMES, 9, 2)
    persons = [features(x[:, 3 * person : 3 * person + 3], weights, anchor) for person in range(3)]
    clips = [sum(persons[person] for person in clip) / len(clip) for clip in CLIPS]
    slow = [anchor.lin(clip, weights, "classifier").tolist() for clip in clips]
    np.testing.assert_allclose(slow, EXPECTED, rtol=0, atol=1e-9)
    fast = model(torch.from_numpy(x), torch.tensor([0] * 6 + [1] * 3), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
