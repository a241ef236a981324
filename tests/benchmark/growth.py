"""How do the time and the memory of a training step grow with frames, persons and joints?

``python -m tests.benchmark growth`` prints the tables, ``python -m tests.benchmark.growth PICTURE`` draws them, too.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from tests.benchmark.inputs import CLASSES
from tests.benchmark.measure import Decimal, Run, Table, machine, milliseconds, peak_memory, use_clock
from tests.benchmark.steps import adam, step
from tg_skeleton import Topology
from tg_skeleton.models import CTRGCN, ESAN, AMANet

NETWORKS: dict[str, Callable[[Topology, int], nn.Module]] = {
    "ESAN": lambda topology, frames: ESAN(topology, 6, CLASSES, num_frames=frames),
    "AMANet": lambda topology, frames: AMANet(topology, 6, CLASSES),
    "CTR-GCN": lambda topology, frames: CTRGCN(topology, 6, CLASSES, num_persons=1),
}

FRAMES, PERSONS, JOINTS = 64, 1, 25
"""Of a clip, but for the one of them that grows."""

SIZES: dict[str, Sequence[int]] = {
    "frames": (20, 75, 150, 300, 600),
    "persons": (1, 2, 5, 10, 20),
    "joints": (15, 25, 33, 67, 133),
}


@dataclass(frozen=True)
class Point:
    """A step at one size.

    Args:
        size: Frames, persons or joints.
        milliseconds: Of a training step.
        megabytes: That it takes beyond the network and its input.
    """

    size: int
    milliseconds: float
    megabytes: float


Curves = dict[tuple[str, str], list[Point]]
"""Of each network by what grows."""


def run(device: torch.device) -> list[Table]:
    """A table for each of what grows; the exponents are those of the last doubling or so."""
    return tables(curves(device))


def curves(device: torch.device) -> Curves:
    """Training steps of one clip at every size."""
    return {
        (what, name): [_point(name, what, size, device) for size in sizes]
        for what, sizes in SIZES.items()
        for name in NETWORKS
    }


def tables(measured: Curves) -> list[Table]:
    """Milliseconds and megabytes, and the exponents of the sizes in both between the last two."""
    found = []
    for what, sizes in SIZES.items():
        rows: list[tuple[object, ...]] = []
        for name in NETWORKS:
            points = measured[what, name]
            for key, unit in (("milliseconds", "ms"), ("megabytes", "MB")):
                values = [getattr(point, key) for point in points]
                rows.append((f"{name}, {unit}", *map(Decimal, values), Decimal(exponent(sizes, values))))
        title = f"A training step of one clip by {what}, the rest {FRAMES} frames, {PERSONS} person, {JOINTS} joints"
        found.append(Table(title, ("", *map(str, sizes), "exponent"), rows))
    return found


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """p of the last two points, were they on a curve c sizeᵖ."""
    return math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])


def body(joints: int) -> Topology:
    """A tree with limbs: every joint hangs on the one four before it."""
    return Topology(
        f"tree{joints}", tuple(f"j{joint}" for joint in range(joints)), [max(0, j - 4) for j in range(joints)]
    )


def training_step(name: str, frames: int, persons: int, joints: int, device: torch.device) -> Run:
    """A step of a network on one clip."""
    torch.manual_seed(0)
    model = NETWORKS[name](body(joints), frames).to(device)
    x = torch.randn(frames, persons * joints, 6, device=device)
    batch = torch.zeros(persons * joints, dtype=torch.long, device=device)
    return step(model, (x, batch, 1), adam)


def _point(name: str, what: str, size: int, device: torch.device) -> Point:
    sizes = {"frames": FRAMES, "persons": PERSONS, "joints": JOINTS} | {what: size}
    build = partial(training_step, name, device=device, **sizes)
    peak = peak_memory(build)
    return Point(size, milliseconds({name: build()})[name], max(1.0, (peak.most - peak.before) / 1e6))


def draw(measured: Curves, to: Path) -> None:
    """Time and memory on logarithmic axes, with lines of slope one and two to compare with."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots(2, len(SIZES), sharex="col")
    for column, (what, sizes) in enumerate(SIZES.items()):
        for row, (key, label) in enumerate((("milliseconds", "ms a step"), ("megabytes", "MB"))):
            ax = axes[row, column]
            for name in NETWORKS:
                ax.loglog(sizes, [getattr(point, key) for point in measured[what, name]], "o-", ms=3, label=name)
            low = min(getattr(measured[what, name][0], key) for name in NETWORKS)
            for power, style in ((1, ":"), (2, "--")):
                ideal = [low * (size / sizes[0]) ** power for size in sizes]
                ax.loglog(sizes, ideal, style, color="0.6", lw=1, label=what + ("²" if power == 2 else ""))
            ax.set_xticks(sizes, [str(size) for size in sizes])
            ax.minorticks_off()
            if column == 0:
                ax.set_ylabel(label)
        axes[1, column].set_xlabel(what)
        axes[0, column].legend(fontsize=7, frameon=False)
    figure.savefig(to, dpi=120)


if __name__ == "__main__":
    torch.set_num_threads(1)
    use_clock("process")
    found = curves(torch.device("cpu"))
    print(machine(), *tables(found), sep="\n\n")
    draw(found, Path(sys.argv[1]))
