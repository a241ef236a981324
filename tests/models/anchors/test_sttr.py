"""S-TR and T-TR against loops over persons, frames, joints, heads and subsets, and against stored results."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tg_skeleton import Topology
from tg_skeleton.models import STTR

Y = Topology("Y", ("tail", "middle", "left", "right", "hand"), (0, 0, 1, 1, 3))
SUBSETS = {
    0: ([0], [1], []),
    1: ([1], [], [0, 2, 3]),
    2: ([2], [1], []),
    3: ([3], [1], [4]),
    4: ([4], [3], []),
}
"""Of every joint itself, its neighbor towards the middle, which is the center, and those away from it."""

WIDTHS = (4, 8, 8)
STRIDES = (1, 2, 1)

EXPECTED = {
    "spatial": [[0.300449620199, 0.202431132555, 0.158902346984], [0.358187596418, 0.195949803640, 0.133569633715]],
    "temporal": [[2.670580244219, 1.072472611437, 2.454538454041], [1.855964808215, 0.805963395518, 1.644412091066]],
}
"""Logits of the drawn input, as the loops computed them."""


def graph(x, weights, number, anchor):
    """The graph convolution of a block on ``x[t][v]``."""
    at, width = f"blocks.{number}.spatial", WIDTHS[number]
    maps = weights[f"{at}.conv.lin.weight"].reshape(3, width, -1)
    biases = weights[f"{at}.conv.lin.bias"].reshape(3, width)
    out = []
    for frame in x:
        out.append([])
        for v in range(5):
            total = np.zeros(width)
            for k, members in enumerate(SUBSETS[v]):
                for j in members:
                    weight = weights[f"{at}.conv.importance"][k, v, j] / len(members)
                    total += weight * (maps[k] @ frame[j] + biases[k])
            out[-1].append(np.maximum(anchor.norm(total, weights, f"{at}.norm"), 0))
    return out


def mixed(tokens, weights, at, anchor):
    """Attention of two heads among vectors."""
    query, key, value = (
        [anchor.lin(token, weights, f"{at}.conv.lin_{name}") for token in tokens] for name in ("query", "key", "value")
    )
    few, many = len(query[0]) // 2, len(value[0]) // 2
    out = []
    for i in range(len(tokens)):
        heads = []
        for head in range(2):
            own = slice(head * few, (head + 1) * few)
            logits = np.array([query[i][own] @ k[own] / few**0.5 for k in key])
            share = np.exp(logits) / np.exp(logits).sum()
            heads.append(sum(s * v[head * many : (head + 1) * many] for s, v in zip(share, value, strict=True)))
        out.append(anchor.lin(np.concatenate(heads), weights, f"{at}.lin_out"))
    return out


def attention(x, weights, number, part, anchor):
    """The attention of a block on ``x[t][v]``."""
    at = f"blocks.{number}.{part}"
    normed = [list(anchor.norm(np.concatenate(frame), weights, f"{at}.norm_in").reshape(5, -1)) for frame in x]
    stride = STRIDES[number] if part == "temporal" else 1
    if stride == 2:
        normed += [[np.zeros_like(vector) for vector in normed[0]]] * (len(normed) % 2)
        pairs = zip(normed[::2], normed[1::2], strict=True)
        normed = [[np.concatenate([one[v], two[v]]) for v in range(5)] for one, two in pairs]
    if part == "spatial":
        out = [mixed(frame, weights, at, anchor) for frame in normed]
    else:
        columns = [mixed([frame[v] for frame in normed], weights, at, anchor) for v in range(5)]
        out = [[column[t] for column in columns] for t in range(len(normed))]
    for t, frame in enumerate(out):
        for v in range(5):
            around = x[t * stride][v]
            if f"{at}.residual.lin.weight" in weights or len(around) == len(frame[v]):
                frame[v] = frame[v] + anchor.shortcut(around, weights, f"{at}.residual")
            frame[v] = np.maximum(anchor.norm(frame[v], weights, f"{at}.norm"), 0)
    return out


def block(x, weights, number, kind, anchor):
    """One block on ``x[t][v]``."""
    at, stride, attends = f"blocks.{number}", STRIDES[number], number > 0
    if attends and kind == "spatial":
        hidden = attention(x, weights, number, "spatial", anchor)
    else:
        hidden = graph(x, weights, number, anchor)
    if attends and kind == "temporal":
        out = attention(hidden, weights, number, "temporal", anchor)
    else:
        out = anchor.temporal(hidden, weights, f"{at}.temporal.0", stride)
        out = [[anchor.norm(vector, weights, f"{at}.temporal.1") for vector in frame] for frame in out]
    for t, frame in enumerate(out):
        for v in range(5):
            y = frame[v] + anchor.shortcut(x[t * stride][v], weights, f"{at}.residual") if number else frame[v]
            frame[v] = np.maximum(y, 0)
    return out


@pytest.mark.parametrize("kind", ["spatial", "temporal"])
def test_equals_loops_and_the_stored_result(anchor, kind) -> None:
    model = STTR(Y, 2, 3, attention=kind, widths=WIDTHS, heads=2)
    weights, x = anchor.draw(model), anchor.draw_clips(7, 20, 2)
    persons = []
    for start in anchor.persons(x, weights, joints=5, together=2):
        z = block(start, weights, 0, kind, anchor)
        z = [[np.concatenate([z[t][v], start[t][v]]) for v in range(5)] for t in range(7)]
        for number in (1, 2):
            z = block(z, weights, number, kind, anchor)
        persons.append([[anchor.norm(vector, weights, "norm") for vector in frame] for frame in z])
    slow = anchor.logits(persons, weights, together=2)
    np.testing.assert_allclose(slow, EXPECTED[kind], rtol=0, atol=1e-9)
    fast = model(torch.from_numpy(x), torch.arange(2).repeat_interleave(10), 2)
    np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)
