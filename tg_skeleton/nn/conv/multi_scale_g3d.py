"""MS-G3D's spatio-temporal graph convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tg_skeleton.nn.conv.multi_scale import MultiScale
from tg_skeleton.nn.sets import Sets


def window_hops(hops: Tensor, window: int) -> Tensor:
    r"""The hops among the τ·V nodes of a window, whose adjacency is that of the skeleton tiled with self-loops.

    .. math:: \tilde A = \mathrm{tile}(A + I, \tau \times \tau) - I

    An edge leads to a joint's neighbors in any frame of the window, and to the joint itself in any other frame. So two
    different joints are as far apart as in the skeleton, whatever their frames, for a path changes frames as it goes;
    the same joint in two frames is one hop apart.

    Shapes:
        - **hops** ``[*, V, V]`` integers, as `Topology.hops` has them, negative where there is no path
        - **output** ``[*, τ V, τ V]``, node t·V + v being joint v in frame t

    >>> import torch
    >>> from tg_skeleton.nn.conv.multi_scale_g3d import window_hops
    >>> window_hops(torch.tensor([[0, 1], [1, 0]]), 2)
    tensor([[0, 1, 1, 1],
            [1, 0, 1, 1],
            [1, 1, 0, 1],
            [1, 1, 1, 0]])
    >>> window_hops(torch.tensor([[0, 2], [2, 0]]), 2)[0]
    tensor([0, 2, 1, 2])
    """
    tiled = hops.repeat(*[1] * (hops.dim() - 2), window, window)
    joint = torch.eye(hops.size(-1), dtype=torch.bool, device=hops.device).repeat(window, window)
    node = torch.eye(tiled.size(-1), dtype=torch.bool, device=hops.device)
    return torch.where(joint & ~node, 1, tiled)


class MultiScaleG3D(MultiScale):
    r"""Multi-scale graph convolution over all joints and frames of a window, for every window.

    .. math:: y_t = \mathrm{Concat}_{k=0}^{K-1}\big((\hat A_k + R_k)\, x_{(t)}\big)\, W + b, \qquad
        \hat A_k = D_k^{-1/2} A_k D_k^{-1/2}, \quad A_0 = I, \; A_k = 1[\mathrm{hops}_\tau = k] + I

    A window x(t) holds the frames t - ⌊τ/2⌋ to t + ⌊τ/2⌋, t = 0, s, 2s, ..., as τ·N nodes; frames beyond the clip are
    zero. Its graph, tile(A + I), joins a node to its neighbors and to itself in all frames of the window: see
    `window_hops`. The rest of the paper's block (norm, ReLU, reducing a window to one frame) is `G3D`.

    Assumption: in a graph with one-way edges, hops are counted along them, and a degree is the number of in-neighbors.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        window: τ, the frames of a window, odd, or (τ, s) with the stride s between windows.
        num_scales: K, the scales k = 0 to K - 1.
        num_nodes: V, the nodes of every set: the adjacencies have a learnable part ``[K, τ V, τ V]``; None: they have
            none.
        bias: Whether the linear map has a bias.

    Shapes:
        - **x** ``[*, T, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), the skeleton's, or the window's
          adjacencies of one set of n nodes, which all sets share, as ``[K, τ n, τ n]`` floats (target, source), see
          `nn.functional.hop_adjacencies`; **edge_weight** must be None; **batch** ``[N]``: the set of each node (none:
          one set)
        - **output** ``[*, ⌈T / s⌉, τ, N, out_channels]``

    Raises:
        ValueError: Channels, frames, nodes, ``edge_index`` and ``batch`` do not fit each other, an edge joins two sets,
            edges are weighted, the window is even, or a number is out of range.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import MultiScaleG3D
    >>> MultiScaleG3D(16, 32, window=(3, 2), num_nodes=25)(torch.randn(8, 21, 25, 16), NTU25.edge_index).shape
    torch.Size([8, 11, 3, 25, 32])

    Source: Liu et al. 2020 (MS-G3D), section 3.3.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        window: int | tuple[int, int] = 3,
        num_scales: int = 6,
        num_nodes: int | None = None,
        bias: bool = True,
    ) -> None:
        frames, stride = window if isinstance(window, tuple) else (window, 1)
        if frames < 1 or frames % 2 == 0 or stride < 1:
            raise ValueError(f"window: expected an odd number of frames, and a stride of at least 1, got {window}")
        super().__init__(
            in_channels, out_channels, num_scales=num_scales, num_nodes=num_nodes, frames=frames, bias=bias
        )
        self.window, self.stride = frames, stride

    def _check_features(self, x: Tensor) -> None:
        super()._check_features(x)
        if x.dim() < 3:
            raise ValueError(
                f"x: expected [*, T, N, C] (frames before nodes), got {list(x.shape)}; "
                "without frames, MultiScaleGraphConv is the operator to use"
            )

    def _expand(self, hops: Tensor) -> Tensor:
        return window_hops(hops, self.window)

    def _windows(self, x: Tensor) -> Tensor:
        """``[*, T, N, C]`` to ``[*, ⌈T / s⌉, τ, N, C]``, a view of the padded clip: windows overlap in memory."""
        x = F.pad(x, (0, 0, 0, 0, self.window // 2, self.window // 2))
        return x.unfold(-3, self.window, self.stride).movedim(-1, -3)

    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        num_sets, graphs = sets.num_sets, stack.size(0)
        clips = x.unflatten(-2, (num_sets, -1)).movedim(-3, -4)  # [*, S, T, n, C]
        lead, nodes = clips.shape[:-3], clips.size(-2)
        if graphs == 1 and self._slides(nodes):
            out = self._slide(clips.reshape(-1, *clips.shape[-3:]), stack[0])  # [L S, T / s, τ, n, C']
        else:
            windows = self._windows(clips).flatten(-3, -2)  # [*, S, T / s, τ n, C]
            each = num_sets // graphs * windows.size(-3)
            out = self._mix(windows.reshape(-1, graphs, each, *windows.shape[-2:]), stack)
        out = out.reshape(*lead, -1, self.window, nodes, self.out_channels)
        return out.movedim(-5, -3).flatten(-3, -2)

    def _slides(self, nodes: int) -> bool:
        """Whether `_slide` multiplies less than `_mix`, per scale and window of nodes."""
        tokens, into, out = self.window * nodes, self.in_channels, self.out_channels
        return self.stride * nodes * into * out + tokens**2 * out < tokens * into * out + tokens**2 * min(into, out)

    def _slide(self, x: Tensor, stack: Tensor) -> Tensor:
        """The linear map of each frame once, not once per window that has it; then the adjacencies as a convolution.

        Over time, with one filter for all channels: its inputs are the nodes at every scale, its outputs the nodes of a
        window. ``[L, T, n, C]`` to ``[L, ⌈T / s⌉, τ, n, C']``.
        """
        scales, nodes = self.num_scales, x.size(-2)
        maps = stack.view(scales, -1, self.window, nodes).permute(1, 3, 0, 2)  # [τ n, n, K, τ]
        z = self._project(x).unflatten(-1, (scales, -1)).flatten(-3, -2)  # [L, T, n K, C']
        z = z.transpose(1, 2).contiguous(memory_format=torch.channels_last)  # [L, n K, T, C']
        y = F.conv2d(z, maps.flatten(1, 2).unsqueeze(-1), stride=(self.stride, 1), padding=(self.window // 2, 0))
        y = y.transpose(1, 2).unflatten(2, (self.window, nodes)).contiguous()  # [L, T / s, τ, n, C']
        return y if self.lin_out.bias is None else y + self.lin_out.bias

    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        windows = self._windows(x)
        return self._propagate(windows.flatten(-3, -2), stack, sets).unflatten(-2, windows.shape[-3:-1])

    def __repr__(self) -> str:
        window = self.window if self.stride == 1 else (self.window, self.stride)
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}, window={window}{self._switches()})"
