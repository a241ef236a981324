from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks import ChannelNorm, JointNorm
from tg_skeleton.nn.repeated_rows import RepeatedRows, _formula

RUNS = [(3, 1), (1, 4), (1, 2)]
ROWS = torch.tensor([0, 1, 2, 3, 3, 3, 3, 4, 4])
NORMS = {
    "channels": (lambda: ChannelNorm(4), (5, 2, 3, 4)),
    "joints": (lambda: JointNorm(3, 4), (5, 2, 3, 4)),
    "plain": (lambda: nn.BatchNorm1d(4), (5, 4)),
    "no gain": (lambda: nn.BatchNorm2d(4, affine=False), (5, 4, 2, 3)),
    "no running statistics": (lambda: nn.BatchNorm2d(4, track_running_stats=False), (5, 4, 2, 3)),
    "all that ever were": (lambda: nn.BatchNorm2d(4, momentum=None), (5, 4, 2, 3)),
}


def built(name: str) -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    new, shape = NORMS[name]
    norm = new().double()
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.normal_()
    return norm, torch.randn(shape, dtype=torch.double, requires_grad=True)


@pytest.mark.parametrize("name", NORMS)
def test_equals_the_norm_of_all_rows(name: str) -> None:
    norm, x = built(name)
    twin, _ = built(name)
    for _ in range(2):  # the running statistics of the second follow those of the first
        with RepeatedRows(RUNS):
            out = norm(x)
        every = twin(x[ROWS])
        torch.testing.assert_close(out[ROWS], every, rtol=0, atol=1e-10)
        for one, other in zip(norm.buffers(), twin.buffers(), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-10)
    cotangent = torch.randn_like(every)
    found = torch.autograd.grad(out[ROWS], [x, *norm.parameters()], cotangent)
    expected = torch.autograd.grad(every, [x, *twin.parameters()], cotangent)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_gradients_of_gradients() -> None:
    x, weight, bias = (torch.randn(size, dtype=torch.double, requires_grad=True) for size in ((5, 3, 2), (3,), (3,)))

    def norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        with RepeatedRows(RUNS):
            return nn.functional.batch_norm(x, None, None, weight, bias, True)

    torch.testing.assert_close(norm(x, weight, bias), _formula(x, weight, bias, 1e-5, RUNS), rtol=0, atol=1e-10)
    assert torch.autograd.gradcheck(norm, (x, weight, bias))
    assert torch.autograd.gradgradcheck(norm, (x, weight, bias))


def test_rows_that_stand_one_after_the_other() -> None:
    norm, x = nn.BatchNorm2d(4).double(), torch.randn(5, 4, 2, 3, dtype=torch.double)
    both = torch.cat([x, -2 * x])
    with RepeatedRows(RUNS, tiles=2):
        found, alone = norm(both), norm(x)
    torch.testing.assert_close(found, norm(torch.cat([x[ROWS], -2 * x[ROWS]]))[[0, 1, 2, 3, 7, 9, 10, 11, 12, 16]])
    torch.testing.assert_close(alone, norm(x[ROWS])[[0, 1, 2, 3, 7]])


def test_no_row_that_stands_for_itself() -> None:
    norm, x = nn.BatchNorm2d(4).double(), torch.randn(2, 4, 2, 3, dtype=torch.double)
    with RepeatedRows([(0, 1), (1, 2), (1, 3)]):
        found = norm(x)
    torch.testing.assert_close(found, norm(x[[0, 0, 1, 1, 1]])[[0, 2]])


def test_norms_in_evaluation_are_left_alone() -> None:
    norm, x = nn.BatchNorm2d(4).eval(), torch.randn(7, 4, 2, 3)
    with RepeatedRows(RUNS):
        assert torch.equal(norm(x), nn.BatchNorm2d(4).eval()(x))


def test_an_input_without_the_rows() -> None:
    with (
        RepeatedRows(RUNS),
        pytest.raises(RuntimeError, match=r"batch_norm: expected 5 rows of a batch, or a multiple"),
    ):
        nn.BatchNorm1d(4)(torch.randn(7, 4))
