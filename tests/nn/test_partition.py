from __future__ import annotations

from typing import get_args

import networkx as nx
import pytest
import torch

from tg_skeleton.nn.partition import NUM_SUBSETS, Partition, partition_adjacencies, partition_edges
from tg_skeleton.topologies import NTU25, TOPOLOGIES
from tg_skeleton.topology import Topology

STAR = torch.tensor([[0, 1, 1, 2, 1, 3], [1, 0, 2, 1, 3, 1]])  # 1 in the middle of 0, 2, 3


def test_uniform_is_the_mean_of_a_node_and_its_neighbours() -> None:
    expected = [[0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25], [0, 0.5, 0.5, 0], [0, 0.5, 0, 0.5]]
    assert partition_adjacencies(STAR, 4, "uniform").tolist() == [expected]


def test_distance_is_the_node_and_the_mean_of_its_neighbours() -> None:
    stack = partition_adjacencies(STAR, 4, "distance")
    third = 1 / 3
    expected = torch.tensor([[0, 1, 0, 0], [third, 0, third, third], [0, 1, 0, 0], [0, 1, 0, 0]])
    torch.testing.assert_close(stack, torch.stack([torch.eye(4), expected]))


def test_spatial_is_the_node_its_neighbour_towards_the_root_and_the_mean_of_those_away_from_it() -> None:
    stack = partition_adjacencies(STAR, 4, root=0)
    towards = [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]
    away = [[0, 1, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert stack.tolist() == [torch.eye(4).tolist(), towards, away]


def test_neighbours_as_far_from_the_root_are_with_the_node() -> None:
    triangle = torch.tensor([[0, 1, 1, 2, 2, 0], [1, 0, 2, 1, 0, 2]])
    stack = partition_adjacencies(triangle, 3, root=0)
    assert stack[0].tolist() == [[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]]
    assert stack[1].tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert stack[2].tolist() == [[0, 0.5, 0.5], [0, 0, 0], [0, 0, 0]]


def test_one_way_edges_are_heard_one_way_and_counted_both_ways() -> None:
    to_the_root = torch.tensor([[2, 1], [1, 0]])
    stack = partition_adjacencies(to_the_root, 3, root=0)
    assert stack[1].count_nonzero() == 0
    assert stack[2].tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_nodes_without_a_path_to_the_root_are_equally_far() -> None:
    stack = partition_adjacencies(torch.tensor([[1, 2], [2, 1]]), 3, root=0)
    assert stack[0].tolist() == [[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]]
    assert stack[1:].count_nonzero() == 0


@pytest.mark.parametrize("partition", get_args(Partition))
def test_self_loops_and_repeated_edges_change_nothing(partition: Partition) -> None:
    more = torch.cat([STAR, STAR[:, :2], torch.tensor([[2], [2]])], dim=1)
    expected = partition_adjacencies(STAR, 4, partition, root=2)
    assert torch.equal(partition_adjacencies(more, 4, partition, root=2), expected)


@pytest.mark.parametrize("partition", get_args(Partition))
@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_every_neighbour_is_in_one_subset_and_every_subset_is_a_mean(topology: Topology, partition: Partition) -> None:
    joints = topology.num_joints
    stack = partition_adjacencies(topology.edge_index, joints, partition, root=3, dtype=torch.double)
    assert stack.shape == (NUM_SUBSETS[partition], joints, joints)
    assert torch.equal((stack > 0).sum(0), (topology.hops <= 1).long())
    sums = stack.sum(-1)
    torch.testing.assert_close(sums, (sums > 0).double())


@pytest.mark.parametrize("root", [0, 1, 20])
def test_a_body_seen_from_a_root_hears_parents_in_one_subset_and_children_in_another(root: int) -> None:
    stack = partition_adjacencies(NTU25.edge_index, 25, root=root)
    assert torch.equal(stack[0], torch.eye(25))
    parents = {child: parent for parent, child in nx.bfs_edges(NTU25.to_networkx(), root)}
    for child in range(25):
        assert stack[1, child].nonzero().flatten().tolist() == ([parents[child]] if child in parents else [])
        children = sorted(other for other, parent in parents.items() if parent == child)
        assert stack[2, child].nonzero().flatten().tolist() == children


def test_as_edges_it_takes_several_roots() -> None:
    two_paths = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    edges, subset, weight = partition_edges(two_paths, 4, roots=torch.tensor([0, 3]))
    said = {(int(s), int(t)): int(k) for s, t, k in zip(*edges, subset, strict=True)}
    assert said == {(0, 0): 0, (1, 1): 0, (2, 2): 0, (3, 3): 0, (0, 1): 1, (1, 0): 2, (3, 2): 1, (2, 3): 2}
    assert weight.tolist() == [1.0] * 8


def test_unknown_partition() -> None:
    said = r"partition: expected one of \('uniform', 'distance', 'spatial'\), got 'semantic'"
    with pytest.raises(ValueError, match=said):
        partition_adjacencies(STAR, 4, "semantic")  # type: ignore[arg-type]


def test_spatial_without_a_root() -> None:
    with pytest.raises(ValueError, match="root: partition='spatial' sorts .* but there is none; pass root=..., or use"):
        partition_adjacencies(STAR, 4)


@pytest.mark.parametrize("root", [-1, 4])
def test_root_outside_of_the_graph(root: int) -> None:
    with pytest.raises(ValueError, match=rf"root: expected a node 0..3, got {root}"):
        partition_adjacencies(STAR, 4, root=root)


def test_edges_outside_of_the_graph() -> None:
    with pytest.raises(ValueError, match="edge_index: names node 3, but x has 3 nodes"):
        partition_adjacencies(STAR, 3, root=0)


def test_edges_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"edge_index: expected integers \[2, E\], got torch.float32 \[4, 4\]"):
        partition_adjacencies(torch.eye(4), 4, root=0)
