"""What holds for every network that stacks ST-GCN's ten blocks, as large as its paper has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import AAGCN, AGCN, CTRGCN, STGCN, STGCNPP, ShiftGCN
from tg_skeleton.models.gcn_blocks import WIDTHS
from tg_skeleton.topologies import COCO17, NTU25_CHAIN, OPENPOSE18

Build = Callable[..., nn.Module]
MODELS: list[tuple[Build, int]] = [
    (STGCN, 3_098_832),
    (STGCNPP, 1_403_144),
    (AGCN, 3_469_510),
    (AAGCN, 3_781_668),
    (CTRGCN, 1_446_672),
    (ShiftGCN, 690_291),
]
"""Each with its number of parameters."""

SHARED_NORM = (STGCN, STGCNPP)
"""All persons of a clip share the input norm of these."""

every_model = pytest.mark.parametrize(("build", "parameters"), MODELS)


def count(build: Build, topology: Topology = NTU25, num_classes: int = 60, **options: object) -> int:
    return sum(p.numel() for p in build(topology, 3, num_classes, **options).parameters())


@pytest.mark.parametrize("topology", [NTU25, NTU25_CHAIN], ids=lambda topology: topology.name)
@every_model
def test_parameters_of_the_paper(build: Build, parameters: int, topology: Topology) -> None:
    assert count(build, topology) == parameters


@every_model
def test_parameters_of_other_data_sets(build: Build, parameters: int) -> None:
    assert count(build, num_classes=120) == parameters + 60 * 257
    persons = 1 if build in SHARED_NORM else 2  # whom the input norm tells apart
    of_joints = sum((3, *WIDTHS[:-1])) + 2 * sum(WIDTHS) if build is ShiftGCN else 0  # masks and norms of a joint
    graphs = 0 if build is ShiftGCN else 10 * 3 * (25**2 - 18**2)
    fewer = persons * 2 * 3 * 7 + 7 * of_joints + graphs
    shorter = (25 - 17) * sum(WIDTHS) if build is AAGCN else 0  # the kernel of the gate of the joints
    assert count(build, OPENPOSE18, num_classes=400) == parameters - fewer - shorter + 340 * 257


@pytest.mark.parametrize(("build", "parameters"), [(build, n) for build, n in MODELS if build not in SHARED_NORM])
def test_one_norm_for_all_persons(build: Build, parameters: int) -> None:
    assert count(build, num_persons=1) == parameters - 2 * 75


@pytest.mark.parametrize(
    ("build", "options", "frames", "multiplications"),
    [
        (STGCN, {}, 300, 8.440e9),  # 0.280e9 with the adjacencies
        (STGCNPP, {}, 100, 1.427e9),
        (AGCN, {"num_persons": 1}, 300, 9.704e9),
        (AAGCN, {"num_persons": 1}, 300, 9.707e9),
        (CTRGCN, {"num_persons": 1}, 64, 0.8921e9),  # 0.8846e9 without A and a bias in the product
        (ShiftGCN, {"num_persons": 1}, 300, 1.785e9),
    ],
)
def test_multiplications_of_a_person(
    build: Build, options: dict[str, int], frames: int, multiplications: float
) -> None:
    model = build(NTU25, 3, 60, **options).to("meta")
    macs = complexity(model, torch.empty(frames, 25, 3, device="meta")).macs
    assert macs == pytest.approx(multiplications, rel=1e-3)


def test_parameters_of_aagcn_on_other_data_sets() -> None:
    assert count(AAGCN, num_classes=120) == 3_797_088
    assert count(AAGCN, OPENPOSE18, num_classes=400) == 3_848_670


def test_parameters_of_stgcnpp_on_coco() -> None:
    assert count(STGCNPP, COCO17) == 1_393_016


@every_model
def test_widths_and_strides_are_st_gcn_s(build: Build, parameters: int) -> None:
    model = build(NTU25, 3, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(30, 50, 3))
    assert shapes == [*[(30, 25, 64)] * 4, *[(15, 25, 128)] * 3, *[(8, 25, 256)] * 3]


@every_model
def test_residuals_around_blocks_are_st_gcn_s(build: Build, parameters: int) -> None:
    blocks = build(NTU25, 3, 60).blocks
    projected = [None if block.residual is None else isinstance(block.residual.lin, nn.Linear) for block in blocks]
    assert projected == [None, False, False, False, True, False, False, True, False, False]


@pytest.mark.parametrize("build", [STGCN, AGCN])
def test_the_subsets_are_seen_from_the_centre(build: Build) -> None:
    adjacency = build(NTU25, 3, 60).blocks[0].spatial.adjacency
    assert adjacency[1, 20].count_nonzero() == 0
    assert adjacency[2, 20].nonzero().flatten().tolist() == [1, 2, 4, 8]
    moved = build(NTU25, 3, 60, center="spine_mid").blocks[0].spatial.adjacency
    assert moved[2, 1].nonzero().flatten().tolist() == [0, 20]
