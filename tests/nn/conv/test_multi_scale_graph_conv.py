from __future__ import annotations

import pytest
import torch
from torch_geometric.datasets import FakeDataset
from torch_geometric.loader import DataLoader
from torch_geometric.nn import Sequential, global_mean_pool

from tg_skeleton import NTU25
from tg_skeleton.nn import MultiScaleGraphConv
from tg_skeleton.nn.functional import hop_adjacencies
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def test_hand_typed() -> None:
    conv = MultiScaleGraphConv(1, 3, num_scales=3, bias=False)
    with torch.no_grad():
        conv.lin_out.weight.copy_(torch.eye(3))  # an output for each scale
    out = conv(torch.tensor([[1.0], [10.0], [100.0]]), PATH)
    root = 6**0.5
    expected = torch.tensor(
        [
            [1.0, 1 / 2 + 10 / root, (1 + 100) / 2],
            [10.0, 1 / root + 10 / 3 + 100 / root, 10.0],
            [100.0, 10 / root + 100 / 2, (1 + 100) / 2],
        ]
    )
    torch.testing.assert_close(out, expected)


def test_learnable_part_is_indexed_scale_target_source() -> None:
    conv = MultiScaleGraphConv(1, 2, num_scales=2, num_nodes=3, bias=False)
    with torch.no_grad():
        conv.lin_out.weight.copy_(torch.eye(2))
        conv.residual.zero_()
        x = torch.tensor([[1.0], [10.0], [100.0]])
        before = conv(x, PATH)
        conv.residual[1, 0, 2] = 5.0
        change = conv(x, PATH) - before
    assert change[0, 1] == pytest.approx(5.0 * 100.0)
    assert change.count_nonzero() == 1


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_hops_along_the_bones_of_every_topology(topology: Topology) -> None:
    torch.manual_seed(0)
    conv = MultiScaleGraphConv(3, 6, num_scales=int(topology.hops.max()) + 2).double()
    x = torch.randn(2, topology.num_joints, 3, dtype=torch.double)
    stack = hop_adjacencies(topology.hops, conv.num_scales, torch.double)
    torch.testing.assert_close(conv(x, topology.edge_index), conv(x, stack), rtol=0, atol=1e-12)


def test_runs_in_a_plain_pyg_project() -> None:
    data = next(iter(DataLoader(FakeDataset(num_graphs=6, avg_num_nodes=9, num_channels=16), batch_size=6)))
    assert len(set(data.ptr.diff().tolist())) > 1, "graphs of different sizes"
    conv = MultiScaleGraphConv(16, 16, num_scales=3)
    out = conv(data.x, data.edge_index, batch=data.batch)
    torch.testing.assert_close(conv(data.x, data.edge_index), out, rtol=1e-5, atol=1e-5)
    network = Sequential("x, edge_index", [(conv, "x, edge_index -> x"), torch.nn.ReLU()])
    assert global_mean_pool(network(data.x, data.edge_index), data.batch).shape == (6, 16)


@pytest.mark.parametrize(
    ("num_nodes", "bias", "expected"),
    [(25, True, 13 * 25 * 25 + 13 * 8 * 16 + 16), (None, True, 13 * 8 * 16 + 16), (None, False, 13 * 8 * 16)],
)
def test_parameters(num_nodes: int | None, bias: bool, expected: int) -> None:
    conv = MultiScaleGraphConv(8, 16, num_nodes=num_nodes, bias=bias)
    assert sum(parameter.numel() for parameter in conv.parameters()) == expected


def test_the_graph_is_not_expanded_where_it_is_given() -> None:
    conv = MultiScaleGraphConv(8, 16, num_nodes=25)
    stack = hop_adjacencies(NTU25.hops, 13)
    out = torch.export.export(conv, (torch.randn(2, 4, 25, 8), stack)).module()
    x = torch.randn(2, 4, 25, 8)
    torch.testing.assert_close(out(x, stack), conv(x, stack))


def test_repr() -> None:
    assert repr(MultiScaleGraphConv(64, 32)) == "MultiScaleGraphConv(64, 32, num_scales=13)"
    said = repr(MultiScaleGraphConv(64, 32, num_scales=6, num_nodes=25, bias=False))
    assert said == "MultiScaleGraphConv(64, 32, num_scales=6, num_nodes=25, bias=False)"
