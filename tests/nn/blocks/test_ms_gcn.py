from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton import NTU25
from tg_skeleton.nn import MSGCN
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

HOPS = torch.tensor([[0, 1, 2], [1, 0, 1], [2, 1, 0]])


@pytest.mark.parametrize("activation", [True, False])
@pytest.mark.parametrize(("in_channels", "out_channels"), [(2, 5), (4, 4), (5, 2)])
def test_equals_a_loop_over_persons_frames_and_scales(
    slow, in_channels: int, out_channels: int, activation: bool
) -> None:
    torch.manual_seed(0)
    block = MSGCN(in_channels, out_channels, HOPS, num_scales=4, activation=activation)
    root = 6**-0.5
    scales = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.5, root, 0.0], [root, 1 / 3, root], [0.0, root, 0.5]],
        [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ]

    def reference(x: Tensor) -> Tensor:
        rows = []
        for person in x:
            for frame in person:
                for i in range(3):
                    heard = [
                        sum((scales[k][i][j] + block.conv.residual[k, i, j]) * frame[j] for j in range(3))
                        for k in range(4)
                    ]
                    rows.append(slow.lin(torch.cat(heard), block.conv.lin_out))
        y = slow.norm(torch.stack(rows).view(*x.shape[:3], out_channels), block.norm)
        return torch.relu(y) if activation else y

    block.adjacency = torch.tensor(scales, dtype=torch.double)  # as above, but for its rounding to float32
    slow.compare(block, reference, torch.randn(2, 3, 3, in_channels))


def test_the_scales_are_the_topologys() -> None:
    block = MSGCN(3, 6, HOPS, num_scales=3)
    torch.testing.assert_close(block.adjacency[2], torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]))
    assert not any("adjacency" in key for key in block.state_dict())
    assert block.double().adjacency.dtype == torch.double


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_joints_may_be_listed_in_any_order(topology: Topology) -> None:
    torch.manual_seed(0)
    order = torch.randperm(topology.num_joints)
    block = MSGCN(6, 12, topology.hops).double().eval()
    other = MSGCN(6, 12, topology.hops[order][:, order]).double().eval()
    other.load_state_dict(block.state_dict())
    with torch.no_grad():
        other.conv.residual.copy_(block.conv.residual[:, order][:, :, order])
    x = torch.randn(2, 4, topology.num_joints, 6, dtype=torch.double)
    torch.testing.assert_close(other(x[:, :, order]), block(x)[:, :, order], rtol=0, atol=1e-9)


def test_a_person_and_a_frame_are_seen_alone() -> None:
    torch.manual_seed(0)
    block = MSGCN(6, 12, NTU25.hops).eval()
    x = torch.randn(3, 4, 25, 6)
    together = block(x)
    assert together.is_contiguous()
    torch.testing.assert_close(block(x[1:2, 2:3]), together[1:2, 2:3])


@pytest.mark.parametrize(("in_channels", "out_channels", "expected"), [(3, 96, 12157), (96, 96, 128221)])
def test_parameters(in_channels: int, out_channels: int, expected: int) -> None:
    block = MSGCN(in_channels, out_channels, NTU25.hops)
    assert sum(parameter.numel() for parameter in block.parameters()) == expected


def test_an_adjacency_in_place_of_hops() -> None:
    with pytest.raises(ValueError, match=r"hops: expected integers \[V, V\], got torch.float32 \[25, 25\]"):
        MSGCN(3, 6, NTU25.normalized_adjacency)


def test_joints_of_another_topology() -> None:
    with pytest.raises(ValueError, match="num_nodes = 3 makes the operator one for sets of 3 nodes, got sets of 25"):
        MSGCN(3, 6, HOPS)(torch.zeros(2, 4, 25, 3))
