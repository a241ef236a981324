"""Saliency: the contribution of each joint in each frame to a prediction."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

Fill = Literal["zero", "mean"]
"""The replacement for hidden values: zeros, or the node's mean over the clip, which removes only its motion."""


def gradient_saliency(
    model: nn.Module,
    x: Tensor,
    batch: Tensor | None = None,
    batch_size: int | None = None,
    *,
    target: Tensor | None = None,
) -> Tensor:
    r"""Gradient times input: the first-order contribution of each joint in each frame to the prediction.

    .. math:: s_{t,n} = \sum_c x_{t,n,c} \frac{\partial z}{\partial x_{t,n,c}}, \qquad
        z = \ell_y - \frac{1}{K} \sum_k \ell_k

    z is the logit of the class minus the mean of all logits, since a common offset does not change the prediction.
    Positive values support the class, negative values oppose it. The network runs once, in evaluation mode; the
    gradients of its parameters are not changed.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import gradient_saliency
    >>> from tg_skeleton.models import ESAN
    >>> gradient_saliency(ESAN(NTU25, in_channels=6, num_classes=60), torch.randn(20, 50, 6)).shape
    torch.Size([20, 50])

    Args:
        model: A network of `tg_skeleton.models`, or one with the same calling convention.
        x: The input of the network.
        batch: The clip of each node. Default: a single clip.
        batch_size: The number of clips. Default: derived from ``batch``.
        target: The class of each clip. Default: the predicted classes.

    Shapes:
        - **x** ``[T, N, C]``, **batch** ``[N]``, **target** ``[B]``
        - **output** ``[T, N]``, in the layout of ``score``; with V joints per person, person p is
          ``[:, p V : (p + 1) V]``

    Raises:
        ValueError: ``target`` does not have one class of the network per clip.
    """
    batch, clips = _clips(x, batch, batch_size)
    training = model.training
    model.eval()
    try:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            logits = model(x, batch, clips)
            (gradient,) = torch.autograd.grad(_evidence(logits, _classes(logits, target)).sum(), x)
    finally:
        model.train(training)
    return (gradient * x).sum(-1).detach()


@torch.no_grad()
def occlusion_saliency(
    model: nn.Module,
    x: Tensor,
    batch: Tensor | None = None,
    batch_size: int | None = None,
    *,
    target: Tensor | None = None,
    window: int = 4,
    fill: Fill = "zero",
    clips_per_run: int = 64,
) -> Tensor:
    r"""Occlusion: the decrease of the evidence for a class when a joint is hidden for some frames.

    .. math:: s_{t,n} = z(x) - z(x \text{ without node } n \text{ in the frames of } t\text{'s window})

    z is defined as in `gradient_saliency`. Windows do not overlap, and the last may be shorter; each node is hidden
    once in each window, in copies of its clip that are run in batches. A window of the length of the clip gives the
    saliency of joints over the whole clip.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import occlusion_saliency
    >>> from tg_skeleton.models import ESAN
    >>> occlusion_saliency(ESAN(NTU25, in_channels=6, num_classes=60), torch.randn(20, 25, 6), window=10).shape
    torch.Size([20, 25])

    Args:
        model: A network of `tg_skeleton.models`, or one with the same calling convention.
        x: The input of the network.
        batch: The clip of each node. Default: a single clip.
        batch_size: The number of clips. Default: derived from ``batch``.
        target: The class of each clip. Default: the predicted classes.
        window: The number of frames hidden at once.
        fill: The replacement values, in all channels of the node.
        clips_per_run: The number of copies of a clip in a batch.

    Shapes:
        - **x** ``[T, N, C]``, **batch** ``[N]``, **target** ``[B]``
        - **output** ``[T, N]``, as in `gradient_saliency`

    Raises:
        ValueError: ``target`` does not have one class of the network per clip, ``window`` or ``clips_per_run`` is below
            1, or ``fill`` is unknown.
    """
    for name, value in (("window", window), ("clips_per_run", clips_per_run)):
        if value < 1:
            raise ValueError(f"{name}: expected at least 1, got {value}")
    if fill not in ("zero", "mean"):
        raise ValueError(f"fill: expected 'zero' or 'mean', got {fill!r}")
    batch, clips = _clips(x, batch, batch_size)
    blank = torch.zeros_like(x[:1]) if fill == "zero" else x.mean(0, keepdim=True)
    saliency = x.new_zeros(x.shape[:2])
    training = model.training
    model.eval()
    try:
        logits = model(x, batch, clips)
        classes = _classes(logits, target)
        whole = _evidence(logits, classes)
        for clip in range(clips):
            nodes = (batch == clip).nonzero().view(-1)
            hidden = _hidden(model, x[:, nodes], blank[:, nodes], classes[clip], window, clips_per_run)
            fallen = whole[clip] - hidden  # [W, n]
            saliency[:, nodes] = fallen.repeat_interleave(window, 0)[: x.size(0)].to(saliency.dtype)
    finally:
        model.train(training)
    return saliency


def _hidden(model: nn.Module, x: Tensor, blank: Tensor, target: Tensor, window: int, copies: int) -> Tensor:
    """The evidence of one clip ``[T, n, C]`` with each node hidden in each window, ``[W, n]``."""
    frames, nodes, _ = x.shape
    windows = -(-frames // window)
    window_of_frame = torch.arange(frames, device=x.device) // window
    left = []
    for cases in torch.arange(windows * nodes, device=x.device).split(copies):
        gone = (window_of_frame[:, None] == cases // nodes)[:, :, None]  # [T, R, 1]
        gone = gone & (torch.arange(nodes, device=x.device) == (cases % nodes)[:, None])  # [T, R, n]
        clips = torch.where(gone[..., None], blank[:, None], x[:, None])  # [T, R, n, C]
        batch = torch.arange(len(cases), device=x.device).repeat_interleave(nodes)
        logits = model(clips.flatten(1, 2), batch, len(cases))
        left.append(_evidence(logits, target.expand(len(cases))))
    return torch.cat(left).view(windows, nodes)


def _clips(x: Tensor, batch: Tensor | None, batch_size: int | None) -> tuple[Tensor, int]:
    """The clip of each node, and the number of clips."""
    if batch is None:
        return torch.zeros(x.size(1), dtype=torch.long, device=x.device), 1
    return batch, int(batch.max()) + 1 if batch_size is None else batch_size


def _classes(logits: Tensor, target: Tensor | None) -> Tensor:
    """The class of each clip, ``[B]``.

    Raises:
        ValueError: ``target`` does not have one class of the network per clip.
    """
    clips, classes = logits.shape
    if target is None:
        return logits.argmax(1)
    if tuple(target.shape) != (clips,) or not bool(((target >= 0) & (target < classes)).all()):
        raise ValueError(
            f"target: expected one class per clip, [{clips}] integers in 0..{classes - 1}, got {target.tolist()}"
        )
    return target.to(logits.device)


def _evidence(logits: Tensor, target: Tensor) -> Tensor:
    """The logit of the target minus the mean of all logits, ``[B]``."""
    logits = logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits
    return logits.gather(1, target[:, None]).squeeze(1) - logits.mean(1)
