"""Equations as MathML, which browsers show by themselves: the pages fetch nothing."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

LOG = logging.getLogger(__name__)

SPELT = {r"\dots": r"\ldots", r"\textstyle": "", r"\big": "", r"\Big": ""}
"""Commands that docutils does not know, as it knows them; MathML stretches parentheses by itself."""

SPACE = "{http://www.w3.org/1998/Math/MathML}"
ElementTree.register_namespace("", SPACE[1:-1])
ACCENTS = frozenset("ˆ^~˜¯ˉ˙¨")


def mathml(latex: str, *, block: bool) -> str:
    r"""The element of an equation; lines that ``\\`` parts are lines of a table.

    Raises:
        MathError: The equation has a command that docutils does not know.
    """
    latex = re.sub(r"\\[A-Za-z]+", lambda command: SPELT.get(command[0], command[0]), latex)
    if block and "\\\\" in latex and "\\begin" not in latex:
        latex = rf"\begin{{aligned}}{latex}\end{{aligned}}"
    text = latex2mathml.tex2mathml(latex, as_block=block)
    root = ElementTree.fromstring(re.sub(r"&(?!lt;|gt;|amp;)\w+;", lambda name: unescape(name[0]), text))
    for accented in root.iter(f"{SPACE}munderover"):
        _beside(accented)
    return ElementTree.tostring(root, encoding="unicode")


def _beside(element: ElementTree.Element) -> None:
    """Let the index of an accented letter stand at its lower right; docutils puts it below, like a limit."""
    letter, index, accent = element
    if accent.text in ACCENTS:
        element.clear()
        element.tag = f"{SPACE}msub"
        over = ElementTree.SubElement(element, f"{SPACE}mover", accent="true")
        over.extend([letter, accent])
        element.append(index)


def _written(writer: Any, node: Any, *, block: bool) -> None:
    try:
        text = mathml(node.astext(), block=block)
    except MathError as error:
        LOG.warning("an equation that docutils can't read: %s: %s", node.astext(), error, location=node)
        text = ""
    writer.body.append(f'<div class="math">{text}</div>' if block else text)
    raise nodes.SkipNode


def _inline(writer: Any, node: Any) -> None:
    _written(writer, node, block=False)


def _block(writer: Any, node: Any) -> None:
    _written(writer, node, block=True)


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
