"""Pages as notebooks: ``python docs/write_notebooks.py`` writes ``examples/notebooks/*.ipynb``.

Text becomes cells of text, blocks become cells of code, with a cell for each command, which runs with the kernel's
Python. The page is the source, so nothing is written twice.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "examples" / "notebooks"
NAMES = ("start", "cookbook", "operators")
BLOCK = re.compile(r"^```(\w+) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#]*)(#[^)]*)?\)")
NEEDED = "import sys  # its executable runs the commands below"


def notebook(page: str) -> dict[str, Any]:
    """The cells of a page; blocks that are not to be run stay text."""
    anchors = {f"#{anchor_of(title)}": f"#{title.replace(' ', '-')}" for title in titles(page)}
    cells, place = [], 0
    for block in BLOCK.finditer(page):
        language, word, text = block.groups()
        if word or language not in ("python", "bash"):
            continue
        cells.append(_text(page[place : block.start()], anchors))
        cells += [_code(text)] if language == "python" else [_code(line) for line in _commands(text)]
        place = block.end()
    cells.append(_text(page[place:], anchors))
    if any("{sys.executable}" in cell["source"] for cell in cells if cell):
        cells.insert(1, _code(NEEDED))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    filled = [{**cell, "id": f"cell{number}"} for number, cell in enumerate(filter(None, cells))]
    return {"cells": filled, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def written(name: str) -> str:
    """The file of a page's notebook."""
    page = (HERE / f"{name}.md").read_text(encoding="utf-8")
    return json.dumps(notebook(page), indent=1, ensure_ascii=False) + "\n"


def titles(page: str) -> list[str]:
    """The headings of a page."""
    return re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)


def anchor_of(title: str) -> str:
    """The anchor that GitHub and Sphinx give a heading; a notebook's keeps case and signs."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _commands(text: str) -> list[str]:
    """The lines of a block of commands, ``python`` being the kernel's, which need not be the first of the path."""
    lines = text.replace("\\\n", " ").splitlines()
    return ["!" + re.sub(r"^python\b", '"{sys.executable}"', line) for line in lines]


def _code(text: str) -> dict[str, Any]:
    empty = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", **empty, "source": text.strip("\n")}


def _text(text: str, anchors: dict[str, str]) -> dict[str, Any] | None:
    def moved(link: re.Match[str]) -> str:
        path, anchor = link[1], link[2] or ""
        if not path:
            return f"]({anchors[anchor]})"
        return f"]({posixpath.relpath(posixpath.join('docs', path), 'examples/notebooks')}{anchor})"

    text = re.sub(r"^```bash \w+$", "```bash", LINK.sub(moved, text.strip("\n")), flags=re.MULTILINE)
    return {"cell_type": "markdown", "metadata": {}, "source": text} if text else None


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.ipynb").write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
