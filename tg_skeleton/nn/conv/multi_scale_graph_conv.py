"""MS-G3D's multi-scale graph convolution."""

from __future__ import annotations

from torch import Tensor

from tg_skeleton.nn.conv.multi_scale import MultiScale
from tg_skeleton.nn.sets import Sets


class MultiScaleGraphConv(MultiScale):
    r"""Graph convolution over the neighbors at every number of hops apart, each number with its own weights.

    .. math:: y = \mathrm{Concat}_{k=0}^{K-1}\big((\hat A_k + R_k)\, x\big)\, W + b, \qquad
        \hat A_k = D_k^{-1/2} A_k D_k^{-1/2}, \quad A_0 = I, \; A_k = 1[\mathrm{hops} = k] + I

    A node receives from the nodes exactly k hops away (and itself), so that near nodes do not dominate far ones, as in
    powers of an adjacency. R, the learnable part, starts near zero and is there only where ``num_nodes`` says
    how many nodes a set has.

    Assumption: in a graph with one-way edges, hops are counted along them, and a degree is the number of in-neighbors.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        num_scales: K, the scales k = 0 to K - 1.
        num_nodes: V, the nodes of every set: the adjacencies have a learnable part ``[K, V, V]``; None: they have none.
        bias: Whether the linear map has a bias.

    Shapes:
        - **x** ``[*, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), or the adjacencies of one set of n
          nodes, which all sets share, as ``[K, n, n]`` floats (target, source), see `nn.functional.hop_adjacencies`;
          **edge_weight** must be None; **batch** ``[N]``: the set of each node (None: one set)
        - **output** ``[*, N, out_channels]``

    Raises:
        ValueError: Channels, nodes, ``edge_index`` and ``batch`` do not fit each other, an edge joins two sets, edges
            are weighted, or a number is out of range.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import MultiScaleGraphConv
    >>> conv = MultiScaleGraphConv(16, 32, num_nodes=25)
    >>> conv(torch.randn(20, 25, 16), NTU25.edge_index).shape
    torch.Size([20, 25, 32])
    >>> conv = MultiScaleGraphConv(16, 32, num_scales=3)
    >>> conv(torch.randn(4, 16), torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), batch=torch.tensor([0, 0, 1, 1])).shape
    torch.Size([4, 32])

    Source: Liu et al. 2020 (MS-G3D), section 3.2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        num_scales: int = 13,
        num_nodes: int | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, num_scales=num_scales, num_nodes=num_nodes, frames=1, bias=bias)

    def _expand(self, hops: Tensor) -> Tensor:
        return hops

    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        graphs, shared = stack.size(0), sets.num_sets // stack.size(0)
        out = self._mix(x.reshape(-1, graphs, shared, stack.size(-1), x.size(-1)), stack)
        return out.reshape(*x.shape[:-1], self.out_channels)

    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        return self._propagate(x, stack, sets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}{self._switches()})"
