"""How long do the operators and blocks take, forward and backward, compared with the common layout of the field?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from tests.benchmark import comparators
from tests.benchmark.comparators import operators as channels_first
from tests.benchmark.measure import Decimal, Ratio, Run, Table, milliseconds
from tests.benchmark.steps import Precision, loaded, precisions
from tg_skeleton import NTU25
from tg_skeleton.nn import (
    G3D,
    MSGCN,
    MSTCN,
    SFEM,
    STFEM,
    TFEM,
    AdaptiveGraphConv,
    ChannelTopologyConv,
    DataPreprocessing,
    FrameFeatures,
    JointFeatures,
    MultiScaleG3D,
    MultiScaleGraphConv,
    ResidualGCN,
    SelfAttentionBlock,
    SpatialGCN,
    SpatialGraphConv,
    SpatialSelfAttention,
    SpatioTemporalSelfAttention,
    TemporalSelfAttention,
)
from tg_skeleton.nn.conv.multi_scale_g3d import window_hops
from tg_skeleton.nn.functional import hop_adjacencies
from tg_skeleton.nn.partition import partition_adjacencies

C, V, PERSONS = 96, NTU25.num_joints, 4
FRAMES = (20, 64)
A = NTU25.normalized_adjacency
SUBSETS = partition_adjacencies(NTU25.edge_index, V, root=20)
SCALES = hop_adjacencies(NTU25.hops, 13)
WINDOW_SCALES = hop_adjacencies(window_hops(NTU25.hops, 3), 6)


class OnGraph(nn.Module):
    """An operator with its graph."""

    graph: Tensor

    def __init__(self, conv: nn.Module, graph: Tensor) -> None:
        super().__init__()
        self.conv = conv
        self.register_buffer("graph", graph, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x, self.graph)


class ChannelsFirst(channels_first.Projections):
    """A comparator of an operator: projections, and one of the functions that attend."""

    def __init__(self, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__(C, C)
        self.attend = attend

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return self.attend(*super().forward(x))


Pair = tuple[nn.Module, nn.Module | None]
"""One of the package's and its comparator, where there is one."""


def operators(frames: int, device: torch.device) -> dict[str, Pair]:
    """C to C channels."""

    def attention(*, per_frame: bool = True) -> OnGraph:
        return OnGraph(SpatialSelfAttention(C, C, per_frame=per_frame), A)

    bias, scale = 0.8 * A.to(device), C**-0.5
    in_windows = partial(channels_first.attend_windows, bias=bias.repeat(3, 3), scale=scale, window=3, stride=1)
    clip, body = (frames * C) ** -0.5, (V * C) ** -0.5
    return {
        "SpatialSelfAttention": (
            attention(),
            ChannelsFirst(partial(channels_first.attend_joints, bias=bias, scale=scale)),
        ),
        "SpatialSelfAttention(per_frame=False)": (
            attention(per_frame=False),
            ChannelsFirst(partial(channels_first.attend_joints_of_clip, bias=bias, scale=clip)),
        ),
        "TemporalSelfAttention": (
            TemporalSelfAttention(C, C),
            ChannelsFirst(partial(channels_first.attend_frames, scale=scale)),
        ),
        "TemporalSelfAttention(per_joint=False)": (
            TemporalSelfAttention(C, C, per_joint=False),
            ChannelsFirst(partial(channels_first.attend_groups, scale=body, group=frames)),
        ),
        "TemporalSelfAttention(per_joint=False, group=5)": (
            TemporalSelfAttention(C, C, per_joint=False, group=5),
            ChannelsFirst(partial(channels_first.attend_groups, scale=body, group=5)),
        ),
        "SpatioTemporalSelfAttention(window=3)": (
            OnGraph(SpatioTemporalSelfAttention(C, C, window=3), A),
            ChannelsFirst(in_windows),
        ),
        "SpatioTemporalSelfAttention": (OnGraph(SpatioTemporalSelfAttention(C, C), A), None),
        "MultiScaleGraphConv": (OnGraph(MultiScaleGraphConv(C, C, num_nodes=V), SCALES), None),
        "MultiScaleG3D": (OnGraph(MultiScaleG3D(C, C, num_nodes=V), WINDOW_SCALES), None),
        "SpatialGraphConv": (OnGraph(SpatialGraphConv(C, C, num_nodes=V), SUBSETS), None),
        "AdaptiveGraphConv": (OnGraph(AdaptiveGraphConv(C, C, num_nodes=V), SUBSETS), None),
        "ChannelTopologyConv": (ChannelTopologyConv(C, C, topology=SUBSETS), None),
    }


def blocks(frames: int, device: torch.device) -> dict[str, Pair]:
    """C to C channels, without a stride; values are linear maps, as in AMANet."""
    both = STFEM(C, C, A, windows=(3, 5), value="linear"), comparators.STFEM(C, C, A, windows=(3, 5))
    return {
        "SelfAttentionBlock": (SelfAttentionBlock(C, C), comparators.VBlock(C, C)),
        "SelfAttentionBlock(kind='S1')": (SelfAttentionBlock(C, C, kind="S1"), None),
        "SelfAttentionBlock(kind='S2')": (SelfAttentionBlock(C, C, kind="S2"), None),
        "SelfAttentionBlock(kind='T1')": (SelfAttentionBlock(C, C, kind="T1"), None),
        "SelfAttentionBlock(kind='T2')": (SelfAttentionBlock(C, C, kind="T2"), None),
        "SelfAttentionBlock(kind='ST')": (SelfAttentionBlock(C, C, kind="ST"), None),
        "DataPreprocessing": (DataPreprocessing(V, C), None),
        "SFEM": (SFEM(C, C, A, value="linear"), comparators.SFEM(C, C, A)),
        "FrameFeatures": (FrameFeatures(C, V, value="linear"), comparators.FF(C, V)),
        "JointFeatures": (JointFeatures(C, C, value="linear"), comparators.JF(C, C)),
        "JointFeatures(stride=2)": (JointFeatures(C, C, stride=2, value="linear"), comparators.JF(C, C, 2)),
        "MSTCN": (MSTCN(C, C), comparators.MSTCN(C, C)),
        "TFEM": (TFEM(C, C, V, value="linear"), comparators.TFEM(C, C, V, 1)),
        "STFEM": (STFEM(C, C, A, value="linear"), comparators.STFEM(C, C, A)),
        "STFEM(windows=(3, 5))": both,
        "MSGCN": (MSGCN(C, C, NTU25.hops), None),
        "G3D": (G3D(C, C, NTU25.hops), None),
        "SpatialGCN": (SpatialGCN(C, C, SUBSETS), None),
        "ResidualGCN(AdaptiveGraphConv)": (ResidualGCN(AdaptiveGraphConv(C, C, num_nodes=V), SUBSETS), None),
        "ResidualGCN(ChannelTopologyConv)": (ResidualGCN(ChannelTopologyConv(C, C, topology=SUBSETS)), None),
    }


def run(device: torch.device, persons: int = PERSONS) -> list[Table]:
    """The same present persons on both sides."""
    torch.manual_seed(0)
    return [
        compared(f"{kind}, {persons} persons, T = {frames}, C = {C}", pairs(frames, device), (persons, frames), device)
        for kind, pairs in (("Operators", operators), ("Blocks", blocks))
        for frames in FRAMES
    ]


def compared(title: str, pairs: dict[str, Pair], shape: tuple[int, int], device: torch.device) -> Table:
    persons, frames = shape
    x = torch.randn(persons, frames, V, C, device=device)
    theirs = x.permute(0, 3, 1, 2).contiguous()
    rows: list[tuple[object, ...]] = []
    for name, (module, comparator) in pairs.items():
        contenders = {"ours": (module.to(device), x)}
        if comparator is not None:
            own = module.conv if isinstance(module, OnGraph) else module
            contenders["theirs"] = (loaded(comparator, own).to(device), theirs)
        for precision in precisions(device):
            cells: list[object] = []
            for timed in (forward, both_ways):
                times = milliseconds({who: timed(part, item, precision) for who, (part, item) in contenders.items()})
                cells.append(Decimal(times["ours"]))
                cells += (
                    [Decimal(times["theirs"]), Ratio(times["theirs"] / times["ours"])]
                    if "theirs" in times
                    else [""] * 2
                )
            rows.append((name, precision, *cells))
    columns = "ms", "channels first ms", "ratio"
    steps = "forward", "forward + backward"
    header = ("", "precision", *(f"{step}, {column}" for step in steps for column in columns))
    return Table(title, header, rows)


def forward(module: nn.Module, x: Tensor, precision: Precision) -> Run:
    def run() -> Tensor:
        with torch.no_grad(), torch.autocast(x.device.type, torch.bfloat16, enabled=precision == "bf16"):
            return module.eval()(x)

    return run


def both_ways(module: nn.Module, x: Tensor, precision: Precision) -> Run:
    x = x.detach().clone().requires_grad_()
    inputs = [x, *(parameter for parameter in module.parameters() if parameter.requires_grad)]

    def run() -> object:
        with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == "bf16"):
            out = module.train()(x)
        return torch.autograd.grad(out, inputs, torch.ones_like(out), allow_unused=True)

    return run
