from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import SFEM
from tg_skeleton.nn.blocks.options import Value


@pytest.mark.parametrize("value", ["input", "linear"])
@pytest.mark.parametrize("out_channels", [4, 6], ids=["C = C'", "C != C'"])
def test_equals_a_loop_over_persons_frames_and_joints(slow, value: Value, out_channels: int) -> None:
    torch.manual_seed(0)
    persons, frames, joints, channels = 2, 3, 5, 4
    adjacency = torch.rand(joints, joints, dtype=torch.double)
    block = SFEM(channels, out_channels, adjacency, alpha=0.7, value=value)

    def reference(x: Tensor) -> Tensor:
        operator = block.attention
        query, key = slow.lin(x, operator.lin_query), slow.lin(x, operator.lin_key)
        v = slow.lin(x, block.lin_value)
        rows = []
        for p in range(persons):
            for t in range(frames):
                for i in range(joints):
                    logits = [
                        (query[p, t, i] * key[p, t, j]).sum() / channels**0.5 + 0.7 * adjacency[i, j]
                        for j in range(joints)
                    ]
                    rows.append(slow.mix(logits, [v[p, t, j] for j in range(joints)]))
        y = torch.stack(rows).view(persons, frames, joints, channels)
        y = slow.norm(slow.lin(y, block.lin_out), block.norm)
        return torch.relu(y + slow.shortcut(v, block.residual))

    slow.compare(block, reference, torch.randn(persons, frames, joints, channels))


def test_hand_typed(slow) -> None:
    adjacency = torch.eye(2) * math.log(3) / 0.8  # a joint weighs itself three times as much as the other
    block = slow.plain(SFEM(1, 1, adjacency))
    x = torch.tensor([1.0, 5.0]).view(1, 1, 2, 1)
    torch.testing.assert_close(block(x).flatten(), torch.tensor([2.0 + 1.0, 4.0 + 5.0]))


def test_adjacency_is_indexed_target_source(slow) -> None:
    block = slow.plain(SFEM(1, 1, torch.tensor([[0.0, 100.0], [0.0, 100.0]])))  # both look at joint 1
    x = torch.tensor([1.0, 5.0]).view(1, 1, 2, 1)
    torch.testing.assert_close(block(x).flatten(), torch.tensor([5.0 + 1.0, 5.0 + 5.0]))


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "value", "expected"),
    [(12, 96, "input", 3192), (96, 96, "input", 28128), (96, 96, "linear", 37440)],
)
def test_parameters(in_channels: int, out_channels: int, value: Value, expected: int) -> None:
    block = SFEM(in_channels, out_channels, torch.eye(25), value=value)
    assert sum(p.numel() for p in block.parameters()) == expected


def test_edge_index_in_place_of_the_adjacency() -> None:
    with pytest.raises(ValueError, match=r"adjacency: expected Å, \[V, V\] floats .* got torch.int64 \[2, 3\]"):
        SFEM(8, 8, torch.zeros(2, 3, dtype=torch.long))


def test_alpha_is_learned_from_its_constant_on() -> None:
    torch.manual_seed(0)
    adjacency, x = torch.rand(5, 5, dtype=torch.double), torch.randn(2, 3, 5, 4, dtype=torch.double)
    constant = SFEM(4, 6, adjacency, alpha=0.5).double()
    learned = SFEM(4, 6, adjacency, alpha=0.5, learned=True).double()
    assert learned.load_state_dict(constant.state_dict(), strict=False).missing_keys == ["attention.alpha"]
    torch.testing.assert_close(learned(x), constant(x), rtol=0, atol=1e-12)
    (learned(x) ** 2).sum().backward()
    higher, lower = (SFEM(4, 6, adjacency, alpha=0.5 + step).double() for step in (1e-6, -1e-6))
    for other in (higher, lower):
        other.load_state_dict(constant.state_dict())
    slope = ((higher(x) ** 2).sum() - (lower(x) ** 2).sum()) / 2e-6
    assert learned.attention.alpha.grad.item() == pytest.approx(slope.item(), rel=1e-5)  # type: ignore[union-attr, operator]
    assert "alpha=Parameter" in repr(learned)
