from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import SpatialSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.key_dropout import drop_keys
from tg_skeleton.nn.conv.self_attention import SelfAttention


def spatial(p: float) -> SpatialSelfAttention:
    return drop_keys(SpatialSelfAttention(6, 8, attn_channels=4, heads=2, alpha=0.0), p)


def temporal(p: float) -> TemporalSelfAttention:
    return drop_keys(TemporalSelfAttention(6, 8, attn_channels=4, heads=2), p)


def slow(x: Tensor, conv: SelfAttention, dropped: Tensor) -> Tensor:
    """One map per head of the nodes ``x [n, C]``, of whose keys those ``dropped [n, H]`` are left out."""
    nodes, out = len(x), []
    for i in range(nodes):
        row = []
        for head in range(2):
            own, values = slice(2 * head, 2 * head + 2), slice(4 * head, 4 * head + 4)
            query = conv.lin_query.weight[own] @ x[i] + conv.lin_query.bias[own]
            kept = [j for j in range(nodes) if not dropped[j, head]] or list(range(nodes))
            weights = [
                (query @ (conv.lin_key.weight[own] @ x[j] + conv.lin_key.bias[own]) / 2**0.5).exp() for j in kept
            ]
            value = [conv.lin_value.weight[values] @ x[j] + conv.lin_value.bias[values] for j in kept]
            row.append(sum(w * v for w, v in zip(weights, value, strict=True)) / sum(weights))
        out.append(torch.cat(row))
    return torch.stack(out)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", [spatial, temporal])
def test_equals_a_loop_over_queries_and_the_keys_that_are_left(assert_same, kind, training: bool) -> None:
    torch.manual_seed(0)
    conv = kind(0.5).double().train(training)
    x = torch.randn(3, 5, 4, 6, dtype=torch.double, requires_grad=True)  # clips, frames, joints
    torch.manual_seed(1)
    out = conv(x)
    torch.manual_seed(1)
    dropped = torch.rand(3, 5, 4, 2) < 0.5
    dropped = dropped if training else torch.zeros_like(dropped)
    if kind is spatial:
        expected = [[slow(x[p, t], conv, dropped[p, t]) for t in range(5)] for p in range(3)]
        reference = torch.stack([torch.stack(frames) for frames in expected])
    else:
        expected = [[slow(x[p, :, v], conv, dropped[p, :, v]) for v in range(4)] for p in range(3)]
        reference = torch.stack([torch.stack(joints, dim=1) for joints in expected])
    assert_same(out, reference, conv, x)


@pytest.mark.parametrize("kind", [spatial, temporal])
def test_views_equal_messages_in_training_too(kind) -> None:
    torch.manual_seed(0)
    conv = kind(0.5).double()
    x = torch.randn(3, 5, 4, 6, dtype=torch.double)
    torch.manual_seed(1)
    dense, (_, weights) = conv(x, return_attention_weights=True)
    torch.manual_seed(1)
    messages = conv._edgewise(x, (None, None), conv._sets(None, 4), True)
    torch.testing.assert_close(dense, messages[0], rtol=0, atol=1e-10)
    torch.testing.assert_close(weights, messages[1][1], rtol=0, atol=1e-10)


def test_weights_of_dropped_keys_are_zero_and_the_others_sum_to_one() -> None:
    torch.manual_seed(0)
    _, (_, weights) = spatial(0.5)(torch.randn(50, 4, 6), return_attention_weights=True)
    by_query = weights.view(50, 4, 4, 2)  # of each query the weights of its keys
    torch.testing.assert_close(by_query.sum(2), torch.ones(50, 4, 2))
    zero = by_query == 0
    assert torch.equal(zero, zero[:, :1].expand_as(zero)), "all queries miss the same keys"
    assert 0.4 < zero.float().mean() < 0.55


def test_all_keys_dropped_are_none_dropped() -> None:
    torch.manual_seed(0)
    conv, x = spatial(0.999999), torch.randn(5, 4, 6)
    dropped = conv(x)
    torch.testing.assert_close(dropped, conv.eval()(x), rtol=0, atol=1e-2)  # logits of -1e4 have lost their last digits


def test_probability_zero_changes_nothing() -> None:
    assert repr(spatial(0.0).lin_key) == "Linear(in_features=6, out_features=4, bias=True)"


def test_the_weights_have_the_names_they_had() -> None:
    plain = SpatialSelfAttention(6, 8, attn_channels=4, heads=2, alpha=0.0)
    conv = spatial(0.5)
    conv.load_state_dict(plain.state_dict())
    x = torch.randn(5, 4, 6)
    torch.testing.assert_close(conv.eval()(x), plain(x))


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"p: expected a probability in \[0, 1\), got 1.0"):
        spatial(1.0)
    with pytest.raises(ValueError, match="conv: expected several heads and directed=True, got Spatial"):
        drop_keys(SpatialSelfAttention(6, 8), 0.5)
    with pytest.raises(ValueError, match="conv: expected several heads and directed=True, got Spatial"):
        drop_keys(SpatialSelfAttention(6, 8, heads=2, directed=False), 0.5)
