"""How large is AMANet, how much does it compute, and how much memory does a training step take?"""

from __future__ import annotations

import multiprocessing
import resource
import time
from multiprocessing.connection import Connection

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from tests.benchmark.measure import table
from tg_skeleton import NTU25
from tg_skeleton.models import AMANet

FRAMES = 300
WINDOWS = ((3,), (5,), (3, 5))
PERSONS = 16


def run() -> str:
    """Joint stream of NTU RGB+D 60: 25 joints, 12 channels, 300 frames."""
    return f"{sizes()}\n\n{steps()}"


def sizes() -> str:
    rows = []
    for windows in WINDOWS:
        parameters = sum(parameter.numel() for parameter in AMANet(NTU25, 12, 60, windows=windows).parameters())
        macs = (f"{multiplications(windows, persons) / 1e9:.2f}" for persons in (1, 2))
        rows.append((windows, f"{parameters:,}", *macs))
    header = ("windows τ", "parameters", "GMACs, one person", "GMACs, two persons")
    return table(f"AMANet, a clip of {FRAMES} frames", header, rows)


def multiplications(windows: tuple[int, ...], persons: int) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH), torch.device("meta"):
        AMANet(NTU25, 12, 60, windows=windows)(torch.empty(FRAMES, 25 * persons, 12), None, 1)
    return counter.get_total_flops() / 2


def steps() -> str:
    """Each in a process of its own, whose largest memory the system keeps."""
    rows = []
    for windows in WINDOWS:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        arguments = (sender, windows, torch.get_num_threads())
        process = multiprocessing.get_context("spawn").Process(target=step_elsewhere, args=arguments)
        process.start()
        sender.close()
        seconds, peak = receiver.recv()
        process.join()
        rows.append((windows, f"{seconds:.1f}", f"{peak:.2f}"))
    header = ("windows τ", "seconds", "peak memory of the process, GB")
    return table(f"AMANet, a training step of {PERSONS} persons, {FRAMES} frames, float32", header, rows)


def step_elsewhere(sender: Connection, windows: tuple[int, ...], threads: int) -> None:
    torch.set_num_threads(threads)
    model = AMANet(NTU25, 12, 60, windows=windows)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    x, batch = torch.randn(FRAMES, 25 * PERSONS, 12), torch.arange(PERSONS).repeat_interleave(25)
    for _ in range(2):
        start = time.perf_counter()
        cross_entropy(model(x, batch, PERSONS), torch.zeros(PERSONS, dtype=torch.long)).backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds = time.perf_counter() - start
    sender.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))
