"""How do bf16 autocast and channels-last memory affect the package's networks and the comparators?"""

from __future__ import annotations

import copy

import torch
from torch import nn

from tests.benchmark import comparators
from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Decimal, Ratio, Run, Table, milliseconds
from tests.benchmark.steps import Precision, adam, forward, loaded, ours, step, theirs
from tg_skeleton import NTU25
from tg_skeleton.models import ESAN, AMANet

CASES = (("ESAN", 6, 20), ("AMANet", 12, 64))
"""Network, channels, frames."""


def run(device: torch.device, clips: int | None = None) -> list[Table]:
    """The same weights in every row; ratios to the package's network in float32."""
    clips = clips or (64 if device.type == "cuda" else 16)
    return [compared(*case, clips, device) for case in CASES]


def compared(name: str, channels: int, frames: int, clips: int, device: torch.device) -> Table:
    torch.manual_seed(0)
    batch = ntu_like(clips, frames, channels, device=device)
    model, comparator = networks(name, channels, device)
    last = copy.deepcopy(comparator)
    for part in last.modules():
        if isinstance(part, nn.Conv2d):  # takes its layout from input or weights, whichever is channels-last
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    networks_of = {
        "ours": (model, ours(batch)),
        "channels first, padded": (comparator, theirs(batch)),
        "the same in channels-last memory": (last, theirs(batch)),
    }
    precisions: tuple[Precision, ...] = ("float32", "bf16")
    timed = {
        what: milliseconds(
            {
                (who, precision): build(*contender, precision=precision)
                for who, contender in networks_of.items()
                for precision in precisions
            }
        )
        for what, build in (("forward", forward), ("training step", training_step))
    }
    rows = [
        (who, precision, *(cell for times in timed.values() for cell in cells(times, who, precision)))
        for who in networks_of
        for precision in precisions
    ]
    title = f"{name}, {clips} clips of {frames} frames, {batch.persons} persons ({2 * clips} padded)"
    return Table(title, ("", "precision", "forward ms", "of ours", "training step ms", "of ours"), rows)


def cells(times: dict[tuple[str, Precision], float], who: str, precision: Precision) -> tuple[object, object]:
    time = times[who, precision]
    return Decimal(time), Ratio(time / times["ours", "float32"])


def training_step(model: nn.Module, inputs: tuple[torch.Tensor | int, ...], *, precision: Precision) -> Run:
    return step(model, inputs, adam, precision)


def networks(name: str, channels: int, device: torch.device) -> tuple[nn.Module, nn.Module]:
    new, other = {"ESAN": (ESAN, comparators.ESAN), "AMANet": (AMANet, comparators.AMANet)}[name]
    model = new(NTU25, channels, CLASSES).to(device)
    return model, loaded(other(NTU25, channels, CLASSES), model).to(device)
