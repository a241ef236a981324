"""SGN, the network that guides its graph by semantics."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.persons import clips_in, mean_over_persons, to_persons
from tg_skeleton.models.semantics import Embedding, check_frames, normed_motion
from tg_skeleton.nn.blocks import ChannelNorm, TemporalConv
from tg_skeleton.nn.functional import attention_weights
from tg_skeleton.topology import Topology


class SGN(nn.Module):
    r"""The semantics-guided network: a graph that each frame makes for itself, and a short convolution over frames.

    .. math::
        z = \mathrm{cat}(\tilde p + \tilde v, \tilde J), \quad
        G = \mathrm{softmax}\left(g_1(z)\, g_2(z)^\top\right), \qquad
        z \leftarrow \mathrm{ReLU}\left(\mathrm{BN}\left(G z W + z W' + b\right)\right) \text{ three times}

    p̃ and ṽ embed positions and velocities, J̃ and T̃ joint types and frame indices. T̃ is added after the graph
    layers; then follow the maximum over joints, a convolution over three frames, a linear map, the maximum over frames,
    the mean over persons, and a linear classifier. Weights of k × 1 maps to C channels start as N(0, 2 / (k C)), the W
    as zero, so that at first every joint is alone.

    Assumption: batch norms and widths beyond the paper's text are those with which it has 691,048 parameters on NTU
    RGB+D 60. Differs from the paper: of a clip of several persons, the features are averaged; there, two persons are
    one after another in time, which `SplitPersons` does.

    Args:
        topology: The skeleton; gives V.
        in_channels: Channels of ``x``: 3 for joints in 3-D.
        num_classes: Classes to tell apart.
        num_frames: T, the frames of a clip.
        dropout: Dropout between the convolution over frames and the linear map.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: ``x`` or ``batch`` does not fit the topology, the channels or the frames.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import SGN
    >>> model = SGN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    691048
    >>> model(torch.randn(20, 50, 3), batch=torch.arange(2).repeat_interleave(25), batch_size=2).shape
    torch.Size([2, 60])

    Source: Zhang et al. 2020, "Semantics-guided neural networks for efficient skeleton-based human action recognition".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        num_frames: int = 20,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        joints = topology.num_joints
        self.num_joints = joints
        self.num_frames = num_frames
        self.in_channels = in_channels
        self.position_norm = nn.BatchNorm1d(joints * in_channels)
        self.velocity_norm = nn.BatchNorm1d(joints * in_channels)
        self.position_embedding = Embedding(in_channels, 64, 64)
        self.velocity_embedding = Embedding(in_channels, 64, 64)
        self.joint_embedding = Embedding(joints, 64, 64)
        self.frame_embedding = Embedding(num_frames, 64, 256)
        self.lin_query = nn.Linear(128, 256)
        self.lin_key = nn.Linear(128, 256)
        layers = [_GraphLayer(c_in, c_out) for c_in, c_out in pairwise((128, 128, 256, 256))]
        self.layers = nn.ModuleList(layers)
        self.temporal = nn.Sequential(TemporalConv(256, 256, 3), ChannelNorm(256), nn.ReLU(), nn.Dropout(dropout))
        self.head = nn.Sequential(nn.Linear(256, 512), ChannelNorm(512), nn.ReLU())
        self.classifier = nn.Linear(512, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Linear | TemporalConv) and module is not self.classifier:
                per_input = module.weight.numel() // module.weight.size(1)
                nn.init.normal_(module.weight, 0.0, math.sqrt(2.0 / per_input))
        for layer in layers:
            nn.init.zeros_(layer.lin_neighbours.weight)

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]`` or in the ``x`` of a PyG batch."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        check_frames(x, self.num_frames)
        x = to_persons(x, self.num_joints, self.in_channels)  # [P, T, V, C]
        persons, frames, joints, _ = x.shape
        x, velocity = normed_motion(x, self.position_norm, self.velocity_norm)
        z = self.position_embedding(x) + self.velocity_embedding(velocity)  # [P, T, V, 64]
        joint = self.joint_embedding(torch.eye(joints, dtype=z.dtype, device=z.device))  # [V, 64]
        frame = self.frame_embedding(torch.eye(frames, dtype=z.dtype, device=z.device))  # [T, 256]
        z = torch.cat([z, joint.expand(persons, frames, -1, -1)], dim=-1)  # [P, T, V, 128]
        graph = attention_weights(self.lin_query(z), self.lin_key(z))  # [P, T, V, V]
        for layer in self.layers:
            z = layer(z, graph)  # [P, T, V, 256]
        z = (z + frame[:, None]).amax(dim=2, keepdim=True)  # [P, T, 1, 256]
        z = self.head(self.temporal(z)).amax(dim=(1, 2))  # [P, 512]
        return self.classifier(mean_over_persons(z, joints, batch, batch_size))


class _GraphLayer(nn.Module):
    """Sum of a linear map of the graph's mean and one of the joint itself."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.lin_neighbours = nn.Linear(in_channels, out_channels, bias=False)
        self.lin_self = nn.Linear(in_channels, out_channels)
        self.norm = ChannelNorm(out_channels)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        """``x [P, T, V, C]`` and ``graph [P, T, V, V]`` -> ``[P, T, V, C']``."""
        return self.norm(self.lin_neighbours(graph @ x) + self.lin_self(x)).relu()
