"""The trained network that a command answers with: the one that is named first, or the one of the package."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tg_skeleton.commands.arguments import EVERYDAY

DEFAULT = Path(EVERYDAY)
"""The network that answers where none is named."""


def add_checkpoint(parser: Any, metavar: str, about: str) -> None:
    """Add the positional arguments: perhaps a checkpoint, then what it is asked about.

    Args:
        parser: The parser of the command.
        metavar: One of the others, in the help.
        about: What the others are.
    """
    parser.add_argument(
        "paths",
        nargs="*",
        metavar=metavar,
        help=f"{about}; in front of them the trained network: a run's folder, its model.safetensors, a fusion.json, or "
        f"{DEFAULT}. Default: {DEFAULT}, the network of the package, for any skeleton",
    )


def take_checkpoint(args: argparse.Namespace) -> list[str]:
    """Set ``args.checkpoint``; the other positional arguments."""
    from tg_skeleton.inference.shipped import is_checkpoint

    given: list[str] = args.paths
    if given and is_checkpoint(Path(given[0])):
        args.checkpoint = Path(given[0])
        return given[1:]
    args.checkpoint = DEFAULT
    print(f"network: {DEFAULT} (another one is named in front of the others)", file=sys.stderr)
    return given
