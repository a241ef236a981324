"""The comparators compute what the package computes, where no person is absent: values and gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from tests.benchmark import comparators
from tests.benchmark.inputs import Clips, ntu_like
from tg_skeleton import NTU25, Topology
from tg_skeleton.models import AAGCN, CTRGCN, DGNN, ESAN, MSTGCN, STGCNPP, STTR, AMANet, ShiftGCN
from tg_skeleton.nn import MSTCN, SFEM, STFEM, FrameFeatures, JointFeatures, SelfAttentionBlock

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
ADJACENCY = STICK.normalized_adjacency

ST_TR: dict[str, Any] = {"widths": (8, 16, 16), "heads": 2, "dropout": 0.0, "key_dropout": 0.0}

BLOCKS: dict[str, tuple[nn.Module, nn.Module]] = {
    "V": (SelfAttentionBlock(4, 6), comparators.VBlock(4, 6)),
    "V, directed": (SelfAttentionBlock(4, 6, directed=True), comparators.VBlock(4, 6, directed=True)),
    "SFEM": (SFEM(4, 6, ADJACENCY, value="linear"), comparators.SFEM(4, 6, ADJACENCY)),
    "FF": (FrameFeatures(4, 3, value="linear"), comparators.FF(4, 3)),
    "JF": (JointFeatures(4, 6, stride=2, value="linear"), comparators.JF(4, 6, 2)),
    "MS-TCN": (MSTCN(4, 12, stride=2), comparators.MSTCN(4, 12, 2)),
    "MS-TCN of CTR-GCN": (
        MSTCN(4, 8, dilations=(1, 2), kernel_size=5, residual=False, activation=False),
        comparators.MSTCN(4, 8, dilations=(1, 2), kernel_size=5, residual=False, activation=False),
    ),
    "STFEM": (
        STFEM(4, 6, ADJACENCY, windows=(3, 2), stride=2, value="linear"),
        comparators.STFEM(4, 6, ADJACENCY, windows=(3, 2), stride=2),
    ),
}

MODELS: dict[str, tuple[nn.Module, nn.Module, int]] = {  # with the frames
    "ESAN": (
        ESAN(STICK, 4, 5, num_frames=6, widths=(6, 8)),
        comparators.ESAN(STICK, 4, 5, num_frames=6, widths=(6, 8)),
        6,
    ),
    "ESAN, directed": (
        ESAN(STICK, 4, 5, num_frames=6, widths=(6, 8), directed=True),
        comparators.ESAN(STICK, 4, 5, num_frames=6, widths=(6, 8), directed=True),
        6,
    ),
    "AAGCN": (AAGCN(STICK, 4, 5, widths=(8, 16)), comparators.AAGCN(STICK, 4, 5, widths=(8, 16)), 7),
    "DGNN": (DGNN(STICK, 4, 5, widths=(8, 8, 16)), comparators.DGNN(STICK, 4, 5, widths=(8, 8, 16)), 7),
    "MST-GCN": (
        MSTGCN(STICK, 4, 5, widths=(8, 8, 16)),
        comparators.MSTGCN(STICK, 4, 5, widths=(8, 8, 16)),
        7,
    ),
    "Shift-GCN": (ShiftGCN(STICK, 4, 5, widths=(8, 8, 16)), comparators.ShiftGCN(STICK, 4, 5, widths=(8, 8, 16)), 7),
    "STGCN++": (STGCNPP(STICK, 4, 5, widths=(8, 8, 16)), comparators.STGCNPP(STICK, 4, 5, widths=(8, 8, 16)), 7),
    "S-TR": (STTR(STICK, 4, 5, **ST_TR), comparators.STTR(STICK, 4, 5, **ST_TR), 7),
    "T-TR": (
        STTR(STICK, 4, 5, attention="temporal", **ST_TR),
        comparators.STTR(STICK, 4, 5, attention="temporal", **ST_TR),
        7,
    ),
    "CTR-GCN": (CTRGCN(STICK, 4, 5, widths=(8, 16)), comparators.CTRGCN(STICK, 4, 5, widths=(8, 16)), 7),
    "AMANet": (AMANet(STICK, 4, 5, widths=(6, 12, 12)), comparators.AMANet(STICK, 4, 5, widths=(6, 12, 12)), 13),
    "AMANet, two windows": (
        AMANet(STICK, 4, 5, widths=(6, 12), windows=(3, 5)),
        comparators.AMANet(STICK, 4, 5, widths=(6, 12), windows=(3, 5)),
        12,
    ),
}


def both(ours: nn.Module, theirs: nn.Module, inputs: tuple[tuple[Tensor | int, ...], Tensor]) -> None:
    """Assert equal outputs, and equal gradients of the package's weights."""
    own, padded = inputs
    ours.double()
    theirs.double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.normal_(0.0, 0.5)
    for training in (True, False):  # the second with the running statistics that the first has left
        ours.train(training)
        theirs.train(training)
        state = {name: tensor.clone() for name, tensor in ours.named_buffers()} | dict(ours.named_parameters())
        expected = functional_call(theirs, comparators.channels_first_weights(state, theirs), padded)
        got = ours(*own)
        if got.dim() == 4:
            expected = expected.permute(0, 2, 3, 1)
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-9)
        cotangent = torch.randn_like(got)
        weights = list(ours.parameters())
        for one, other in zip(
            torch.autograd.grad(got, weights, cotangent, retain_graph=True),
            torch.autograd.grad(expected, weights, cotangent),
            strict=True,
        ):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks(name: str) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 7, 3, 4, dtype=torch.double)
    both(*BLOCKS[name], ((x,), x.permute(0, 3, 1, 2).contiguous()))


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str) -> None:
    torch.manual_seed(0)
    ours, theirs, frames = MODELS[name]
    clips = ntu_like(3, frames, 4, joints=3, persons=(2,), dtype=torch.double)
    both(ours, theirs, ((clips.x, clips.batch, clips.size), clips.padded))


def test_loaded_weights() -> None:
    torch.manual_seed(0)
    ours, theirs = ESAN(NTU25, 6, 60).double().eval(), comparators.ESAN(NTU25, 6, 60).double().eval()
    theirs.load_state_dict(comparators.channels_first_weights(ours.state_dict(), theirs))
    clips = ntu_like(2, 20, 6, persons=(2,), dtype=torch.double)
    torch.testing.assert_close(theirs(clips.padded), ours(clips.x, clips.batch, clips.size), rtol=0, atol=1e-9)


def test_same_number_of_weights() -> None:
    def count(model: nn.Module) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    assert count(comparators.ESAN(NTU25, 6, 60)) == count(ESAN(NTU25, 6, 60))
    assert count(comparators.AMANet(NTU25, 12, 60)) == count(AMANet(NTU25, 12, 60))
    for theirs, ours, channels in (
        (comparators.CTRGCN, CTRGCN, 3),
        (comparators.AAGCN, AAGCN, 3),
        (comparators.DGNN, DGNN, 6),
        (comparators.MSTGCN, MSTGCN, 3),
        (comparators.ShiftGCN, ShiftGCN, 3),
        (comparators.STGCNPP, STGCNPP, 3),
        (comparators.STTR, STTR, 3),
    ):
        assert count(theirs(NTU25, channels, 60)) == count(ours(NTU25, channels, 60))


def test_clips() -> None:
    clips = ntu_like(5, 4, 3)
    assert isinstance(clips, Clips)
    assert clips.persons == 6  # of five clips
    assert clips.batch.bincount().tolist() == [50, 25, 25, 25, 25]
    torch.testing.assert_close(clips.x[:, 25:50], clips.padded[0, ..., 1].permute(1, 2, 0))
    torch.testing.assert_close(clips.x[:, 50:75], clips.padded[1, ..., 0].permute(1, 2, 0))
    assert not clips.padded[1:, ..., 1].any()
