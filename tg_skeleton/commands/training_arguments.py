"""Arguments of the commands that train."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tg_skeleton.commands.arguments import add_device, add_out

Arguments = argparse.Namespace


def out_of(args: Arguments) -> Path:
    """The parent folder of the runs; a smoke test has one of its own, so that it replaces no training."""
    out: Path = args.out
    return out / "fast_dev_run" if args.fast_dev_run else out


def add_seeds(parser: Any, count: int = 1) -> None:
    """Add the random seeds, ``count`` of them by default."""
    seeds = list(range(count))
    parser.add_argument(
        "--seed",
        type=int,
        nargs="+",
        default=seeds,
        help=f"random seeds; the mean over several is reported. Default: {' '.join(map(str, seeds))}",
    )


def add_training(parser: Any) -> None:
    """Add the arguments of a training."""
    add_length(parser)
    parser.add_argument(
        "--trainval",
        action="store_true",
        help="train on the validation split too, and test the last epoch; always so where no validation split can "
        "select an epoch",
    )
    add_running(parser)


def add_length(parser: Any) -> None:
    """Add the epochs of a training, and the size of its batches."""
    parser.add_argument("--epochs", type=int, help="epochs of training. Default: the recipe's")
    parser.add_argument(
        "--batch-size",
        type=int,
        help="recordings per step, of all devices together; SGD's learning rate is scaled in proportion. Default: the "
        "recipe's",
    )


def add_running(parser: Any) -> None:
    """Add what becomes of runs in the folder, and where they run."""
    parser.add_argument(
        "--sync-norm",
        action="store_true",
        help="let batch norms take their statistics over the recordings of all devices. Default: of each device",
    )
    there = parser.add_mutually_exclusive_group()
    there.add_argument(
        "--resume",
        action="store_true",
        help="continue the runs in --out, and read finished ones; with more --epochs, prolong them",
    )
    there.add_argument("--overwrite", action="store_true", help="replace the runs in --out")
    parser.add_argument(
        "--fast-dev-run",
        action="store_true",
        help="run one batch of each split as a smoke test, in <out>/fast_dev_run",
    )
    add_machine(parser)


def add_machine(parser: Any) -> None:
    """Add the arguments about the machine."""
    add_out(parser)
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that process and load recordings. Default: %(default)s"
    )
    add_device(parser)
    parser.add_argument(
        "--devices",
        default="auto",
        help="number of devices of each machine. Default: %(default)s (all; under torchrun or srun, their processes)",
    )
    parser.add_argument(
        "--num-nodes",
        type=int,
        help="number of machines, whose processes torchrun or srun starts. Default: those that it has started, else 1",
    )
    parser.add_argument(
        "--strategy",
        default="auto",
        help="Lightning's strategy for several devices: ddp, fsdp, ddp_find_unused_parameters_true, ... Default: "
        "%(default)s (ddp)",
    )
    parser.add_argument(
        "--precision",
        default="32-true",
        choices=["32-true", "bf16-mixed", "16-mixed"],
        help="floating-point precision. Default: %(default)s",
    )
