"""A fused block computes the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25
from tg_skeleton.models import (
    AAGCN,
    AGCN,
    CTRGCN,
    DGNN,
    ESAN,
    MSG3D,
    MSTGCN,
    SGN,
    STGCN,
    STGCNPP,
    STTR,
    AMANet,
    ShiftGCN,
)
from tg_skeleton.nn import G3D, MSGCN, MSTCN, SFEM, STFEM, FrameFeatures, JointFeatures, SelfAttentionBlock, fuse
from tg_skeleton.nn.blocks import ChannelNorm, Shortcut, TemporalConv
from tg_skeleton.nn.blocks.self_attention_block import Kind

Å = NTU25.normalized_adjacency

BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "Shortcut": lambda: Shortcut(6, 12, stride=2),
    "Shortcut same": lambda: Shortcut(6, 6),
    **{f"SFEM {value} {out}": lambda value=value, out=out: SFEM(6, out, Å, value=value)
       for value in ("input", "linear") for out in (6, 12)},
    **{f"FF {value}": lambda value=value: FrameFeatures(6, 25, value=value) for value in ("input", "linear")},
    **{f"JF {value} {s}": lambda value=value, s=s: JointFeatures(6, 6, stride=s, value=value)
       for value in ("input", "linear") for s in (1, 2)},
    **{f"STFEM {value}": lambda value=value: STFEM(6, 12, Å, windows=(3, 5), stride=2, value=value)
       for value in ("input", "linear")},
    "MSTCN": lambda: MSTCN(6, 12, stride=2),
    "MSTCN bare": lambda: MSTCN(6, 12, residual=False, activation=False),
    "MSGCN": lambda: MSGCN(6, 12, NTU25.hops, num_scales=3),
    "G3D": lambda: G3D(6, 12, NTU25.hops, num_scales=3, activation=True),
    **{f"SelfAttentionBlock {kind} {out}": lambda kind=kind, out=out: SelfAttentionBlock(6, out, kind=kind)
       for kind in get_args(Kind) for out in (6, 12)},
    "Sequential": lambda: nn.Sequential(TemporalConv(6, 12, 3), ChannelNorm(12), nn.ReLU(), nn.Linear(12, 5)),
}  # fmt: skip

NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {  # with the channels that each one reads
    "ESAN": (lambda: ESAN(NTU25, 6, 5, num_frames=9, widths=(8, 160)), 6),
    "AMANet": (lambda: AMANet(NTU25, 12, 5, widths=(12, 24)), 12),
    "SGN": (lambda: SGN(NTU25, 3, 5, num_frames=9), 3),
    "STGCN": (lambda: STGCN(NTU25, 3, 5, widths=(8, 8, 16)), 3),
    "AGCN": (lambda: AGCN(NTU25, 3, 5, widths=(8, 8, 16), num_persons=1), 3),
    "CTRGCN": (lambda: CTRGCN(NTU25, 3, 5, widths=(8, 8, 16), num_persons=1), 3),
    "MSG3D": (lambda: MSG3D(NTU25, 3, 5, widths=(12, 24), num_persons=1), 3),
    "AAGCN": (lambda: AAGCN(NTU25, 3, 5, widths=(8, 8, 16), num_persons=1), 3),
    "STGCNPP": (lambda: STGCNPP(NTU25, 3, 5, widths=(8, 8, 16)), 3),
    "ShiftGCN": (lambda: ShiftGCN(NTU25, 3, 5, widths=(8, 8, 16), num_persons=1), 3),
    "DGNN": (lambda: DGNN(NTU25, 6, 5, widths=(8, 8, 16), num_persons=1), 6),
    "MSTGCN": (lambda: MSTGCN(NTU25, 3, 5, widths=(8, 8, 16), num_persons=1), 3),
    "STTR": (lambda: STTR(NTU25, 3, 5, widths=(8, 8, 16), heads=2, num_persons=1), 3),
}


def trained(module: nn.Module) -> nn.Module:
    """In evaluation mode, with norms that are not idle, of gains of both signs."""
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
                for tensor in (part.weight, part.bias, part.running_mean):
                    tensor.normal_()  # type: ignore[union-attr]
                part.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
    return module.double().eval()


def norms(module: nn.Module) -> int:
    return sum(isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) for part in module.modules())


@pytest.mark.parametrize("name", BLOCKS)
def test_a_fused_block_is_equal(name: str) -> None:
    torch.manual_seed(0)
    block, x = trained(BLOCKS[name]()), torch.randn(2, 9, 25, 6, dtype=torch.double)
    before = x.clone()
    with torch.no_grad():
        torch.testing.assert_close(fuse(block)(x), block(x), rtol=0, atol=1e-9)
    assert torch.equal(x, before)


@pytest.mark.parametrize("name", [name for name in BLOCKS if name.split()[0] in ("SFEM", "FF", "JF", "STFEM", "G3D")])
def test_no_norm_is_left(name: str) -> None:
    block = trained(BLOCKS[name]())
    assert norms(block) > 0
    assert norms(fuse(block)) == 0


@pytest.mark.parametrize("name", NETWORKS)
def test_a_fused_network_is_equal(name: str) -> None:
    torch.manual_seed(0)
    build, channels = NETWORKS[name]
    model, batch = trained(build()), torch.tensor([0] * 50 + [1] * 25)
    x = torch.randn(9, 75, channels, dtype=torch.double)
    fused = fuse(model)
    assert norms(fused) < norms(model) or name == "ESAN"
    with torch.no_grad():
        torch.testing.assert_close(fused(x, batch, 2), model(x, batch, 2), rtol=0, atol=1e-9)


def test_the_network_stays_as_it_was() -> None:
    model = trained(AMANet(NTU25, 12, 5, widths=(12, 24)))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fused = fuse(model)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not any(parameter.requires_grad for parameter in fused.parameters())


def test_an_operator_of_another_kind_is_left_alone() -> None:
    class Doubled(nn.Module):
        def forward(self, x: Tensor, edge_index: Tensor | None = None) -> Tensor:
            return 2 * x.mean(dim=2, keepdim=True).expand_as(x)

    torch.manual_seed(0)
    x = torch.randn(2, 9, 25, 6, dtype=torch.double)
    for block in (SFEM(6, 12, Å, value="linear"), FrameFeatures(6, 25, value="linear"), SelfAttentionBlock(6, 6)):
        block.attention = Doubled()
        trained(block)
        with torch.no_grad():
            torch.testing.assert_close(fuse(block)(x), block(x), rtol=0, atol=1e-9)


def test_a_network_in_training_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model: SFEM is in training mode, .* call model.eval\(\) first"):
        fuse(SFEM(6, 12, Å))


def test_a_fused_network_refuses_to_train() -> None:
    fused = fuse(SFEM(6, 12, Å).eval()).train()
    with pytest.raises(RuntimeError, match=r"SFEM: a fused network is for evaluation; call eval\(\), or train the"):
        fused(torch.randn(1, 2, 25, 6))


def test_a_fused_network_compiles_and_exports() -> None:
    fused, x = fuse(ESAN(NTU25, 6, 5, num_frames=4, widths=(8,)).eval()), torch.randn(4, 25, 6)
    compiled = torch.compile(fused, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), fused(x))
    torch.testing.assert_close(torch.export.export(fused, (x,)).module()(x), fused(x))
    torch._dynamo.reset()
