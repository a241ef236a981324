from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25
from tg_skeleton.nn import AdaptiveGraphConv, ChannelTopologyConv, ResidualGCN, SpatialGraphConv
from tg_skeleton.nn.partition import partition_adjacencies

ADJACENCY = partition_adjacencies(torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]), 3, root=0)
KINDS = ["adaptive", "channel", "learned"]


def build(kind: str, in_channels: int, out_channels: int) -> ResidualGCN:
    if kind == "adaptive":
        return ResidualGCN(AdaptiveGraphConv(in_channels, out_channels, num_nodes=3), ADJACENCY)
    if kind == "learned":
        return ResidualGCN(SpatialGraphConv(in_channels, out_channels, topology=ADJACENCY))
    return ResidualGCN(ChannelTopologyConv(in_channels, out_channels, topology=ADJACENCY))


@pytest.mark.parametrize("channels", [(4, 4), (3, 8)], ids=["C = C'", "C != C'"])
@pytest.mark.parametrize("kind", KINDS)
def test_is_the_operator_with_norm_residual_and_activation(slow, kind: str, channels: tuple[int, int]) -> None:
    torch.manual_seed(0)
    block = build(kind, *channels)

    def reference(x: Tensor) -> Tensor:
        graph = ADJACENCY.double() if kind == "adaptive" else None
        y = torch.stack([block.conv(person, graph) for person in x])
        return torch.relu(slow.norm(y, block.norm) + slow.shortcut(x, block.residual))

    slow.compare(block, reference, torch.randn(3, 4, 3, channels[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_starts_as_its_residual(kind: str) -> None:
    block, x = build(kind, 4, 4), torch.randn(2, 5, 3, 4)
    assert isinstance(block.residual.lin, nn.Identity)
    torch.testing.assert_close(block(x), x.relu(), rtol=0, atol=1e-4)
    block.norm.weight.data.fill_(1.0)
    assert not torch.allclose(block(x), x.relu(), atol=0.1)


def test_the_initial_gain_may_be_another() -> None:
    block = ResidualGCN(AdaptiveGraphConv(4, 4), ADJACENCY, gain=0.5)
    assert torch.equal(block.norm.weight, torch.full((4,), 0.5))


@pytest.mark.parametrize("kind", KINDS)
def test_the_output_is_contiguous(kind: str) -> None:
    assert build(kind, 4, 8)(torch.randn(2, 5, 3, 4)).is_contiguous()


def test_the_adjacency_follows_the_module_but_is_no_part_of_a_checkpoint() -> None:
    block = build("adaptive", 4, 8)
    assert not any("adjacency" in key for key in block.state_dict())
    assert block.double().adjacency.dtype == torch.double
    assert build("channel", 4, 8).adjacency is None


def test_adjacency_of_another_body() -> None:
    block = ResidualGCN(AdaptiveGraphConv(4, 8), partition_adjacencies(NTU25.edge_index, 25, root=20))
    with pytest.raises(ValueError, match=r"dense adjacencies must be \[3, 3, 3\] for sets of 3 nodes, got \[3, 25, 25"):
        block(torch.zeros(2, 5, 3, 4))
