"""The links of all pages and notebooks.

``python -m tests.docs.links`` lists those that lead elsewhere, and from where; the tests look at their form only, for
they have no net.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("*.md", "docs/*.md", "docs/api/*.md", "examples/*.md", "examples/notebooks/*.ipynb", "datasets/**/*.md")
PAGES = sorted(path for pattern in FOLDERS for path in ROOT.glob(pattern))
LINKS = (
    re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)"),
    re.compile(r"(?:src|srcset|href)=\"([^\"]+)\""),
    re.compile(r"^\[[^\]]+\]: (\S+)", re.MULTILINE),
    re.compile(r"<([a-z]+:[^>\s]+)>"),
    re.compile(r"(?<![\w(<\"/=])(https?://[^\s)>\"`]+[^\s)>\"`.,;:])"),
)
BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)


def text_of(page: Path) -> str:
    """A page's text without its blocks of code."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    return BLOCK.sub("", text)


def links_of(page: Path) -> list[str]:
    """Where a page leads, in code nowhere."""
    text = SPAN.sub("`code`", text_of(page))
    return list(dict.fromkeys(link for form in LINKS for link in form.findall(text)))


def spans_of(page: Path) -> list[str]:
    """What a page sets as code within its text."""
    return [" ".join(code.split()) for _, code in SPAN.findall(text_of(page))]


def anchors_of(page: Path) -> set[str]:
    """The places within a page that can be led to; a notebook's headings keep case and signs."""
    text = text_of(page)
    titles = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    if page.suffix == ".ipynb":
        return {title.replace(" ", "-") for title in titles}
    found = set(re.findall(r"(?:id|name)=\"([^\"]+)\"", text))
    for title in titles:
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title.replace("`", ""))
        anchor = first = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = 0
        while anchor in found:
            anchor = f"{first}-{(number := number + 1)}"
        found.add(anchor)
    return found


def is_elsewhere(link: str) -> bool:
    """Whether a link leads out of the repository."""
    return re.match(r"[a-z][a-z+.-]*:", link) is not None


def fault_of(page: Path, link: str) -> str | None:
    """What is wrong with a link, if anything."""
    if is_elsewhere(link):
        parts = urlsplit(link)
        good = parts.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc)
        return None if good else "expected https:// and the name of a host"
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(ROOT):
        return "leads out of the repository"
    if not target.exists():
        return "no such file"
    if anchor and (target.suffix not in (".md", ".ipynb") or anchor not in anchors_of(target)):
        return f"no heading #{anchor}"
    return None


def elsewhere() -> Iterator[tuple[str, str]]:
    """Addresses elsewhere, in text and in code, each with the pages that have it."""
    where: dict[str, list[str]] = {}
    for page in PAGES:
        coded = re.findall(r"https://\w[^\s`'\"|)]+", page.read_text(encoding="utf-8"))
        for link in dict.fromkeys([*filter(is_elsewhere, links_of(page)), *coded]):
            where.setdefault(link, []).append(page.relative_to(ROOT).as_posix())
    for link in sorted(where):
        yield link, ", ".join(where[link])


if __name__ == "__main__":
    for link, pages in elsewhere():
        print(f"{link}\t{pages}")
