"""tg_skeleton from the command line.

python -m tg_skeleton data info                              list the data sets; data info nw_ucla: one of them
python -m tg_skeleton data prepare nw_ucla                   fetch and process it now
python -m tg_skeleton data check nw_ucla                     verify what was processed
python -m tg_skeleton networks                               list the networks
python -m tg_skeleton train --model esan --dataset nw_ucla   train a network by its recipe, and test it
python -m tg_skeleton test --model esan --dataset nw_ucla    test it again
python -m tg_skeleton fuse --model amanet --dataset ntu60    fuse trained streams; fuse RUN...: runs of any networks
python -m tg_skeleton predict model.safetensors PATH...      recognize actions in recordings of your own
python -m tg_skeleton watch model.safetensors 0              recognize actions in front of a camera, or in a video
python -m tg_skeleton play PATH... --out player.html         a page that plays recordings
python -m tg_skeleton report RUN                             a page about a training; RUN is its folder, .../seed0
python -m tg_skeleton release RUN                            one file of a trained network: weights, recipe, scores, log
python -m tg_skeleton export model.safetensors               an ONNX file of a network, verified, with its latency
python -m tg_skeleton compare --dataset nw_ucla              all networks, the same preprocessing and schedule
python -m tg_skeleton ablate esan-kinds --dataset nw_ucla    a table of a paper, with the paper's column
python -m tg_skeleton select --dataset nw_ucla --by camera   changes of a recipe, judged without the test recordings
python -m tg_skeleton published ntu60                        the papers' comparisons next to the runs' accuracies
python -m tg_skeleton everyday test --dataset nw_ucla        the network of the package on a data set
python -m tg_skeleton doctor                                 what is installed and found here, and whether it works
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import tg_skeleton
from tg_skeleton.files import printable

COMMANDS = {
    "data": ("data", "list, prepare and verify data sets"),
    "networks": ("networks", "list the networks"),
    "train": ("train", "train a network by its recipe, and test it"),
    "test": ("train", "test a trained network"),
    "fuse": ("fuse", "fuse the trained streams of a network, or runs of several networks and seeds"),
    "predict": ("predict", "recognize actions in recordings of your own"),
    "watch": ("watch", "recognize actions in front of a camera, as lines and on a page"),
    "play": ("play", "write an HTML page that plays recordings"),
    "report": ("report", "write an HTML page about a training"),
    "release": ("release", "write one file of a trained network, to hand on"),
    "export": ("export", "write a network to a file for other runtimes"),
    "compare": ("tables", "train all networks and print one table"),
    "ablate": ("tables", "train the rows of a paper's table"),
    "select": ("select", "judge changes of a recipe by leaving cameras or subjects out, without the test recordings"),
    "published": ("published", "print the papers' comparisons next to what was measured here"),
    "everyday": ("everyday", "the network of the package: train and test it, look at its classes"),
    "doctor": ("doctor", "print what is installed and found here, and test it"),
}
"""The file below `tg_skeleton.commands` and the help of each command; only the named one is imported."""


TOGETHER = ("train", "test", "compare", "ablate", "select")
"""The commands that several processes may run together."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 1 where it failed or found something wrong with the data."""
    alone = argv is not None  # called from Python, which has its own standard output and signals
    argv = sys.argv[1:] if argv is None else argv
    command = argv[0] if argv else ""
    try:
        if command in TOGETHER and not alone:
            _join(command)  # before the imports, which take seconds
        args = _parser(command).parse_args(argv)
        command = args.command
        status: int = args.run(args)
    except (ValueError, RuntimeError, OSError, ImportError) as error:
        print(printable(f"{command}: {error}", keep="\n"), file=sys.stderr)
        return 1
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line; argparse prints all options first."""

    def error(self, message: str) -> NoReturn:
        """Print the error and stop."""
        self.exit(2, f"{self.prog.split()[-1]}: {message}; {self.prog} --help lists the arguments\n")


def _join(command: str) -> None:
    """Let one of several processes print, and all of them end together."""
    from tg_skeleton.commands.ending import end_together
    from tg_skeleton.commands.processes import is_first

    if not is_first():
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (it stays open)
    end_together(command)


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser of a command; without one, that of the overview."""
    parser = _Parser(
        prog="python -m tg_skeleton", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"tg_skeleton {tg_skeleton.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    if command in COMMANDS:
        import_module(f"tg_skeleton.commands.{COMMANDS[command][0]}").add_to(commands)
    else:
        for name, (_, about) in COMMANDS.items():
            commands.add_parser(name, help=about)
    return parser


if __name__ == "__main__":
    sys.exit(main())
