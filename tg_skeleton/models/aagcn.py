"""AAGCN, one stream of MS-AAGCN."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.models.agcn import AGCN
from tg_skeleton.nn.blocks import AttentionGates, ResidualGCN
from tg_skeleton.nn.conv import AdaptiveGraphConv


class AAGCN(AGCN):
    r"""The attention-enhanced adaptive graph convolutional network: 2s-AGCN with free graphs, and gates.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{BN}(\Gamma * \mathrm{gates}(h)) + \mathrm{res}(x)\right), \qquad
        h = \mathrm{ReLU}\left(\mathrm{BN}\left(\sum\nolimits_k (A_k + \alpha C_k)\, x W_k\right)
        + \mathrm{res}'(x)\right)

    Each block learns its A from the skeleton on, C is inferred from the clip, and α, one number a block, starts at
    zero. The rest is `AGCN`'s, whose arguments, shapes and errors it shares. The paper adds the scores of four such
    networks: joints, bones, and the motion of either.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import AAGCN
    >>> model = AAGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    3781668
    >>> model(torch.randn(30, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Shi et al. 2020, "Skeleton-based action recognition with multi-stream adaptive graph convolutional
    networks" (MS-AAGCN).
    """

    def _spatial(self, c_in: int, c_out: int, adjacency: Tensor) -> nn.Module:
        conv = AdaptiveGraphConv(c_in, c_out, topology=adjacency, normalize="tanh")
        return nn.Sequential(ResidualGCN(conv), AttentionGates(c_out, self.num_joints))
