from __future__ import annotations

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import CTRGCN
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topologies import NTU25_CHAIN, OPENPOSE18


def count(topology: Topology = NTU25, num_classes: int = 60, **options: object) -> int:
    model = CTRGCN(topology, 3, num_classes, **options)  # type: ignore[arg-type]
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("topology", [NTU25, NTU25_CHAIN], ids=lambda topology: topology.name)
def test_parameters_of_the_paper(topology: Topology) -> None:
    assert count(topology) == 1_446_672


def test_parameters_of_other_settings() -> None:
    assert count(num_classes=120) == 1_446_672 + 60 * 257
    assert count(num_persons=1) == 1_446_672 - 2 * 75
    assert count(OPENPOSE18, num_classes=400) == 1_446_672 - 2 * 6 * 7 - 10 * 3 * (25**2 - 18**2) + 340 * 257


def test_multiplications_of_a_person_s_64_frames() -> None:
    model = CTRGCN(NTU25, 3, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(64, 25, 3, device="meta")).macs == pytest.approx(0.8846e9, rel=1e-3)


def test_widths_and_strides_are_the_paper_s() -> None:
    model = CTRGCN(NTU25, 3, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(30, 50, 3))
    assert shapes == [*[(30, 25, 64)] * 4, *[(15, 25, 128)] * 3, *[(8, 25, 256)] * 3]


def test_residuals_are_the_paper_s() -> None:
    blocks = CTRGCN(NTU25, 3, 60).blocks
    around = [None if block.residual is None else isinstance(block.residual.lin, nn.Linear) for block in blocks]
    assert around == [None, False, False, False, True, False, False, True, False, False]
    assert [block.temporal.residual for block in blocks] == [None] * 10


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
