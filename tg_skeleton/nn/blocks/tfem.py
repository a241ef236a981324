"""Paper B's temporal feature extraction module."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.frame_features import FrameFeatures, FrameScale
from tg_skeleton.nn.blocks.joint_features import JointFeatures
from tg_skeleton.nn.blocks.ms_tcn import MSTCN
from tg_skeleton.nn.blocks.options import Value


class TFEM(nn.Module):
    r"""Attention among whole frames, then among each joint's frames, then a convolution over neighboring frames.

    .. math:: y = \mathrm{MSTCN}(\mathrm{JF}(\mathrm{FF}(x)))

    The multi-scale convolution ends without an activation, for the sum that follows has one.

    Args:
        in_channels: C.
        out_channels: C', a multiple of 6.
        num_joints: J.
        stride: s of the joint features, frames per frame of the output.
        group: g of the frame features.
        kernel_size: R of the frame features, odd.
        value: The values of both attentions are their input, or a linear map of it.
        scale: The number under the root in the frame features' scale.

    Shapes:
        - **x** ``[P, T, J, in_channels]``
        - **output** ``[P, ceil(T / stride), J, out_channels]``

    Raises:
        ValueError: As its three parts.

    >>> import torch
    >>> from tg_skeleton.nn import TFEM
    >>> TFEM(16, 24, 25, stride=2)(torch.randn(2, 21, 25, 16)).shape
    torch.Size([2, 11, 25, 24])

    Source: paper B (AMANet, 2023), Fig. 5a.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_joints: int,
        *,
        stride: int = 1,
        group: int = 5,
        kernel_size: int = 5,
        value: Value = "input",
        scale: FrameScale = "features",
    ) -> None:
        super().__init__()
        self.frame_features = FrameFeatures(
            in_channels, num_joints, group=group, kernel_size=kernel_size, value=value, scale=scale
        )
        self.joint_features = JointFeatures(in_channels, out_channels, stride=stride, value=value)
        self.tcn = MSTCN(out_channels, out_channels, activation=False)

    def forward(self, x: Tensor) -> Tensor:
        """The module on ``x [P, T, J, in_channels]``."""
        return self.tcn(self.joint_features(self.frame_features(x)))
