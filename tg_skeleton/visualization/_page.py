"""The common frame of HTML pages: a single file without external resources, with a light and a dark theme."""

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
    """The concatenated text of style sheets, scripts or templates of this package."""
    folder = files("tg_skeleton.visualization")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8").rstrip() for name in names)


def page(title: str, body: str, *, style: str, script: str, connects: bool = False) -> str:
    """A complete page; ``body`` is HTML, ``title`` is plain text, which is escaped.

    With ``connects`` the page may speak to the server that it came from, and to nobody else.
    """
    return Template(resource("page.html")).substitute(
        title=escape(title),
        connect="; connect-src 'self'" if connects else "",
        style=f"{resource('colors.css', 'page.css')}\n{style}",
        body=body,
        page_script=resource("page.js"),
        script=script,
    )


def data_element(value: Any) -> str:
    """A script element with JSON in which ``<``, ``>`` and ``&`` are escaped, so that no text can end the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f'<script type="application/json">{text}</script>'


def write(path: str | os.PathLike[str], text: str) -> Path:
    """Write a page; after an interrupted write, an earlier file is unchanged.

    Raises:
        ValueError: The path does not end in ``.html``.
        OSError: The file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"path: expected a file name ending in .html, got '{path}'")
    return write_text(path, text)
