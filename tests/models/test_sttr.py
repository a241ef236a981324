from __future__ import annotations

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import STTR
from tg_skeleton.models.sttr import Attention
from tg_skeleton.nn import ResidualAttention
from tg_skeleton.nn.blocks import SpatialGCN


@pytest.mark.parametrize(
    ("attention", "channels", "expected"),
    [
        ("spatial", 3, 12_122_826),
        ("spatial", 6, 12_126_348),
        ("temporal", 3, 6_836_390),
        ("temporal", 6, 6_840_914),
    ],
)
def test_parameters_of_the_paper(attention: Attention, channels: int, expected: int) -> None:
    with torch.device("meta"):
        model = STTR(NTU25, channels, 60, attention=attention)
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


@pytest.mark.parametrize(("attention", "multiplications"), [("spatial", 32.55e9), ("temporal", 21.40e9)])
def test_multiplications_of_a_person(attention: Attention, multiplications: float) -> None:
    model = STTR(NTU25, 3, 60, attention=attention, num_persons=1).to("meta")
    macs = complexity(model, torch.empty(300, 25, 3, device="meta")).macs
    assert macs == pytest.approx(multiplications, rel=1e-3)


@pytest.mark.parametrize("attention", ["spatial", "temporal"])
def test_blocks_of_256_channels_and_more_attend(attention: Attention) -> None:
    with torch.device("meta"):
        model = STTR(NTU25, 3, 60, attention=attention)
    attends = [isinstance(getattr(block, attention), ResidualAttention) for block in model.blocks]
    assert attends == [False] * 4 + [True] * 6
    others = [block.temporal if attention == "spatial" else block.spatial for block in model.blocks]
    assert all(isinstance(part, nn.Sequential if attention == "spatial" else SpatialGCN) for part in others)
    assert model.blocks[4].residual.lin.in_features == 131


def test_frames_are_halved_where_blocks_widen() -> None:
    model = STTR(NTU25, 3, 60, widths=(8, 8, 16, 32), heads=2)
    frames: list[int] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, inputs, output: frames.append(output.size(1)))
    model(torch.randn(31, 50, 3))
    assert frames == [31, 31, 16, 8]


@pytest.mark.parametrize("attention", ["spatial", "temporal"])
def test_keys_are_dropped_in_training_alone(attention: Attention) -> None:
    torch.manual_seed(0)
    model = STTR(NTU25, 3, 4, attention=attention, widths=(8, 16), heads=2, dropout=0.0)
    x = torch.randn(8, 50, 3)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_unknown_attention() -> None:
    with pytest.raises(ValueError, match=r"attention: expected one of \('spatial', 'temporal'\), got 'both'"):
        STTR(NTU25, 3, 60, attention="both")  # type: ignore[arg-type]


def test_widths_that_the_heads_can_not_share() -> None:
    with pytest.raises(ValueError, match="attn_channels: expected a positive multiple of heads = 8, got 4"):
        STTR(NTU25, 3, 60, widths=(8, 16))
