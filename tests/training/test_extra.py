from __future__ import annotations

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("missing", ["lightning", "torchmetrics"])
def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in [name for name in sys.modules if name.startswith("tg_skeleton.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"pip install 'tg_skeleton\[train\]'"):
        importlib.import_module("tg_skeleton.training")


def test_the_core_and_the_scores_need_neither_lightning_nor_matplotlib() -> None:
    code = "import sys, tg_skeleton.evaluation; print({'lightning', 'torchmetrics', 'matplotlib'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "set()\n"
