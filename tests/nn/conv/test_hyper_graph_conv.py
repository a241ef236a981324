"""Two paths, one result: Hyper-GCN's convolution by products, by messages and by loops, values and gradients."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import HyperGraphConv

PATH4 = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
LINKED = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]

OPTIONS: list[dict[str, int]] = [
    {"heads": 2, "num_members": 3},
    {"heads": 1, "num_members": 2, "num_hyper_nodes": 0},
    {"heads": 2, "num_members": 9, "num_hyper_nodes": 2, "reduction": 1},
]


def drawn(c_in: int, c_out: int, **options: int) -> HyperGraphConv:
    """The operator in float64 with weights that can be seen."""
    torch.manual_seed(0)
    conv = HyperGraphConv(c_in, c_out, num_nodes=4, **options).double()
    for name, parameter in conv.named_parameters():
        torch.nn.init.normal_(parameter, mean=float(name in ("mask", "alpha")), std=0.5)
    return conv


def head_lin(vector: Tensor, lin: torch.nn.Module, head: int) -> Tensor:
    _, out, into = lin.weight.shape
    return lin.weight[head] @ vector[head * into : (head + 1) * into] + lin.bias[head * out : (head + 1) * out]


def slow_maps(means: list[Tensor], conv: HyperGraphConv, head: int) -> list[list[Tensor]]:
    """The map of one head, of V nodes and the hyper nodes."""
    total = len(means)
    embedded = [head_lin(mean, conv.lin_distance, head) for mean in means]
    hidden = [torch.cat([head_lin(mean, conv.lin_hidden, h) for h in range(conv.heads)]).tanh() for mean in means]
    weight = [torch.tanh(conv.lin_weight.weight[head] @ z + conv.lin_weight.bias[head]) for z in hidden]
    belongs: list[dict[int, Tensor]] = []
    for center in range(total):
        far = [
            torch.zeros((), dtype=torch.double)
            if i == center
            else (embedded[i] - embedded[center]).square().sum().sqrt()
            for i in range(total)
        ]
        members = sorted(range(total), key=lambda i: far[i].item())[: conv.num_members]
        scale = sum((-far[i]).exp() for i in members)
        belongs.append({i: (-far[i]).exp() / scale for i in members})
    degree = [sum(edge[i] for edge in belongs if i in edge) for i in range(total)]
    maps = []
    for i in range(total):
        linked = [float(i == j or (i, j) in LINKED or (i < 4) != (j < 4)) * conv.mask[head, i, j] for j in range(total)]
        size = sum(value.abs() for value in linked)
        row = []
        for j in range(total):
            alike = sum(
                edge[i] * w * edge[j] for edge, w in zip(belongs, weight, strict=True) if i in edge and j in edge
            )
            row.append(linked[j] / size + torch.relu(conv.alpha) * alike / degree[i])
        maps.append(row)
    return maps


def slow(x: Tensor, conv: HyperGraphConv) -> Tensor:
    """The operator on a clip ``x [T, V, C]``, one head, frame and pair at a time."""
    frames, hyper = x.size(0), list(conv.hyper_nodes)
    means = [sum(x[t, v] for t in range(frames)) / frames for v in range(4)] + hyper
    heads = [slow_maps(means, conv, head) for head in range(conv.heads)]
    out = []
    for t in range(frames):
        nodes = [*x[t], *hyper]
        for i in range(4):
            parts = [
                sum(maps[i][j] * head_lin(node, conv.lin_value, head) for j, node in enumerate(nodes))
                for head, maps in enumerate(heads)
            ]
            out.append(torch.cat([part.reshape(-1) for part in parts]))
    return torch.stack(out).view(frames, 4, -1) + 0 * conv.hyper_nodes.sum()  # a gradient where there is none


@pytest.mark.parametrize("channels", [(4, 6), (8, 4)], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_equals_a_loop_over_heads_frames_and_pairs(
    assert_same, options: dict[str, int], channels: tuple[int, int]
) -> None:
    conv = drawn(*channels, **options)
    x = torch.randn(3, 4, channels[0], dtype=torch.double, requires_grad=True)
    assert_same(conv(x, PATH4), slow(x, conv), conv, x)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_dense_equals_message_passing(assert_same, options: dict[str, int], lead: tuple[int, ...]) -> None:
    conv = drawn(4, 6, **options)
    x = torch.randn(*lead, 5, 4, 4, dtype=torch.double, requires_grad=True)

    def maps() -> Tensor:
        return conv._maps(x.mean(dim=-3), conv._adjacency(PATH4, x))

    assert_same(conv._dense(x, maps()), conv._edgewise(x, maps()), conv, x)


def test_an_adjacency_equals_its_edges_and_clips_do_not_meet() -> None:
    conv = drawn(4, 6, heads=2)
    adjacency = torch.zeros(4, 4, dtype=torch.double).index_put(
        (PATH4[1], PATH4[0]), torch.ones((), dtype=torch.double)
    )
    x = torch.randn(2, 5, 4, 4, dtype=torch.double)
    together = conv(x, PATH4)
    torch.testing.assert_close(conv(x, adjacency), together)
    for clip, out in zip(x, together, strict=True):
        torch.testing.assert_close(conv(clip, PATH4), out, rtol=0, atol=1e-12)


def test_hand_typed() -> None:
    conv = HyperGraphConv(1, 1, num_nodes=2, heads=1, num_hyper_nodes=1, num_members=1)
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter.fill_(1.0)
        conv.lin_value.bias.zero_()
        conv.hyper_nodes.fill_(3.0)
        conv.lin_hidden.weight.zero_()
        conv.lin_weight.weight.zero_()
    out = conv(torch.tensor([[10.0], [20.0]]), torch.tensor([[0], [1]]))
    # Node 0 hears itself and the hyper node, node 1 node 0 too; a hyperedge holds its center alone, with weight tanh 1.
    own = math.tanh(1.0)
    torch.testing.assert_close(out.flatten(), torch.tensor([13 / 2 + own * 10, 33 / 3 + own * 20]))


def test_nodes_without_frames_are_one_frame() -> None:
    conv, x = drawn(4, 6, heads=2), torch.randn(4, 4, dtype=torch.double)
    torch.testing.assert_close(conv(x, PATH4), conv(x[None], PATH4)[0])


def test_starts_with_a_mask_and_an_alpha_of_one_and_draws_the_rest_anew() -> None:
    conv = HyperGraphConv(8, 8, num_nodes=4)
    before = {name: parameter.detach().clone() for name, parameter in conv.named_parameters()}
    assert before["mask"].eq(1).all() and before["alpha"].eq(1).all()
    with torch.no_grad():
        conv.mask.zero_()
    conv.reset_parameters()
    for name, parameter in conv.named_parameters():
        assert torch.equal(parameter, before[name]) == (name in ("mask", "alpha")), name


@pytest.mark.parametrize(("channels", "expected"), [((128, 128), 128 * 4 + 32), ((256, 256), 256 * 8 + 64)])
def test_parameters(channels: tuple[int, int], expected: int) -> None:
    conv = HyperGraphConv(*channels, num_nodes=25)
    assert sum(p.numel() for p in conv.lin_distance.parameters()) == expected
    hidden, (c_in, c_out) = expected, channels
    value = c_in * c_out // 8 + c_out
    rest = (c_in // 4) * 8 + 8 + 3 * c_in + 8 * 28 * 28 + 1
    assert sum(p.numel() for p in conv.parameters()) == 2 * hidden + value + rest


def test_equal_nodes_have_finite_gradients() -> None:
    conv = HyperGraphConv(8, 8, num_nodes=4)
    x = torch.zeros(2, 3, 4, 8, requires_grad=True)
    conv(x, PATH4).square().sum().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in (x, *conv.parameters()))


def test_compiles_and_exports_with_a_dense_graph() -> None:
    conv, adjacency = HyperGraphConv(8, 8, num_nodes=4), torch.ones(4, 4)
    x, other = torch.randn(2, 2, 6, 4, 8)
    compiled = torch.compile(conv, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, adjacency), conv(x, adjacency), rtol=1e-5, atol=1e-5)
    torch._dynamo.reset()
    exported = torch.export.export(conv, (x, adjacency)).module()
    torch.testing.assert_close(exported(other, adjacency), conv(other, adjacency), rtol=1e-5, atol=1e-5)


def test_repr() -> None:
    said = "HyperGraphConv(16, 32, num_nodes=25, heads=8, num_hyper_nodes=3, num_members=9)"
    assert repr(HyperGraphConv(16, 32, num_nodes=25)) == said


def test_what_does_not_fit() -> None:
    conv = HyperGraphConv(8, 8, num_nodes=4)
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[2, 4, 3\]"):
        conv(torch.zeros(2, 4, 3), PATH4)
    with pytest.raises(ValueError, match="x: the learned mask is one for 4 nodes, got 3; build the operator for"):
        conv(torch.zeros(2, 3, 8), PATH4)
    with pytest.raises(ValueError, match=r"a dense adjacency must be \[4, 4\] for 4 nodes, got \[3, 4, 4\]"):
        conv(torch.zeros(2, 4, 8), torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match="edge_index: names node 7, but x has 4 nodes"):
        conv(torch.zeros(2, 4, 8), torch.tensor([[0], [7]]))


def test_numbers_out_of_range() -> None:
    with pytest.raises(ValueError, match="in_channels: expected a positive multiple of heads = 8, got 12"):
        HyperGraphConv(12, 8, num_nodes=4)
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of heads = 8, got 12"):
        HyperGraphConv(8, 12, num_nodes=4)
    with pytest.raises(ValueError, match="num_members: expected at least 1, got 0"):
        HyperGraphConv(8, 8, num_nodes=4, num_members=0)
    with pytest.raises(ValueError, match="num_hyper_nodes: expected at least 0, got -1"):
        HyperGraphConv(8, 8, num_nodes=4, num_hyper_nodes=-1)
