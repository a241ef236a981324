"""Forward passes and training steps of the package's networks and of the comparators, ready to be timed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer

from tests.benchmark.comparators import channels_first_weights
from tests.benchmark.inputs import Clips
from tests.benchmark.measure import Run
from tg_skeleton.nn import fuse

Precision = Literal["float32", "bf16"]
"""bf16: autocast."""

NewOptimizer = Callable[[Iterable[nn.Parameter]], Optimizer]

Inputs = tuple[Tensor | int, ...]


def ours(clips: Clips) -> Inputs:
    """The input of the package's networks."""
    return clips.x, clips.batch, clips.size


def theirs(clips: Clips) -> Inputs:
    """The input of the comparators: absent persons are zeros."""
    return (clips.padded,)


def present(clips: Clips) -> Inputs:
    """The input of the comparators without absent persons: each present person as a separate clip."""
    frames, joints = clips.x.size(0), clips.padded.size(3)
    return (clips.x.view(frames, -1, joints, clips.x.size(2)).permute(1, 3, 0, 2).unsqueeze(-1).contiguous(),)


def filled(clips: Clips) -> Inputs:
    """The input of the package's networks in published form: two bodies a clip, absent persons are zeros."""
    size, channels, frames, joints, persons = clips.padded.shape
    x = clips.padded.permute(2, 0, 4, 3, 1).reshape(frames, -1, channels)
    batch = torch.arange(size, device=x.device).repeat_interleave(persons * joints)
    return x, batch, size


def loaded(comparator: nn.Module, model: nn.Module) -> nn.Module:
    """The comparator with the model's weights."""
    comparator.load_state_dict(channels_first_weights(model.state_dict(), comparator))
    return comparator


def forward(model: nn.Module, inputs: Inputs, precision: Precision = "float32", *, compiled: bool = False) -> Run:
    """Inference, of a fused network."""
    model = fuse(copy.deepcopy(model).eval())
    if compiled:
        model.compile(fullgraph=True, dynamic=False)
    device = next(model.parameters()).device.type

    def run() -> Tensor:
        with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
            return model(*inputs)

    return run


def step(
    model: nn.Module,
    inputs: Inputs,
    optimizer: NewOptimizer,
    precision: Precision = "float32",
    *,
    compiled: bool = False,
) -> Run:
    """Forward, cross entropy, backward, and an update of a copy's weights."""
    model = copy.deepcopy(model).train()
    if compiled:
        model.compile(fullgraph=True, dynamic=False)
    device = next(model.parameters()).device
    update = optimizer(model.parameters())
    y: list[Tensor] = []

    def run() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits = model(*inputs)
            if not y:
                y.append(torch.arange(logits.size(0), device=device) % logits.size(1))
            loss = cross_entropy(logits, y[0])
        loss.backward()
        update.step()
        update.zero_grad()

    return run


def adam(parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The optimizer of paper A."""
    return Adam(parameters, lr=1e-3, weight_decay=1e-4)


def sgd(parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The optimizer of paper B."""
    return SGD(parameters, lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)


def precisions(device: torch.device) -> tuple[Precision, ...]:
    """float32 everywhere; bf16 where it is faster."""
    return ("float32", "bf16") if device.type == "cuda" else ("float32",)
