from __future__ import annotations

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import AGCN
from tg_skeleton.topologies import NTU25_CHAIN, OPENPOSE18


def count(topology: Topology = NTU25, num_classes: int = 60, **options: object) -> int:
    model = AGCN(topology, 3, num_classes, **options)  # type: ignore[arg-type]
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("topology", [NTU25, NTU25_CHAIN], ids=lambda topology: topology.name)
def test_parameters_of_the_paper(topology: Topology) -> None:
    assert count(topology) == 3_469_510


def test_parameters_of_other_settings() -> None:
    assert count(num_classes=120) == 3_469_510 + 60 * 257
    assert count(num_persons=1) == 3_469_510 - 2 * 75
    assert count(OPENPOSE18, num_classes=400) == 3_469_510 - 2 * 6 * 7 - 10 * 3 * (25**2 - 18**2) + 340 * 257


def test_multiplications_of_a_person_s_300_frames() -> None:
    model = AGCN(NTU25, 3, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(300, 25, 3, device="meta")).macs == pytest.approx(9.704e9, rel=1e-3)


def test_widths_and_strides_are_the_paper_s() -> None:
    model = AGCN(NTU25, 3, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(30, 50, 3))
    assert shapes == [*[(30, 25, 64)] * 4, *[(15, 25, 128)] * 3, *[(8, 25, 256)] * 3]


def test_residuals_are_the_paper_s() -> None:
    blocks = AGCN(NTU25, 3, 60).blocks
    around = [None if block.residual is None else isinstance(block.residual.lin, nn.Linear) for block in blocks]
    assert around == [None, False, False, False, True, False, False, True, False, False]
    spatial = [isinstance(block.spatial.residual.lin, nn.Linear) for block in blocks]
    assert spatial == [True, False, False, False, True, False, False, True, False, False]


def test_the_subsets_are_seen_from_the_centre() -> None:
    adjacency = AGCN(NTU25, 3, 60).blocks[0].spatial.adjacency
    assert adjacency[1, 20].count_nonzero() == 0
    assert adjacency[2, 20].nonzero().flatten().tolist() == [1, 2, 4, 8]
    moved = AGCN(NTU25, 3, 60, center="spine_mid").blocks[0].spatial.adjacency
    assert moved[2, 1].nonzero().flatten().tolist() == [0, 20]
