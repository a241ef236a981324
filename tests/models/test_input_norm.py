from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from tg_skeleton.models.input_norm import InputNorm
from tg_skeleton.models.persons import stack_persons

TWO_CLIPS = torch.arange(2).repeat_interleave(6)
"""Two persons of three joints in each."""


def drawn(num_persons: int) -> InputNorm:
    torch.manual_seed(0)
    norm = InputNorm(3, 2, num_persons).double()
    for value in (norm.norm.weight, norm.norm.bias, norm.norm.running_mean):
        torch.nn.init.normal_(value)
    torch.nn.init.uniform_(norm.norm.running_var, 0.5, 1.5)
    return norm


def slow(x: Tensor, norm: InputNorm, persons: list[int]) -> Tensor:
    """One channel of a joint of a person at a time; ``persons`` are their places in their clips."""
    bn = norm.norm
    out = torch.empty_like(x)
    for place in set(persons):
        rows = [row for row, person in enumerate(persons) if person == place]
        for joint in range(x.size(2)):
            for channel in range(x.size(3)):
                column = x[rows, :, joint, channel]
                at = (place * x.size(2) + joint) * x.size(3) + channel
                mean, variance = bn.running_mean[at], bn.running_var[at]
                if bn.training:
                    mean, variance = column.mean(), column.var(unbiased=False)
                out[rows, :, joint, channel] = (column - mean) / (variance + bn.eps).sqrt() * bn.weight[at] + bn.bias[
                    at
                ]
    return out


@pytest.mark.parametrize("training", [False, True])
def test_tells_the_persons_of_a_clip_apart(training: bool) -> None:
    norm = drawn(2).train(training)
    x = torch.randn(4, 5, 3, 2, dtype=torch.double)
    expected = slow(x, copy.deepcopy(norm), [0, 1, 0, 1])
    torch.testing.assert_close(norm(x, TWO_CLIPS, 2), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("training", [False, True])
def test_of_one_person_any_number_is_a_clip(training: bool) -> None:
    norm = drawn(1).train(training)
    x = torch.randn(3, 5, 3, 2, dtype=torch.double)
    batch = torch.tensor([0] * 3 + [1] * 6)
    torch.testing.assert_close(norm(x, batch, 2), slow(x, norm, [0, 0, 0]), rtol=0, atol=1e-10)


def test_without_a_batch_all_persons_are_one_clip() -> None:
    norm = drawn(2).eval()
    x = torch.randn(2, 5, 3, 2, dtype=torch.double)
    torch.testing.assert_close(norm(x), norm(x, torch.zeros(6, dtype=torch.long), 1))


def test_the_number_of_clips_is_found() -> None:
    x = torch.randn(4, 5, 3, 2, dtype=torch.double)
    torch.testing.assert_close(drawn(2).eval()(x, TWO_CLIPS), drawn(2).eval()(x, TWO_CLIPS, 2))


def test_the_output_is_contiguous() -> None:
    assert drawn(2)(torch.randn(4, 5, 3, 2, dtype=torch.double), TWO_CLIPS, 2).is_contiguous()


def test_stacked_persons_are_a_view() -> None:
    x = torch.arange(4.0).view(4, 1, 1, 1)
    stacked = stack_persons(x, 2, torch.tensor([0, 0, 1, 1]), 2)
    assert stacked.flatten(1).tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert stacked.data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    ("sizes", "said"),
    [([1, 1], "2 persons in 2 clips"), ([1, 3], "4 persons in 2 clips"), ([3], "3 persons in 1 clip;")],
)
def test_clips_of_another_number_of_persons(sizes: list[int], said: str) -> None:
    batch = torch.arange(len(sizes)).repeat_interleave(3 * torch.tensor(sizes))
    fix = r"fill the clips up with PadPersons\(2\), or build the model with num_persons=1"
    with pytest.raises(ValueError, match=rf"num_persons = 2 tells .* apart, .* needs exactly 2, got {said}.*{fix}"):
        InputNorm(3, 2)(torch.zeros(sum(sizes), 5, 3, 2), batch, len(sizes))


def test_batch_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"batch: expected one clip per node, \[12\] for x \[T, 12, C\], got \[9\]"):
        InputNorm(3, 2)(torch.zeros(4, 5, 3, 2), TWO_CLIPS[:9], 2)


def test_no_person() -> None:
    with pytest.raises(ValueError, match="num_persons: expected at least 1, got 0"):
        InputNorm(3, 2, num_persons=0)
