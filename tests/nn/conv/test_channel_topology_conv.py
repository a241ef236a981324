from __future__ import annotations

import math

import pytest
import torch

from tg_skeleton import NTU25
from tg_skeleton.nn import ChannelTopologyConv
from tg_skeleton.nn.partition import partition_adjacencies

EDGE = torch.tensor([[0, 1], [1, 0]])


def test_hand_typed() -> None:
    conv = ChannelTopologyConv(1, 2, topology=torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), rel_channels=1)
    with torch.no_grad():
        for name, parameter in conv.named_parameters():
            if name != "topology":
                parameter.fill_(float(name.endswith("weight")))
        conv.lin_refine.weight.copy_(torch.tensor([[1.0], [10.0]]))
        conv.lin_value.bias.copy_(torch.tensor([0.0, 1.0]))
        conv.alpha.fill_(0.5)
    out = conv(torch.tensor([[[0.0], [2.0]], [[0.0], [4.0]]]))  # means 0 and 3
    t = math.tanh(3.0)
    first, second = [2 - 0.5 * t, 4.0], [(1.0, 2 - 5 * t), (3 + 5 * t, 4.0)]  # second channel: of joint 0, of joint 1
    expected = [
        [[first[0] * 2, second[0][0] * 1 + second[0][1] * 3], [first[1] * 2, second[1][0] * 1 + second[1][1] * 3]],
        [[first[0] * 4, second[0][0] * 1 + second[0][1] * 5], [first[1] * 4, second[1][0] * 1 + second[1][1] * 5]],
    ]
    torch.testing.assert_close(out, torch.tensor(expected))


def test_starts_as_the_plain_graph() -> None:
    adjacency = partition_adjacencies(NTU25.edge_index, 25, root=20)
    conv = ChannelTopologyConv(4, 8, topology=adjacency)
    x = torch.randn(2, 5, 25, 4)
    values = conv.lin_value(x).unflatten(-1, (3, 8))
    torch.testing.assert_close(conv(x), torch.einsum("kij,ptjkc->ptic", adjacency, values))


def test_the_learned_graph_is_not_the_one_it_started_from() -> None:
    adjacency = partition_adjacencies(NTU25.edge_index, 25, root=20)
    conv, other = ChannelTopologyConv(4, 8, topology=adjacency), ChannelTopologyConv(4, 8, topology=adjacency)
    before = adjacency.clone()
    with torch.no_grad():
        conv.topology.add_(1.0)
    assert torch.equal(adjacency, before)
    assert torch.equal(other.topology, before)
    conv.reset_parameters()
    assert torch.equal(conv.topology, before)
    assert "start" not in conv.state_dict()


def test_a_fixed_graph_equals_the_learned_one_where_that_starts() -> None:
    adjacency = partition_adjacencies(NTU25.edge_index, 25, root=20)
    conv, fixed = ChannelTopologyConv(4, 8, topology=adjacency), ChannelTopologyConv(4, 8, root=20)
    with torch.no_grad():
        conv.alpha.fill_(0.7)
    fixed.load_state_dict({key: value for key, value in conv.state_dict().items() if key != "topology"})
    x = torch.randn(2, 5, 25, 4)
    torch.testing.assert_close(fixed(x, NTU25.edge_index), conv(x))


@pytest.mark.parametrize(("in_channels", "expected"), [(3, 8), (12, 8), (64, 8), (128, 16), (256, 32)])
def test_channels_of_the_differences(in_channels: int, expected: int) -> None:
    assert ChannelTopologyConv(in_channels, 8).rel_channels == expected


@pytest.mark.parametrize(
    ("learned", "bias", "expected"),
    [
        (True, True, 3 * (25 * 25 + 2 * (16 * 8 + 8) + 8 * 4 + 4 + 16 * 4 + 4) + 1),
        (False, True, 3 * (2 * (16 * 8 + 8) + 8 * 4 + 4 + 16 * 4 + 4) + 1),
        (False, False, 3 * (2 * 16 * 8 + 8 * 4 + 16 * 4) + 1),
    ],
)
def test_parameters(learned: bool, bias: bool, expected: int) -> None:
    conv = ChannelTopologyConv(16, 4, topology=torch.zeros(3, 25, 25) if learned else None, bias=bias)
    assert sum(parameter.numel() for parameter in conv.parameters()) == expected


def test_repr() -> None:
    assert repr(ChannelTopologyConv(64, 32)) == "ChannelTopologyConv(64, 32)"
    said = repr(ChannelTopologyConv(64, 32, partition="distance", rel_channels=4, root=1, bias=False))
    assert said == "ChannelTopologyConv(64, 32, rel_channels=4, partition='distance', root=1, bias=False)"
    said = repr(ChannelTopologyConv(64, 32, topology=torch.zeros(3, 25, 25)))
    assert said == "ChannelTopologyConv(64, 32, topology=[3, 25, 25])"


def test_one_graph_is_needed() -> None:
    with pytest.raises(ValueError, match="edge_index: expected one graph, got neither edge_index nor topology; build"):
        ChannelTopologyConv(8, 8)(torch.zeros(2, 8))
    with pytest.raises(ValueError, match="edge_index: expected one graph, got both edge_index and topology; build"):
        ChannelTopologyConv(8, 8, topology=torch.zeros(3, 2, 2))(torch.zeros(2, 8), EDGE)


@pytest.mark.parametrize("topology", [torch.zeros(2, 2), torch.zeros(3, 2, 4), torch.zeros(3, 2, 2).long()])
def test_topology_of_another_shape(topology: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"topology: expected \[K, V, V\] floats \(target, source\), got torch\."):
        ChannelTopologyConv(8, 8, topology=topology)


def test_numbers_out_of_range() -> None:
    with pytest.raises(ValueError, match="rel_channels: expected at least 1, got 0"):
        ChannelTopologyConv(8, 8, rel_channels=0)


def test_root_that_is_missing_or_no_place_in_every_set() -> None:
    with pytest.raises(ValueError, match="root: partition='spatial' sorts neighbors by their hops from a root"):
        ChannelTopologyConv(8, 8)(torch.zeros(2, 2, 8), EDGE)
    batch = torch.tensor([0, 0, 1])
    with pytest.raises(ValueError, match="root: expected a place in every set, got 1, and a set of fewer nodes; pass"):
        ChannelTopologyConv(8, 8, root=1)(torch.zeros(2, 3, 8), EDGE, batch=batch)


def test_unknown_partition() -> None:
    with pytest.raises(ValueError, match=r"partition: expected one of \('uniform', .*\), got 'semantic'"):
        ChannelTopologyConv(8, 8, partition="semantic")  # type: ignore[arg-type]
