"""How do AMANet's size, speed and memory compare with the layout commonly used in the field?"""

from __future__ import annotations

from typing import Literal

import torch

from tests.benchmark import comparators
from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Count, Decimal, Ratio, Run, Table, milliseconds, peak_memory
from tests.benchmark.steps import Precision, forward, loaded, ours, precisions, sgd, step, theirs
from tg_skeleton import NTU25
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import AMANet

FRAMES, CHANNELS = 300, 12
WINDOWS = ((3,), (5,), (3, 5))

Contender = Literal["ours", "theirs"]


def run(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """Joint stream of NTU RGB+D 60: 25 joints, 12 channels; SGD."""
    return [sizes(frames), memory(device, clips or clips_on(device), frames)]


def run_speed(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """The same batch."""
    return [speed(device, clips or clips_on(device), frames)]


def clips_on(device: torch.device) -> int:
    """The number of clips for which a step of the comparator takes reasonable time and memory."""
    return 40 if device.type == "cuda" else 5


def sizes(frames: int) -> Table:
    rows: list[tuple[object, ...]] = []
    for windows in WINDOWS:
        model = AMANet(NTU25, CHANNELS, CLASSES, windows=windows)
        macs = (Decimal(multiplications(windows, persons, frames) / 1e9) for persons in (1, 2))
        rows.append((windows, Count(sum(parameter.numel() for parameter in model.parameters())), *macs))
    header = ("windows τ", "parameters", "GMACs, one person", "GMACs, two persons")
    return Table(f"AMANet, a clip of {frames} frames", header, rows)


def multiplications(windows: tuple[int, ...], persons: int, frames: int) -> float:
    model = AMANet(NTU25, CHANNELS, CLASSES, windows=windows).to("meta")
    return complexity(model, torch.empty(frames, 25 * persons, CHANNELS, device="meta")).macs


def speed(device: torch.device, clips: int, frames: int) -> Table:
    rows: list[tuple[object, ...]] = []
    for precision in precisions(device):
        for name, build in (("forward", forward_of), ("training step", step_of)):
            runs: dict[str, Run] = {who: build(who, device, clips, frames, (3,), precision) for who in CONTENDERS}
            times = milliseconds(runs)
            figures = (Decimal(times[who]) for who in CONTENDERS)
            rate = Decimal(clips / times["ours"] * 1e3)
            rows.append((name, precision, *figures, rate, Ratio(times["theirs"] / times["ours"])))
    persons = ntu_like(clips, 1, 1).persons
    title = f"AMANet, τ = 3, {clips} clips of {frames} frames, {persons} persons ({2 * clips} padded)"
    header = ("", "precision", "AMANet ms", "channels first, padded ms", "clips/s", "padded / AMANet")
    return Table(title, header, rows)


def memory(device: torch.device, clips: int, frames: int) -> Table:
    """Ratios of the memory of the whole process and of the memory added by the step; the comparator with τ = 3 only."""
    rows: list[tuple[object, ...]] = []
    for precision in precisions(device):
        for windows in WINDOWS:
            own = peak_memory(step_of, "ours", device, clips, frames, windows, precision)
            cells: tuple[object, ...] = "", "", ""
            if windows == WINDOWS[0]:
                padded = peak_memory(step_of, "theirs", device, clips, frames, windows, precision)
                whole, added = own.most / padded.most, (own.most - own.before) / (padded.most - padded.before)
                cells = Decimal(padded.most / 1e9), Ratio(whole), Ratio(added)
            rows.append((windows, precision, Decimal(own.before / 1e9), Decimal(own.most / 1e9), *cells))
    persons = ntu_like(clips, 1, 1).persons
    where = "of the process" if device.type == "cpu" else "allocated on the GPU"
    title = f"AMANet, memory {where}, training steps of {clips} clips of {frames} frames, {persons} persons"
    header = ("windows τ", "precision", "GB before the step", "AMANet GB", "channels first, padded GB")
    return Table(title, (*header, "AMANet / padded", "the same without what was there before"), rows)


CONTENDERS: tuple[Contender, ...] = ("ours", "theirs")


def forward_of(
    who: Contender, device: torch.device, clips: int, frames: int, windows: tuple[int, ...], precision: Precision
) -> Run:
    return forward(*_contender(who, device, clips, frames, windows), precision)


def step_of(
    who: Contender, device: torch.device, clips: int, frames: int, windows: tuple[int, ...], precision: Precision
) -> Run:
    return step(*_contender(who, device, clips, frames, windows), sgd, precision)


def _contender(
    who: Contender, device: torch.device, clips: int, frames: int, windows: tuple[int, ...]
) -> tuple[torch.nn.Module, tuple[torch.Tensor | int, ...]]:
    torch.manual_seed(0)
    batch = ntu_like(clips, frames, CHANNELS, device=device)
    model = AMANet(NTU25, CHANNELS, CLASSES, windows=windows).to(device)
    if who == "ours":
        return model, ours(batch)
    return loaded(comparators.AMANet(NTU25, CHANNELS, CLASSES, windows=windows), model).to(device), theirs(batch)
