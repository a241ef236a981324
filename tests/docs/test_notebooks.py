"""The notebooks: they are their pages, and every cell of them runs in a kernel of its own."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
MODULE = runpy.run_path(str(ROOT / "docs" / "write_notebooks.py"), run_name="imported")


def cells_of(name: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return cells


def test_every_notebook_has_a_page() -> None:
    assert sorted(MODULE["NAMES"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_its_page(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert text == MODULE["written"](name), "python docs/write_notebooks.py"
    code = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert code and not any("pip install" in source for source in code)


def test_commands_have_cells_of_their_own_and_links_lead_from_the_notebooks_folder() -> None:
    text = "# A page\n\n[there](#to-do-now), [b](b.md#x), [c](../c.md)"
    commands = "```bash\npython -m a \\\n  b\npython c.py\n```"
    page = f"{text}\n\n{commands}\n\n## To do now\n\n```bash install\npip install x\n```\n"
    cells = MODULE["notebook"](page)["cells"]
    assert [cell["source"] for cell in cells] == [
        "# A page\n\n[there](#To-do-now), [b](../../docs/b.md#x), [c](../../c.md)",
        "import sys  # its executable runs the commands below",
        '!"{sys.executable}" -m a    b',
        '!"{sys.executable}" c.py',
        "## To do now\n\n```bash\npip install x\n```",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_in_a_kernel(name: str, tmp_path: Path) -> None:
    for package in ("nbclient", "nbformat", "ipykernel", "ipywidgets", "pandas"):
        pytest.importorskip(package, reason=f"the extra notebooks is not installed ({package}); .ci/run has it")
    import nbclient
    import nbformat

    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        if cell.source.startswith("!"):  # a kernel takes a failed command for done
            cell.source += "\nassert _exit_code == 0, _exit_code"
    code[0].source += "\nimport sys\nprint(sys.executable)"
    nbclient.NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in code for output in cell.outputs]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert printed.splitlines()[0] == sys.executable
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert "Warning" not in printed
