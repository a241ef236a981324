from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25
from tg_skeleton.models import CTRGCN
from tg_skeleton.nn.partition import partition_adjacencies


def test_temporal_convolutions_have_no_residual_of_their_own() -> None:
    assert [block.temporal.residual for block in CTRGCN(NTU25, 3, 60).blocks] == [None] * 10


def test_every_block_learns_a_graph_of_its_own_from_the_skeleton_on() -> None:
    model = CTRGCN(NTU25, 3, 60)
    start = partition_adjacencies(NTU25.edge_index, 25, root=20)
    graphs = [block.spatial.conv.topology for block in model.blocks]
    assert all(torch.equal(graph, start) for graph in graphs)
    assert len({graph.data_ptr() for graph in graphs}) == 10
    moved = CTRGCN(NTU25, 3, 60, center="spine_mid").blocks[0].spatial.conv.topology
    assert moved[2, 1].nonzero().flatten().tolist() == [0, 20]


def test_widths_that_the_branches_can_not_share() -> None:
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of 4, the dilations"):
        CTRGCN(NTU25, 3, 60, widths=(6,))
