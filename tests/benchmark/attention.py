"""How much faster is the dense path of each operator than message passing, and how close is it to the bare kernel?"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.benchmark.measure import Decimal, Ratio, Run, Table, milliseconds
from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.attention_graph import Graph
from tg_skeleton.nn.conv.self_attention import Output, SelfAttention
from tg_skeleton.nn.functional import attention
from tg_skeleton.nn.sets import Sets, find_sets

FRAMES, JOINTS, CHANNELS = 20, NTU25.num_joints, 128

OPERATORS: dict[str, tuple[SelfAttention, int]] = {  # with the clips of a batch
    "SpatialSelfAttention": (SpatialSelfAttention(CHANNELS, CHANNELS), 32),
    "SpatialSelfAttention(per_frame=False)": (SpatialSelfAttention(CHANNELS, CHANNELS, per_frame=False), 32),
    "TemporalSelfAttention": (TemporalSelfAttention(CHANNELS, CHANNELS), 32),
    "TemporalSelfAttention(per_joint=False)": (TemporalSelfAttention(CHANNELS, CHANNELS, per_joint=False), 32),
    "SpatioTemporalSelfAttention": (SpatioTemporalSelfAttention(CHANNELS, CHANNELS), 4),
}

Path = Callable[[Tensor], Tensor]
"""One way to an operator's output."""


def of(path: Callable[..., Output], graph: Graph, sets: Sets) -> Path:
    return lambda x: path(x, graph, sets, keep=False)[0]


def forward(path: Path, x: Tensor) -> Run:
    def run() -> Tensor:
        with torch.no_grad():
            return path(x)

    return run


def backward(path: Path, x: Tensor, weights: list[Tensor]) -> Run:
    cotangent = torch.ones_like(path(x))
    return lambda: torch.autograd.grad(path(x), [x, *weights], cotangent)


def run(device: torch.device) -> list[Table]:
    """One person per clip, ``batch`` and ``edge_index`` given."""
    return [against_messages(device), against_kernel(device)]


def against_messages(device: torch.device) -> Table:
    torch.manual_seed(0)
    rows: list[tuple[object, ...]] = []
    for name, (conv, clips) in OPERATORS.items():
        conv.to(device)
        x, edge_index, batch = inputs(clips, device)
        sets, graph = find_sets(batch, batch.numel()), (edge_index, None)
        paths: dict[str, Path] = {
            "dense": of(conv._dense, graph, sets),
            "messages": of(conv._edgewise, graph, sets),
        }
        for step in ("forward", "forward + backward"):
            runs = {
                said: forward(path, x) if step == "forward" else backward(path, x, list(conv.parameters()))
                for said, path in paths.items()
            }
            times = milliseconds(runs)
            ratio = Ratio(times["messages"] / times["dense"])
            rows.append((name, clips, step, Decimal(times["dense"]), Decimal(times["messages"]), ratio))
    header = ("operator", "clips", "step", "dense ms", "message passing ms", "ratio")
    title = f"Dense path against message passing, T = {FRAMES}, V = {JOINTS}, C = {CHANNELS}"
    return Table(title, header, rows)


def against_kernel(device: torch.device, clips: int = 32) -> Table:
    """The operator against three linear maps and one call of the kernel on tensors of the same shape."""
    torch.manual_seed(0)
    conv = SpatialSelfAttention(CHANNELS, CHANNELS).to(device)
    x, edge_index, batch = inputs(clips, device)
    adjacency = NTU25.normalized_adjacency.to(device)
    bodies = x.detach().view(-1, JOINTS, CHANNELS).requires_grad_()  # a set per frame and clip

    def bare(x: Tensor) -> Tensor:
        query, key, value = (
            F.linear(x, lin.weight, lin.bias) for lin in (conv.lin_query, conv.lin_key, conv.lin_value)
        )
        bias = (conv.alpha * adjacency)[None, None]
        return attention(query[:, None], key[:, None], value[:, None], bias, scale=CHANNELS**-0.5)

    contenders: dict[str, tuple[Path, Tensor]] = {
        "bare": (bare, bodies),
        "conv(x, edge_index, batch=batch)": (lambda x: conv(x, edge_index, batch=batch), x),
        "conv(x, Å) on [clips, T, V, C]": (lambda x: conv(x, adjacency), bodies.detach().requires_grad_()),
    }
    rows: list[tuple[object, ...]] = []
    for step in ("forward", "forward + backward"):
        runs = {
            said: forward(path, item) if step == "forward" else backward(path, item, list(conv.parameters()))
            for said, (path, item) in contenders.items()
        }
        times = milliseconds(runs, rounds=5)
        for said in list(contenders)[1:]:
            rows.append((said, step, Decimal(times[said]), Decimal(times["bare"]), Ratio(times[said] / times["bare"])))
    title = f"SpatialSelfAttention against its projections and kernel alone, B = {clips}, T = {FRAMES}, C = {CHANNELS}"
    return Table(title, ("called as", "step", "operator ms", "bare ms", "operator / bare"), rows)


def inputs(clips: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """``x [T, N, C]``, bones ``[2, E]`` and the clip of each node ``[N]``."""
    start = torch.arange(clips)[:, None] * JOINTS
    edge_index = (NTU25.edge_index[:, None] + start).flatten(1)
    batch = torch.arange(clips).repeat_interleave(JOINTS)
    x = torch.randn(FRAMES, clips * JOINTS, CHANNELS, device=device, requires_grad=True)
    return x, edge_index.to(device), batch.to(device)
