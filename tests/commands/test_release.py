"""The file of a trained network, of an ESAN that was trained for an epoch."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

import tg_skeleton
from tg_skeleton.__main__ import main
from tg_skeleton.commands.release import _terms
from tg_skeleton.commands.run_folder import RunFolder
from tg_skeleton.datasets.table import DATASETS
from tg_skeleton.evaluation import Scores


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run."""
    out = tmp_path_factory.mktemp("runs")
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(out), "--device", "cpu")
    assert main(["train", "--model", "esan", "--stream", "joint", "--epochs", "1", "--seed", "3", *where]) == 0
    return out / "esan_nw_ucla" / "joint" / "seed3"


@pytest.fixture
def unpacked(trained: Path, tmp_path: Path) -> Path:
    """The files in the zip."""
    assert main(["release", str(trained), "--out", str(tmp_path / "esan.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "esan.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def test_it_has_the_weights_the_recipe_the_scores_and_the_log(unpacked: Path, trained: Path) -> None:
    names = sorted(path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file())
    assert names == [
        *("README.txt", "SHA256SUMS", "logs/version_0/metrics.csv", "model.safetensors"),
        *("run.json", "test.npz", "val.npz"),
    ]
    assert tg_skeleton.load(unpacked / "model.safetensors").card.facts["seed"] == 3
    run = RunFolder.read(unpacked)
    assert run.test.top_k(1) == Scores.load(trained / "test.npz").top_k(1)
    assert run.facts["recipe.optimizer"] == "'adam'" and run.history["train/loss"]


def test_the_sums_are_those_of_the_files(unpacked: Path) -> None:
    lines = (unpacked / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 6
    for line in lines:
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == digest


def test_a_run_gives_the_same_bytes_each_time_and_their_hash(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for name in ("one.zip", "other.zip"):
        assert main(["release", str(trained), "--out", str(tmp_path / name)]) == 0
        found.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
        assert (tmp_path / f"{name}.sha256").read_text() == f"{found[-1]}  {name}\n"
    assert found[0] == found[1]
    assert f"SHA-256 {found[0]}" in capsys.readouterr().out


def test_no_path_of_the_machine_is_in_it(unpacked: Path, prepared: Path) -> None:
    assert "root" not in json.loads((unpacked / "run.json").read_text())
    for path in unpacked.rglob("*"):
        assert not path.is_file() or str(prepared).encode() not in path.read_bytes()


def test_the_terms_of_the_data_are_said(unpacked: Path) -> None:
    text = (unpacked / "README.txt").read_text()
    assert text.startswith("esan joint on NW-UCLA Multiview Action 3D xview, seed 3: top-1 ")
    assert "of 40 test recordings (best epoch on the validation split)" in text
    assert "is published for research by J. Wang, X. Nie" in text and "cite them when you use it" in text


@pytest.mark.parametrize("name", DATASETS)
def test_published_recordings_have_terms(name: str) -> None:
    said = _terms(DATASETS[name])
    assert ("no terms of others" in said) == (name in ("own", "simulated"))
    assert name not in ("ntu60", "ntu120") or "not for redistribution" in said


def test_without_a_name_it_lies_in_the_run_s_folder(trained: Path) -> None:
    assert main(["release", str(trained)]) == 0
    path = trained / "esan_joint_nw_ucla_xview_seed3.zip"
    assert path.is_file()
    path.unlink()
    path.with_name(f"{path.name}.sha256").unlink()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"fast_dev_run": True}, "expected a whole training, got a smoke test; train without --fast-dev-run"),
        (
            {"held_out": "camera 2"},
            "expected a training on all training recordings, got one without camera 2, of select",
        ),
        ({"dataset": "mine"}, "dataset: expected one of nw_ucla, .*, got 'mine'"),
        ({"finished": False}, "the training is not finished; train --resume continues it"),
    ],
)
def test_what_is_not_handed_on_says_why(
    trained: Path, tmp_path: Path, facts: dict[str, object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained, tmp_path / "run")
    record = tmp_path / "run" / "run.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **facts}))
    assert main(["release", str(tmp_path / "run")]) == 1
    assert re.search(message, capsys.readouterr().err)


def test_a_run_without_its_network_is_not_handed_on(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").unlink()
    assert main(["release", str(tmp_path / "run")]) == 1
    assert "model.safetensors': no such file; train --overwrite writes it" in capsys.readouterr().err
    assert main(["release", str(trained), "--out", str(tmp_path / "esan.tar")]) == 1
    assert f"--out: expected a file name ending in .zip, got '{tmp_path / 'esan.tar'}'" in capsys.readouterr().err
