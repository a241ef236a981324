"""The pages of the documentation: what they print runs, what they state is so."""

from __future__ import annotations

import csv
import os
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import tg_skeleton
from tests.examples.as_printed import run_page
from tg_skeleton.commands.zoo import HERE
from tg_skeleton.evaluation import paired
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.training.recipes import NETWORKS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("block", "error"),
    [
        (
            "```bash\npip install x\n```\n",
            "expected python -m tg_skeleton, got 'pip install x'; say behind ```bash why",
        ),
        ("```bash later\nfalse\n```\n", r"expected a block of python or bash, or one of .*, got \('bash', 'later'\)"),
    ],
)
def test_a_block_that_is_not_run_says_why(block: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        run_page(block)


def test_a_page_stops_where_a_command_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError, match="'python -m tg_skeleton report none' gave 1"):
        run_page("```bash\npython -m tg_skeleton report none\n```\n")


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    for package in ("sphinx", "furo", "myst_parser"):
        if find_spec(package) is None:
            pytest.skip(f"the extra docs is not installed ({package}); .ci/run builds the pages")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs", ".", str(tmp_path / "site")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    assert 'id="tg_skeleton.nn.SFEM"' in (site / "docs/api/tg_skeleton.nn.html").read_text(encoding="utf-8")
    assert "docs/index.html" in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_a_skeleton_is_drawn_as_it_is(topology, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = runpy.run_path(str(DOCS / "draw_skeletons.py"), run_name="imported")["drawn"]
    assert (DOCS / "skeletons" / f"{topology.name}.svg").read_text(encoding="utf-8") == drawn(topology)
    page = (DOCS / "skeletons.md").read_text(encoding="utf-8")
    assert f"| [{topology.name}](#{topology.name.lower()}) | {topology.num_joints} |" in page
    assert f"(skeletons/{topology.name}.svg)" in page


def test_the_table_of_the_networks_on_nw_ucla_is_that_of_their_rows() -> None:
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    section = page.split("\n## All networks on NW-UCLA\n")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", section, re.MULTILINE))
    assert told == {row.name: f"{row.measured[HERE]:.2f}" for row in NETWORKS.values() if HERE in row.measured}


def test_the_readme_is_short_and_its_figures_are_those_of_the_pages() -> None:
    assert len(README.splitlines()) <= 200
    for heading, page in (("## Results", "results.md"), ("## Speed", "performance.md")):
        section = README[README.index(heading) :].split("\n## ", 2)[0]
        measured = re.findall(r"(?<![\w.])\d+(?:\.\d+)?x?(?= (?:±|\(|\|)|x \|)", section)
        assert measured
        text = (DOCS / page).read_text(encoding="utf-8")
        assert [figure for figure in measured if figure not in text] == []


def test_the_table_of_the_selection_is_that_of_its_file() -> None:
    with (DOCS / "results" / "select_nw_ucla_esan.csv").open(encoding="utf-8") as file:
        rows = {(row["change"], row["left out"]): row for row in csv.DictReader(file)}
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    for change in dict.fromkeys(change for change, _ in rows):
        cells = ["none" if change == "base" else f"`{change}`"]
        for row in (rows[change, part] for part in ("camera 1", "camera 2", "mean")):
            apart = f"{row['difference']} ± {row['standard error']}" if change != "base" else ""
            cells += [f"{row['top-1 (%)']} ± {row['sd']}", apart]
        assert f"| {' | '.join([*cells, rows[change, 'mean']['verdict']])} |" in page


def test_the_selection_follows_from_its_runs() -> None:
    columns = {"change", "left out", "seed", "recordings", "top-1 (%)", "epochs", "parameters", "seconds"}
    with (DOCS / "results" / "select_nw_ucla_esan_runs.csv").open(encoding="utf-8") as file:
        runs = list(csv.DictReader(file))
    with (DOCS / "results" / "select_nw_ucla_esan.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["left out"] != "mean"]
    assert set(runs[0]) == columns and {run["epochs"] for run in runs} == {"24"}

    def of(change: str, part: str) -> dict[int, float]:
        found = [run for run in runs if (run["change"], run["left out"]) == (change, part)]
        return {int(run["seed"]): float(run["top-1 (%)"]) for run in found}

    for row in rows:
        found = paired(of("base", row["left out"]), of(row["change"], row["left out"]))
        assert int(row["seeds"]) == len(of(row["change"], row["left out"])) == 4
        assert float(row["top-1 (%)"]) == pytest.approx(found.mean, abs=0.011)
        if row["change"] != "base":
            assert float(row["difference"]) == pytest.approx(found.difference, abs=0.021)
            assert float(row["standard error"]) == pytest.approx(found.error, abs=0.021)


def test_the_citation_is_of_the_last_release() -> None:
    changelog, citation = ((ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "CITATION.cff"))
    released = re.search(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", changelog, re.MULTILINE)
    assert released is not None
    cited = re.search(r'^version: (\S+)\ndate-released: "(\S+)"$', citation, re.MULTILINE)
    assert cited is not None and cited.groups() == released.groups()
    assert changelog.index("## [Unreleased]") < released.start()
    assert tg_skeleton.__version__.startswith(released[1])


@pytest.mark.parametrize("form", ["accuracy", "fault"])
def test_an_issue_asks_for_the_doctor(form: str) -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text(encoding="utf-8")
    asked = text[text.index("id: doctor") :].split("\n  - type:", 1)[0]
    assert "python -m tg_skeleton doctor" in asked and "required: true" in asked
