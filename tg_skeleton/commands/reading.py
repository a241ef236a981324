"""Arguments about the coordinates of files: their layout, axes and units, and whether they look like bodies."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, get_args

from tg_skeleton.io import Axis, CoordinateChange, Up

if TYPE_CHECKING:
    from tg_skeleton.inference.lengths import Length

Arguments = argparse.Namespace


def add_layout(parser: Any) -> None:
    """Add the order of the axes of arrays."""
    parser.add_argument("--layout", metavar="AXES", help='axes of arrays, as "C T V M". Default: recognized')


def add_change(parser: Any) -> None:
    """Add the axes and units of coordinates."""
    parser.add_argument(
        "--flip",
        action="append",
        default=[],
        choices=get_args(Axis),
        help="axis to negate, such as y where it points down (repeatable)",
    )
    parser.add_argument(
        "--up",
        default="y",
        choices=get_args(Up),
        help="axis that points up, as --up z or --up=-z; bodies are turned until it is y. Default: %(default)s",
    )
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="factor of all coordinates; 0.001 makes meters of millimeters. Default: 1",
    )


def change_of(args: Arguments) -> CoordinateChange:
    """From the axes and units of the files to y up and meters.

    Raises:
        ValueError: The factor is not above 0.
    """
    return CoordinateChange(tuple(args.flip), args.up, args.scale)


def add_strict(parser: Any) -> None:
    """Add the argument about recordings that do not look like bodies."""
    parser.add_argument(
        "--strict", action="store_true", help="stop at a recording that does not look like a body, or is unreadable"
    )


def length(text: str) -> Length:
    """The type of lengths of time, in frames or in seconds."""
    from tg_skeleton.inference.lengths import Length

    try:
        return Length.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
