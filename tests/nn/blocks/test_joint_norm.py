from __future__ import annotations

import torch

from tg_skeleton.nn import JointNorm


def test_every_channel_of_every_joint_has_statistics_of_its_own() -> None:
    x = 3 * torch.randn(4, 6, 3, 2, dtype=torch.double) + torch.arange(6.0).view(3, 2)
    y = JointNorm(3, 2).double()(x)
    for joint in range(3):
        for channel in range(2):
            column = x[:, :, joint, channel]
            expected = (column - column.mean()) / (column.var(unbiased=False) + 1e-5).sqrt()
            torch.testing.assert_close(y[:, :, joint, channel], expected)


def test_parameters_are_joint_by_joint() -> None:
    norm = JointNorm(3, 2).eval()
    with torch.no_grad():
        norm.bias.copy_(torch.arange(6.0))
    torch.testing.assert_close(norm(torch.zeros(1, 1, 3, 2))[0, 0], torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
