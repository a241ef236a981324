"""``python -m tests.benchmark [name ...] [--device cuda] [--json FILE] [--threads N]``: questions and tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch

from tests.benchmark import (
    allocator,
    amanet,
    attention,
    cluster,
    datasets,
    epochs,
    esan,
    everyday,
    export,
    growth,
    large,
    loader,
    models,
    ntu_text,
    operators,
    profiles,
    published,
    settings,
    small_maps,
    streaming,
    taps,
)
from tests.benchmark.measure import CLOCKS, Table, machine, use_clock

ON_DEVICE: dict[str, Callable[[torch.device], list[Table]]] = {
    "absent": published.run_absent,
    "amanet": amanet.run,
    "amanet_speed": amanet.run_speed,
    "attention": attention.run,
    "compiled": models.run_compiled,
    "epochs": epochs.run,
    "esan": esan.run,
    "growth": growth.run,
    "large": large.run,
    "loader": loader.run,
    "models": models.run,
    "operators": operators.run,
    "profiles": profiles.run,
    "published": published.run,
    "published_memory": published.run_memory,
    "settings": settings.run,
}
ON_CPU: dict[str, Callable[[], list[Table]]] = {
    "allocator": allocator.run,
    "cluster": cluster.run,
    "cluster_predict": cluster.run_predict,
    "cluster_videos": cluster.run_videos,
    "datasets": datasets.run,
    "everyday": everyday.run,
    "export": export.run,
    "ntu_text": ntu_text.run,
    "small_maps": small_maps.run,
    "streaming": streaming.run,
    "taps": taps.run,
}
WHEN_NAMED = {
    "absent",
    "cluster",
    "cluster_predict",
    "cluster_videos",
    "compiled",
    "epochs",
    "export",
    "growth",
    "profiles",
    "published_memory",
}
"""Those that take long, or answer what only a developer asks."""


def main() -> None:
    names = sorted([*ON_DEVICE, *ON_CPU])
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"which ones, of {', '.join(names)} (default: all but {', '.join(sorted(WHEN_NAMED))})",
    )
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"), help="cpu (default) or cuda")
    parser.add_argument("--json", type=Path, help="a file for the same figures as data")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="process: its own time, on a machine that others use"
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(names))
    if unknown:
        parser.error(f"names: expected some of {', '.join(names)}, got {', '.join(unknown)}")
    if arguments.device.type == "cuda" and not torch.cuda.is_available():
        parser.error("--device: torch sees no GPU here; leave it out to measure on the CPU")
    torch.set_num_threads(arguments.threads)
    use_clock(arguments.clock)
    said = machine(arguments.device)
    print(said, flush=True)
    answers: dict[str, list[Table]] = {}
    for name in arguments.names or [name for name in names if name not in WHEN_NAMED]:
        answers[name] = ON_DEVICE[name](arguments.device) if name in ON_DEVICE else ON_CPU[name]()
        for table in answers[name]:
            print(f"\n{table}", flush=True)
    if arguments.json is not None:
        data = {name: [table.data() for table in tables] for name, tables in answers.items()}
        arguments.json.write_text(json.dumps({"machine": said, "benchmarks": data}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
