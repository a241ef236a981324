"""MS-G3D against loops over persons, windows, joints and scales, and against a result that is written down."""

from __future__ import annotations

from functools import cache

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.models import MSG3D

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
HOPS = [[0, 1, 2, 2, 3], [1, 0, 1, 1, 2], [2, 1, 0, 2, 3], [2, 1, 2, 0, 1], [3, 2, 3, 1, 0]]
WIDTHS = (6, 12)
DILATIONS = (1, 2, 3, 4)

EXPECTED = [
    [8.442205160176, -6.120432231405, 0.455196665833],
    [9.542931713690, -7.098860243196, 1.439630921302],
]
"""Logits of the drawn input, as the loops computed them."""


@cache
def neighbors(node, scale, frames):
    """Who a node (frame, joint) of a window hears at a scale, itself included."""
    everyone = [(t, v) for t in range(frames) for v in range(5)]
    far = {other: 1 if other[1] == node[1] else HOPS[node[1]][other[1]] for other in everyone}
    far[node] = 0
    return [other for other in everyone if far[other] == scale or other == node]


def graph_conv(window, weights, at, scales, anchor):
    """The multi-scale convolution on ``window[t][v]``, with norm and ReLU behind it."""
    conv, norm = at
    frames = len(window)
    nodes = [(t, v) for t in range(frames) for v in range(5)]
    heard = {node: [] for node in nodes}
    for scale in range(scales):
        degree = {node: len(neighbors(node, scale, frames)) for node in nodes}
        for i, node in enumerate(nodes):
            total = np.zeros(len(window[0][0]))
            for j, other in enumerate(nodes):
                weight = weights[f"{conv}.residual"][scale, i, j]
                if other in neighbors(node, scale, frames):
                    weight = weight + 1 / np.sqrt(degree[node] * degree[other])
                total = total + weight * window[other[0]][other[1]]
            heard[node].append(total)
    out = [[None] * 5 for _ in range(frames)]
    for t, v in nodes:
        y = anchor.lin(np.concatenate(heard[t, v]), weights, f"{conv}.lin_out")
        out[t][v] = np.maximum(anchor.norm(y, weights, norm), 0)
    return out


def g3d(x, weights, at, window, stride, anchor):
    """One path over windows of ``x[t][v]``."""
    zero, out = np.zeros(len(x[0][0])), []
    kernel = weights[f"{at}.collapse.weight"]  # [C', C, τ, 1]
    for center in range(0, len(x), stride):
        frames = range(center - window // 2, center + window // 2 + 1)
        seen = [x[t] if 0 <= t < len(x) else [zero] * 5 for t in frames]
        h = graph_conv(seen, weights, (f"{at}.conv", f"{at}.norm_windows"), 3, anchor)
        out.append([])
        for v in range(5):
            y = weights[f"{at}.collapse.bias"] + sum(kernel[:, :, tap, 0] @ h[tap][v] for tap in range(window))
            out[-1].append(anchor.norm(y, weights, f"{at}.norm"))
    return out


def tcn(x, weights, at, stride, activation, anchor):
    out = anchor.ms_tcn(x, weights, at, DILATIONS, stride)
    for t, frame in enumerate(out):
        for v in range(5):
            frame[v] = frame[v] + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual")
            frame[v] = np.maximum(frame[v], 0) if activation else frame[v]
    return out


def block(x, weights, number, anchor):
    """One block on ``x[t][v]``."""
    at, stride = f"blocks.{number}", 2 if number else 1
    first = f"{at}.factorised.0"
    h = [graph_conv([frame], weights, (f"{first}.conv", f"{first}.norm"), 4, anchor)[0] for frame in x]
    h = tcn(h, weights, f"{at}.factorised.1", stride, True, anchor)
    h = tcn(h, weights, f"{at}.factorised.2", 1, False, anchor)
    paths = [
        g3d(x, weights, f"{at}.spatio_temporal.paths.{path}", window, stride, anchor)
        for path, window in enumerate((3, 5))
    ]
    for t, frame in enumerate(h):
        for v in range(5):
            frame[v] = np.maximum(frame[v] + sum(path[t][v] for path in paths), 0)
    return tcn(h, weights, f"{at}.tcn", 1, True, anchor)


def test_equals_loops_and_the_stored_result(anchor) -> None:
    anchor.check(MSG3D(Y, 2, 3, widths=WIDTHS, num_scales=(4, 3)), block, EXPECTED, frames=5)
