from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25
from tg_skeleton.nn import G3D
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

BONES = [(0, 1), (1, 2)]
HOPS = torch.tensor([[0, 1, 2], [1, 0, 1], [2, 1, 0]])


def window_graph(window: int) -> nx.Graph:
    """The nodes t·3 + v of a window; edges lead along bones and to the joint itself, from any frame to any other."""
    graph = nx.Graph()
    graph.add_nodes_from(range(3 * window))
    for t in range(window):
        for s in range(window):
            graph.add_edges_from((3 * t + v, 3 * s + v) for v in range(3) if s != t)
            graph.add_edges_from((3 * t + v, 3 * s + w) for v, w in BONES)
    return graph


def scales(window: int, num_scales: int) -> Tensor:
    """The normalized adjacencies of `window_graph` in float64, ``[K, 3 τ, 3 τ]``."""
    lengths = dict(nx.all_pairs_shortest_path_length(window_graph(window)))
    nodes = range(3 * window)
    near = [[[float(i == j or lengths[i][j] == k) for j in nodes] for i in nodes] for k in range(num_scales)]
    stack = torch.tensor(near, dtype=torch.double)
    for k in range(num_scales):
        for i in nodes:
            for j in nodes:
                stack[k, i, j] = near[k][i][j] / (sum(near[k][i]) * sum(near[k][j])) ** 0.5
    return stack


def precise(block: G3D, windows: Sequence[int]) -> G3D:
    """The block with adjacencies of float64: its own, but for their rounding to float32."""
    for path, window in zip(block.paths, windows, strict=True):
        exact = scales(window, path.conv.num_scales)
        torch.testing.assert_close(path.adjacency, exact.float())
        path.adjacency = exact
    return block


@pytest.mark.parametrize("windows", [(3,), (3, 5)], ids=str)
@pytest.mark.parametrize(("in_channels", "hidden"), [(2, 5), (5, None), (5, 2)])
@pytest.mark.parametrize(("frames", "stride"), [(4, 1), (5, 2), (1, 2)])
def test_equals_a_loop_over_persons_windows_and_tokens(
    slow, frames: int, stride: int, in_channels: int, hidden: int | None, windows: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    persons, out_channels = 2, 3
    block = G3D(
        in_channels,
        out_channels,
        HOPS,
        windows=windows,
        stride=stride,
        num_scales=3,
        hidden_channels=hidden,
    )

    def reference(x: Tensor) -> Tensor:
        return sum(one_path(x, path, window) for path, window in zip(block.paths, windows, strict=True))

    def one_path(x: Tensor, path: nn.Module, window: int) -> Tensor:
        stack = scales(window, 3) + path.conv.residual
        zero = x.new_zeros(3, in_channels)
        rows = []
        for person in x:
            for center in range(0, frames, stride):
                seen = range(center - window // 2, center + window // 2 + 1)
                tokens = torch.cat([person[t] if 0 <= t < frames else zero for t in seen])
                for i in range(len(tokens)):
                    heard = [sum(stack[k, i, j] * tokens[j] for j in range(len(tokens))) for k in range(3)]
                    rows.append(slow.lin(torch.cat(heard), path.conv.lin_out))
        y = torch.stack(rows).view(-1, window, 3, path.conv.out_channels)
        y = slow.conv(torch.relu(slow.norm(y, path.norm_windows)), path.collapse)
        return slow.norm(y.view(persons, -1, 3, out_channels), path.norm)

    slow.compare(precise(block, windows), reference, torch.randn(persons, frames, 3, in_channels))


def test_with_an_activation_it_ends_with_it() -> None:
    torch.manual_seed(0)
    block, active = G3D(4, 6, HOPS), G3D(4, 6, HOPS, activation=True)
    active.load_state_dict(block.state_dict())
    x = torch.randn(2, 5, 3, 4)
    assert block(x).min() < 0
    assert torch.equal(active(x), block(x).relu())


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("channels", [3, 12], ids=["windows", "a convolution"])
def test_joints_may_be_listed_in_any_order(topology: Topology, channels: int) -> None:
    torch.manual_seed(0)
    joints = topology.num_joints
    order = torch.randperm(joints)
    block = G3D(channels, 6, topology.hops, windows=(3,), hidden_channels=12).double().eval()
    other = G3D(channels, 6, topology.hops[order][:, order], windows=(3,), hidden_channels=12).double().eval()
    other.load_state_dict(block.state_dict())
    tokens = torch.cat([t * joints + order for t in range(3)])
    with torch.no_grad():
        other.paths[0].conv.residual.copy_(block.paths[0].conv.residual[:, tokens][:, :, tokens])
    x = torch.randn(2, 4, joints, channels, dtype=torch.double)
    torch.testing.assert_close(other(x[:, :, order]), block(x)[:, :, order], rtol=0, atol=1e-9)


@pytest.mark.parametrize("channels", [3, 12], ids=["windows", "a convolution"])
def test_a_person_is_seen_alone(channels: int) -> None:
    torch.manual_seed(0)
    block = G3D(channels, 12, NTU25.hops, stride=2, hidden_channels=12).eval()
    x = torch.randn(3, 7, 25, channels)
    together = block(x)
    assert together.is_contiguous()
    for person in range(3):
        torch.testing.assert_close(block(x[person : person + 1]), together[person : person + 1])


def test_zeros_give_finite_gradients() -> None:
    x = torch.zeros(2, 4, 25, 6, requires_grad=True)
    block = G3D(6, 12, NTU25.hops)
    block(x).sum().backward()
    for gradient in (x.grad, *(parameter.grad for parameter in block.parameters())):
        assert gradient is not None
        assert gradient.isfinite().all()


def test_the_adjacency_is_no_part_of_a_checkpoint() -> None:
    assert not any("adjacency" in key for key in G3D(3, 6, HOPS).state_dict())


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "hidden", "expected"),
    [
        (3, 96, 96, 6 * (75**2 + 125**2) + 2 * (18 * 96 + 96 + 192 + 96 + 192) + 8 * 96 * 96),
        (96, 192, None, 6 * (75**2 + 125**2) + 2 * (6 * 96 * 96 + 96 + 192 + 192 + 384) + 8 * 96 * 192),
    ],
)
def test_parameters(in_channels: int, out_channels: int, hidden: int | None, expected: int) -> None:
    block = G3D(in_channels, out_channels, NTU25.hops, hidden_channels=hidden)
    assert sum(parameter.numel() for parameter in block.parameters()) == expected


@pytest.mark.parametrize("windows", [(), (4,), (3, 0)], ids=str)
def test_windows_out_of_range(windows: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="windows: expected at least one, each of an odd number of frames, got "):
        G3D(8, 8, HOPS, windows=windows)


def test_stride_below_one() -> None:
    with pytest.raises(ValueError, match="stride: expected at least 1 frame, got 0"):
        G3D(8, 8, HOPS, stride=0)


def test_an_adjacency_in_place_of_hops() -> None:
    with pytest.raises(ValueError, match="hops: expected zeros on the diagonal and nowhere else"):
        G3D(3, 6, (HOPS == 1).long())
