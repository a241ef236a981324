from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import DataPreprocessing


def test_normalizes_every_channel_of_every_joint() -> None:
    block = DataPreprocessing(2, 1)
    block.norm.eps = 1e-12
    x = torch.tensor([[[0.0, 10.0], [2.0, 10.0]], [[4.0, 30.0], [6.0, 30.0]]])[..., None]  # [P, T, V, 1]
    expected = torch.tensor([[[-3.0, -1.0], [-1.0, -1.0]], [[1.0, 1.0], [3.0, 1.0]]]) / torch.tensor([5**0.5, 1.0])
    torch.testing.assert_close(block(x), expected[..., None])


def test_equals_a_loop_over_joints_and_channels() -> None:
    torch.manual_seed(0)
    block = DataPreprocessing(3, 5).double()
    torch.nn.init.normal_(block.norm.weight)
    torch.nn.init.normal_(block.norm.bias)
    streams = [torch.randn(2, 4, 3, c, dtype=torch.double, requires_grad=True) for c in (3, 2)]

    def reference(training: bool) -> Tensor:
        x = torch.cat(streams, dim=3)
        columns = []
        for at in range(15):
            column = x[:, :, at // 5, at % 5]
            mean, variance = block.norm.running_mean[at], block.norm.running_var[at]
            if training:
                mean, variance = column.mean(), column.var(unbiased=False)
            scaled = (column - mean) / (variance + block.norm.eps).sqrt()
            columns.append(scaled * block.norm.weight[at] + block.norm.bias[at])
        return torch.stack(columns, dim=2).view_as(x)

    for training in (True, False):
        block.train(training)
        fast, slow = block(*streams), reference(training)
        torch.testing.assert_close(fast, slow, rtol=0, atol=1e-9)
        cotangent = torch.randn_like(slow)
        gradients = [torch.autograd.grad(out, [*streams, *block.parameters()], cotangent) for out in (fast, slow)]
        for got, expected in zip(*gradients, strict=True):
            torch.testing.assert_close(got, expected, rtol=0, atol=1e-9)


def test_streams_together_are_one_stream() -> None:
    block = DataPreprocessing(25, 6).eval()
    position, velocity = torch.randn(2, 2, 8, 25, 3)
    assert torch.equal(block(position, velocity), block(torch.cat([position, velocity], dim=-1)))


def test_parameters() -> None:
    assert sum(p.numel() for p in DataPreprocessing(25, 12).parameters()) == 2 * 25 * 12


@pytest.mark.parametrize(
    "shapes",
    [[], [(2, 8, 25, 3)], [(2, 8, 20, 6)], [(2, 8, 25, 3), (2, 9, 25, 3)], [(8, 25, 6)]],
    ids=["none", "channels", "joints", "frames", "axes"],
)
def test_streams_that_do_not_fit(shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match=r"streams: expected \[P, T, V = 25, C_i\] with Σ C_i = 6, all with the same"):
        DataPreprocessing(25, 6)(*(torch.zeros(shape) for shape in shapes))
