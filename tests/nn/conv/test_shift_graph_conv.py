from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch_geometric.datasets import FakeDataset
from torch_geometric.loader import DataLoader

from tg_skeleton.nn import ShiftGraphConv
from tg_skeleton.nn.sets import find_sets


def drawn(conv: ShiftGraphConv) -> ShiftGraphConv:
    """The operator in float64 with a mask that can be seen."""
    if conv.mask is not None:
        torch.nn.init.normal_(conv.mask)
    return conv.double()


def slow(x: Tensor, conv: ShiftGraphConv) -> Tensor:
    """The operator on one set ``x [n, C]``, one node and channel at a time."""
    nodes, hidden = len(x), []
    for k in range(nodes):
        row = torch.stack([x[(k + c) % nodes, c] for c in range(conv.in_channels)])
        row = row if conv.mask is None else row * (1 + torch.tanh(conv.mask[k]))
        hidden.append(conv.lin.weight @ row + (0.0 if conv.lin.bias is None else conv.lin.bias))
    rows = [torch.stack([hidden[(i - d) % nodes][d] for d in range(conv.out_channels)]) for i in range(nodes)]
    return torch.stack(rows)


def test_hand_typed() -> None:
    conv = ShiftGraphConv(2, 3, num_nodes=2)
    with torch.no_grad():
        conv.lin.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        conv.lin.bias.copy_(torch.tensor([0.0, 0.5, 0.0]))
        conv.mask[0, 1] = 3.0
    x = torch.tensor([[1.0, 10.0], [2.0, 20.0]])  # shifted: [1, 20], [2, 10]
    gain = 1 + math.tanh(3.0)
    expected = [[1.0, 10.5, 1 + 20 * gain], [2.0, 20 * gain + 0.5, 12.0]]
    torch.testing.assert_close(conv(x), torch.tensor(expected))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("num_nodes", [None, 4], ids=["no mask", "mask"])
@pytest.mark.parametrize("channels", [(2, 7), (9, 3)], ids=str)
def test_equals_a_loop_over_nodes_and_channels(
    assert_same, channels: tuple[int, int], num_nodes: int | None, bias: bool
) -> None:
    torch.manual_seed(0)
    conv = drawn(ShiftGraphConv(*channels, num_nodes=num_nodes, bias=bias))
    x = torch.randn(4, channels[0], dtype=torch.double, requires_grad=True)
    assert_same(conv(x), slow(x, conv), conv, x)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["no mask", "mask"])
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
def test_dense_equals_message_passing(
    graph, assert_same, sizes: list[int], lead: tuple[int, ...], num_nodes: int | None
) -> None:
    torch.manual_seed(1)
    conv = drawn(ShiftGraphConv(5, 6, num_nodes=num_nodes))
    _, batch = graph(sizes)
    x = torch.randn(*lead, sum(sizes), 5, dtype=torch.double, requires_grad=True)
    assert_same(conv(x, batch=batch), conv._edgewise(x, find_sets(batch, sum(sizes))), conv, x)


def test_ragged_sets_equal_each_set_alone(graph, assert_same) -> None:
    torch.manual_seed(2)
    conv = drawn(ShiftGraphConv(5, 6))
    sizes = [5, 2, 3]
    _, batch = graph(sizes)
    x = torch.randn(2, 10, 5, dtype=torch.double, requires_grad=True)
    parts = torch.cat([conv(part) for part in x.split(sizes, dim=-2)], dim=-2)
    assert_same(conv(x, batch=batch), parts, conv, x)


def test_edges_are_not_read() -> None:
    conv, x = ShiftGraphConv(3, 4), torch.randn(2, 3)
    assert torch.equal(conv(x, torch.tensor([[0, 1], [1, 0]]), torch.ones(2)), conv(x))


def test_second_derivatives() -> None:
    conv = drawn(ShiftGraphConv(2, 3, num_nodes=3))
    x = torch.randn(3, 2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradgradcheck(conv, (x,))


def test_runs_in_a_plain_pyg_project() -> None:
    data = next(iter(DataLoader(FakeDataset(num_graphs=6, avg_num_nodes=9, num_channels=16), batch_size=6)))
    assert len(set(data.ptr.diff().tolist())) > 1, "graphs of different sizes"
    conv = ShiftGraphConv(16, 8)
    out = conv(data.x, data.edge_index, batch=data.batch)
    torch.testing.assert_close(conv(data[0].x), out[: data[0].num_nodes], rtol=1e-5, atol=1e-5)


def test_the_mask_starts_at_zero_and_the_map_is_drawn_anew() -> None:
    conv = ShiftGraphConv(4, 4, num_nodes=3)
    before = conv.lin.weight.clone()
    with torch.no_grad():
        conv.mask.add_(1.0)
    conv.reset_parameters()
    assert not bool(conv.mask.any())
    assert not torch.equal(conv.lin.weight, before)


def test_compiles_and_exports() -> None:
    conv = ShiftGraphConv(3, 5, num_nodes=4)
    x, other = torch.randn(2, 2, 6, 4, 3)
    compiled = torch.compile(conv, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), conv(x))
    torch._dynamo.reset()
    torch.testing.assert_close(torch.export.export(conv, (x,)).module()(other), conv(other))


def test_repr() -> None:
    assert repr(ShiftGraphConv(64, 32)) == "ShiftGraphConv(64, 32)"
    assert repr(ShiftGraphConv(64, 32, num_nodes=25, bias=False)) == "ShiftGraphConv(64, 32, num_nodes=25, bias=False)"


def test_errors() -> None:
    with pytest.raises(ValueError, match="num_nodes: expected at least 1, got 0"):
        ShiftGraphConv(4, 4, num_nodes=0)
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[2, 3, 4\]"):
        ShiftGraphConv(8, 8)(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match="x: the mask is one for sets of 4 nodes, got sets of 3; pass the batch"):
        ShiftGraphConv(8, 8, num_nodes=4)(torch.zeros(3, 8))
    with pytest.raises(ValueError, match="x: the mask is one for sets of 4 nodes, got sets of different numbers"):
        ShiftGraphConv(8, 8, num_nodes=4)(torch.zeros(5, 8), batch=torch.tensor([0, 0, 0, 0, 1]))
