from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import DirectedGCN

ENDS = torch.tensor(
    [
        [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [0.0] * 4, [0.0] * 4],
        [[0.0] * 4, [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]],
    ]
)
"""Bones 0 → 1, 1 → 2, 1 → 3, and an empty one for joint 0."""


def test_equals_a_loop_over_joints_and_bones(slow) -> None:
    torch.manual_seed(0)
    block = DirectedGCN(3, 5, ENDS)

    def reference(x: Tensor) -> Tensor:
        joints, bones = x[:2], x[2:]
        out: list[list[Tensor]] = [[], []]
        for i in range(4):
            ends = [sum(block.incidence[k, i, e] * bones[:, :, e] for e in range(4)) for k in range(2)]
            out[0].append(slow.lin(torch.cat([joints[:, :, i], *ends], dim=-1), block.conv.lin_node))
            ends = [sum(block.incidence[k, j, i] * joints[:, :, j] for j in range(4)) for k in range(2)]
            out[1].append(slow.lin(torch.cat([bones[:, :, i], *ends], dim=-1), block.conv.lin_edge))
        y, a = (torch.stack(part, dim=2) for part in out)
        return torch.cat([torch.relu(slow.norm(y, block.norm_joints)), torch.relu(slow.norm(a, block.norm_bones))])

    slow.compare(block, reference, torch.randn(4, 3, 4, 3))


def test_the_incidences_are_its_own() -> None:
    given = ENDS.clone()
    block, other = DirectedGCN(3, 5, given), DirectedGCN(3, 5, given)
    with torch.no_grad():
        block.incidence.add_(1.0)
    assert torch.equal(given, ENDS) and torch.equal(other.incidence, ENDS)


def test_incidences_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"incidence: expected \[2, V, V\] floats, .* got torch.float32 \[2, 4, 3\]"):
        DirectedGCN(3, 5, ENDS[:, :, 1:])
    with pytest.raises(ValueError, match="give the root a bone without ends, a column of zeros"):
        DirectedGCN(3, 5, ENDS.long())
