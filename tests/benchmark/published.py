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
from tests.benchmark.steps import Inputs, filled, forward, loaded, ours, precisions, sgd, step, theirs
from tg_skeleton import NTU25
from tg_skeleton.models import (
    AAGCN,
    AGCN,
    CTRGCN,
    DGNN,
    MSG3D,
    MSTGCN,
    STGCNPP,
    STTR,
    DualHeadNet,
    HyperGCN,
    ShiftGCN,
)
from tg_skeleton.models.input_norm import InputNorm

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


COMPARED: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module], int]] = {  # ours, theirs, channels
    "CTRGCN": (lambda: CTRGCN(NTU25, 3, CLASSES), lambda: comparators.CTRGCN(NTU25, 3, CLASSES), 3),
    "AAGCN": (lambda: AAGCN(NTU25, 3, CLASSES), lambda: comparators.AAGCN(NTU25, 3, CLASSES), 3),
    "STGCNPP": (lambda: STGCNPP(NTU25, 3, CLASSES), lambda: comparators.STGCNPP(NTU25, 3, CLASSES), 3),
    "MSTGCN": (lambda: MSTGCN(NTU25, 3, CLASSES), lambda: comparators.MSTGCN(NTU25, 3, CLASSES), 3),
    "ShiftGCN": (lambda: ShiftGCN(NTU25, 3, CLASSES), lambda: comparators.ShiftGCN(NTU25, 3, CLASSES), 3),
    "DGNN": (lambda: DGNN(NTU25, 6, CLASSES), lambda: comparators.DGNN(NTU25, 6, CLASSES), 6),
    "STTR": (lambda: STTR(NTU25, 3, CLASSES), lambda: comparators.STTR(NTU25, 3, CLASSES), 3),
    "STTR, temporal": (
        lambda: STTR(NTU25, 3, CLASSES, attention="temporal"),
        lambda: comparators.STTR(NTU25, 3, CLASSES, attention="temporal"),
        3,
    ),
}


def run(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """SGD; any number of persons per clip where the published form has one norm for all."""
    return [compared(device, clips or clips_on(device), frames)]


def run_memory(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """Of a step."""
    return [memory(device, clips or clips_on(device), frames)]


def run_absent(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """SGD."""
    return [once(device, clips or clips_on(device), frames)]


def clips_on(device: torch.device) -> int:
    return 40 if device.type == "cuda" else 5


def compared(device: torch.device, clips: int, frames: int) -> Table:
    """The same weights; the α of CTR-GCN and AAGCN is no longer zero."""
    rows: list[tuple[object, ...]] = []
    for name in COMPARED:
        for said, persons in PERSONS.items():
            runs = {who: contender(name, who, persons, device, clips, frames) for who in ("ours", "theirs")}
            for precision in precisions(device):
                cells: list[object] = []
                for build in (forward, lambda model, inputs, precision: step(model, inputs, sgd, precision)):
                    times = milliseconds({who: build(*one, precision) for who, one in runs.items()})
                    ratio = Ratio(times["theirs"] / times["ours"])
                    cells += [Decimal(times["ours"]), Decimal(times["theirs"]), ratio]
                rows.append((name, said, precision, *cells))
    header = ("", "persons", "precision", "forward ms", "channels first, padded ms", "ratio")
    title = f"Published forms against the field's layout, {clips} clips of {frames} frames"
    return Table(title, (*header, "training step ms", "channels first, padded ms", "ratio"), rows)


def memory(device: torch.device, clips: int, frames: int) -> Table:
    """What a step takes."""
    rows: list[tuple[object, ...]] = []
    for name in COMPARED:
        for said, persons in PERSONS.items():
            peaks = [peak_memory(step_of, name, who, persons, device, clips, frames) for who in ("ours", "theirs")]
            mine, padded = (added(peak) / 1e6 for peak in peaks)
            rows.append((name, said, Decimal(mine), Decimal(padded), Ratio(padded / mine)))
    title = f"Memory of a training step, {clips} clips of {frames} frames"
    return Table(title, ("", "persons", "MB", "channels first, padded, MB", "ratio"), rows)


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
    name: str, who: str, persons: tuple[int, ...], device: torch.device, clips: int, frames: int
) -> tuple[nn.Module, Inputs]:
    torch.manual_seed(0)
    new, other, channels = COMPARED[name]
    model, batch = new(), ntu_like(clips, frames, channels, persons=persons, device=device)
    with torch.no_grad():
        for part, parameter in model.named_parameters():
            if part.endswith("alpha"):
                parameter.fill_(0.5)
    if who == "theirs":
        return loaded(other(), model).to(device), theirs(batch)
    two = cast(InputNorm, model.input_norm).num_persons > 1
    return model.to(device), filled(batch) if two else ours(batch)


def step_of(name: str, who: str, persons: tuple[int, ...], device: torch.device, clips: int, frames: int) -> Run:
    return step(*contender(name, who, persons, device, clips, frames), sgd)


def added(peak: Peak) -> float:
    """The bytes that a step takes."""
    return peak.most - peak.before
