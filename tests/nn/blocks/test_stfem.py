from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import STFEM
from tg_skeleton.nn.blocks.options import Value


@pytest.mark.parametrize("value", ["input", "linear"])
@pytest.mark.parametrize("windows", [(3,), (5,), (3, 5)], ids=str)
@pytest.mark.parametrize(
    ("frames", "stride", "out_channels"), [(4, 1, 2), (4, 2, 2), (5, 2, 3), (2, 1, 3), (2, 2, 2)], ids=str
)
def test_equals_a_loop_over_persons_windows_and_tokens(
    slow, frames: int, stride: int, out_channels: int, windows: tuple[int, ...], value: Value
) -> None:
    torch.manual_seed(0)
    persons, joints, channels = 2, 2, 2
    adjacency = torch.rand(joints, joints, dtype=torch.double)
    block = STFEM(channels, out_channels, adjacency, windows=windows, stride=stride, beta=0.7, value=value)

    def reference(x: Tensor) -> Tensor:
        return torch.relu(sum(one_path(x, path, window) for path, window in zip(block.paths, windows, strict=True)))

    def one_path(x: Tensor, path: torch.nn.Module, window: int) -> Tensor:
        operator, zero = path.attention, x.new_zeros(channels)
        query, key, v = (slow.lin(x, lin) for lin in (operator.lin_query, operator.lin_key, operator.lin_value))

        def token(item: Tensor, p: int, t: int, j: int) -> Tensor:
            return item[p, t, j] if t < frames else zero

        rows = []
        for p in range(persons):
            for start in range(0, frames, stride):
                tokens = [(t, j) for t in range(start, start + window) for j in range(joints)]
                collapsed = [path.collapse.bias] * joints
                for t, i in tokens:
                    logits = [
                        (token(query, p, t, i) * token(key, p, s, j)).sum() / channels**0.5 + 0.7 * adjacency[i, j]
                        for s, j in tokens
                    ]
                    mixed = slow.mix(logits, [token(v, p, s, j) for s, j in tokens])
                    collapsed[i] = collapsed[i] + path.collapse.weight[:, :, t - start, 0] @ mixed
                rows += collapsed
        y = torch.stack(rows).view(persons, -1, joints, out_channels)
        return slow.norm(y, path.norm) + slow.shortcut(x, path.residual, stride)

    slow.compare(block, reference, torch.randn(persons, frames, joints, channels))


@pytest.mark.parametrize(
    ("windows", "stride", "expected"),
    [
        ((3,), 1, [6.0 + 1.0, 5.0 + 2.0, 3.0 + 3.0]),  # frames after the last are zeros that are attended to
        ((3,), 2, [6.0 + 1.0, 3.0 + 3.0]),
        ((2,), 1, [3.0 + 1.0, 5.0 + 2.0, 3.0 + 3.0]),
        ((3, 2), 1, [7.0 + 4.0, 7.0 + 7.0, 6.0 + 6.0]),  # each path has its residual
    ],
)
def test_hand_typed(slow, windows: tuple[int, ...], stride: int, expected: list[float]) -> None:
    block = slow.plain(STFEM(1, 1, torch.zeros(1, 1), windows=windows, stride=stride))
    x = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(block(x).flatten(), torch.tensor(expected))


def test_adjacency_is_repeated_for_every_pair_of_frames(slow) -> None:
    adjacency = torch.eye(2) * math.log(3) / 0.8  # a joint weighs itself three times as much as the other, at any time
    block = slow.plain(STFEM(1, 1, adjacency, windows=(2,)))
    x = torch.tensor([[1.0, 5.0], [3.0, 7.0]]).view(1, 2, 2, 1)
    first = [2 * (3 * (1 + 3) + 5 + 7) / 8 + 1, 2 * (3 * (5 + 7) + 1 + 3) / 8 + 5]
    second = [2 * (3 * 3 + 7) / 8 + 3, 2 * (3 * 7 + 3) / 8 + 7]
    torch.testing.assert_close(block(x).flatten(), torch.tensor([*first, *second]))


def test_without_activation_it_ends_with_the_sum() -> None:
    torch.manual_seed(0)
    block, bare = STFEM(4, 6, torch.eye(3)), STFEM(4, 6, torch.eye(3), activation=False)
    bare.load_state_dict(block.state_dict())
    x = torch.randn(2, 9, 3, 4)
    assert bare(x).min() < 0
    assert torch.equal(bare(x).relu(), block(x))


@pytest.mark.parametrize(
    ("windows", "value", "expected"),
    [((3,), "input", 5496), ((5,), "input", 7800), ((3, 5), "input", 13296), ((3, 5), "linear", 13296 + 2 * 156)],
)
def test_parameters(windows: tuple[int, ...], value: Value, expected: int) -> None:
    block = STFEM(12, 96, torch.eye(25), windows=windows, value=value)
    assert sum(p.numel() for p in block.parameters()) == expected


@pytest.mark.parametrize("windows", [(), (3, 0)])
def test_windows_out_of_range(windows: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="windows: expected at least one, each of at least 1 frame, got "):
        STFEM(8, 8, torch.eye(3), windows=windows)


def test_stride_below_one() -> None:
    with pytest.raises(ValueError, match="stride: expected at least 1 frame, got 0"):
        STFEM(8, 8, torch.eye(3), stride=0)


def test_edge_index_in_place_of_the_adjacency() -> None:
    with pytest.raises(ValueError, match=r"adjacency: expected Å, \[V, V\] floats .* got torch.int64 \[2, 3\]"):
        STFEM(8, 8, torch.zeros(2, 3, dtype=torch.long))


@pytest.mark.parametrize("windows", [(3,), (3, 5)], ids=str)
def test_beta_is_learned_from_its_constant_on(windows: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    adjacency, x = torch.rand(4, 4, dtype=torch.double), torch.randn(2, 6, 4, 3, dtype=torch.double)

    def block(beta: float, learned: bool = False) -> STFEM:
        torch.manual_seed(1)
        return STFEM(3, 5, adjacency, windows=windows, stride=2, beta=beta, learned=learned).double()

    constant, learned = block(0.5), block(0.5, learned=True)
    missing = learned.load_state_dict(constant.state_dict(), strict=False).missing_keys
    assert missing == [f"paths.{path}.attention.alpha" for path in range(len(windows))]
    torch.testing.assert_close(learned(x), constant(x), rtol=0, atol=1e-12)
    (learned(x) ** 2).sum().backward()
    slope = ((block(0.5 + 1e-6)(x) ** 2).sum() - (block(0.5 - 1e-6)(x) ** 2).sum()) / 2e-6
    found = sum(path.attention.alpha.grad.item() for path in learned.paths)
    assert found == pytest.approx(slope.item(), rel=1e-5)
