"""Paper B's spatial feature extraction module."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished, joined
from tg_skeleton.nn.blocks.drop_path import DropPath
from tg_skeleton.nn.blocks.options import Value, check_adjacency, check_input, graph_weight, value_map
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.conv import SpatialSelfAttention
from tg_skeleton.nn.functional import constant
from tg_skeleton.nn.fuse import Fusible, fold, join


class SFEM(Fusible):
    r"""Attention among the joints of each frame, steered by the skeleton graph.

    .. math:: y_t = \mathrm{ReLU}\left(\mathrm{BN}(A_t V_t \Theta) + \mathrm{res}(V_t)\right), \qquad
        A_t = \mathrm{softmax}\left(Q_t K_t^\top / \sqrt C + \alpha Å\right)

    Assumption: one batch norm after Θ; V is the input itself, so that three of these in front of MS-G3D's spatial
    convolutions add 0.14 M parameters (the paper: 0.1 M); a residual that changes its channels does so by a 1×1
    convolution and batch norm.

    Args:
        in_channels: C.
        out_channels: C'.
        adjacency: Å, such as `Topology.normalized_adjacency`.
        alpha: Weight of Å.
        learned: Whether α is learned, from ``alpha`` on.
        value: V is the input, or a linear map of it.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **adjacency** ``[V, V]`` (target, source)
        - **output** ``[P, T, V, out_channels]``

    Raises:
        ValueError: The adjacency is not a square matrix of floats, ``value`` is unknown, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import SFEM
    >>> SFEM(12, 96, NTU25.normalized_adjacency)(torch.randn(2, 20, 25, 12)).shape
    torch.Size([2, 20, 25, 96])

    Source: paper B (AMANet, 2023), Eq. 10, Fig. 4.
    """

    adjacency: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        adjacency: Tensor,
        *,
        alpha: float = 0.8,
        learned: bool = False,
        value: Value = "input",
    ) -> None:
        super().__init__()
        self.register_buffer("adjacency", constant(check_adjacency(adjacency)), persistent=False)
        self.in_channels = in_channels
        self.attention: nn.Module = SpatialSelfAttention(in_channels, None, alpha=graph_weight(alpha, learned))
        self.lin_value = value_map(self, value, in_channels)
        self.lin_out = nn.Linear(in_channels, out_channels)
        self.norm: nn.Module = ChannelNorm(out_channels)
        self.residual = Shortcut(in_channels, out_channels)
        self.drop_path = DropPath()

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        check_input(x, self.in_channels, self.adjacency.size(0))
        y = joined(self.lin_out, self.lin_value, self.attention(x, self.adjacency))
        return finished(y, self.norm, self.residual(self.lin_value(x)), relu=True, drop=self.drop_path)

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        around = self.residual.lin
        self.residual.lin = join(around, self.lin_value) if isinstance(around, nn.Linear) else self.lin_value
        self.lin_out = join(self.lin_out, self.lin_value)
        self.lin_value = nn.Identity()
        self.norm = fold(self.norm, self.lin_out)
