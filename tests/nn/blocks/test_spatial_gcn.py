from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor

from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialGCN
from tg_skeleton.nn.partition import Partition, partition_adjacencies
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

STAR = torch.tensor([[0, 1, 1, 2, 1, 3], [1, 0, 2, 1, 3, 1]])


@pytest.mark.parametrize("edge_importance", [True, False])
@pytest.mark.parametrize("partition", get_args(Partition))
def test_equals_a_loop_over_subsets(slow, partition: Partition, edge_importance: bool) -> None:
    torch.manual_seed(0)
    adjacency = partition_adjacencies(STAR, 4, partition, root=0)
    block = SpatialGCN(3, 5, adjacency, partition=partition, edge_importance=edge_importance)

    def reference(x: Tensor) -> Tensor:
        y = 0.0
        for k, subset in enumerate(adjacency.double()):
            weights = subset if block.conv.importance is None else subset * block.conv.importance[k]
            values = slow.lin(x, block.conv.lin, slice(5 * k, 5 * k + 5))
            y = y + torch.stack([sum(row[j] * values[:, :, j] for j in range(4)) for row in weights], dim=2)
        return torch.relu(slow.norm(y, block.norm))

    slow.compare(block, reference, torch.randn(2, 3, 4, 3))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_joints_may_be_listed_in_any_order(topology: Topology) -> None:
    torch.manual_seed(0)
    joints = topology.num_joints
    adjacency = partition_adjacencies(topology.edge_index, joints, root=topology.root)
    order = torch.randperm(joints)
    block = SpatialGCN(3, 6, adjacency).double().eval()
    other = SpatialGCN(3, 6, adjacency[:, order][:, :, order]).double().eval()
    torch.nn.init.normal_(block.conv.importance)
    weights = block.state_dict()
    weights["conv.importance"] = weights["conv.importance"][:, order][:, :, order]
    other.load_state_dict(weights)
    x = torch.randn(2, 4, joints, 3, dtype=torch.double)
    torch.testing.assert_close(other(x[:, :, order]), block(x)[:, :, order], rtol=0, atol=1e-10)


def test_the_adjacencies_follow_the_module_but_are_no_part_of_a_checkpoint() -> None:
    block = SpatialGCN(3, 6, partition_adjacencies(NTU25.edge_index, 25, root=20))
    assert not any("adjacency" in key for key in block.state_dict())
    assert block.double().adjacency.dtype == torch.double


def test_the_output_is_contiguous_and_still_clips_have_finite_gradients() -> None:
    block = SpatialGCN(3, 6, partition_adjacencies(NTU25.edge_index, 25, root=20))
    x = torch.zeros(2, 4, 25, 3, requires_grad=True)
    out = block(x)
    assert out.is_contiguous()
    out.sum().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in (x, *block.parameters()))


def test_adjacencies_of_another_partition() -> None:
    said = r"adjacency: expected \[3, V, V\] floats for partition='spatial', got torch.float32 \[2, 4, 4\]"
    with pytest.raises(ValueError, match=said):
        SpatialGCN(3, 6, partition_adjacencies(STAR, 4, "distance"))


def test_adjacencies_of_integers() -> None:
    with pytest.raises(ValueError, match=r"for partition='uniform', got torch.int64 \[1, 4, 4\]"):
        SpatialGCN(3, 6, torch.ones(1, 4, 4, dtype=torch.long), partition="uniform")
