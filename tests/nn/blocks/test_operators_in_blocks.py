"""An operator in a block is what the block computes with: its attributes count, and another one can take its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25
from tg_skeleton.nn import (
    SFEM,
    STFEM,
    FrameFeatures,
    JointFeatures,
    SelfAttentionBlock,
    SpatialSelfAttention,
    SpatioTemporalSelfAttention,
    TemporalSelfAttention,
)

Å = NTU25.normalized_adjacency

BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "V": lambda: SelfAttentionBlock(6, 12),
    "S1": lambda: SelfAttentionBlock(6, 12, kind="S1"),
    "T1": lambda: SelfAttentionBlock(6, 12, kind="T1"),
    "ST": lambda: SelfAttentionBlock(6, 12, kind="ST"),
    "SFEM": lambda: SFEM(6, 12, Å),
    "SFEM linear": lambda: SFEM(6, 12, Å, value="linear"),
    "FF": lambda: FrameFeatures(6, 25),
    "FF linear": lambda: FrameFeatures(6, 25, value="linear"),
    "JF": lambda: JointFeatures(6, 12, stride=2),
    "STFEM": lambda: STFEM(6, 12, Å, stride=2),
    "STFEM linear": lambda: STFEM(6, 12, Å, value="linear"),
}

OTHERS: dict[str, Callable[[], nn.Module]] = {  # of three heads
    "V": lambda: SpatialSelfAttention(6, 12, heads=3, alpha=0.0),
    "S1": lambda: SpatialSelfAttention(6, 6, heads=3, alpha=0.0),
    "T1": lambda: TemporalSelfAttention(6, 6, heads=3),
    "ST": lambda: SpatioTemporalSelfAttention(6, 6, heads=3, alpha=0.0),
    "SFEM": lambda: SpatialSelfAttention(6, 6, heads=3),
    "SFEM linear": lambda: SpatialSelfAttention(6, 6, heads=3),
    "FF": lambda: TemporalSelfAttention(6, 6, heads=3, per_joint=False, group=5),
    "FF linear": lambda: TemporalSelfAttention(6, 6, heads=3, per_joint=False, group=5),
    "JF": lambda: TemporalSelfAttention(6, 6, heads=3, group=(None, 2)),
    "STFEM": lambda: SpatioTemporalSelfAttention(6, 6, heads=3, window=(3, 2)),
    "STFEM linear": lambda: SpatioTemporalSelfAttention(6, 6, heads=3, window=(3, 1)),
}


def holder(block: nn.Module) -> nn.Module:
    """The module that has the operator as its ``attention``."""
    return block.paths[0] if isinstance(block, STFEM) else block


@pytest.mark.parametrize(
    ("attribute", "value"), [("heads", 3), ("scale", 0.01), ("alpha", -2.0), ("dropout", 0.9)], ids=str
)
@pytest.mark.parametrize("name", BLOCKS)
def test_attributes_have_their_effect(name: str, attribute: str, value: float) -> None:
    torch.manual_seed(0)
    block, x = BLOCKS[name](), torch.randn(2, 7, 25, 6)
    operator = holder(block).attention
    if attribute == "alpha" and operator.alpha == 0.0:
        pytest.skip("an operator without a graph")
    before = block(x)
    assert torch.equal(block(x), before)
    setattr(operator, attribute, value)
    assert not torch.allclose(block(x), before, atol=1e-3)


@pytest.mark.parametrize("name", BLOCKS)
def test_another_operator_takes_its_place(name: str) -> None:
    torch.manual_seed(0)
    block, other, x = BLOCKS[name](), OTHERS[name](), torch.randn(2, 7, 25, 6)
    expected = other(x, Å)
    seen: list[Tensor] = []

    class Own(nn.Module):
        def forward(self, x: Tensor, edge_index: Tensor | None = None) -> Tensor:
            seen.append(other(x, edge_index))
            return seen[-1]

    results = []
    for operator in (other, Own()):
        holder(block).attention = operator
        results.append(block(x))
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=1e-5)
    assert len(seen) == 1
    torch.testing.assert_close(seen[0], expected, rtol=0, atol=1e-5)
    hook = other.register_forward_hook(lambda module, args, out: torch.zeros_like(out))
    assert not torch.allclose(block(x), results[1], atol=1e-3)
    hook.remove()


@pytest.mark.parametrize("build", [lambda: SFEM(6, 12, Å, value="linear"), lambda: JointFeatures(6, 6, value="linear"),
                                   lambda: FrameFeatures(6, 25, value="linear")], ids=["SFEM", "JF", "FF"])  # fmt: skip
def test_weights_of_earlier_versions_are_read(build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    block, other = nn.Sequential(build()).eval(), nn.Sequential(build()).eval()
    earlier = {
        name.replace(".lin_value.", ".attention.lin_value."): value for name, value in block.state_dict().items()
    }
    assert earlier.keys() != block.state_dict().keys()
    other.load_state_dict(earlier)
    x = torch.randn(2, 7, 25, 6)
    assert torch.equal(other(x), block(x))
