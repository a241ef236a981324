"""Networks call their operators: a table of all, and of how often each ran. Shown by ``pytest -s`` on this file.

HCN and SGN have none: they are made of convolutions and of a product with a graph that a clip infers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import nn
from torch_geometric.nn import MessagePassing

from tg_skeleton import NTU25
from tg_skeleton.models import (
    AAGCN,
    AGCN,
    CTRGCN,
    DGNN,
    ESAN,
    MSG3D,
    MSTGCN,
    STGCN,
    STGCNPP,
    STTR,
    AMANet,
    DualHeadNet,
    HyperGCN,
    ShiftGCN,
)
from tg_skeleton.models.amanet import Spatial, SpatioTemporal, Temporal
from tg_skeleton.nn import fuse
from tg_skeleton.nn.blocks.self_attention_block import Kind

NETWORKS: dict[str, tuple[Callable[[], nn.Module], int, int]] = {  # with its channels, and its operators
    **{f"ESAN {k}": (lambda k=k: ESAN(NTU25, 6, 60, num_frames=8, kind=k), 6, 4) for k in get_args(Kind)},
    "AMANet": (lambda: AMANet(NTU25, 12, 60), 12, 12),
    "AMANet (3, 5)": (lambda: AMANet(NTU25, 12, 60, windows=(3, 5)), 12, 15),
    **{f"AMANet {k}": (lambda k=k: AMANet(NTU25, 12, 60, spatial=k, widths=(12,)), 12, n)
       for k, n in zip(get_args(Spatial), (4, 4, 5), strict=True)},
    **{f"AMANet {k}": (lambda k=k: AMANet(NTU25, 12, 60, temporal=k, widths=(12,)), 12, n)
       for k, n in zip(get_args(Temporal), (4, 3, 3, 2), strict=True)},
    **{f"AMANet {k}": (lambda k=k: AMANet(NTU25, 12, 60, spatio_temporal=k, widths=(12,)), 12, n)
       for k, n in zip(get_args(SpatioTemporal), (4, 4, 5), strict=True)},
    "STGCN": (lambda: STGCN(NTU25, 3, 60), 3, 10),
    "AGCN": (lambda: AGCN(NTU25, 3, 60, num_persons=1), 3, 10),
    "CTRGCN": (lambda: CTRGCN(NTU25, 3, 60, num_persons=1), 3, 10),
    "MSG3D": (lambda: MSG3D(NTU25, 3, 60, num_persons=1), 3, 9),
    "AAGCN": (lambda: AAGCN(NTU25, 3, 60, num_persons=1), 3, 10),
    "DGNN": (lambda: DGNN(NTU25, 6, 60, num_persons=1), 6, 10),
    "DualHeadNet": (lambda: DualHeadNet(NTU25, 3, 60, num_persons=1), 3, 13),
    "MSTGCN": (lambda: MSTGCN(NTU25, 3, 60, num_persons=1), 3, 37),
    "ShiftGCN": (lambda: ShiftGCN(NTU25, 3, 60, num_persons=1), 3, 30),
    "STGCNPP": (lambda: STGCNPP(NTU25, 3, 60), 3, 10),
    "STTR": (lambda: STTR(NTU25, 3, 60, num_persons=1), 3, 10),
    "HyperGCN": (lambda: HyperGCN(NTU25, 3, 60, num_persons=1), 3, 9),
}  # fmt: skip


def runs(model: nn.Module, channels: int) -> dict[str, int]:
    """How often every operator of a network ran in a forward pass."""
    ran: Counter[str] = Counter()
    operators = {name: part for name, part in model.named_modules() if isinstance(part, MessagePassing)}
    for name, part in operators.items():
        part.register_forward_hook(lambda module, args, out, name=name: ran.update([name]))
    with torch.no_grad():
        model(torch.randn(8, 50, channels), torch.zeros(50, dtype=torch.long), 1)
    print(f"\n{type(model).__name__}: {len(operators)} operators")
    for name, part in operators.items():
        print(f"  {ran[name]} x {name}: {type(part).__name__}")
    return {name: ran[name] for name in operators}


@pytest.mark.parametrize("way", ["training", "evaluation", "fused"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_operator_runs_once(name: str, way: str) -> None:
    build, channels, count = NETWORKS[name]
    model = build().train(way == "training")
    ran = runs(fuse(model) if way == "fused" else model, channels)
    assert list(ran.values()) == [1] * count
