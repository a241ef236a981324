"""How fast are the published forms, two bodies a clip, and what is gained by computing an absent body once?"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import cast

import torch
from torch import nn

from tests.benchmark import comparators
from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Decimal, Peak, Ratio, Run, Table, milliseconds, peak_memory
from tests.benchmark.steps import Inputs, filled, forward, loaded, precisions, sgd, step, theirs
from tg_skeleton import NTU25
from tg_skeleton.models import AAGCN, AGCN, CTRGCN, DGNN, MSG3D, MSTGCN, STTR, DualHeadNet, HyperGCN, ShiftGCN

FRAMES = 64

PERSONS = {"two in every clip": (2,), "two in one clip of five": (2, 1, 1, 1, 1)}

FORMS: dict[str, tuple[Callable[[], nn.Module], int]] = {  # with the channels that each one reads
    "AGCN": (lambda: AGCN(NTU25, 3, CLASSES), 3),
    "AAGCN": (lambda: AAGCN(NTU25, 3, CLASSES), 3),
    "DGNN": (lambda: DGNN(NTU25, 6, CLASSES), 6),
    "MSG3D": (lambda: MSG3D(NTU25, 3, CLASSES), 3),
    "DualHeadNet": (lambda: DualHeadNet(NTU25, 3, CLASSES), 3),
    "CTRGCN": (lambda: CTRGCN(NTU25, 3, CLASSES), 3),
    "ShiftGCN": (lambda: ShiftGCN(NTU25, 3, CLASSES), 3),
    "STTR, without dropout": (lambda: STTR(NTU25, 3, CLASSES, dropout=0.0, key_dropout=0.0), 3),
    "HyperGCN": (lambda: HyperGCN(NTU25, 3, CLASSES), 3),
    "MSTGCN": (lambda: MSTGCN(NTU25, 3, CLASSES), 3),
}


def run(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """SGD."""
    return [ctrgcn(device, clips or clips_on(device), frames)]


def run_absent(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """SGD."""
    return [once(device, clips or clips_on(device), frames)]


def clips_on(device: torch.device) -> int:
    return 40 if device.type == "cuda" else 5


def ctrgcn(device: torch.device, clips: int, frames: int) -> Table:
    """The same weights; α is no longer zero."""
    rows: list[tuple[object, ...]] = []
    for precision in precisions(device):
        for said, persons in PERSONS.items():
            runs = {who: contender(who, persons, device, clips, frames) for who in ("ours", "theirs")}
            for what in ("forward", "training step"):
                times = milliseconds(
                    {
                        who: forward(*one, precision) if what == "forward" else step(*one, sgd, precision)
                        for who, one in runs.items()
                    },
                    rounds=5,
                )
                cells: tuple[object, ...] = "", ""
                if what == "training step":
                    peaks = [peak_memory(step_of, who, persons, device, clips, frames) for who in runs]
                    cells = tuple(Decimal(added(peak) / 1e6) for peak in peaks)
                figures = Decimal(times["ours"]), Decimal(times["theirs"]), Ratio(times["theirs"] / times["ours"])
                rows.append((said, what, precision, *figures, *cells))
    header = ("persons", "", "precision", "CTRGCN ms", "channels first, padded ms", "padded / CTRGCN")
    title = f"CTR-GCN in published form, {clips} clips of {frames} frames, two bodies a clip"
    return Table(title, (*header, "memory of a step, MB", "padded, MB"), rows)


def once(device: torch.device, clips: int, frames: int) -> Table:
    """Against the same network with a hook in it, for which it computes every body."""
    rows: list[tuple[object, ...]] = []
    for name, (new, channels) in FORMS.items():
        torch.manual_seed(0)
        model, batch = new().to(device), ntu_like(clips, frames, channels, device=device)
        whole = watched(model)
        cells: list[object] = []
        for build in (forward, lambda network, inputs: step(network, inputs, sgd)):
            times = milliseconds({who: build(one, filled(batch)) for who, one in (("", model), ("all", whole))})
            cells += [Decimal(times[""]), Decimal(times["all"]), Ratio(times["all"] / times[""])]
        rows.append((name, *cells))
    title = f"Published forms, {clips} clips of {frames} frames, {batch.persons} persons, {2 * clips} bodies"
    return Table(title, ("", "forward ms", "every body ms", "gain", "step ms", "every body ms", "gain"), rows)


def watched(model: nn.Module) -> nn.Module:
    model = copy.deepcopy(model)
    cast(nn.Module, model.input_norm).register_forward_hook(nothing)
    return model


def nothing(module: nn.Module, inputs: object, output: object) -> None:
    """A hook."""


def contender(
    who: str, persons: tuple[int, ...], device: torch.device, clips: int, frames: int
) -> tuple[nn.Module, Inputs]:
    torch.manual_seed(0)
    model, batch = CTRGCN(NTU25, 3, CLASSES), ntu_like(clips, frames, 3, persons=persons, device=device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("alpha"):
                parameter.fill_(0.5)
    if who == "ours":
        return model.to(device), filled(batch)
    return loaded(comparators.CTRGCN(NTU25, 3, CLASSES), model).to(device), theirs(batch)


def step_of(who: str, persons: tuple[int, ...], device: torch.device, clips: int, frames: int) -> Run:
    return step(*contender(who, persons, device, clips, frames), sgd)


def added(peak: Peak) -> float:
    """The bytes that a step takes."""
    return peak.most - peak.before
