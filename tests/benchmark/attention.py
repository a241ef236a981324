"""How much faster is the dense path of each operator than message passing over the same pairs?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tests.benchmark.measure import milliseconds, table
from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.self_attention import Graph, SelfAttention
from tg_skeleton.nn.functional import Sets, find_sets

CHANNELS = 128

OPERATORS: dict[str, tuple[SelfAttention, int]] = {  # with the clips of a batch
    "SpatialSelfAttention": (SpatialSelfAttention(CHANNELS, CHANNELS), 32),
    "SpatialSelfAttention(per_frame=False)": (SpatialSelfAttention(CHANNELS, CHANNELS, per_frame=False), 32),
    "TemporalSelfAttention": (TemporalSelfAttention(CHANNELS, CHANNELS), 32),
    "TemporalSelfAttention(per_joint=False)": (TemporalSelfAttention(CHANNELS, CHANNELS, per_joint=False), 32),
    "SpatioTemporalSelfAttention": (SpatioTemporalSelfAttention(CHANNELS, CHANNELS), 4),
}


def forward(path: Callable[..., tuple[Tensor, object]], x: Tensor, graph: Graph, sets: Sets) -> Callable[[], object]:
    def run() -> object:
        with torch.no_grad():
            return path(x, graph, sets, keep=False)

    return run


def backward(path: Callable[..., tuple[Tensor, object]], x: Tensor, graph: Graph, sets: Sets) -> Callable[[], object]:
    def run() -> object:
        out = path(x, graph, sets, keep=False)[0]
        return torch.autograd.grad(out.sum(), [x])

    return run


def run() -> str:
    """T = 20 frames, V = 25 joints, C = 128 channels; one person per clip, ``batch`` and ``edge_index`` given."""
    torch.manual_seed(0)
    frames, joints, rows = 20, NTU25.num_joints, []
    for name, (conv, clips) in OPERATORS.items():
        start = torch.arange(clips)[:, None] * joints
        edge_index = (NTU25.edge_index[:, None] + start).flatten(1)
        batch = torch.arange(clips).repeat_interleave(joints)
        x = torch.randn(frames, clips * joints, CHANNELS, requires_grad=True)
        sets = find_sets(batch, batch.numel())
        for step, build in (("forward", forward), ("forward + backward", backward)):
            paths = {
                "dense": build(conv._dense, x, (edge_index, None), sets),
                "message passing": build(conv._edgewise, x, (edge_index, None), sets),
            }
            times = milliseconds(paths)
            ratio = times["message passing"] / times["dense"]
            ms = [f"{times[path]:.1f}" for path in paths]
            rows.append((name, clips, step, *ms, f"{ratio:.1f}x"))
    header = ("operator", "clips", "step", "dense ms", "message passing ms", "ratio")
    return table("Dense path against message passing, T = 20, V = 25, C = 128", header, rows)
