from __future__ import annotations

import torch

from tg_skeleton import NTU25
from tg_skeleton.models import AAGCN
from tg_skeleton.nn.partition import partition_adjacencies


def test_every_block_learns_a_graph_of_its_own_from_the_skeleton_on() -> None:
    start = partition_adjacencies(NTU25.edge_index, 25, root=20)
    convs = [block.spatial[0].conv for block in AAGCN(NTU25, 3, 60).blocks]
    assert all(torch.equal(conv.topology, start) for conv in convs)
    assert len({conv.topology.data_ptr() for conv in convs}) == 10
    assert [conv.alpha.item() for conv in convs] == [0.0] * 10
    moved = AAGCN(NTU25, 3, 60, center="spine_mid").blocks[0].spatial[0].conv.topology
    assert moved[2, 1].nonzero().flatten().tolist() == [0, 20]


def test_the_gates_are_the_paper_s() -> None:
    gates = AAGCN(NTU25, 3, 60).blocks[4].spatial[1]
    assert gates.joints.weight.shape == (1, 128, 25)
    assert gates.frames.weight.shape == (1, 128, 9)
    assert gates.lin_in.weight.shape == (64, 128)
