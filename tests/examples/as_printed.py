"""Does what a tutorial says, as printed: ``python as_printed.py TUTORIAL [--without-install]``, in the folder at hand.

Blocks of ``bash`` run, all of them in one shell; ``python NAME`` becomes that file; ``bash install`` can be left out.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path

BLOCK = re.compile(r"^```(?P<language>\w+) ?(?P<word>[\w.]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


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
            case other:
                raise ValueError(f"expected blocks of bash, and of python with a file's name, got {other}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tutorial", type=Path)
    parser.add_argument("--without-install", action="store_true")
    args = parser.parse_args()
    script = script_of(args.tutorial.read_text(encoding="utf-8"), install=not args.without_install)
    return subprocess.run(["bash", "-c", script], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
