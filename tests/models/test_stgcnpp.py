from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25
from tg_skeleton.models import STGCNPP
from tg_skeleton.nn.partition import partition_adjacencies


def test_every_block_learns_a_graph_of_its_own_from_the_skeleton_on() -> None:
    start = partition_adjacencies(NTU25.edge_index, 25, root=20)
    graphs = [block.spatial.conv.topology for block in STGCNPP(NTU25, 3, 60).blocks]
    assert all(torch.equal(graph, start) for graph in graphs)
    assert len({graph.data_ptr() for graph in graphs}) == 10
    moved = STGCNPP(NTU25, 3, 60, center="spine_mid").blocks[0].spatial.conv.topology
    assert moved[2, 1].nonzero().flatten().tolist() == [0, 20]


def test_the_branches_are_the_report_s() -> None:
    temporal = STGCNPP(NTU25, 3, 60).blocks[0].temporal[0]
    assert [conv.out_channels for conv in temporal.convs] == [14, 10, 10, 10]
    assert [conv.dilation for conv in temporal.convs] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert temporal.lin_skip.out_features == 10
    assert temporal.residual is None


def test_the_norms_start_with_gains_of_one() -> None:
    assert all(bool((block.spatial.norm.weight == 1).all()) for block in STGCNPP(NTU25, 3, 60).blocks)


def test_widths_below_the_number_of_branches() -> None:
    with pytest.raises(ValueError, match="out_channels: expected at least one for each of 6 branches, got 4"):
        STGCNPP(NTU25, 3, 60, widths=(4,))
