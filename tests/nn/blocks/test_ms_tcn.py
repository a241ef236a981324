from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import MSTCN


@pytest.mark.parametrize(("kernel_size", "residual"), [(3, True), (5, False)], ids=["MS-G3D", "CTR-GCN"])
@pytest.mark.parametrize("activation", [True, False])
@pytest.mark.parametrize("in_channels", [8, 5], ids=["C = C'", "C != C'"])
@pytest.mark.parametrize(("frames", "stride"), [(7, 1), (7, 2), (6, 2), (2, 1)])
def test_equals_six_branches_with_norms_of_their_own(
    slow, frames: int, stride: int, in_channels: int, activation: bool, kernel_size: int, residual: bool
) -> None:
    torch.manual_seed(0)
    options = {"kernel_size": kernel_size, "residual": residual, "activation": activation}
    block = MSTCN(in_channels, 8, stride=stride, dilations=(1, 3), **options)  # 4 branches of 2 channels

    def reference(x: Tensor) -> Tensor:
        branches = []
        for i in range(4):
            own = slice(2 * i, 2 * i + 2)
            if i == 3:
                y = slow.lin(torch.stack([x[:, t] for t in range(0, frames, stride)], dim=1), block.lin_skip)
            else:
                h = torch.relu(slow.norm(slow.lin(x, block.lin_in, own), block.norm_in, own))
                y = slow.conv(h, block.convs[i]) if i < 2 else maxima(h)
            branches.append(slow.norm(y, block.norm, own))
        y = torch.cat(branches, dim=-1)
        y = y + slow.shortcut(x, block.residual, stride) if residual else y
        return torch.relu(y) if activation else y

    def maxima(h: Tensor) -> Tensor:
        seen = [h[:, max(t - 1, 0) : t + 2] for t in range(0, frames, stride)]
        return torch.stack([near.amax(dim=1) for near in seen], dim=1)

    slow.compare(block, reference, torch.randn(2, frames, 3, in_channels))


@pytest.mark.parametrize(
    ("stride", "expected"),
    [(1, [[3.0, 2.0, 1.0], [7.0, 4.0, 2.0], [6.0, 4.0, 4.0]]), (2, [[3.0, 2.0, 1.0], [6.0, 4.0, 4.0]])],
)
def test_hand_typed(slow, stride: int, expected: list[list[float]]) -> None:
    block = slow.plain(MSTCN(1, 3, stride=stride, dilations=(1,)))
    torch.nn.init.zeros_(block.residual.lin.weight)
    x = torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(block(x).squeeze(), torch.tensor(expected))  # a sum, a maximum, the frame itself


def test_the_first_of_uneven_branches_has_the_rest(slow) -> None:
    torch.manual_seed(0)
    block = MSTCN(5, 7, dilations=(1, 3), uneven=True)  # branches of 4, 1, 1 and 1 channels
    assert [conv.weight.shape[:2] for conv in block.convs] == [(4, 4), (1, 1)]

    def reference(x: Tensor) -> Tensor:
        h = torch.relu(slow.norm(slow.lin(x, block.lin_in), block.norm_in))
        seen = [h[:, max(t - 1, 0) : t + 2, :, 5:] for t in range(7)]
        maxima = torch.stack([near.amax(dim=1) for near in seen], dim=1)
        parts = [slow.conv(h[..., :4], block.convs[0]), slow.conv(h[..., 4:5], block.convs[1]), maxima]
        y = torch.cat([*parts, slow.lin(x, block.lin_skip)], dim=-1)
        return torch.relu(slow.norm(y, block.norm) + slow.shortcut(x, block.residual))

    slow.compare(block, reference, torch.randn(2, 7, 3, 5))


def test_even_branches_are_the_same_as_uneven_ones_where_the_channels_can_be_divided() -> None:
    block, uneven = MSTCN(8, 12), MSTCN(8, 12, uneven=True)
    uneven.load_state_dict(block.state_dict())
    x = torch.randn(2, 9, 4, 8)
    assert torch.equal(uneven(x), block(x))


def test_fewer_channels_than_uneven_branches() -> None:
    with pytest.raises(ValueError, match="out_channels: expected at least one for each of 6 branches, got 5"):
        MSTCN(8, 5, uneven=True)


def test_without_activation_it_ends_with_the_sum() -> None:
    torch.manual_seed(0)
    block, bare = MSTCN(12, 12), MSTCN(12, 12, activation=False)
    bare.load_state_dict(block.state_dict())
    x = torch.randn(2, 9, 4, 12)
    assert bare(x).min() < 0
    assert torch.equal(bare(x).relu(), block(x))


@pytest.mark.parametrize(("out_channels", "stride", "expected"), [(96, 1, 12800), (192, 2, 50752)])
def test_parameters(out_channels: int, stride: int, expected: int) -> None:
    assert sum(p.numel() for p in MSTCN(96, out_channels, stride=stride).parameters()) == expected


def test_channels_that_can_not_be_divided() -> None:
    said = (
        r"out_channels: expected a positive multiple of 6, the dilations \(1, 2, 3, 4\) and two branches more, got 16"
    )
    with pytest.raises(ValueError, match=said):
        MSTCN(8, 16)


@pytest.mark.parametrize("dilations", [(), (1, 0)])
def test_dilations_out_of_range(dilations: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="dilations: expected at least one, each at least 1, got "):
        MSTCN(8, 12, dilations=dilations)


def test_an_even_kernel() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number of frames, got 4"):
        MSTCN(8, 12, kernel_size=4)


def test_stride_below_one() -> None:
    with pytest.raises(ValueError, match="stride: expected at least 1 frame, got -1"):
        MSTCN(8, 12, stride=-1)
