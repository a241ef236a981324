"""Paper A's block: self-attention, residual, norm, activation."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks.drop_path import DropPath
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.conv import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.fuse import Fusible, fold

Kind = Literal["V", "S1", "S2", "T1", "T2", "ST"]
"""The blocks of paper A, Table 1 and Fig. 5."""


class SelfAttentionBlock(Fusible):
    r"""Self-attention among joints, frames or both, a residual, batch norm and ReLU.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}\left(h(f(x)\, g(x)) + r(x)\right)\right), \qquad
        f(x) = \mathrm{softmax}\left(\theta(x)^\top \varphi(x)\right)

    ========  ===============================  ======================  =========================================
    kind      attends among                    g, h                    r
    ========  ===============================  ======================  =========================================
    ``V``     joints, each frame               C to C', none           convolution over three frames, C to C'
    ``S1``    joints, each frame               C to C, C to C'         identity, or C to C' where they differ
    ``S2``    joints, whole clip               C to C, C to C'         as S1
    ``T1``    frames, each joint               C to C, C to C'         as S1
    ``T2``    frames, whole body               C to C, C to C'         as S1
    ``ST``    joints and frames                C to C, C to C'         as S1
    ========  ===============================  ======================  =========================================

    θ and φ map C to C and are one projection where the graph is undirected; logits are not scaled.

    Assumption: one batch norm, after the sum; together with the widths it reproduces the paper's size.

    Args:
        in_channels: C.
        out_channels: C'.
        kind: The block of the table.
        directed: Separate projections for queries and keys.

    Shapes:
        - **x** ``[P, T, V, in_channels]``
        - **output** ``[P, T, V, out_channels]``

    Raises:
        ValueError: The kind is unknown.

    >>> import torch
    >>> from tg_skeleton.nn import SelfAttentionBlock
    >>> SelfAttentionBlock(16, 32)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 32])

    Source: Qin et al. 2022 (paper A), Eq. 8-10, Table 1, Fig. 4 and 5.
    """

    def __init__(self, in_channels: int, out_channels: int, *, kind: Kind = "V", directed: bool = False) -> None:
        super().__init__()
        if kind not in get_args(Kind):
            raise ValueError(f"kind: expected one of {get_args(Kind)}, got {kind!r}")
        self.kind = kind
        inner = out_channels if kind == "V" else in_channels
        self.attention: nn.Module
        if kind in ("V", "S1", "S2"):
            self.attention = SpatialSelfAttention(
                in_channels, inner, per_frame=kind != "S2", directed=directed, alpha=0.0, scale=False
            )
        elif kind in ("T1", "T2"):
            self.attention = TemporalSelfAttention(
                in_channels, inner, per_joint=kind == "T1", directed=directed, scale=False
            )
        else:
            self.attention = SpatioTemporalSelfAttention(in_channels, inner, directed=directed, alpha=0.0, scale=False)
        self.lin_out = nn.Identity() if kind == "V" else nn.Linear(in_channels, out_channels)
        self.residual: nn.Module
        if kind == "V":
            self.residual = TemporalConv(in_channels, out_channels, 3)
        else:
            self.residual = nn.Identity() if in_channels == out_channels else nn.Linear(in_channels, out_channels)
        self.drop_path = DropPath()
        self.norm: nn.Module = nn.BatchNorm1d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        y, residual = self.drop_path(self.lin_out(self.attention(x))), self.residual(x)  # [P, T, V, C']
        rows, around = y.flatten(0, -2), residual.flatten(0, -2)  # [P T V, C']; an exporter follows sums of rows
        plain = residual is x or torch.is_grad_enabled() or torch.compiler.is_compiling()
        rows = rows + around if plain else around.add_(rows)
        return self.norm(rows).relu_().view(*x.shape[:-1], -1)

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        if self.kind != "V":
            self.norm = fold(self.norm, self.lin_out, self.residual)
        elif isinstance(self.attention, SpatialSelfAttention):
            value = self.attention.lin_value
            self.norm = fold(self.norm, self.residual, value)
            assert isinstance(self.residual, TemporalConv)
            if isinstance(value, nn.Linear) and value.bias is not None and self.residual.bias is not None:
                with torch.no_grad():  # weights of a query sum to one: the bias may be the residual's
                    self.residual.bias += value.bias
                value.register_parameter("bias", None)
