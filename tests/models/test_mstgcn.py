from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import MSTGCN
from tg_skeleton.models.mstgcn import WIDTHS
from tg_skeleton.topologies import NTU25_CHAIN


@pytest.mark.parametrize(("topology", "num_classes"), [(NTU25_CHAIN, 60), (NTU25, 60), (NTU25, 120)])
def test_parameters_of_the_paper_but_for_its_unused_norms(topology: Topology, num_classes: int) -> None:
    unused = sum(2 * width for width in WIDTHS[1:])  # gain and shift, once a block
    count = sum(p.numel() for p in MSTGCN(topology, 3, num_classes).parameters())
    assert count + unused == 2_896_055 + (num_classes - 60) * (448 + 1)


def test_channels_and_strides_are_the_paper_s() -> None:
    model = MSTGCN(NTU25, 3, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(9, 50, 3))
    assert shapes == [(9, 25, 112)] * 4 + [(5, 25, 224)] * 3 + [(3, 25, 448)] * 3


def test_multiplications_of_a_person_s_300_frames() -> None:
    model = MSTGCN(NTU25, 3, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(300, 25, 3, device="meta")).macs == pytest.approx(8.479e9, rel=1e-3)


def test_widths_that_can_not_be_divided() -> None:
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of num_groups = 4, got 10"):
        MSTGCN(NTU25, 3, 60, widths=(8, 10))
