from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import DualHeadNet
from tg_skeleton.topologies import NTU25_CHAIN, OPENPOSE18

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
BATCH = torch.arange(2).repeat_interleave(6)


def small() -> DualHeadNet:
    torch.manual_seed(0)
    return DualHeadNet(STICK, 4, 5, width=6, num_scales=(3, 2))


@pytest.mark.parametrize(
    ("topology", "num_classes", "scales", "expected"),
    [
        (NTU25_CHAIN, 60, (9, 6), 3_015_253),
        (NTU25, 60, (9, 6), 3_015_253),
        (NTU25_CHAIN, 120, (9, 6), 3_049_933),
        (OPENPOSE18, 400, (8, 8), 3_134_460),
    ],
    ids=["NTU60", "NTU60, the authors' tree", "NTU120", "Kinetics"],
)
def test_parameters_of_the_paper(topology: Topology, num_classes: int, scales: tuple[int, int], expected: int) -> None:
    model = DualHeadNet(topology, 3, num_classes, num_scales=scales)
    assert sum(p.numel() for p in model.parameters()) == expected


def test_multiplications_of_a_person_s_300_frames() -> None:
    model = DualHeadNet(NTU25, 3, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(300, 25, 3, device="meta")).macs == pytest.approx(8.527e9, rel=1e-3)


def test_channels_and_frames_of_the_branches() -> None:
    model = DualHeadNet(NTU25, 3, 60)
    shapes: list[tuple[int, ...]] = []
    for block in (model.block, *model.fine, *model.coarse):
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(21, 50, 3))
    f1, c1, f2, c2 = (11, 25, 96), (6, 25, 192), (6, 25, 192), (3, 25, 384)
    assert shapes == [(21, 25, 96), f1, c1, f2, c2]


def test_logits_are_the_sum_of_the_heads() -> None:
    model = small().double().eval()
    x = torch.randn(7, 12, 4, dtype=torch.double)
    heads = model.heads(x, BATCH, 2)
    assert heads.shape == (2, 2, 5)
    torch.testing.assert_close(model(x, BATCH, 2), heads[0] + heads[1])
    assert not torch.allclose(heads[0], heads[1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_the_mean_of_both_heads_cross_entropies(smoothing: float) -> None:
    model = small().double().eval()
    x, y = torch.randn(7, 12, 4, dtype=torch.double), torch.tensor([1, 3])
    fine, coarse = model.heads(x, BATCH, 2)
    loss, logits = model.loss(lambda z: F.cross_entropy(z, y, label_smoothing=smoothing), x, BATCH, 2)
    both = [F.cross_entropy(head, y, label_smoothing=smoothing) for head in (fine, coarse)]
    torch.testing.assert_close(loss, (both[0] + both[1]) / 2)
    torch.testing.assert_close(logits, fine + coarse)


def test_every_other_frame_is_the_coarse_branch_s() -> None:
    model = small().eval()
    seen: list[torch.Tensor] = []
    model.to_coarse[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model.embedding.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model(torch.randn(7, 12, 4), BATCH, 2)
    assert torch.equal(seen[1], seen[0][:, [0, 2, 4, 6]])


def test_a_width_that_can_not_be_divided() -> None:
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of 6, .* got 8"):
        DualHeadNet(NTU25, 3, 60, width=8)
