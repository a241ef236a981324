from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import HyperGCN
from tg_skeleton.nn import HyperGraphConv
from tg_skeleton.topologies import NTU25_CHAIN

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
BATCH = torch.arange(2).repeat_interleave(6)


@pytest.mark.parametrize(
    ("topology", "num_classes", "expected"),
    [(NTU25_CHAIN, 60, 1_041_677), (NTU25, 60, 1_041_677), (NTU25_CHAIN, 120, 1_057_097)],
    ids=["NTU60", "NTU60, the authors' tree", "NTU120"],
)
def test_parameters_of_the_paper(topology: Topology, num_classes: int, expected: int) -> None:
    assert sum(p.numel() for p in HyperGCN(topology, 3, num_classes).parameters()) == expected


def test_multiplications_of_a_person_s_64_frames() -> None:
    model = HyperGCN(NTU25, 3, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(64, 25, 3, device="meta")).macs == pytest.approx(0.767e9, rel=1e-3)


def test_channels_strides_and_sums_are_the_paper_s() -> None:
    model = HyperGCN(NTU25, 3, 60).eval()
    inputs: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []
    for block in model.blocks:
        block.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
        block.register_forward_hook(lambda module, args, output: outputs.append(output))
    model(torch.randn(9, 50, 3))
    shapes = [tuple(output.shape[1:]) for output in outputs]
    assert shapes == [(9, 25, 128)] * 3 + [(5, 25, 256)] * 3 + [(3, 25, 256)] * 3
    for place in range(1, 9):
        expected = outputs[place - 1] + outputs[place - 2] if place in (2, 5, 8) else outputs[place - 1]
        assert torch.equal(inputs[place], expected)


def test_the_loss_has_the_divergence_of_the_hyper_joints() -> None:
    torch.manual_seed(0)
    model = HyperGCN(STICK, 4, 5, widths=(8, 8), heads=2, divergence=0.5).double().eval()
    x, y = torch.randn(7, 12, 4, dtype=torch.double), torch.tensor([1, 3])
    cosines = []
    for part in model.modules():
        if isinstance(part, HyperGraphConv):
            for i, j in ((0, 1), (0, 2), (1, 2)):
                cosines.append(F.cosine_similarity(part.hyper_nodes[i], part.hyper_nodes[j], dim=0) ** 2)
    loss, logits = model.loss(lambda z: F.cross_entropy(z, y, label_smoothing=0.1), x, BATCH, 2)
    torch.testing.assert_close(logits, model(x, BATCH, 2))
    torch.testing.assert_close(model.divergence(), sum(cosines) / 6)
    torch.testing.assert_close(loss, F.cross_entropy(logits, y, label_smoothing=0.1) + 0.5 * sum(cosines) / 6)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_hyper_joints_do_not_diverge(count: int) -> None:
    assert HyperGCN(STICK, 4, 5, widths=(8,), heads=2, num_hyper_joints=count).divergence() == 0


def test_widths_that_can_not_be_divided() -> None:
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of heads = 8, got 12"):
        HyperGCN(NTU25, 3, 60, widths=(8, 12))
