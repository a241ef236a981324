"""What every HTML page has: one file, nothing from outside, two themes."""

from __future__ import annotations

import json
import os
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from tg_skeleton.files import write_text


def resource(*names: str) -> str:
    """The text of the style sheets, scripts or templates beside this file, one after another."""
    folder = files("tg_skeleton.visualization")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8").rstrip() for name in names)


def page(title: str, body: str, *, style: str, script: str) -> str:
    """A whole page around a body that is HTML already; the title is text."""
    return Template(resource("page.html")).substitute(
        title=escape(title),
        style=f"{resource('colors.css', 'page.css')}\n{style}",
        body=body,
        page_script=resource("page.js"),
        script=script,
    )


def data_element(value: Any) -> str:
    """A script element that holds JSON: no name in it can end the element or begin another one."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f'<script type="application/json">{text}</script>'


def write(path: str | os.PathLike[str], text: str) -> Path:
    """Writes a page; an interrupted write leaves an earlier file as it was.

    Raises:
        ValueError: The path does not end in ``.html``.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"path: expected a file name ending in .html, got '{path}'")
    return write_text(path, text)
