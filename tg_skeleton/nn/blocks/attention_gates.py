"""The gates of AAGCN's block."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AttentionGates(nn.Module):
    r"""Three gates, one after another: over the joints, the frames and the channels.

    .. math:: y \leftarrow y \odot \sigma(g(\bar y)) + y

    For joints :math:`\bar y` is the mean over frames and g a convolution along the joints, as long as they are many (or
    one less, where they are even); for frames it is the mean over joints and a convolution over ``kernel_size`` frames;
    for channels the mean over both, and g is :math:`W_2\, \mathrm{ReLU}(W_1 \bar y + b_1) + b_2`.

    Assumption: initial values are those of the authors' training: Xavier's for the joints, zero for the frames and for
    :math:`W_2`; zero biases. So the latter two gates start at one half.

    Args:
        channels: C, at least 2.
        num_joints: V.
        kernel_size: Frames that the gate of a frame sees.

    Shapes:
        - **x** ``[P, T, V, channels]``
        - **output** ``[P, T, V, channels]``

    Raises:
        ValueError: The kernel is even, so that no padding keeps the length, or there are fewer than 2 channels.

    >>> import torch
    >>> from tg_skeleton.nn.blocks import AttentionGates
    >>> AttentionGates(64, num_joints=25)(torch.randn(2, 20, 25, 64)).shape
    torch.Size([2, 20, 25, 64])

    Source: Shi et al. 2020 (MS-AAGCN), section 3.3, Fig. 3.
    """

    def __init__(self, channels: int, num_joints: int, *, kernel_size: int = 9) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size: expected an odd number of frames, got {kernel_size}; padding keeps the length only then"
            )
        if channels < 2:
            raise ValueError(f"channels: expected at least 2, half of which the gate of channels has, got {channels}")
        joints = num_joints - (num_joints + 1) % 2
        self.joints = nn.Conv1d(channels, 1, joints, padding=joints // 2)
        self.frames = nn.Conv1d(channels, 1, kernel_size, padding=kernel_size // 2)
        self.lin_in = nn.Linear(channels, channels // 2)
        self.lin_out = nn.Linear(channels // 2, channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        nn.init.xavier_normal_(self.joints.weight)
        nn.init.zeros_(self.frames.weight)
        self.lin_in.reset_parameters()
        nn.init.zeros_(self.lin_out.weight)
        for layer in (self.joints, self.frames, self.lin_out):
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The gated ``x [P, T, V, C]``."""
        joint = self._gate(self.joints(x.mean(dim=1).transpose(1, 2)))  # [P, 1, V]
        x = x * joint.view(x.size(0), 1, x.size(2), 1)
        frame = self._gate(self.frames(x.mean(dim=2).transpose(1, 2)))  # [P, 1, T]
        x = x * frame.view(x.size(0), x.size(1), 1, 1)
        channel = self._gate(self.lin_out(self.lin_in(x.mean(dim=(1, 2))).relu()))  # [P, C]
        return x * channel[:, None, None]

    @staticmethod
    def _gate(logits: Tensor) -> Tensor:
        """The factor of ``y * sigmoid(g) + y``."""
        return 1 + torch.sigmoid(logits)
