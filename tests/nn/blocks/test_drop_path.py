from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tg_skeleton import Topology
from tg_skeleton.models import ESAN, AMANet
from tg_skeleton.nn import SFEM, STFEM, FrameFeatures, JointFeatures, SelfAttentionBlock
from tg_skeleton.nn.blocks import DropPath
from tg_skeleton.nn.blocks.drop_path import regularize
from tg_skeleton.nn.conv.self_attention import SelfAttention

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))


def dropping(model: nn.Module, attention_dropout: float = 0.0, drop_path: float = 0.0) -> nn.Module:
    regularize(model, attention_dropout=attention_dropout, drop_path=drop_path)
    return model.double()


def esan(**options: float) -> nn.Module:
    torch.manual_seed(0)
    return dropping(ESAN(STICK, 4, 5, num_frames=6, widths=(8, 12)), **options)


def amanet(**options: float) -> nn.Module:
    torch.manual_seed(0)
    return dropping(AMANet(STICK, 4, 5, widths=(6, 12)), **options)


BOTH = pytest.mark.parametrize("make", [esan, amanet])


def logits(model: nn.Module) -> torch.Tensor:
    x = torch.randn(6, 12, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return model(x, torch.arange(4).repeat_interleave(3), 4)


def test_a_clip_is_kept_whole_and_enlarged_or_dropped() -> None:
    drop = DropPath(0.75)
    out = drop(torch.arange(1.0, 401.0).view(200, 2))
    rows = torch.arange(1.0, 401.0).view(200, 2)
    kept = out[:, 0] != 0
    assert torch.equal(out[kept], 4 * rows[kept])
    assert bool((out[~kept] == 0).all())
    assert 20 < int(kept.sum()) < 80


def test_in_evaluation_and_without_a_probability_nothing_changes_or_is_drawn() -> None:
    x, state = torch.randn(3, 2), torch.get_rng_state()
    assert DropPath(0.9).eval()(x) is x
    assert DropPath()(x) is x
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=rf"p: expected a probability in \[0, 1\), got {p}"):
        DropPath(p)


@pytest.mark.parametrize("name", ["attention_dropout", "drop_path"])
@BOTH
def test_a_network_refuses_no_probability(make: Callable[..., nn.Module], name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: expected a probability in \[0, 1\), got 1.0"):
        make(**{name: 1.0})


def test_a_network_without_attention_has_no_place_for_a_dropout() -> None:
    with pytest.raises(ValueError, match="attention_dropout: Linear has no SelfAttention in it, got 0.3; give 0"):
        regularize(nn.Linear(2, 2), attention_dropout=0.3, drop_path=0.0)
    with pytest.raises(ValueError, match="drop_path: Linear has no DropPath in it, got 0.3; give 0"):
        regularize(nn.Linear(2, 2), attention_dropout=0.0, drop_path=0.3)


@BOTH
def test_nothing_is_set_to_zero(make: Callable[..., nn.Module]) -> None:
    model = make(attention_dropout=0.3)
    regularize(model, attention_dropout=0.0, drop_path=0.2)
    assert {module.dropout for module in model.modules() if isinstance(module, SelfAttention)} == {0.3}


@BOTH
def test_the_dropouts_reach_every_operator_and_branch(make: Callable[..., nn.Module]) -> None:
    modules = list(make(attention_dropout=0.3, drop_path=0.2).modules())
    assert {module.dropout for module in modules if isinstance(module, SelfAttention)} == {0.3}
    assert {module.p for module in modules if isinstance(module, DropPath)} == {0.2}


@pytest.mark.parametrize("option", [{"attention_dropout": 0.5}, {"drop_path": 0.5}])
@BOTH
def test_a_dropout_changes_the_training_and_nothing_else(
    make: Callable[..., nn.Module], option: dict[str, float]
) -> None:
    plain, changed = make(), make(**option)
    assert not torch.equal(logits(plain), logits(changed))
    changed.load_state_dict(plain.state_dict())
    assert torch.equal(logits(plain.eval()), logits(changed.eval()))
    logits(changed.train()).sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in changed.parameters())


@pytest.mark.parametrize(
    "make",
    [
        lambda: SFEM(4, 4, STICK.normalized_adjacency),
        lambda: FrameFeatures(4, 3),
        lambda: JointFeatures(4, 4),
        lambda: STFEM(4, 4, STICK.normalized_adjacency),
    ],
    ids=["SFEM", "FrameFeatures", "JointFeatures", "STFEM"],
)
def test_without_its_branch_a_block_is_its_residual(make: Callable[[], nn.Module]) -> None:
    block, x = make(), torch.rand(50, 6, 3, 4) + 0.1
    for module in block.modules():
        if isinstance(module, DropPath):
            module.p = 0.5
    alone = [bool(torch.equal(out, before)) for out, before in zip(block(x), x, strict=True)]
    assert 5 < sum(alone) < 45


def test_without_its_branch_the_block_of_paper_a_has_no_attention() -> None:
    torch.manual_seed(0)
    block = SelfAttentionBlock(4, 4, kind="S1")
    block.drop_path.p = 0.5
    x = torch.randn(40, 6, 3, 4)
    block(x).sum().backward()
    first = block.lin_out.weight.grad.clone()
    block.norm.momentum = 0.0
    block.zero_grad()
    block.drop_path.p = 1 - 1e-9  # next to certain
    block(x)[:, 0].sum().backward()
    assert first.abs().sum() > 0
    assert block.lin_out.weight.grad.abs().sum() == 0
