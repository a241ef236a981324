"""Links, files and names of the package that pages speak of are there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.docs import links
from tests.docs.links import PAGES, ROOT, anchors_of, fault_of, links_of, spans_of

FILE = re.compile(r"(?:docs|examples|tests|tg_skeleton|\.ci|\.github)(?:/[\w.-]+)*/[\w.-]*\w/?|[\w-]+\.(?:md|toml|cff)")
NAME = re.compile(r"tg_skeleton(?:\.\w+)+")
YOURS = ("answers.md", "README.md")  # files of a reader, or of each folder


def of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=of)
def test_every_link_leads_somewhere(page: Path) -> None:
    faults = {link: fault for link in links_of(page) if (fault := fault_of(page, link)) is not None}
    assert faults == {}


@pytest.mark.parametrize("page", PAGES, ids=of)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = [span for span in spans_of(page) if FILE.fullmatch(span) and span not in YOURS]
    assert [name for name in named if not (ROOT / name).exists() and not (page.parent / name).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=of)  # it tells the past
def test_names_of_the_package_are_there(page: Path) -> None:
    named = {found[0] for span in spans_of(page) if (found := NAME.match(span)) and "<" not in span}
    assert [name for name in sorted(named) if not is_there(name)] == []


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    words = name.split(".")
    for count in range(len(words), 0, -1):
        try:
            found = importlib.import_module(".".join(words[:count]))
        except ModuleNotFoundError:
            continue
        for word in words[count:]:
            if not hasattr(found, word):
                return False
            found = getattr(found, word)
        return True
    return False


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(links, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# The `first`, at last\n\n## Again\n\n## Again\n\n```text\n## In code\n```\n")
    return tmp_path / "page.md"


def test_anchors_are_those_of_github(page: Path) -> None:
    assert anchors_of(page.with_name("other.md")) == {"the-first-at-last", "again", "again-1"}


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("other.md", None),
        ("other.md#again-1", None),
        ("#here", None),
        ("https://example.org/a_b?c#d", None),
        ("absent.md", "no such file"),
        ("../else.md", "leads out of the repository"),
        ("other.md#in-code", "no heading #in-code"),
        ("#there", "no heading #there"),
        ("http://example.org", "expected https:// and the name of a host"),
        ("https:/example.org", "expected https:// and the name of a host"),
    ],
)
def test_a_fault_is_found(page: Path, link: str, fault: str | None) -> None:
    page.write_text(f"# Here\n\nSee [it]({link}), not `[this](absent.md)`.\n")
    assert links_of(page) == [link]
    assert fault_of(page, link) == fault


def test_links_have_many_forms(page: Path) -> None:
    page.write_text('<img src="a.png"> [![b](b.png)](c.md) [d] <https://e.org> and https://f.org/g.\n\n[d]: h.md\n')
    assert links_of(page) == ["b.png", "c.md", "a.png", "h.md", "https://e.org", "https://f.org/g"]
