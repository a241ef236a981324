"""Arguments that trainings share, whatever the command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tg_skeleton.commands.known import KNOWN, Body, Place

MODELS = ("esan", "amanet", "sgn", "stgcn", "agcn", "msg3d", "ctrgcn")


def add_data(parser: Any, *, required: bool = True) -> None:
    """Which recordings, and where they lie."""
    parser.add_argument("--dataset", required=required, choices=KNOWN)
    protocols = "; ".join(
        f"{name}: {', '.join(known.protocols)}" for name, known in KNOWN.items() if all(known.protocols)
    )
    parser.add_argument("--protocol", help=f"left out: the first; {protocols}")
    parser.add_argument("--root", type=Path, help="the data set's folder; left out: datasets/<its name>")
    parser.add_argument("--raw", help="archive or address of the raw files; left out: <root>/raw, else public")
    parser.add_argument("--source", default="raw", choices=["raw", "openmmlab-3d"], help="which files of NTU RGB+D")


def add_training(parser: Any) -> None:
    """How to train, and on what machine."""
    parser.add_argument("--epochs", type=int, help="left out: the recipe's")
    parser.add_argument("--batch-size", type=int, help="per device; SGD's learning rate goes in proportion")
    parser.add_argument(
        "--trainval",
        action="store_true",
        help="train on the validation split too; test the last epoch (always of SBU, and where there is no such split)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with what is in --out")
    add_machine(parser)


def add_machine(parser: Any) -> None:
    """On what machine."""
    parser.add_argument("--out", type=Path, default=Path("runs"), help="the folder above the runs")
    parser.add_argument("--workers", type=int, default=0, help="processes that process and load recordings")
    parser.add_argument("--accelerator", default="auto", help="cpu, gpu, ...")
    parser.add_argument("--devices", default="auto", help="how many; more than one: DDP")
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed", "16-mixed"])
    parser.add_argument("--fast-dev-run", action="store_true", help="one batch of each split, no training to speak of")


def protocol_of(args: argparse.Namespace) -> str:
    """The protocol that was named, or the data set's first.

    Raises:
        ValueError: The data set has no such protocol.
    """
    known = KNOWN[args.dataset].protocols
    if args.protocol is None:
        return known[0]
    if args.protocol not in known:
        raise ValueError(f"--protocol: {args.dataset} has {', '.join(known) or 'none'}, got {args.protocol}")
    protocol: str = args.protocol
    return protocol


def place_of(args: argparse.Namespace) -> Place:
    """Where the data set lies."""
    root = KNOWN[args.dataset].root(args.root)
    return Place(root, args.source, args.raw, on_error="raise", workers=args.workers)


def body_of(args: argparse.Namespace) -> Body:
    """What its recordings are of.

    Raises:
        FileNotFoundError: It is one of your own, and there is none in its folder.
    """
    return KNOWN[args.dataset].body(args.dataset, place_of(args).root)


def title_of(args: argparse.Namespace) -> str:
    """The data set and its protocol in one word, for folders and titles."""
    several = len(KNOWN[args.dataset].protocols) > 1
    return f"{args.dataset}_{protocol_of(args)}" if several else str(args.dataset)
