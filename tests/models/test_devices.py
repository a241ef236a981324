"""Networks on an accelerator: nothing waits for the device, and a network may be built on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25
from tg_skeleton.models import (
    AAGCN,
    AGCN,
    CTRGCN,
    DGNN,
    ESAN,
    HCN,
    MSG3D,
    MSTGCN,
    SGN,
    STGCN,
    STGCNPP,
    STTR,
    AMANet,
    DualHeadNet,
    HyperGCN,
    ShiftGCN,
)

NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {  # with the channels that each one reads
    "ESAN": (lambda: ESAN(NTU25, 6, 60), 6),
    "AMANet": (lambda: AMANet(NTU25, 12, 60), 12),
    "SGN": (lambda: SGN(NTU25, 3, 60), 3),
    "STGCN": (lambda: STGCN(NTU25, 3, 60), 3),
    "AGCN": (lambda: AGCN(NTU25, 3, 60, num_persons=1), 3),
    "MSG3D": (lambda: MSG3D(NTU25, 3, 60, num_persons=1), 3),
    "CTRGCN": (lambda: CTRGCN(NTU25, 3, 60, num_persons=1), 3),
    "MSTGCN": (lambda: MSTGCN(NTU25, 3, 60, num_persons=1), 3),
    "DualHeadNet": (lambda: DualHeadNet(NTU25, 3, 60, num_persons=1), 3),
    "DGNN": (lambda: DGNN(NTU25, 6, 60, num_persons=1), 6),
    "HyperGCN": (lambda: HyperGCN(NTU25, 3, 60, num_persons=1), 3),
    "HCN": (lambda: HCN(NTU25, 3, 60, num_frames=32), 3),
    "AAGCN": (lambda: AAGCN(NTU25, 3, 60, num_persons=1), 3),
    "ShiftGCN": (lambda: ShiftGCN(NTU25, 3, 60, num_persons=1), 3),
    "STGCNPP": (lambda: STGCNPP(NTU25, 3, 60), 3),
    "STTR": (lambda: STTR(NTU25, 3, 60, num_persons=1), 3),
    "CTRGCN of two bodies": (lambda: CTRGCN(NTU25, 3, 60), 3),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_reads_nothing_back(name: str) -> None:
    build, channels = NETWORKS[name]
    model = build().to("meta")  # whose tensors have no values
    clips = torch.zeros(200, dtype=torch.long, device="meta")
    model(torch.randn(32 if name == "HCN" else 20, 200, channels, device="meta"), clips, 4).sum().backward()


@pytest.mark.parametrize("name", NETWORKS)
def test_is_built_on_the_default_device(name: str) -> None:
    build, _ = NETWORKS[name]
    with torch.device("meta"):
        model = build()
    assert all(parameter.is_meta for parameter in model.parameters())
    constants = {name for name, _ in model.named_buffers()} - set(model.state_dict())
    assert all(model.get_buffer(name).device.type == "cpu" for name in constants)
    assert {tensor.device.type for tensor in (*build().parameters(), *build().buffers())} == {"cpu"}
