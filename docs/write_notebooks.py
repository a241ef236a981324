"""Pages as notebooks: ``python docs/write_notebooks.py`` writes ``examples/notebooks/*.ipynb``.

Text becomes cells of text, blocks become cells of code; commands begin with ``!``. The page is the source, so nothing
is written twice, and the tests of the pages run what is in the notebooks.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "examples" / "notebooks"
NAMES = ("start", "cookbook", "operators")
BLOCK = re.compile(r"^```(\w+) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)]+)\)")


def notebook(page: str) -> dict[str, Any]:
    """The cells of a page; blocks that are not to be run stay text."""
    cells, place = [], 0
    for block in BLOCK.finditer(page):
        language, word, text = block.groups()
        if word or language not in ("python", "bash"):
            continue
        cells.append(_cell("markdown", page[place : block.start()]))
        cells.append(_cell("code", text if language == "python" else _commands(text)))
        place = block.end()
    cells.append(_cell("markdown", page[place:]))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    filled = [{**cell, "id": f"cell{number}"} for number, cell in enumerate(filter(None, cells))]
    return {"cells": filled, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def written(name: str) -> str:
    """The file of a page's notebook."""
    page = (HERE / f"{name}.md").read_text(encoding="utf-8")
    return json.dumps(notebook(page), indent=1, ensure_ascii=False) + "\n"


def _commands(text: str) -> str:
    return "".join(f"!{line}\n" for line in text.replace("\\\n", " ").splitlines())


def _cell(kind: str, text: str) -> dict[str, Any] | None:
    text = text.strip("\n")
    if not text:
        return None
    if kind == "code":
        return {"cell_type": kind, "execution_count": None, "metadata": {}, "outputs": [], "source": text}
    return {"cell_type": kind, "metadata": {}, "source": LINK.sub(r"](../../docs/\1)", text)}


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.ipynb").write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
