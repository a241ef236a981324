"""The papers' comparisons next to what runs measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.commands.published import bubbles_of, found_runs, measured_of
from tg_skeleton.evaluation import Scores
from tg_skeleton.training.published import SETS, SYSTEMS
from tg_skeleton.training.recipes import NETWORKS

LABELS = [0, 1, 2, 3]


def write_run(folder: Path, name: str, predictions: list[int], seed: int = 0, **facts: object) -> None:
    folder.mkdir(parents=True)
    scores = Scores(["a", "b", "c", "d"], 4 * np.eye(6)[predictions], LABELS)
    scores.save(folder / "test.npz")
    record = {
        **{"name": name, "dataset": "ntu60", "protocol": "xsub", "source": "raw", "seed": seed, "version": "0"},
        **{"seconds": 1.0, "epochs": 2, "parameters": 3, "macs": 4, "finished": True, **facts},
    }
    (folder / "run.json").write_text(json.dumps(record))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Joint and bone of MS-G3D, which are right about three and two recordings, and runs that do not count."""
    write_run(tmp_path / "msg3d" / "joint" / "seed0", "msg3d joint", [0, 1, 2, 0])
    write_run(tmp_path / "msg3d" / "bone" / "seed0", "msg3d bone", [0, 1, 0, 0])
    write_run(tmp_path / "msg3d" / "joint" / "seed1", "msg3d joint", [0, 1, 2, 3], seed=1)
    write_run(tmp_path / "other", "msg3d joint", [0, 0, 0, 0], seed=2, dataset="nw_ucla")
    write_run(tmp_path / "smoke", "msg3d joint", [0, 0, 0, 0], seed=3, fast_dev_run=True)
    write_run(tmp_path / "begun", "msg3d joint", [0, 0, 0, 0], seed=4, finished=False)
    return tmp_path


def test_the_table_has_the_papers_figures_and_ours(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["published", "ntu60", "--out", str(out), "--no-picture"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        *("system", "in", "parameters", "(M)", "ntu60/xsub", "ntu60/xview"),
        *("ntu60/xsub", "here", "ntu60/xview", "here", "seeds"),
    ]
    rows = {line[:20].strip(): line.split() for line in lines[1:-1]}
    assert rows["MS-G3D (joint)"][-6:] == ["3.20", "89.4", "95.0", "87.50", "-", "2"]
    assert rows["MS-G3D (2s)"][-6:-3] == ["6.40", "91.5", "96.2"] and rows["MS-G3D (2s)"][-1] == "1"
    assert rows["GCA-LSTM"] == ["GCA-LSTM", "A", "-", "74.4", "82.8", "-", "-", "-"]
    assert lines[-1].startswith("A, B: in a table of the paper; own: ")


def test_streams_are_fused_by_seed(out: Path) -> None:
    runs = found_runs(out, "ntu60")
    assert {key: sorted(seeds) for key, seeds in runs.items()} == {
        ("msg3d joint", "xsub"): [0, 1],
        ("msg3d bone", "xsub"): [0],
    }
    assert measured_of(SYSTEMS["MS-G3D (joint)"], "ntu60", runs).accuracy["ntu60/xsub"] == 87.5
    assert measured_of(SYSTEMS["MS-G3D (2s)"], "ntu60", runs).seeds == 1
    assert measured_of(SYSTEMS["GCA-LSTM"], "ntu60", runs).accuracy == {}


def test_bubbles_are_of_networks_that_are_built(out: Path) -> None:
    runs, systems = found_runs(out, "ntu60"), [SYSTEMS[name] for name in ("GCA-LSTM", "SGN", "MS-G3D (joint)")]
    measured = {system.name: measured_of(system, "ntu60", runs) for system in systems}
    bubbles = bubbles_of(systems, "ntu60", measured)
    assert list(bubbles) == ["SGN", "MS-G3D (joint)", "MS-G3D (joint), here"]
    assert bubbles["SGN"][:2] == (0.89, 691_048)
    accuracy, parameters, macs = bubbles["MS-G3D (joint), here"]
    assert (accuracy, parameters) == (0.875, 3_194_595) and macs == bubbles["MS-G3D (joint)"][2] > 1e10


def test_the_picture(out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("tg_skeleton.commands.published.cost_of", lambda setting, classes: (1_000_000, 10**9))
    assert main(["published", "kinetics", "--out", str(out)]) == 0
    assert (out / "published_kinetics.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "published_kinetics.png")


@pytest.mark.parametrize("name", [name for name, system in SYSTEMS.items() if system.network])
def test_a_system_that_is_built_names_a_network_and_its_streams(name: str) -> None:
    system = SYSTEMS[name]
    assert set(system.streams) <= set(NETWORKS[system.network].streams) and system.streams


def test_a_row_reads_the_figures_of_its_whole_system() -> None:
    for row in NETWORKS.values():
        assert any(row.accuracy == system.top1 and system.network == row.name for system in SYSTEMS.values())


def test_figures_have_keys_of_the_sets() -> None:
    known = {key for keys in SETS.values() for key in keys}
    assert all(system.accuracy and set(system.accuracy) <= known for system in SYSTEMS.values())
    assert SYSTEMS["ESAN"].accuracy["kinetics/top5"] == 60.1
