"""ESAN, the network of paper A."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.persons import clips_in, join_persons, mean_over_body, mean_over_persons, to_persons
from tg_skeleton.models.semantics import Embedding, check_frames, normed_motion
from tg_skeleton.nn.blocks.self_attention_block import Kind, SelfAttentionBlock
from tg_skeleton.topology import Topology


class ESAN(nn.Module):
    r"""The efficient self-attention network: joints and bones in one stream, four self-attention blocks.

    .. math::
        \tilde I = \mathrm{ReLU}(W_2\, \mathrm{ReLU}(W_1 I)), \quad
        \tilde V \text{ likewise from } V_t = I_t - I_{t-1}, \qquad
        Z = \mathrm{cat}(\tilde V + \tilde I, \tilde J) + \tilde T

    J̃ and T̃ embed joint types and frame indices. Four blocks follow, then the mean over frames, joints and persons,
    and a linear classifier.

    Assumption: the batch norms of I and V, the embeddings' widths (64, 128) and the blocks' (64, 128, 256, 512) are not
    in the paper's text; they are the one configuration in SGN's manner that has the paper's parameter counts.
    Differs from the paper: 0.430 GMACs for a clip of 20 frames and 25 joints, where the paper states 0.32.

    Args:
        topology: The skeleton; gives V.
        in_channels: Channels of ``x``: 6 for joints and bones in 3-D, 3 for either alone.
        num_classes: Classes to tell apart.
        num_frames: T, the frames of a clip.
        widths: Channels of the blocks.
        kind: The block (paper A, Table 5).
        directed: Own projections for queries and keys (paper A, Table 3).
        dropout: Dropout in front of the classifier; the paper has none.
        across_persons: The joints of all persons of a clip attend to each other, not those of each person alone; then
            every clip needs the same number of persons. Not in the paper, which processes one person at a time.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: ``x`` or ``batch`` does not fit the topology, the channels or the frames, or clips that attend
            across persons have different numbers of them.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import ESAN
    >>> model = ESAN(NTU25, in_channels=6, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    893332
    >>> model(torch.randn(20, 50, 6), batch=torch.arange(2).repeat_interleave(25), batch_size=2).shape
    torch.Size([2, 60])

    Source: Qin et al. 2022 (paper A), Eq. 1-10, Fig. 2.
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        num_frames: int = 20,
        widths: Sequence[int] = (64, 128, 256, 512),
        kind: Kind = "V",
        directed: bool = False,
        dropout: float = 0.0,
        across_persons: bool = False,
    ) -> None:
        super().__init__()
        self.across_persons = across_persons
        joints = topology.num_joints
        self.num_joints = joints
        self.num_frames = num_frames
        self.in_channels = in_channels
        self.input_norm = nn.BatchNorm1d(joints * in_channels)
        self.velocity_norm = nn.BatchNorm1d(joints * in_channels)
        self.input_embedding = Embedding(in_channels, 64, 64)
        self.velocity_embedding = Embedding(in_channels, 64, 64)
        self.joint_embedding = Embedding(joints, 64, 64)
        self.frame_embedding = Embedding(num_frames, 128, 128)
        channels = (128, *widths)
        self.blocks = nn.Sequential(
            *(SelfAttentionBlock(c_in, c_out, kind=kind, directed=directed) for c_in, c_out in pairwise(channels))
        )
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels[-1], num_classes)

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]`` or in the ``x`` of a PyG batch."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        check_frames(x, self.num_frames)
        x = to_persons(x, self.num_joints, self.in_channels)  # [P, T, V, C]
        persons, frames, joints, _ = x.shape
        x, velocity = normed_motion(x, self.input_norm, self.velocity_norm)
        z = self.velocity_embedding(velocity) + self.input_embedding(x)  # [P, T, V, 64]
        joint = self.joint_embedding(torch.eye(joints, dtype=z.dtype, device=z.device))  # [V, 64]
        frame = self.frame_embedding(torch.eye(frames, dtype=z.dtype, device=z.device))[:, None]  # [T, 1, 128]
        types = joint + frame[..., 64:]  # [T, V, 64]
        z = torch.cat([z + frame[..., :64], types.expand(persons, -1, -1, -1)], dim=-1)  # [P, T, V, 128]
        if self.across_persons:
            z = join_persons(z, batch, batch_size)  # [B, T, M V, 128]
        z = mean_over_body(self.blocks(z))  # [P or B, 512]
        if not self.across_persons:
            z = mean_over_persons(z, joints, batch, batch_size)
        return self.classifier(self.dropout(z))
