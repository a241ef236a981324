"""Choosing by leaving cameras out, on NW-UCLA's 80 generated training recordings; its 40 of camera 3 test."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import write_archive
from tg_skeleton.__main__ import _parser, main
from tg_skeleton.commands.options import LeaveOut, Options
from tg_skeleton.commands.runs import Outcome
from tg_skeleton.commands.selection import BASE, Selection
from tg_skeleton.datasets import NWUCLA, ArrayDataset
from tg_skeleton.datasets.folds import Fold
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.evaluation import Scores
from tg_skeleton.topologies import COCO17


def choose(root: Path, out: Path, *arguments: str, dataset: str = "nw_ucla", by: str = "camera") -> int:
    where = ("--dataset", dataset, "--root", str(root), "--out", str(out), "--device", "cpu", "--by", by)
    return main(["select", "--model", "esan", "--widths", "8", "8", *where, *arguments])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


SHORT = ("--epochs", "1", "--seed", "0", "1")


@pytest.fixture(scope="module")
def chosen(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a selection."""
    out = tmp_path_factory.mktemp("out")
    assert choose(prepared, out, "--change", "mirror", "noise+joints", *SHORT) == 0
    return out / "select_nw_ucla_esan_8_8_camera"


def test_each_change_is_trained_on_one_camera_and_tested_on_the_other(chosen: Path, prepared: Path) -> None:
    runs = read(chosen / "runs.csv")
    assert [(run["change"], run["left out"], run["seed"]) for run in runs] == [
        (change, f"camera {camera}", seed)
        for change in ("base", "mirror", "noise+joints")
        for camera in (1, 2)
        for seed in "01"
    ]
    names = NWUCLA(prepared, "trainval").names
    for camera in (1, 2):
        for path in chosen.glob(f"*/camera_{camera}/seed*/test.npz"):
            assert sorted(Scores.load(path).names) == [name for name in names if name.endswith(f"_v0{camera}")]


def test_the_table_has_means_and_paired_differences(chosen: Path) -> None:
    top1 = {
        (change, camera, seed): 100 * Scores.load(chosen / change / f"camera_{camera}/seed{seed}/test.npz").top_k(1)
        for change in ("base", "mirror")
        for camera in (1, 2)
        for seed in (0, 1)
    }
    rows = {(row["change"], row["left out"]): row for row in read(chosen / "select.csv")}
    assert list(rows) == [
        (change, left_out)
        for change in ("base", "mirror", "noise+joints")
        for left_out in ("camera 1", "camera 2", "mean")
    ]
    for camera in (1, 2):
        row = rows["mirror", f"camera {camera}"]
        values = [top1["mirror", camera, seed] for seed in (0, 1)]
        apart = [top1["mirror", camera, seed] - top1["base", camera, seed] for seed in (0, 1)]
        assert row["top-1 (%)"] == f"{np.mean(values):.2f}" and row["sd"] == f"{np.std(values, ddof=1):.2f}"
        assert row["difference"] == f"{np.mean(apart):+.2f}"
        assert row["standard error"] == f"{np.std(apart, ddof=1) / 2**0.5:.2f}"
        assert (row["recordings"], row["seeds"], row["verdict"]) == ("40", "2", "too few seeds")
    assert (rows["base", "mean"]["difference"], rows["base", "mean"]["recordings"]) == ("", "80")


def test_what_is_finished_is_not_trained_again(
    chosen: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in chosen.glob("*/*/*/test.npz")}
    assert choose(prepared, chosen.parent, "--change", "mirror", "noise+joints", *SHORT, "--resume") == 0
    assert {path: path.stat().st_mtime_ns for path in chosen.glob("*/*/*/test.npz")} == before
    assert "esan on nw_ucla, left out: camera; seeds 0, 1\nchange" in capsys.readouterr().out
    assert choose(prepared, chosen.parent, "--change", "mirror", *SHORT) == 1
    assert "holds a finished training: --resume reads it" in capsys.readouterr().err


def test_only_what_a_kill_left_unfinished_is_trained(chosen: Path, prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / chosen.name
    shutil.copytree(chosen, folder)
    cut = folder / "mirror" / "camera_2" / "seed1"
    record = json.loads((cut / "run.json").read_text())
    (cut / "run.json").write_text(json.dumps({**record, "finished": False}))
    expected = Scores.load(cut / "test.npz")
    for path in (cut / "test.npz", cut / "model.safetensors", folder / "select.csv", folder / "runs.csv"):
        path.unlink()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*/*/test.npz")}
    assert choose(prepared, tmp_path, "--change", "mirror", "noise+joints", *SHORT, "--resume") == 0
    after = {path: path.stat().st_mtime_ns for path in folder.glob("*/*/*/test.npz")}
    assert {path for path in after if after[path] != before.get(path)} == {cut / "test.npz"}
    assert (Scores.load(cut / "test.npz").logits == expected.logits).all()
    assert (folder / "select.csv").read_text() == (chosen / "select.csv").read_text()


def test_the_test_recordings_are_not_read(chosen: Path, tmp_path: Path) -> None:
    """Of coordinates of camera 3 that are not numbers, every run is the same."""
    root = write_archive(tmp_path)
    test = NWUCLA(root, "test")
    path = Path(test.processed_dir) / "pos.npy"
    pos = np.load(path, mmap_mode="r+")
    for row in test.indices():
        start, size = test._store.index.offsets[row], test._store.index.frames[row]
        pos[start : start + size] = np.nan
    pos.flush()
    assert NWUCLA(root, "test")[0].pos.isnan().all()
    assert choose(root, tmp_path / "out", "--change", "mirror", *SHORT) == 0
    found = list((tmp_path / "out").glob("*/*/*/*/test.npz"))
    assert len(found) == 8
    for path in found:
        one, other = Scores.load(path), Scores.load(chosen.parent / path.relative_to(tmp_path / "out"))
        assert (one.logits == other.logits).all() and (one.names == other.names).all()


def test_the_test_split_is_never_opened(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Counter[str] = Counter()
    split = type(DATASETS["nw_ucla"]).split

    def count(self, location, protocol, name, *, transform=None):
        opened[name] += 1
        return split(self, location, protocol, name, transform=transform)

    monkeypatch.setattr(type(DATASETS["nw_ucla"]), "split", count)
    assert choose(prepared, tmp_path, "--change", "strong", "--fast-dev-run", "--seed", "0") == 0
    assert set(opened) == {"trainval"}


def test_the_options_of_a_fold_have_no_other_splits(prepared: Path) -> None:
    options = LeaveOut(
        dataset=DATASETS["nw_ucla"], protocol="xview", location=Location(prepared), fold=Fold("camera", ("2",))
    )
    assert {name[-3:] for name in options.recordings("test").names} == {"v02"}
    assert {name[-3:] for name in options.recordings("trainval").names} == {"v01"}
    assert options.facts()["held_out"] == "camera 2"
    with pytest.raises(
        ValueError, match="split: expected 'trainval' or 'test' where recordings are left out, got 'val'"
    ):
        options.recordings("val")
    assert {field.name for field in fields(LeaveOut)} == {field.name for field in fields(Options)} | {"fold"}


def test_own_recordings_by_subject(tmp_path: Path) -> None:
    arrays = [np.random.default_rng(row).normal(size=(9, 17, 2)) for row in range(8)]
    facts = {"subject": ["anna", "ben"] * 4}
    ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 1, 1] * 2, COCO17, splits=["train"] * 8, facts=facts)
    fast = ("--change", "persons", "--fast-dev-run", "--seed", "0")
    assert choose(tmp_path, tmp_path / "out", *fast, dataset="own", by="subject") == 0
    (folder,) = (tmp_path / "out" / "fast_dev_run").iterdir()
    assert [row["left out"] for row in read(folder / "select.csv")][:3] == ["subject anna", "subject ben", "mean"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--change", "smoothing"), "--change: smoothing changes nothing of this recipe of esan on nw_ucla, with the"),
        (("--change", "longer", "--epochs", "3"), "--change: longer changes nothing of this recipe"),
        (("--change", "mirror", "mirror"), "--change: expected each change once, got mirror twice"),
        (("--change", "blur"), "change: expected one of mirror, .*, got 'blur'"),
        (("--change", "mirror", "--folds", "3"), "folds: expected 2 to 2, the values of camera, got 3"),
        (
            ("--change", "mirror", "--by", "site"),
            r"by: expected a fact of the recordings \(action, episode, camera\), got",
        ),
        (("--change", "mirror", "--by", "subject"), "by: all recordings of the training part have subject 1; expected"),
        (("--change", "mirror", "--by", "action"), "by: all recordings of class '.*' are of action"),
        (("--change", "mirror", "--model", "hcn"), "--widths: HCN has no argument widths; leave it out"),
    ],
)
def test_what_cannot_be_chosen_says_why(
    prepared: Path, tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert choose(prepared, tmp_path, *arguments, "--dry-run") == 1
    assert re.search(message, capsys.readouterr().err)


def test_a_dry_run_prints_what_each_change_changes(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert choose(prepared, tmp_path / "out", "--change", "adamw", "longer", "--dry-run") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [f"without camera {camera}: 40 to train on, 40 left out" for camera in (1, 2)]
    assert said[2:4] == ["adamw changes:", "  gradient_clip: None -> 1.0"]
    assert "  epochs: 150 -> 600" in said
    assert not (tmp_path / "out").exists()


def outcome(top1: int) -> Outcome:
    """A test of 100 recordings, of which ``top1`` are right."""
    logits = np.eye(2)[[0] * top1 + [1] * (100 - top1)]
    return Outcome(Scores([str(row) for row in range(100)], logits, [0] * 100), None, 2.0, 1, 7, 1)


def filled(gains: dict[str, tuple[int, int]]) -> Selection:
    """Four seeds of a base of 70 % and of changes that gain so much on either fold."""
    selection = Selection(["camera 1", "camera 2"])
    for change, gain in {BASE: (0, 0), **gains}.items():
        for fold, more in zip(selection.folds, gain, strict=True):
            for seed in range(4):
                selection.add(change, fold, seed, outcome(70 + seed + more))
    return selection


def test_a_change_counts_where_it_gains_on_both_folds() -> None:
    rows = filled({"a": (2, 3), "b": (9, 1), "c": (-2, -3)}).rows()
    assert [row[-1] for row in rows[::3]] == ["", "counts", "undecided", "harms"]
    assert rows[3] == ("a", "camera 1", "100", "4", "73.50", "1.29", "+2.00", "0.00", "counts")
    assert rows[5] == ("a", "mean", "200", "4", "74.00", "1.29", "+2.50", "0.00", "counts")


def test_a_selection_that_is_not_finished_says_so() -> None:
    selection = filled({})
    selection.add("a", "camera 1", 0, outcome(90))
    assert selection.rows()[-1] == ("a", "camera 1", "100", "1", "90.00", "", "+20.00", "", "unfinished")
    selection.add("a", "camera 2", 0, outcome(90))
    assert [row[-1] for row in selection.rows()[-3:]] == ["too few seeds"] * 3


def test_a_report_shows_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled({"mirror+noise": (2, 3)}).save(tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<td>mirror+noise</td><td>camera 2</td><td>100</td><td>4</td><td>74.50</td>" in page
    assert "A change counts if it gains 1.5 points on every fold, with 4 seeds or more." in page
    (tmp_path / "select.csv").write_text("a,b\n1,2\n")
    assert main(["report", str(tmp_path)]) == 1
    assert "is not a valid table of a selection: expected the columns change, left out" in capsys.readouterr().err


def test_a_report_of_one_of_its_runs_has_players(chosen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = chosen / "base" / "camera_2" / "seed0"
    assert main(["report", str(run)]) == 0
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Both share clock and camera" in page and "camera 2" in page


def test_the_defaults_of_the_command_are_those_of_a_decision() -> None:
    args = _parser("select").parse_args(
        ["select", "--model", "esan", "--dataset", "sbu", "--by", "first+second", "--change", "mirror"]
    )
    assert (args.seed, args.trainval) == ([0, 1, 2, 3], True)
