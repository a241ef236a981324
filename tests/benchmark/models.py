"""What are the size, the computation and the speed of each network, and how much does torch.compile gain?"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

from tests.benchmark.inputs import CLASSES, Clips, ntu_like
from tests.benchmark.measure import Count, Decimal, Ratio, Run, Table, milliseconds, peak_memory
from tests.benchmark.steps import Precision, adam, forward, ours, precisions, step
from tg_skeleton import NTU25
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import AGCN, CTRGCN, ESAN, MSG3D, SGN, STGCN, AMANet

FRAMES = 64

MODELS: dict[str, tuple[Callable[[int], nn.Module], int]] = {  # of the frames; with the channels that each one reads
    "SGN": (lambda frames: SGN(NTU25, 3, CLASSES, num_frames=frames), 3),
    "ESAN": (lambda frames: ESAN(NTU25, 6, CLASSES, num_frames=frames), 6),
    "STGCN": (lambda frames: STGCN(NTU25, 3, CLASSES), 3),
    "AGCN": (lambda frames: AGCN(NTU25, 3, CLASSES, num_persons=1), 3),
    "CTRGCN": (lambda frames: CTRGCN(NTU25, 3, CLASSES, num_persons=1), 3),
    "MSG3D": (lambda frames: MSG3D(NTU25, 3, CLASSES, num_persons=1), 3),
    "AMANet": (lambda frames: AMANet(NTU25, 12, CLASSES), 12),
}


def run(device: torch.device, clips: int | None = None, frames: int = FRAMES) -> list[Table]:
    """Any number of persons per clip; Adam."""
    clips = clips or clips_on(device)
    rows: list[tuple[object, ...]] = []
    for name in MODELS:
        model, batch = build(name, clips, frames, device)
        size = Count(sum(parameter.numel() for parameter in model.parameters())), Decimal(gmacs(name, frames))
        for precision in precisions(device):
            times = {
                "forward": milliseconds({"": forward(model, ours(batch), precision)})[""],
                "step": milliseconds({"": step(model, ours(batch), adam, precision)})[""],
            }
            rates = (Decimal(1e3 * clips / time) for time in times.values())
            peak = peak_memory(step_of, name, clips, frames, device, precision)
            memory = Decimal((peak.most - peak.before) / 1e6)
            rows.append((name, *size, precision, *map(Decimal, times.values()), *rates, memory))
    title = f"Networks, {clips} clips of {frames} frames, {batch.persons} persons"
    header = ("", "parameters", "GMACs of a person", "precision", "forward ms", "training step ms")
    return [Table(title, (*header, "forward, clips/s", "training, clips/s", "memory of a step, MB"), rows)]


def step_of(name: str, clips: int, frames: int, device: torch.device, precision: Precision) -> Run:
    model, batch = build(name, clips, frames, device)
    return step(model, ours(batch), adam, precision)


def run_compiled(device: torch.device, clips: int | None = None, frames: int = 20) -> list[Table]:
    """``fullgraph=True`` raises at a graph break."""
    clips = clips or clips_on(device)
    rows: list[tuple[object, ...]] = []
    for name in MODELS:
        model, batch = build(name, clips, frames, device)
        for precision in precisions(device):
            torch.compiler.reset()
            start = time.perf_counter()
            runs = {
                "eager": forward(model, ours(batch), precision),
                "compiled": forward(model, ours(batch), precision, compiled=True),
                "eager step": step(model, ours(batch), adam, precision),
                "compiled step": step(model, ours(batch), adam, precision, compiled=True),
            }
            runs["compiled"](), runs["compiled step"]()
            seconds = Decimal(time.perf_counter() - start)
            times = milliseconds({who: runs[who] for who in ("eager", "compiled")})
            times |= milliseconds({who: runs[who] for who in ("eager step", "compiled step")})
            gains = Ratio(times["eager"] / times["compiled"]), Ratio(times["eager step"] / times["compiled step"])
            rows.append((name, precision, *map(Decimal, times.values()), *gains, 0, seconds))
    title = f"torch.compile(fullgraph=True), {clips} clips of {frames} frames, {batch.persons} persons"
    header = ("", "precision", "forward ms", "compiled ms", "training step ms", "compiled step ms")
    return [Table(title, (*header, "forward gain", "step gain", "graph breaks", "seconds to compile"), rows)]


def clips_on(device: torch.device) -> int:
    return 64 if device.type == "cuda" else 5


def build(name: str, clips: int, frames: int, device: torch.device) -> tuple[nn.Module, Clips]:
    torch.manual_seed(0)
    new, channels = MODELS[name]
    return new(frames).to(device), ntu_like(clips, frames, channels, device=device)


def gmacs(name: str, frames: int) -> float:
    """Multiply-accumulate operations of a clip of one person, in billions."""
    new, channels = MODELS[name]
    model, x = new(frames).to("meta"), torch.empty(frames, NTU25.num_joints, channels, device="meta")
    return complexity(model, x).macs / 1e9
