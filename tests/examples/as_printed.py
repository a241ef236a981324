"""Does what a page says, as printed: ``python as_printed.py PAGE [--without-install] [--until HEADING]``, here.

Blocks of ``bash`` run, all of them in one shell; ``python NAME`` becomes that file; ``bash install`` can be left out.
Blocks of ``python`` without a name run in one session of the Python that was installed, each command in a shell between
them, as a reader would do it. `run_page` does what a page says in this process, which is quick.
"""

from __future__ import annotations

import argparse
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```(?P<language>\w+) ?(?P<word>[\w.]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

NOT_RUN = ("install", "downloads", "minutes", "camera", "sketch")
"""Second words of the blocks of a page that are not run: why not."""


def run_page(page: str, run: Callable[[str], None] | None = None) -> None:
    """Run the blocks of a page one after the other, in the folder at hand; they share their names.

    Args:
        run: What runs a command. Default: `run_command`.

    Raises:
        ValueError: A block is neither Python nor commands of the package, and does not say why it is not run.
        RuntimeError: A command failed.
    """
    names: dict[str, Any] = {"__name__": "page"}
    for block in BLOCK.finditer(page):
        match block["language"], block["word"]:
            case "python", "":
                exec(compile(block["text"], "page", "exec"), names)
            case "bash", "":
                for line in block["text"].replace("\\\n", " ").splitlines():
                    (run or run_command)(line)
            case "text", _:
                pass
            case _, word if word in NOT_RUN:
                pass
            case "python", name:
                Path(name).write_text(block["text"], encoding="utf-8")
            case other:
                raise ValueError(f"expected a block of python or bash, or one of {NOT_RUN} behind it, got {other}")


def run_command(line: str) -> None:
    """Run a command of the package, or a file of Python.

    Raises:
        ValueError: It is another one.
        RuntimeError: It failed.
    """
    from tg_skeleton.__main__ import main as command

    words = shlex.split(line, comments=True)
    if words[:1] == ["python"] and words[1].endswith(".py"):
        before = sys.argv
        sys.argv = words[1:]
        try:
            runpy.run_path(words[1], run_name="__main__")
        finally:
            sys.argv = before
        return
    if words[:3] != ["python", "-m", "tg_skeleton"]:
        raise ValueError(f"expected python -m tg_skeleton, got {line!r}; say behind ```bash why it is not run")
    if status := command(words[3:]):
        raise RuntimeError(f"{line!r} gave {status}")


def run_in_shell(line: str) -> None:
    """Run any command, and say which.

    Raises:
        CalledProcessError: It failed.
    """
    print(f"\n$ {line}", flush=True)
    subprocess.run(["bash", "-c", line], check=True)


def script_of(tutorial: str, *, install: bool) -> str:
    """All blocks as one shell script that stops at the first failure and says what it does."""
    lines = ["set -euo pipefail"]
    for block in BLOCK.finditer(tutorial):
        match block["language"], block["word"]:
            case "bash", word:
                if install or word != "install":
                    lines += [f"cat <<'AS_PRINTED'\n\n$ {block['text'].strip()}\nAS_PRINTED", block["text"]]
            case "python", name if name:
                lines.append(f"cat > {name} <<'AS_PRINTED'\n{block['text']}AS_PRINTED")
            case "text", _:
                pass
            case other:
                raise ValueError(f"expected blocks of bash, and of python with a file's name, got {other}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--without-install", action="store_true")
    parser.add_argument("--until", metavar="HEADING", help="leave this part of the page out, and what comes after it")
    args = parser.parse_args()
    page = args.page.read_text(encoding="utf-8")
    if args.until is not None:
        page, found, _ = page.partition(f"\n## {args.until}\n")
        if not found:
            parser.error(f"--until: {args.page} has no heading '## {args.until}'")
    kinds = [(block["language"], block["word"]) for block in BLOCK.finditer(page)]
    if ("python", "") not in kinds:
        script = script_of(page, install=not args.without_install)
    elif args.without_install:
        run_page(page, run_in_shell)
        return 0
    else:
        installing = "".join(block[0] + "\n" for block in BLOCK.finditer(page) if block["word"] == "install")
        again = shlex.join(["python", __file__, *sys.argv[1:], "--without-install"])  # that of the new environment
        script = f"{script_of(installing, install=True)}\n{again}"
    return subprocess.run(["bash", "-c", script], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
