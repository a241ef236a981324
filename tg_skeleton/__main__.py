"""tg_skeleton from the command line.

python -m tg_skeleton data info                              all data sets; data info nw_ucla: one
python -m tg_skeleton data prepare nw_ucla                   fetch and process it now
python -m tg_skeleton data check nw_ucla                     verify what was processed
python -m tg_skeleton train --model esan --dataset nw_ucla   train a network by its recipe, and test it
python -m tg_skeleton test --model esan --dataset nw_ucla    test it again
python -m tg_skeleton fuse --model amanet --dataset ntu60    fuse the streams that were trained
python -m tg_skeleton predict model.safetensors PATH...      what is done in recordings of your own
python -m tg_skeleton play PATH... --out player.html         recordings as a page that plays them
python -m tg_skeleton report RUN                             a page about a training: RUN is its folder, .../seed0
python -m tg_skeleton export model.safetensors               an ONNX file of it, verified, with its latency
python -m tg_skeleton compare --dataset nw_ucla              all networks, one preprocessing, one course
python -m tg_skeleton ablate esan-kinds --dataset nw_ucla    a paper's table, with the paper's column beside
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tg_skeleton.commands import data, export, play, predict, report, tables, train


def main(argv: Sequence[str] | None = None) -> int:
    """Does what the arguments say; the exit status is 1 where that failed, or something is wrong with the data."""
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
    except (ValueError, RuntimeError, OSError, ImportError) as error:
        print(f"{args.command}: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tg_skeleton", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (data, train, predict, play, report, export, tables):
        part.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
