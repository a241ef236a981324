"""Two paths, one result: DGNN's convolution by incidence matrices, by messages and by loops, values and gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch_geometric.datasets import FakeDataset
from torch_geometric.loader import DataLoader

from tg_skeleton.nn import DirectedGraphConv

EDGES = torch.tensor([[0, 1, 1, 3, 0], [1, 2, 3, 0, 1]])
"""Four nodes; one has no edge that leaves, one pair has two edges."""


def incidence(edges: Tensor, nodes: int) -> Tensor:
    ends = torch.zeros(2, nodes, edges.size(1), dtype=torch.double)
    for k in range(2):
        for e, node in enumerate(edges[k].tolist()):
            ends[k, node, e] = 1.0
    return ends


def slow(x: Tensor, ends: Tensor, a: Tensor, conv: DirectedGraphConv) -> tuple[Tensor, Tensor]:
    """The operator on ``x [T, N, C]`` and ``a [T, E, C]``, one frame, node and edge at a time."""

    def lin(vector: Tensor, lin: torch.nn.Linear) -> Tensor:
        return lin.weight @ vector + (0.0 if lin.bias is None else lin.bias)

    nodes, edges = [], []
    for t in range(x.size(0)):
        for i in range(x.size(1)):
            heard = [sum(ends[k, i, e] * a[t, e] for e in range(a.size(1))) for k in range(2)]
            nodes.append(lin(torch.cat([x[t, i], *heard]), conv.lin_node))
        for e in range(a.size(1)):
            heard = [sum(ends[k, i, e] * x[t, i] for i in range(x.size(1))) for k in range(2)]
            edges.append(lin(torch.cat([a[t, e], *heard]), conv.lin_edge))
    return torch.stack(nodes).view(*x.shape[:2], -1), torch.stack(edges).view(*a.shape[:2], -1)


def joined(outputs: tuple[Tensor, Tensor]) -> Tensor:
    return torch.cat(outputs, dim=-2)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("channels", [(2, 5), (6, 5)], ids=str)
def test_equals_a_loop_over_nodes_and_edges(assert_same, channels: tuple[int, int], bias: bool) -> None:
    torch.manual_seed(0)
    conv = DirectedGraphConv(*channels, bias=bias).double()
    x = torch.randn(3, 4, channels[0], dtype=torch.double, requires_grad=True)
    a = torch.randn(3, 5, channels[0], dtype=torch.double, requires_grad=True)
    for graph in (EDGES, incidence(EDGES, 4)):
        assert_same(joined(conv(x, graph, a)), joined(slow(x, incidence(EDGES, 4), a, conv)), conv, x, a)


@pytest.mark.parametrize("channels", [(2, 5), (6, 5)], ids=str)
def test_incidences_are_learned(assert_same, channels: tuple[int, int]) -> None:
    torch.manual_seed(1)
    conv = DirectedGraphConv(*channels).double()
    ends = torch.randn(2, 4, 5, dtype=torch.double, requires_grad=True)
    x = torch.randn(3, 4, channels[0], dtype=torch.double, requires_grad=True)
    a = torch.randn(3, 5, channels[0], dtype=torch.double, requires_grad=True)
    assert_same(joined(conv(x, ends, a)), joined(slow(x, ends, a, conv)), conv, x, a, ends)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)], ids=str)
def test_dense_equals_message_passing_for_any_leading_axes(assert_same, lead: tuple[int, ...]) -> None:
    torch.manual_seed(2)
    conv = DirectedGraphConv(3, 4).double()
    x = torch.randn(*lead, 4, 3, dtype=torch.double, requires_grad=True)
    a = torch.randn(*lead, 5, 3, dtype=torch.double, requires_grad=True)
    assert_same(joined(conv(x, incidence(EDGES, 4), a)), joined(conv(x, EDGES, a)), conv, x, a)


def test_hand_typed() -> None:
    conv = DirectedGraphConv(1, 3, bias=False)
    with torch.no_grad():
        for lin in (conv.lin_node, conv.lin_edge):
            lin.weight.copy_(torch.eye(3))  # own, source, target
    x, a = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[10.0], [20.0]])
    nodes, edges = conv(x, torch.tensor([[0, 0], [1, 2]]), a)
    assert nodes.tolist() == [[1.0, 30.0, 0.0], [2.0, 0.0, 10.0], [3.0, 0.0, 20.0]]
    assert edges.tolist() == [[10.0, 1.0, 2.0], [20.0, 1.0, 3.0]]


def test_runs_in_a_plain_pyg_project() -> None:
    data = next(iter(DataLoader(FakeDataset(num_graphs=6, avg_num_nodes=9, num_channels=8, edge_dim=8), batch_size=6)))
    conv = DirectedGraphConv(8, 16)
    x, edge_attr = conv(data.x, data.edge_index, data.edge_attr)
    assert x.shape == (data.num_nodes, 16) and edge_attr.shape == (data.num_edges, 16)
    first = data[0]
    torch.testing.assert_close(
        conv(first.x, first.edge_index, first.edge_attr)[0], x[: first.num_nodes], rtol=1e-5, atol=1e-5
    )


def test_parameters_are_drawn_anew_and_the_repr() -> None:
    conv = DirectedGraphConv(4, 8)
    before = [parameter.clone() for parameter in conv.parameters()]
    assert sum(parameter.numel() for parameter in before) == 2 * (12 * 8 + 8)
    conv.reset_parameters()
    assert all(not torch.equal(a, b) for a, b in zip(before, conv.parameters(), strict=True))
    assert repr(conv) == "DirectedGraphConv(4, 8)"
    assert repr(DirectedGraphConv(4, 8, bias=False)) == "DirectedGraphConv(4, 8, bias=False)"


def test_compiles_and_exports_with_incidences() -> None:
    conv, ends = DirectedGraphConv(3, 5), incidence(EDGES, 4).float()
    x, a = torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    compiled = torch.compile(conv, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, ends, a), conv(x, ends, a))
    torch._dynamo.reset()
    exported = torch.export.export(conv, (x, ends, a)).module()
    torch.testing.assert_close(exported(2 * x, ends, a), conv(2 * x, ends, a))


def test_shapes_that_do_not_fit() -> None:
    conv = DirectedGraphConv(8, 8)
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[2, 4, 3\]"):
        conv(torch.zeros(2, 4, 3), EDGES, torch.zeros(2, 5, 8))
    with pytest.raises(ValueError, match=r"edge_attr: expected \[2, 5, 8\] for x .* 5 edges, got \[2, 4, 8\]"):
        conv(torch.zeros(2, 4, 8), EDGES, torch.zeros(2, 4, 8))
    with pytest.raises(ValueError, match=r"incidence matrices must be \[2, N = 4, E\], .* got \[2, 3, 5\]"):
        conv(torch.zeros(2, 4, 8), torch.zeros(2, 3, 5), torch.zeros(2, 5, 8))
    with pytest.raises(ValueError, match="edge_index: names node 3, but x has 3 nodes"):
        conv(torch.zeros(2, 3, 8), EDGES, torch.zeros(2, 5, 8))
