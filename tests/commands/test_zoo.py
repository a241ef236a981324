"""The page of the networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.training.recipes import NETWORKS

PAGE = Path(__file__).resolve().parents[2] / "NETWORKS.md"


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--markdown"]) == 0
    said = capsys.readouterr().out
    assert PAGE.read_text(encoding="utf-8") == said, "python -m tg_skeleton networks --markdown > NETWORKS.md"
    assert all(f"\n| `{name}` | " in said and f"\n- `{name}`: " in said for name in NETWORKS)
