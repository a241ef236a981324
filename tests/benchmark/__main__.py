"""``python -m tests.benchmark [name ...] [--threads N]``: runs the benchmarks and prints their tables."""

from __future__ import annotations

import argparse

import torch

from tests.benchmark import amanet, attention, datasets, ntu_text, small_maps
from tests.benchmark.measure import machine

BENCHMARKS = {
    "amanet": amanet.run,
    "attention": attention.run,
    "datasets": datasets.run,
    "ntu_text": ntu_text.run,
    "small_maps": small_maps.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which ones, of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"names: expected some of {', '.join(BENCHMARKS)}, got {', '.join(unknown)}")
    torch.set_num_threads(arguments.threads)
    print(machine())
    for name in arguments.names or BENCHMARKS:
        print(f"\n{BENCHMARKS[name]()}")


if __name__ == "__main__":
    main()
