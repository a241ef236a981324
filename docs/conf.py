"""Pages of the project: ``python -m sphinx -W --keep-going -c docs . build/docs`` in the root of the repository.

The source folder is the root, so pages of ``examples`` and ``datasets`` are pages here without being written twice, and
a link between two files holds in the repository and on the site.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import tg_skeleton  # noqa: E402 (of this checkout)

project = "tg_skeleton"
author = "The tg_skeleton authors"
release = version = tg_skeleton.__version__
language = "en"

extensions = [
    *("sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "myst_parser"),
    *("docstrings", "mathml", "names"),  # of this folder
]
root_doc = "docs/index"
include_patterns = [
    *("docs/*.md", "docs/api/*.md", "docs/api/*.rst", "examples/*.md"),
    *("datasets/*.md", "datasets/*/*.md", "README.md", "NETWORKS.md", "CONTRIBUTING.md", "CHANGELOG.md"),
]
exclude_patterns = [".*", "build", "dist", "runs", "datasets/*/raw", "datasets/*/processed", "**/node_modules"]
templates_path = [str(HERE / "_templates")]  # absolute: some extensions look below the source folder
nitpicky = False

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # pages of the repository may begin where GitHub lets them

default_role = "py:obj"
autosummary_generate = True
autosummary_imported_members = True
autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"show-inheritance": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Shapes", "Units"]
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"tg_skeleton {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_additional_pages = {"index": "start.html"}
html_copy_source = False
html_show_copyright = False
html_theme_options = {"source_edit_link": "", "navigation_with_keys": True}
highlight_language = "text"


def copy_pictures(app: Any, error: Exception | None) -> None:
    """Copy the pictures that pages show in HTML, of which Sphinx knows nothing."""
    shutil.copytree(HERE.parent / "examples/gallery", Path(app.outdir, "examples/gallery"), dirs_exist_ok=True)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("build-finished", copy_pictures)
