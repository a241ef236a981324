"""Docstrings as Sphinx needs them: constants with the text below them in the source, which autodoc finds only in the
file of a name, and symbols that look like the number of an item."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sphinx.pycode import ModuleAnalyzer

from tg_skeleton import Topology


@lru_cache(maxsize=64)
def texts(room: str) -> dict[str, list[str]]:
    """The texts of the constants of a room's files."""
    names = [room]
    if path := getattr(import_module(room), "__path__", None):
        names += [f"{room}.{module.name}" for module in iter_modules(path)]
    found: dict[str, list[str]] = {}
    for name in names:
        found |= {key: text for (_, key), text in ModuleAnalyzer.for_module(name).find_attr_docs().items()}
    return found


def _describe(app: Any, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    if what != "data":
        return
    room, _, key = name.rpartition(".")
    lines[:] = [thing.source] if isinstance(thing, Topology) else texts(room).get(key, [])


def _escape(app: Any, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    lines[:] = [re.sub(r"^(\s*[A-Z])\.(?=\s|$)", r"\1\\.", line) for line in lines]


def setup(app: Any) -> dict[str, bool]:
    """Register both."""
    app.connect("autodoc-process-docstring", _describe)
    app.connect("autodoc-process-docstring", _escape, priority=900)  # after napoleon
    return {"parallel_read_safe": True}
