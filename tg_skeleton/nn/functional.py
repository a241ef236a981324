"""The attention kernel and normalized adjacencies."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_NEGLIGIBLE = -40.0
"""Logits this far below a row's maximum add less than 1e-17 to its sum. Unclamped, logits of about -90 become subnormal
weights, which a CPU multiplies many times more slowly: a training step of a trained ESAN, whose logits are not scaled,
took 2.9 times as long."""

_SMALL_MAP = 32
"""Number of keys up to which plain products beat torch's fused CPU kernel, forward and backward, by a factor of 1.1 to
1.9; see ``python -m tests.benchmark small_maps``. For larger maps, memory matters more."""


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    *,
    scale: float = 1.0,
    dropout: float = 0.0,
) -> Tensor:
    r"""Softmax attention, in one fused call where torch has one.

    .. math:: \mathrm{softmax}(s\, Q K^\top + B)\, V

    Shapes:
        - **query**, **key** ``[*, L, E]``, **value** ``[*, L, E_v]``, **bias** broadcastable to ``[*, L, L]``
        - **output** ``[*, L, E_v]``

    >>> import torch
    >>> from tg_skeleton.nn.functional import attention
    >>> attention(torch.zeros(1, 2, 4), torch.zeros(1, 2, 4), torch.tensor([[[1.0], [3.0]]])).flatten()
    tensor([2., 2.])
    """
    if query.device.type == "cpu" and (query.size(-1) != value.size(-1) or key.size(-2) <= _SMALL_MAP):
        # torch's fused CPU kernel requires equal widths, and for small maps the plain products are faster.
        weights = torch.dropout(attention_weights(query, key, bias, scale=scale), dropout, True)
        return weights @ value
    return F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=scale, dropout_p=dropout)


def attention_weights(query: Tensor, key: Tensor, bias: Tensor | None = None, *, scale: float = 1.0) -> Tensor:
    """The map of `attention`, ``softmax(s Q K^T + B)``: ``[*, L, E]`` twice to ``[*, L, L]``, (query, key)."""
    eager = not torch.compiler.is_compiling()
    if eager and key is query and query.requires_grad and torch.is_grad_enabled():
        logits: Tensor = _Gram.apply(query)
    else:
        logits = query @ key.transpose(-2, -1)
    logits = logits if scale == 1.0 else logits * scale
    logits = logits if bias is None else logits + bias
    if scale == 1.0 and logits.device.type == "cpu":  # only unscaled logits are that far apart
        logits = logits - logits.detach().amax(dim=-1, keepdim=True)
        if eager:
            logits.detach().clamp_(min=_NEGLIGIBLE)  # in place, outside autograd: negligible gradients
        else:
            logits = logits.clamp(min=_NEGLIGIBLE)
    return logits.softmax(dim=-1)


class _Gram(torch.autograd.Function):
    """Q Q^T, for queries that are the keys: one product in the backward pass, no copy of a transposed gradient."""

    @staticmethod
    def forward(query: Tensor) -> Tensor:
        return query @ query.mT

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (query,) = ctx.saved_tensors
        return ((gradient + gradient.mT) @ query.to(gradient.dtype)).to(query.dtype)


def own_gradient_serves(*tensors: Tensor) -> bool:
    """Whether a function with a gradient of its own may stand for torch's: on a CPU, in one precision of 32 or 64 bits.

    Autocast, compiled graphs and the transforms of `torch.func` need torch's.

    >>> import torch
    >>> from tg_skeleton.nn.functional import own_gradient_serves
    >>> own_gradient_serves(torch.ones(2), torch.ones(3)), own_gradient_serves(torch.ones(2), torch.ones(3).half())
    (True, False)
    """
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return False
    if torch.is_autocast_enabled("cpu") or len({tensor.dtype for tensor in tensors}) > 1:
        return False
    return all(tensor.device.type == "cpu" and tensor.dtype in (torch.float32, torch.float64) for tensor in tensors)


def normalized_adjacency(
    edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None = None, dtype: torch.dtype | None = None
) -> tuple[Tensor, Tensor]:
    r"""Å of a graph as edges: the GCN normalization with self-loops.

    .. math:: Å = \tilde D^{-1/2} (A + I) \tilde D^{-1/2}

    Equal to PyG's ``gcn_norm``, whose boolean indexing waits for the device; here no value is read back. A node that
    has a self-loop keeps the loop's weight.

    Shapes:
        - **edge_index** ``[2, E]`` (source, target), **edge_weight** ``[E]``
        - **output** ``[2, E + N]`` and the weights ``[E + N]``; given self-loops are edges of weight zero, since the
          last N edges are the self-loops

    Raises:
        ValueError: ``edge_index`` is not ``[2, E]``, or an edge names a node outside the graph.

    >>> import torch
    >>> from tg_skeleton.nn.functional import normalized_adjacency
    >>> normalized_adjacency(torch.tensor([[0, 1], [1, 0]]), 2)[1]
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    check_edges(edge_index, num_nodes)
    source, target = edge_index
    if edge_weight is None:
        edge_weight = torch.ones(source.size(0), dtype=dtype, device=source.device)
    given = source == target
    nodes = torch.arange(num_nodes, device=source.device)
    # An entry after the last node takes the weights of all edges that are no self-loops.
    loops = edge_weight.new_ones(num_nodes + 1).scatter(0, source.where(given, num_nodes), edge_weight)
    weights = torch.cat([edge_weight.masked_fill(given, 0.0), loops[:num_nodes]])
    edges = torch.cat([edge_index, nodes.expand(2, -1)], dim=1)
    degree = weights.new_zeros(num_nodes).index_add(0, edges[1], weights)
    root = degree.rsqrt().masked_fill(degree == 0, 0.0)
    return edges, root[edges[0]] * weights * root[edges[1]]


def check_edges(edge_index: Tensor, num_nodes: int) -> None:
    """Check that ``edge_index`` is ``[2, E]`` and that all its nodes exist.

    The values are checked on the CPU, and asynchronously on an accelerator; not on the meta device, and not in a
    compiled graph.

    Raises:
        ValueError: ``edge_index`` is not ``[2, E]``, or an edge names a node outside the graph.
    """
    if edge_index.dim() != 2 or edge_index.size(0) != 2 or edge_index.is_floating_point():
        raise ValueError(f"edge_index: expected integers [2, E], got {edge_index.dtype} {list(edge_index.shape)}")
    if not readable(edge_index):
        if edge_index.is_cuda and not torch.compiler.is_compiling():
            inside = (edge_index >= 0) & (edge_index < num_nodes)
            torch._assert_async(inside.all(), f"edge_index: names a node outside of the {num_nodes} nodes of x")
        return
    low, high = (int(end) for end in edge_index.aminmax()) if edge_index.numel() else (0, 0)
    if low < 0 or (edge_index.numel() and high >= num_nodes):
        raise ValueError(
            f"edge_index: names node {low if low < 0 else high}, but x has {num_nodes} nodes ([*, N, C]); "
            "pass the edge_index that belongs to x"
        )


def readable(tensor: Tensor) -> bool:
    """Whether values of a tensor can be read without waiting for a device: on the CPU, in a graph not compiled."""
    return tensor.device.type == "cpu" and not torch.compiler.is_compiling()


def dense_normalized_adjacency(
    edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Å of a graph as a matrix ``[N, N]``, indexed (target, source) like an attention map (query, key).

    >>> import torch
    >>> from tg_skeleton.nn.functional import dense_normalized_adjacency
    >>> dense_normalized_adjacency(torch.tensor([[0, 1], [1, 0]]), 2)
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    (source, target), weights = normalized_adjacency(edge_index, num_nodes, edge_weight, dtype)
    matrix = weights.new_zeros(num_nodes * num_nodes).index_add(0, target * num_nodes + source, weights)
    return matrix.view(num_nodes, num_nodes)


def hop_adjacencies(hops: Tensor, num_scales: int, dtype: torch.dtype | None = None) -> Tensor:
    r"""The disentangled adjacencies of a graph, one per scale: the nodes exactly k hops away, normalized like Å.

    .. math:: \hat A_k = D_k^{-1/2} A_k D_k^{-1/2}, \qquad A_0 = I, \quad A_k = 1[\mathrm{hops} = k] + I

    Args:
        hops: Length of the shortest path between each pair of nodes; negative where there is none.
        num_scales: K; the scales are k = 0 to K - 1. Scales beyond the longest path are I.
        dtype: Data type of the result. Default: torch's default data type.

    Shapes:
        - **hops** ``[*, V, V]`` integers (target, source), such as `Topology.hops`
        - **output** ``[*, K, V, V]`` (target, source)

    Raises:
        ValueError: ``hops`` is not a square matrix of integers that are zero on the diagonal only, or ``num_scales`` is
            below 1.

    >>> import torch
    >>> from tg_skeleton.nn.functional import hop_adjacencies
    >>> hop_adjacencies(torch.tensor([[0, 1], [1, 0]]), 2)
    tensor([[[1.0000, 0.0000],
             [0.0000, 1.0000]],
    <BLANKLINE>
            [[0.5000, 0.5000],
             [0.5000, 0.5000]]])

    Source: Liu et al. 2020 (MS-G3D), section 3.2.
    """
    if num_scales < 1:
        raise ValueError(f"num_scales: expected at least 1, got {num_scales}")
    if hops.dim() < 2 or hops.size(-2) != hops.size(-1) or hops.is_floating_point() or hops.dtype == torch.bool:
        raise ValueError(f"hops: expected integers [V, V], got {hops.dtype} {list(hops.shape)}")
    same = torch.eye(hops.size(-1), dtype=torch.bool, device=hops.device)
    if readable(hops) and not torch.equal(hops == 0, same.expand_as(hops)):
        raise ValueError(
            "hops: expected zeros on the diagonal and nowhere else, got another matrix (an adjacency?); pass the "
            "lengths of shortest paths, such as Topology.hops, negative where there is none"
        )
    scales = torch.arange(num_scales, device=hops.device).view(-1, 1, 1)
    adjacency = ((hops.unsqueeze(-3) == scales) | same).to(dtype or torch.get_default_dtype())
    scale = adjacency.sum(-1, keepdim=True).rsqrt()  # [*, K, V, 1]
    return scale * adjacency * scale.transpose(-2, -1)


def check_features(x: Tensor, in_channels: int) -> None:
    """Raise ValueError unless ``x`` is ``[*, N, in_channels]``."""
    if x.dim() < 2 or x.size(-1) != in_channels:
        raise ValueError(f"x: expected [*, N, {in_channels}] for in_channels = {in_channels}, got {list(x.shape)}")


def constant(value: Tensor) -> Tensor:
    """A constant of a module, on the default device: ``with torch.device("cuda"):`` builds whole networks there.

    On the CPU where the default is ``meta``, which would lose its values.
    """
    device = torch.get_default_device()
    return value.to("cpu" if device.type == "meta" else device)


def swapped(item: Tensor) -> Tensor:
    """Axes 1 and 2 exchanged; where one is known to have length 1, as a view in exported files, too.

    >>> import torch
    >>> from tg_skeleton.nn.functional import swapped
    >>> swapped(torch.zeros(2, 25, 1, 64)).shape
    torch.Size([2, 1, 25, 64])
    """
    for one, other in ((1, 2), (2, 1)):
        size = item.size(one)
        if isinstance(size, int) and size == 1:
            return item.squeeze(one).unsqueeze(other)
    return item.transpose(1, 2)
