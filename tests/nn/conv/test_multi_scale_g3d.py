from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25
from tg_skeleton.nn import MultiScaleG3D, MultiScaleGraphConv
from tg_skeleton.nn.conv.multi_scale_g3d import window_hops
from tg_skeleton.nn.functional import hop_adjacencies
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

PAIR = torch.tensor([[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("stride", "expected"),
    [
        (1, [[0.0 + 1 + 2] * 3, [1.0 + 2 + 4] * 3, [2.0 + 4 + 0] * 3]),
        (2, [[0.0 + 1 + 2] * 3, [2.0 + 4 + 0] * 3]),
    ],
)
def test_a_joint_hears_itself_in_all_frames_of_the_window(stride: int, expected: list[list[float]]) -> None:
    conv = MultiScaleG3D(1, 2, window=(3, stride), num_scales=2, bias=False)
    with torch.no_grad():
        conv.lin_out.weight.copy_(torch.eye(2))  # an output for each scale
    x = torch.tensor([1.0, 2.0, 4.0]).view(3, 1, 1)
    out = conv(x, torch.empty(2, 0, dtype=torch.long))  # one joint, no bone: all frames are one hop apart
    torch.testing.assert_close(out[..., 0, 1], torch.tensor(expected) / 3)
    alone = torch.tensor([[0.0, 1.0, 2.0], [1.0, 2.0, 4.0], [2.0, 4.0, 0.0]])[::stride]
    torch.testing.assert_close(out[..., 0, 0], alone)


def test_hand_typed_adjacencies_of_a_window() -> None:
    stack = hop_adjacencies(window_hops(torch.tensor([[0, 1, 2], [1, 0, 1], [2, 1, 0]]), 2), 3)
    off, third, sixth = 24**-0.5, 1 / 4, 1 / 6
    row, middle = [third, off, 0.0], [off, sixth, off]
    last = [0.0, off, third]
    first_scale = [row * 2, middle * 2, last * 2] * 2  # tile(A + I), degrees 4, 6 and 4
    torch.testing.assert_close(stack[1], torch.tensor(first_scale))
    ends = [[1, 0, 1, 0, 0, 1], [0, 3, 0, 0, 0, 0], [1, 0, 1, 1, 0, 0]]  # the other end in both frames, and itself
    ends += [[0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 3, 0], [1, 0, 0, 1, 0, 1]]
    torch.testing.assert_close(stack[2], torch.tensor(ends) / 3)
    assert torch.equal(stack[0], torch.eye(6))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("window", [3, 5])
def test_scales_of_every_topology(topology: Topology, window: int) -> None:
    hops = topology.hops
    tiled = window_hops(hops, window)
    blocks = tiled.view(window, topology.num_joints, window, topology.num_joints).transpose(1, 2)
    between = hops + torch.eye(topology.num_joints, dtype=torch.long)
    for t in range(window):
        for s in range(window):
            assert torch.equal(blocks[t, s], hops if t == s else between)
    first = hop_adjacencies(tiled, 2)[1]
    torch.testing.assert_close(first, topology.normalized_adjacency.repeat(window, window) / window)


@pytest.mark.parametrize("channels", [(2, 9), (9, 9)], ids=["windows", "a convolution"])
def test_a_window_of_one_frame_is_the_graph_convolution(channels: tuple[int, int]) -> None:
    torch.manual_seed(0)
    conv = MultiScaleG3D(*channels, window=1, num_scales=4, num_nodes=25).double()
    plain = MultiScaleGraphConv(*channels, num_scales=4, num_nodes=25).double()
    plain.load_state_dict(conv.state_dict())
    x = torch.randn(2, 5, 25, channels[0], dtype=torch.double)
    torch.testing.assert_close(conv(x, NTU25.edge_index).squeeze(-3), plain(x, NTU25.edge_index), rtol=0, atol=1e-12)


def test_both_ways_through_the_windows_are_taken_and_agree() -> None:
    torch.manual_seed(1)
    few, many = MultiScaleG3D(3, 96, num_nodes=25), MultiScaleG3D(96, 96, window=(3, 2), num_nodes=25).double()
    assert not few._slides(25)
    assert many._slides(25)
    x = torch.randn(2, 7, 25, 96, dtype=torch.double)
    by_convolution = many(x, NTU25.edge_index)
    many._slides = lambda nodes: False
    torch.testing.assert_close(many(x, NTU25.edge_index), by_convolution, rtol=0, atol=1e-10)


def test_windows_are_a_view() -> None:
    x = torch.randn(2, 6, 4, 3)
    windows = MultiScaleG3D(3, 6, window=(5, 2))._windows(x)
    assert windows.shape == (2, 3, 5, 4, 3)
    assert windows.untyped_storage().nbytes() == 2 * (6 + 4) * 4 * 3 * x.element_size()
    assert torch.equal(windows[:, 1], x[:, :5])
    assert torch.equal(windows[:, 0, 2:], x[:, :3])
    assert not windows[:, 0, :2].any()


@pytest.mark.parametrize("frames", [1, 2, 3, 8])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("channels", [(2, 9), (9, 9)], ids=["windows", "a convolution"])
def test_one_window_for_every_stride_of_frames(frames: int, stride: int, channels: tuple[int, int]) -> None:
    out = MultiScaleG3D(*channels, window=(5, stride))(torch.randn(2, frames, 2, channels[0]), PAIR)
    assert out.shape == (2, -(-frames // stride), 5, 2, channels[1])


@pytest.mark.parametrize("num_nodes", [25, None])
def test_parameters(num_nodes: int | None) -> None:
    conv = MultiScaleG3D(8, 16, window=5, num_nodes=num_nodes)
    expected = 6 * 8 * 16 + 16 + (0 if num_nodes is None else 6 * 125 * 125)
    assert sum(parameter.numel() for parameter in conv.parameters()) == expected


@pytest.mark.parametrize("channels", [(2, 9), (9, 9)], ids=["windows", "a convolution"])
def test_export(channels: tuple[int, int]) -> None:
    conv = MultiScaleG3D(*channels, num_nodes=25)
    stack = hop_adjacencies(window_hops(NTU25.hops, 3), 6)
    x = torch.randn(2, 4, 25, channels[0])
    exported = torch.export.export(conv, (x, stack)).module()
    torch.testing.assert_close(exported(x, stack), conv(x, stack))


@pytest.mark.parametrize("window", [4, 0, (3, 0)], ids=str)
def test_window_out_of_range(window: int | tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="window: expected an odd number of frames, and a stride of at least 1, got"):
        MultiScaleG3D(8, 8, window=window)


def test_frames_are_needed() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, T, N, C\] .* MultiScaleGraphConv is the operator to use"):
        MultiScaleG3D(8, 8)(torch.zeros(2, 8), PAIR)


def test_repr() -> None:
    assert repr(MultiScaleG3D(64, 32)) == "MultiScaleG3D(64, 32, window=3, num_scales=6)"
    said = repr(MultiScaleG3D(64, 32, window=(5, 2), num_nodes=25))
    assert said == "MultiScaleG3D(64, 32, window=(5, 2), num_scales=6, num_nodes=25)"
