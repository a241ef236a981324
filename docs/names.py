"""Code in pages that is a public name, ``SFEM`` or ``tg_skeleton.nn.SFEM``, becomes a link to it."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx import addnodes

ROOMS = (
    *("tg_skeleton", "tg_skeleton.io", "tg_skeleton.transforms", "tg_skeleton.datasets", "tg_skeleton.nn"),
    *("tg_skeleton.models", "tg_skeleton.training", "tg_skeleton.inference", "tg_skeleton.pose"),
    *("tg_skeleton.evaluation", "tg_skeleton.visualization", "tg_skeleton.motion", "tg_skeleton.work"),
)
NAME = re.compile(r"(?:T\.|nn\.|io\.|pose\.)?(\w+)(?:\(.*\))?")


@lru_cache(maxsize=1)
def targets() -> dict[str, str]:
    """The full name of each public name that has a capital letter or an underscore: other words may mean anything."""
    found = {room: room for room in ROOMS}
    for room in reversed(ROOMS):
        for name in import_module(room).__all__:
            full = f"{room}.{name}"
            found[full] = full
            if not name.islower() or "_" in name:
                found[name] = full
    return found


def _link(app: Any, doctree: nodes.document) -> None:
    if app.env.docname.startswith("docs/api/tg_skeleton"):
        return  # docstrings link by themselves
    for literal in list(doctree.findall(nodes.literal)):
        text = literal.astext()
        name = NAME.fullmatch(text)
        full = targets().get(text) or targets().get(name[1] if name else "")
        if full is None or isinstance(literal.parent, nodes.reference | addnodes.pending_xref):
            continue
        kind = "mod" if full in ROOMS else "obj"
        xref = addnodes.pending_xref(
            "", refdomain="py", reftype=kind, reftarget=full, refexplicit=True, refdoc=app.env.docname
        )
        literal.replace_self(xref)
        xref += literal


def setup(app: Any) -> dict[str, bool]:
    """Register the links."""
    app.connect("doctree-read", _link)
    return {"parallel_read_safe": True}
