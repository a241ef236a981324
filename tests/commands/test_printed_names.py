"""Names of files in the output: nothing controls a terminal, nothing is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.commands.answers import Row, write_rows

HOSTILE = "walk\x1b[2J\udcff.npy"  # clears the screen; a byte that is no UTF-8
ROWS: list[Row] = [
    {"recording": "=1+1", "file": HOSTILE, "person": "all", "label": "sit\x07", "probability": 0.5, "true label": None}
]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_names_are_printed_as_escapes(capsys: pytest.CaptureFixture[str], form: str) -> None:
    write_rows(ROWS, form, None)
    printed = capsys.readouterr().out
    assert printed.isascii() and printed.replace("\n", "").isprintable()
    assert ("sit" in printed and "\\udcff" in printed) or form == "table"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_names_are_written_whole(tmp_path: Path, form: str) -> None:
    write_rows(ROWS, form, tmp_path / "answers")
    text = (tmp_path / "answers").read_text(encoding="utf-8")
    assert "'=1+1" in text if form == "csv" else json.loads(text)[0]["recording"] == "=1+1"
    assert "\\udcff" in text


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
def test_errors_are_printed_as_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none\x1b[2J.npy"
    assert main(["play", str(path), "--out", str(tmp_path / "player.html")]) == 1
    said = capsys.readouterr().err
    assert "none\\x1b[2J.npy" in said and "\x1b" not in said
