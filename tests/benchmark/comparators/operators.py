"""Self-attention on channels-first tensors: ``[N, C, T, V]``, an einsum for logits, one for values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Projections(nn.Module):
    """Queries, keys and values by 1×1 convolutions."""

    def __init__(self, in_channels: int, out_channels: int, *, directed: bool = True) -> None:
        super().__init__()
        self.lin_query = nn.Conv2d(in_channels, in_channels, 1)
        self.lin_key = nn.Conv2d(in_channels, in_channels, 1) if directed else None
        self.lin_value = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query = self.lin_query(x)
        key = query if self.lin_key is None else self.lin_key(x)
        return query, key, self.lin_value(x)


def scaled(logits: Tensor, scale: float) -> Tensor:
    return logits if scale == 1.0 else logits * scale


def attend_joints(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, scale: float) -> Tensor:
    """The joints of each frame (SFEM, paper A's S1 and V)."""
    logits = scaled(torch.einsum("nctu,nctv->ntuv", query, key), scale)
    weights = (logits if bias is None else logits + bias).softmax(-1)
    return torch.einsum("ntuv,nctv->nctu", weights, value)


def attend_joints_of_clip(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, scale: float) -> Tensor:
    """The joints of a whole clip (S2)."""
    logits = scaled(torch.einsum("nctu,nctv->nuv", query, key), scale)
    weights = (logits if bias is None else logits + bias).softmax(-1)
    return torch.einsum("nuv,nctv->nctu", weights, value)


def attend_frames(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """The frames of each joint (JF, T1)."""
    weights = scaled(torch.einsum("nctv,ncsv->nvts", query, key), scale).softmax(-1)
    return torch.einsum("nvts,ncsv->nctv", weights, value)


def attend_groups(query: Tensor, key: Tensor, value: Tensor, scale: float, group: int) -> Tensor:
    """The whole frames of each group of frames (FF; T2 with one group)."""
    frames = query.size(2)
    padding = -frames % group
    query, key, value = (F.pad(item, (0, 0, 0, padding)).unflatten(2, (-1, group)) for item in (query, key, value))
    logits = scaled(torch.einsum("ncgtv,ncgsv->ngts", query, key), scale)
    if padding:
        logits[:, -1, :, group - padding :] = -torch.inf
    return torch.einsum("ngts,ncgsv->ncgtv", logits.softmax(-1), value).flatten(2, 3)[:, :, :frames]


def attend_windows(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, scale: float, window: int, stride: int
) -> Tensor:
    """The joints of all frames of each forward window (STFEM), ``[N, C, T / s, τ, V]``."""
    joints = query.size(3)
    query, key, value = (unfold_windows(item, window, stride) for item in (query, key, value))
    logits = scaled(torch.einsum("nctu,nctv->ntuv", query, key), scale)
    weights = (logits if bias is None else logits + bias).softmax(-1)
    return torch.einsum("ntuv,nctv->nctu", weights, value).unflatten(-1, (window, joints))


def unfold_windows(item: Tensor, window: int, stride: int) -> Tensor:
    """A copy of every window, zeros behind the clip: ``[N, C, T, V]`` to ``[N, C, T / s, τ V]``."""
    clips, channels, _, joints = item.shape
    item = F.unfold(F.pad(item, (0, 0, 0, window - 1)), (window, 1), stride=(stride, 1))  # [N, C τ, T / s V]
    item = item.view(clips, channels, window, -1, joints).transpose(2, 3).contiguous()
    return item.view(clips, channels, -1, window * joints)
