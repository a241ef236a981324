"""MST-GCN's parts against loops over groups, joints and frames."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import HierarchicalGCN, HierarchicalTCN
from tg_skeleton.nn.partition import partition_adjacencies

STAR = torch.tensor([[0, 1, 1, 2, 1, 3], [1, 0, 2, 1, 3, 1]])
ADJACENCY = partition_adjacencies(STAR, 4, root=0)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("out_channels", [6, 9], ids=["C = C'", "C != C'"])
def test_the_spatial_part_equals_a_loop_over_groups_and_subsets(
    slow, out_channels: int, groups: int, plain: bool
) -> None:
    torch.manual_seed(0)
    block = HierarchicalGCN(6, out_channels, ADJACENCY, num_groups=groups, plain=plain)
    before, behind = 6 // groups, out_channels // groups

    def reference(x: Tensor) -> Tensor:
        z, parts = x if plain else slow.norm(x, block.norm_in), []
        for g in range(groups):
            read = z[..., g * before : (g + 1) * before]
            if g > 0 and before == behind:
                read = read + parts[g - 1]
            total = 0.0
            for k in range(3):
                values = slow.lin(read, block.convs[g].lin, slice(k * behind, (k + 1) * behind))
                graph = ADJACENCY[k].double() + block.learned[g, k]
                total = total + torch.stack([sum(row[j] * values[:, :, j] for j in range(4)) for row in graph], dim=2)
            parts.append(slow.norm(total, block.norms[g]))
        y = torch.cat(parts, dim=-1)
        return torch.relu(y if plain else y + slow.shortcut(x, block.residual))

    slow.compare(block, reference, torch.randn(2, 3, 4, 6))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize(("frames", "stride"), [(7, 1), (7, 2), (1, 1)])
def test_the_temporal_part_equals_a_loop_over_groups(slow, frames: int, stride: int, groups: int, plain: bool) -> None:
    torch.manual_seed(0)
    block = HierarchicalTCN(6, 5, stride=stride, num_groups=groups, plain=plain)
    width = 6 // groups

    def reference(x: Tensor) -> Tensor:
        parts: list[Tensor] = []
        for g in range(groups):
            read = x[..., g * width : (g + 1) * width]
            read = read + parts[-1] if g > 0 and stride == 1 else read
            parts.append(slow.norm(slow.conv(read, block.convs[g]), block.norms[g]))
        y = torch.cat(parts, dim=-1)
        return torch.relu(y if plain else y + slow.shortcut(x, block.residual, stride))

    slow.compare(block, reference, torch.randn(3, frames, 4, 6))


def test_hand_typed_sums_over_groups() -> None:
    temporal = HierarchicalTCN(3, 1, num_groups=3, plain=True).eval()
    spatial = HierarchicalGCN(3, 3, torch.eye(2).expand(3, 2, 2), num_groups=3, plain=True).eval()
    for block in (temporal, spatial):
        with torch.no_grad():
            for name, parameter in block.named_parameters():
                parameter.fill_(float(name.endswith("weight")))
        for norm in block.norms:
            norm.eps = 0.0
    x = torch.tensor([1.0, 10.0, 100.0]).view(1, 1, 1, 3)
    assert temporal(x).flatten().tolist() == [1.0, 11.0, 111.0]
    # three subsets that each hold the joint itself: 3 (x + the previous)
    assert spatial(x.expand(1, 1, 2, 3))[0, 0, 1].tolist() == [3.0, 39.0, 417.0]


def test_the_learned_graph_starts_at_the_fixed_one_and_is_its_own() -> None:
    adjacency = ADJACENCY.clone()
    block, other = HierarchicalGCN(4, 4, adjacency), HierarchicalGCN(4, 4, adjacency)
    assert torch.equal(block.learned, adjacency.expand(4, 3, 4, 4))
    with torch.no_grad():
        block.learned.add_(1.0)
    assert torch.equal(adjacency, ADJACENCY) and torch.equal(block.adjacency, ADJACENCY)
    assert torch.equal(other.learned[0], ADJACENCY)
    assert "adjacency" not in block.state_dict()


def test_the_output_is_contiguous_and_still_clips_have_finite_gradients() -> None:
    block = torch.nn.Sequential(HierarchicalGCN(4, 8, ADJACENCY), HierarchicalTCN(8, stride=2))
    x = torch.zeros(2, 5, 4, 4, requires_grad=True)
    out = block(x)
    assert out.is_contiguous()
    out.sum().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in (x, *block.parameters()))


def test_channels_that_can_not_be_divided() -> None:
    with pytest.raises(ValueError, match="in_channels: expected a positive multiple of num_groups = 4, got 6"):
        HierarchicalGCN(6, 8, ADJACENCY)
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of num_groups = 4, got 10"):
        HierarchicalGCN(8, 10, ADJACENCY)
    with pytest.raises(ValueError, match="channels: expected a positive multiple of num_groups = 4, got 10"):
        HierarchicalTCN(10)
    with pytest.raises(ValueError, match="num_groups: expected at least 1, got 0"):
        HierarchicalTCN(8, num_groups=0)


def test_an_even_kernel() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number of frames, got 4"):
        HierarchicalTCN(8, 4)


def test_adjacencies_of_another_partition() -> None:
    with pytest.raises(ValueError, match=r"adjacency: expected \[3, V, V\] floats .*got torch.float32 \[2, 4, 4\]"):
        HierarchicalGCN(4, 4, ADJACENCY[:2])
