"""ST-GCN's graph convolution with a graph that it learns."""

from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn import SpatialGraphConv
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.nn.sets import find_sets

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
CHANNELS = [(2, 5), (5, 2)]


def test_a_learnable_graph_starts_as_the_given_one_and_is_its_own() -> None:
    stack = partition_adjacencies(PATH, 3, root=0)
    conv, fixed = SpatialGraphConv(2, 4, topology=stack), SpatialGraphConv(2, 4, root=0)
    fixed.load_state_dict({key: value for key, value in conv.state_dict().items() if key != "topology"})
    x = torch.randn(5, 3, 2)
    torch.testing.assert_close(conv(x), fixed(x, PATH))
    with torch.no_grad():
        conv.topology.add_(1.0)
    assert torch.equal(stack, partition_adjacencies(PATH, 3, root=0))
    conv.reset_parameters()
    assert torch.equal(conv.topology, stack)
    assert "start" not in conv.state_dict()


@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
def test_a_learnable_graph_by_views_messages_and_loops(
    graph, assert_same, sizes: list[int], channels: tuple[int, int]
) -> None:
    torch.manual_seed(5)
    conv = SpatialGraphConv(*channels, topology=partition_adjacencies(graph([4])[0], 4, root=1)).double()
    _, batch = graph(sizes)
    x = torch.randn(2, sum(sizes), channels[0], dtype=torch.double, requires_grad=True)
    sets = find_sets(batch, sum(sizes))
    messages = conv._edgewise(x, conv._stack(None, sets, x), sets).view(*x.shape[:-1], channels[1])
    assert_same(conv(x, batch=batch), messages, conv, x)  # also the gradient of pairs that are no edges
    rows = []
    for i in range(sum(sizes)):
        row = 0.0
        for k in range(3):
            own = slice(k * channels[1], (k + 1) * channels[1])
            for j in range(i // 4 * 4, i // 4 * 4 + 4):
                value = x[:, j] @ conv.lin.weight[own].T + conv.lin.bias[own]
                row = row + conv.topology[k, i % 4, j % 4] * value
        rows.append(row)
    assert_same(conv(x, batch=batch), torch.stack(rows, dim=1), conv, x)


def test_a_learnable_graph_and_another() -> None:
    stack = partition_adjacencies(PATH, 3, root=0)
    with pytest.raises(ValueError, match="edge_index: expected one graph, got both edge_index and topology; build"):
        SpatialGraphConv(2, 4, topology=stack)(torch.zeros(3, 2), PATH)
    with pytest.raises(ValueError, match="num_nodes: got 3 and a topology; an edge importance scales a fixed graph"):
        SpatialGraphConv(2, 4, num_nodes=3, topology=stack)


def test_repr_of_a_learnable_graph() -> None:
    said = repr(SpatialGraphConv(64, 32, topology=torch.zeros(3, 25, 25)))
    assert said == "SpatialGraphConv(64, 32, topology=[3, 25, 25])"
