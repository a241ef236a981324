from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import Topology
from tg_skeleton.evaluation import attention_maps
from tg_skeleton.models import ESAN, STGCN, AMANet
from tg_skeleton.nn import SpatialSelfAttention, SpatioTemporalSelfAttention, StaticGraph, TemporalSelfAttention
from tg_skeleton.nn.blocks.self_attention_block import Kind
from tg_skeleton.nn.conv.self_attention import SelfAttention

STICK = Topology("stick", ("a", "b", "c", "d"), (0, 0, 1, 2))
FRAMES, BATCH = 7, torch.tensor([0] * 8 + [1] * 4)  # two persons, then one


def esan(kind: Kind = "V", **options: bool) -> ESAN:
    torch.manual_seed(0)
    return ESAN(STICK, 4, 5, num_frames=FRAMES, widths=(8, 12), kind=kind, **options).double()


def amanet(**options: object) -> AMANet:
    torch.manual_seed(0)
    return AMANet(STICK, 4, 5, widths=(12, 24), windows=(3, 5), **options).double()  # type: ignore[arg-type]


def clip(persons: int = 3) -> Tensor:
    return torch.randn(FRAMES, 4 * persons, 4, dtype=torch.double, generator=torch.Generator().manual_seed(1))


def seen(model: nn.Module, x: Tensor, batch: Tensor) -> dict[str, Tensor]:
    """What each block reads, by the names of the operators in it."""
    inputs: dict[str, Tensor] = {}
    handles = []
    for name, part in model.named_modules():
        if isinstance(part, SelfAttention):
            owner = model.get_submodule(name.rpartition(".")[0])
            handles.append(owner.register_forward_pre_hook(lambda _, args, n=name: inputs.update({n: args[0]})))
    model.eval()(x, batch, 2)
    for handle in handles:
        handle.remove()
    return inputs


def written_out(operator: SelfAttention, x: Tensor, adjacency: Tensor | None) -> Tensor:
    """The map of a block's input ``[P, T, V, C]``, pair by pair: ``[P, G, 1, queries, keys]``."""
    query, key = operator.lin_query(x), operator.lin_key(x)
    frames, joints, channels = x.shape[1:]
    if isinstance(operator, SpatialSelfAttention):
        if operator.per_frame:
            logits, length = torch.einsum("ptvc,ptwc->ptvw", query, key), channels
        else:
            logits, length = torch.einsum("ptvc,ptwc->pvw", query, key)[:, None], frames * channels
    elif isinstance(operator, TemporalSelfAttention):
        if operator.per_joint:
            logits, length = torch.einsum("ptvc,psvc->pvts", query, key), channels
        else:
            logits, length = torch.einsum("ptvc,psvc->pts", query, key)[:, None], joints * channels
            group = torch.arange(frames) // (operator.group or frames)
            logits = logits.masked_fill(group[:, None] != group, -torch.inf)
    else:
        assert isinstance(operator, SpatioTemporalSelfAttention)
        window, stride = operator.window or frames, operator.stride if operator.window else frames
        zeros = x.new_zeros(len(x), window - 1, joints, channels)
        query, key = (torch.cat([item, zeros], 1) for item in (query, key))
        starts = range(0, frames, stride)
        query, key = (torch.stack([i[:, t : t + window].flatten(1, 2) for t in starts], 1) for i in (query, key))
        logits, length = query @ key.transpose(-1, -2), channels
        adjacency = None if adjacency is None else adjacency.repeat(window, window)
    logits = logits / math.sqrt(length) if operator.scale is True else logits
    logits = logits if adjacency is None else logits + operator.alpha * adjacency
    return logits.softmax(-1)[:, :, None]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_maps_of_esan_are_the_equation(kind: Kind) -> None:
    model = esan(kind)
    inputs, maps = seen(model, clip(), BATCH), attention_maps(model, clip(), BATCH, 2)
    assert list(maps) == ["blocks.0.attention", "blocks.1.attention"]
    for name, weights in maps.items():
        expected = written_out(model.get_submodule(name), inputs[name], None)  # type: ignore[arg-type]
        torch.testing.assert_close(weights, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("with_graph", [True, False])
@pytest.mark.parametrize("value", ["linear", "input"])
def test_maps_of_amanet_are_the_equation(value: str, with_graph: bool) -> None:
    model = amanet(value=value)
    inputs, maps = seen(model, clip(), BATCH), attention_maps(model, clip(), BATCH, 2, with_graph=with_graph)
    assert len(maps) == 2 * (1 + 1 + 1 + 2)
    for name, weights in maps.items():
        operator = model.get_submodule(name)
        x = inputs[name] if name in inputs else inputs[name.rpartition(".paths")[0]]
        graph = STICK.normalized_adjacency.double() if operator.alpha and with_graph else None
        expected = written_out(operator, x, graph)  # type: ignore[arg-type]
        stride = 2 if name.startswith("blocks.1") and "joint_features" in name else 1
        torch.testing.assert_close(weights, expected[..., ::stride, :], rtol=0, atol=1e-7)  # Å is float32


@pytest.mark.parametrize("learned", [False, True])
def test_maps_of_another_alpha_are_those_of_a_network_that_has_it(learned: bool) -> None:
    model = amanet(constants={"learned": learned})
    given = (model, clip(), BATCH, 2)
    bare, stronger = attention_maps(*given, alpha=0.0), attention_maps(*given, alpha=1.5)
    for name, weights in attention_maps(*given, with_graph=False).items():
        torch.testing.assert_close(bare[name], weights, rtol=0, atol=1e-12)
        assert torch.equal(bare[name], stronger[name]) == ("features" in name)
    other = amanet(constants={"alpha": 1.5, "beta": 1.5})
    other.load_state_dict({name: value for name, value in model.state_dict().items() if not name.endswith("alpha")})
    first = "blocks.0.factorised.0.attention"  # later ones read what the first gives with an alpha of its own
    torch.testing.assert_close(stronger[first], attention_maps(other, clip(), BATCH, 2)[first], rtol=0, atol=1e-7)
    assert [name for name, _ in model.named_parameters() if name.endswith("alpha")] == learned * [
        f"{name}.alpha" for name in bare if "features" not in name
    ]


def test_alpha_without_the_graph_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha: expected none with with_graph=False, which is alpha=0, got 1.5"):
        attention_maps(amanet(), clip(), BATCH, 2, with_graph=False, alpha=1.5)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_maps_are_those_that_the_operator_returns(kind: Kind) -> None:
    model = esan(kind)
    inputs, maps = seen(model, clip(), BATCH), attention_maps(model, clip(), BATCH, 2)
    for name, dense in maps.items():
        _, (pairs, weights) = model.get_submodule(name)(inputs[name], return_attention_weights=True)
        weights = weights.transpose(-2, -3) if kind in ("T1", "T2") else weights  # [P, G, E, H]
        weights = weights.reshape(3, dense.size(1), -1, 1)
        assert torch.equal(dense[..., pairs[1], pairs[0]].movedim(2, -1), weights)


def test_the_block_computes_with_these_maps() -> None:
    model = esan()
    x, block = seen(model, clip(), BATCH)["blocks.1.attention"], model.blocks[1]
    weights = attention_maps(model, clip(), BATCH, 2)["blocks.1.attention"]
    summed = weights.squeeze(2) @ block.attention.lin_value(x) + block.residual(x)
    torch.testing.assert_close(block(x), block.norm(summed.flatten(0, 2)).view_as(summed).relu(), rtol=0, atol=1e-12)


def test_rows_sum_to_one() -> None:
    for weights in attention_maps(amanet(), clip(), BATCH, 2).values():
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1], dtype=torch.double))


def test_without_the_graph_only_the_maps_with_one_change() -> None:
    model = amanet()
    full, bare = (attention_maps(model, clip(), BATCH, 2, with_graph=graph) for graph in (True, False))
    changed = {name for name in full if not torch.equal(full[name], bare[name])}
    assert changed == {name for name in full if "factorised.0" in name or "paths" in name}
    assert model.blocks[0].factorised[0].attention.alpha == 0.8


def test_across_persons_the_joints_of_a_clip_are_one_map() -> None:
    maps = attention_maps(esan(across_persons=True), clip(4), torch.tensor([0] * 8 + [1] * 8), 2)
    assert [list(weights.shape) for weights in maps.values()] == [[2, FRAMES, 1, 8, 8]] * 2


def test_an_operator_in_a_network_of_ones_own_is_found() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.front = StaticGraph(SpatialSelfAttention(4, 6, heads=2), STICK.edge_index)
            self.back = TemporalSelfAttention(6, 6, heads=3)

        def forward(self, x: Tensor, batch: Tensor | None, batch_size: int | None) -> Tensor:
            return self.back(self.front(x.unflatten(1, (-1, 4)).transpose(0, 1))).mean((0, 1, 2))[None]

    maps = attention_maps(Own(), clip().float())
    assert {name: list(weights.shape) for name, weights in maps.items()} == {
        "front.conv": [3, FRAMES, 2, 4, 4],
        "back": [3, 4, 3, FRAMES, FRAMES],
    }


def test_the_network_stays_as_it_was() -> None:
    model = esan().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    attention_maps(model, clip(), BATCH, 2)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(part._forward_pre_hooks for part in model.modules())


def test_a_network_without_attention_is_refused() -> None:
    with pytest.raises(ValueError, match="model: STGCN has no attention operator of tg_skeleton.nn, so it has no maps"):
        attention_maps(STGCN(STICK, 4, 5), clip())
