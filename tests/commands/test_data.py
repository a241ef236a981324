from __future__ import annotations

from pathlib import Path

import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.datasets.table import DATASETS


def prepare(root: Path) -> int:
    return main(["data", "prepare", "nw_ucla", "--root", str(root)])


def test_prepare_processes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare(root) == 0
    assert capsys.readouterr().out == f"nw_ucla: 120 recordings in {root}/processed/nwucla-v1\n"
    assert (root / "processed" / "nwucla-v1" / "pos.npy").is_file()


def test_info_shows_files_and_statistics(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(root)
    capsys.readouterr()
    assert main(["data", "info", "nw_ucla", "--root", str(root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "nw_ucla: NW-UCLA Multiview Action 3D, tg_skeleton.datasets.NWUCLA"
    assert lines[1].startswith(f"raw:       {root}/raw/all_sqe.zip  0.")
    assert lines[-6:] == [
        "joints:    20 (NWUCLA20); 10 classes",
        "protocol  split     sequences  persons  frames  min  median  max  classes",
        "xview     train            60       60     330    1       6   10       10",
        "xview     val              20       20     110    1       6   10       10",
        "xview     test             40       40     220    1       6   10       10",
        "xview     trainval         80       80     440    1       6   10       10",
    ]


def test_info_of_what_is_not_there_says_what_to_do_and_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "info", "ntu60", "--root", str(tmp_path), "--source", "openmmlab-2d"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        f"raw:       nothing in {tmp_path}/raw",
        f"processed: nothing in {tmp_path}/processed",
        f"not prepared: python -m tg_skeleton data prepare ntu60 --root {tmp_path} --source openmmlab-2d",
    ]
    assert not list(tmp_path.iterdir())


def test_info_without_a_name_lists_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", "info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(DATASETS)
    assert all(line.endswith(": not prepared") for line in lines)


def test_check_finds_a_changed_byte(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(root)
    assert main(["data", "check", "nw_ucla", "--root", str(root)]) == 0
    assert (
        "nwucla-v1: good\n  warning: 120 of 120 recordings" in capsys.readouterr().out
    )  # its bodies are lines along x
    path = root / "processed" / "nwucla-v1" / "pos.npy"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    assert main(["data", "check", "nw_ucla", "--root", str(root)]) == 1
    assert "nwucla-v1: 1 problems\n  " in capsys.readouterr().out


def test_check_without_data_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "sbu", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"nothing is prepared in {tmp_path}/processed\n"


def test_an_error_is_one_line_without_a_traceback(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "raw" / "all_sqe.zip").write_bytes(b"no zip")
    assert prepare(root) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"prepare: {root}/raw/all_sqe.zip: the archive is damaged")
    assert "Traceback" not in said


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_can_be_named(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "info", name, "--root", str(tmp_path)]) == 0
    assert f"data prepare {name} --root {tmp_path}" in capsys.readouterr().out
