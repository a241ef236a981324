"""Absent persons are computed once; everything is what it is when all of them are computed."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from tests.models.test_every_network import STICK, TOLD_APART, seen
from tg_skeleton.evaluation import attention_maps, complexity
from tg_skeleton.models import CTRGCN, STTR
from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.nn import fuse

CLIPS, FRAMES = 5, 9
BATCH = torch.arange(CLIPS).repeat_interleave(6)
ABSENT = [(0, 1), (2, 1), (3, 1), (1, 0), (4, 0), (4, 1)]
"""Clip and place; the last clip has no one."""


def clips(dtype: torch.dtype = torch.double) -> Tensor:
    torch.manual_seed(0)
    x = torch.randn(FRAMES, CLIPS, 2, 3, 4, dtype=dtype)
    for clip, place in ABSENT:
        x[:, clip, place] = 0.0
    return x.flatten(1, 3)


def built(name: str) -> nn.Module:
    quiet = {"dropout": 0.0, "key_dropout": 0.0} if name.endswith("-TR") else {}
    return seen(TOLD_APART[name](**quiet)).double()


def every_body(model: nn.Module) -> nn.Module:
    """A copy that computes every body, for a part of it is watched."""
    model = copy.deepcopy(model)
    model.input_norm.register_forward_hook(lambda *_: None)
    return model


def counted(model: nn.Module) -> list[int]:
    """The numbers of bodies that are computed from now on."""
    numbers: list[int] = []
    features = model.features

    def counting(x: Tensor) -> Tensor:
        numbers.append(x.size(0))
        return features(x)

    model.features = counting  # type: ignore[assignment]
    return numbers


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("name", TOLD_APART)
def test_logits_gradients_and_statistics_are_those_of_every_body(name: str, training: bool) -> None:
    model = built(name).train(training)
    whole = every_body(model)
    numbers, all_numbers = counted(model), counted(whole)
    for _ in range(2):  # in training the second follows the statistics that the first has left
        found, expected = model(clips(), BATCH, CLIPS), whole(clips(), BATCH, CLIPS)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)
    assert (numbers[0], all_numbers[0]) == (4 + 2, 10)
    cotangent = torch.randn_like(found)
    wanted = [one for one in model.parameters() if one.requires_grad], [*whole.parameters()]
    gradients = [torch.autograd.grad(out, parts, cotangent, allow_unused=True) for out, parts in
                 zip((found, expected), wanted, strict=True)]  # fmt: skip
    for one, other in zip(*gradients, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            torch.testing.assert_close(one, other, rtol=0, atol=1e-9)
    for one, other in zip(model.buffers(), whole.buffers(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("training", [False, True])
def test_one_norm_for_all_persons(training: bool) -> None:
    model = seen(CTRGCN(STICK, 4, 5, widths=(4, 8), num_persons=1)).double().train(training)
    whole = every_body(model)
    numbers = counted(model)
    torch.testing.assert_close(model(clips(), BATCH, CLIPS), whole(clips(), BATCH, CLIPS), rtol=0, atol=1e-9)
    assert numbers == [4 + 1]


def test_a_fused_network() -> None:
    model = fuse(built("CTRGCN"))
    whole = every_body(model)
    numbers = counted(model)
    torch.testing.assert_close(model(clips(), BATCH, CLIPS), whole(clips(), BATCH, CLIPS), rtol=0, atol=1e-9)
    assert numbers[0] == 6


def test_no_two_absent_persons_at_one_place() -> None:
    model, x = built("CTRGCN"), torch.randn(FRAMES, 12, 4, dtype=torch.double)
    x[:, 3:6] = 0.0
    numbers = counted(model)
    model(x, BATCH[:12], 2)
    assert numbers == [4]


def test_no_one_at_all() -> None:
    model = built("CTRGCN").train()
    whole = every_body(model)
    numbers = counted(model)
    x = torch.zeros_like(clips())
    torch.testing.assert_close(model(x, BATCH, CLIPS), whole(x, BATCH, CLIPS), rtol=0, atol=1e-9)
    assert numbers == [2]


def test_gradients_of_x_reach_every_body() -> None:
    model, x = built("CTRGCN"), clips().requires_grad_()
    numbers = counted(model)
    (found,) = torch.autograd.grad(model(x, BATCH, CLIPS).sum(), x)
    assert numbers == [10]
    assert found.unflatten(1, (CLIPS, 2, 3))[:, 2, 1].any()


def test_dropout_draws_for_every_body() -> None:
    for options in ({"dropout": 0.5, "key_dropout": 0.0}, {"dropout": 0.0, "key_dropout": 0.5}):
        model = STTR(STICK, 4, 5, widths=(4, 8), heads=2, **options).train()
        numbers = counted(model)
        model(clips(torch.float32), BATCH, CLIPS)
        model.eval()(clips(torch.float32), BATCH, CLIPS)
        assert numbers == [10, 6]


@pytest.mark.parametrize("training", [False, True])
def test_low_precision_and_autocast(training: bool) -> None:
    model = CTRGCN(STICK, 4, 5, widths=(4, 8)).train(training)
    numbers = counted(model)
    with torch.autocast("cpu", torch.bfloat16):
        model(clips(torch.float32), BATCH, CLIPS)
    model.to(torch.bfloat16)(clips(torch.bfloat16), BATCH, CLIPS)
    assert numbers == [10, 10] if training else [6, 6]


def test_operations_are_those_of_every_body() -> None:
    model = CTRGCN(STICK, 4, 5, widths=(4, 8))
    x = clips(torch.float32)
    assert complexity(model, x, BATCH, CLIPS) == complexity(model, torch.randn_like(x), BATCH, CLIPS)


def test_attention_maps_are_those_of_every_body() -> None:
    model = STTR(STICK, 4, 5, widths=(4, 8), heads=2).eval()
    maps = attention_maps(model, clips(torch.float32), BATCH, CLIPS)
    assert {weights.size(0) for weights in maps.values()} == {10}


def test_compiled_and_exported_networks_compute_every_body() -> None:
    model, x = built("CTRGCN"), clips()
    expected = model(x, BATCH, CLIPS)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, BATCH, CLIPS), expected, rtol=0, atol=1e-9)
    torch._dynamo.reset()
    exported = torch.export.export(model, (x, BATCH, CLIPS)).module()
    other = torch.randn_like(x)  # no one is absent
    torch.testing.assert_close(exported(other, BATCH, CLIPS), model(other, BATCH, CLIPS), rtol=0, atol=1e-9)


def test_a_network_whose_norms_have_another_first_axis() -> None:
    class Turned(BodyNetwork):
        def __init__(self) -> None:
            super().__init__(STICK, 4, num_persons=2)
            self.blocks = nn.BatchNorm1d(4)
            self.classifier = nn.Linear(4, 5)

        def features(self, x: Tensor) -> Tensor:
            return self.blocks(x.flatten(0, 2)[1:]).unflatten(0, (-1, 1)).mean(1)[: x.size(0)]

    with pytest.raises(RuntimeError, match="batch_norm: expected 6 rows of a batch, or a multiple, in the first axis"):
        Turned().train()(clips(torch.float32), BATCH, CLIPS)
