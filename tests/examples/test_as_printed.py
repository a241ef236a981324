"""What README and tutorial print runs as printed. The tutorial's installation is left to the checks of the project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.as_printed import run_page

ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path(__file__).with_name("as_printed.py")

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """In a shell whose ``python`` is this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


def test_the_readme_has_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_readme_runs(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(f"```python\n{example}```\n")


def test_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    run_page((ROOT / "examples" / "own_data.md").read_text(encoding="utf-8"))  # in a shell: the project's checks
    said = capsys.readouterr().out
    assert (tmp_path / "runs/esan_mine/joint+bone/seed0/report.html").is_file()
    accuracy = re.search(r"top-1 +([\d.]+) %", said)
    assert accuracy is not None and float(accuracy[1]) > 80
    assert re.search(r"^anna.*npy .*\bclap \d+%", said, re.MULTILINE)
    assert re.search(r"^long +0 +\d+ +clap", said, re.MULTILINE)
    assert re.search(r"^long +0 +\d+ +0.00 +\d\.\d\d +clap", said, re.MULTILINE)


def test_the_page_about_clusters_runs(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra cluster (Dask) is not installed")
    done = run(str(RUNNER), str(ROOT / "examples" / "cluster.md"), "--without-install", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "96 recordings" in done.stdout
    assert "nturgbd-v1-" in done.stdout and ": good" in done.stdout
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 97


def test_a_tutorial_stops_where_a_command_fails(tmp_path: Path) -> None:
    (tmp_path / "tutorial.md").write_text("```bash\nfalse\n```\n\n```bash\necho never\n```\n")
    done = run(str(RUNNER), "tutorial.md", folder=tmp_path)
    assert done.returncode == 1 and "never" not in done.stdout


def test_a_block_that_nobody_could_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "tutorial.md").write_text("```ruby\nputs\n```\n")
    done = run(str(RUNNER), "tutorial.md", folder=tmp_path)
    assert "expected blocks of bash, and of python with a file's name, got ('ruby', '')" in done.stderr


PAGE = """
```bash install
echo first >> said
```
```python
from pathlib import Path
Path("said").open("a").write("second\\n")
```
```bash
echo third >> said
```
```python
Path("said").open("a").write("fourth\\n")
```

## Later

```bash
echo never >> said
```
"""


def test_blocks_of_python_share_a_session_that_begins_after_the_installation(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    done = run(str(RUNNER), "page.md", "--until", "Later", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "said").read_text().split() == ["first", "second", "third", "fourth"]
    done = run(str(RUNNER), "page.md", "--until", "Never", folder=tmp_path)
    assert done.returncode == 2 and "page.md has no heading '## Never'" in done.stderr
