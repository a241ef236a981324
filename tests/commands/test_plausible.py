"""What does not look like a body, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton import NTU25, load
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import ArrayDataset, simulate
from tg_skeleton.plausibility import BodyStatistics

Captured = pytest.CaptureFixture[str]
UPSIDE_DOWN = "looks upside down: heads are below feet along y, where y pointing up is expected; --flip y"
ACTIONS = ("wave", "kick")


@pytest.fixture(scope="module")
def network(save_checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    bodies = BodyStatistics.measure([(simulate(name, subject=2).pos, None) for name in ACTIONS], NTU25)
    path: Path = save_checkpoint(tmp_path_factory.mktemp("looks") / "model.safetensors", bodies=bodies)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings from below, and with left and right exchanged by that; and one of millimeters, z up."""
    folder = tmp_path_factory.mktemp("files")
    for name in ACTIONS:
        pos = simulate(name).pos
        for kind, array in (("down", pos * [1, -1, 1]), ("rotated", 1000 * (pos * [1, 1, -1])[..., [0, 2, 1]])):
            (folder / kind / name).mkdir(parents=True)
            np.save(folder / kind / name / f"{name}.npy", array)
    return folder


def test_predict_warns_and_says_it_in_json_and_csv(network: Path, files: Path, capsys: Captured) -> None:
    assert main(["predict", str(network), str(files / "down"), "--format", "json"]) == 0
    output = capsys.readouterr()
    rows = json.loads(output.out)
    assert [[one["kind"] for one in row["warnings"]] for row in rows] == [["upside_down", "mirrored"]] * 2
    assert rows[0]["warnings"][0]["fix"] == "--flip y" and rows[0]["warnings"][0]["evidence"] < -0.9
    assert f"{files / 'down' / 'kick' / 'kick.npy'}, …): {UPSIDE_DOWN}" in output.err
    assert main(["predict", str(network), str(files / "down"), "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(",upside_down mirrored")
    assert main(["predict", str(network), str(files / "down"), "--window", "20", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["warnings"][0]["kind"] == "upside_down"


def test_what_fits_is_not_warned_of(network: Path, files: Path, capsys: Captured) -> None:
    arguments = ["--format", "json", "--strict"]
    assert main(["predict", str(network), str(files / "down"), "--flip", "y", *arguments]) == 0
    output = capsys.readouterr()
    assert "warning" not in output.err and "warnings" not in json.loads(output.out)[0]
    assert main(["predict", str(network), str(files / "rotated"), "--up=z", "--scale", "0.001", *arguments]) == 0


def test_strict_is_an_error(network: Path, files: Path, capsys: Captured) -> None:
    assert main(["predict", str(network), str(files / "down"), "--strict"]) == 1
    assert f"predict: {files / 'down' / 'kick' / 'kick.npy'}: {UPSIDE_DOWN}" in capsys.readouterr().err
    assert (
        main(["data", "import", str(files / "down"), "--to", str(files / "no"), "--skeleton", "NTU25", "--strict"]) == 1
    )
    assert f"import: recording 'kick': {UPSIDE_DOWN}" in capsys.readouterr().err


def test_import_warns_and_takes_what_would_fit(files: Path, tmp_path: Path, capsys: Captured) -> None:
    arguments = ["data", "import", str(files / "rotated"), "--to", str(tmp_path), "--skeleton", "NTU25"]
    assert main(arguments) == 0
    lines = capsys.readouterr().err.splitlines()
    assert (
        lines[0].startswith("warning: 2 of 2 recordings (kick, …): looks as if z pointed up") and "--up=z" in lines[0]
    )
    assert "looks like millimeters; --scale 0.001" in lines[1]
    assert main([*arguments, "--up", "z", "--scale", "0.001", "--strict"]) == 0
    assert "warning" not in capsys.readouterr().err
    np.testing.assert_allclose(ArrayDataset(tmp_path)[0].to_dense("pos")[0], simulate("kick").pos[:, 0], atol=1e-5)


def test_import_and_check_report_joints_astray(tmp_path: Path, capsys: Captured) -> None:
    arrays = [simulate(name).pos for name in ACTIONS]
    arrays[1][7, 0, NTU25.index("left_hand")] += 10
    made = ArrayDataset.from_arrays(tmp_path, arrays, [0, 1], NTU25)
    assert [issue.reason for issue in made.issues] == [
        "1 joints are astray, at the end of bones more than four times as long as usual"
    ]
    assert main(["data", "check", "own", "--root", str(tmp_path)]) == 0
    expected = (
        "warning: 1 of 2 recordings: 1 joints are astray, at the end of bones more than four times as long as usual"
    )
    assert expected in capsys.readouterr().out


def test_check_warns_of_bodies_and_fails_where_it_is_strict(tmp_path: Path, capsys: Captured) -> None:
    arrays = [simulate(name).pos * [1, -1, 1] for name in ACTIONS]
    with pytest.warns(UserWarning, match="ArrayDataset.from_arrays: 2 of 2 recordings .* looks upside down"):
        ArrayDataset.from_arrays(tmp_path, arrays, [0, 1], NTU25)
    assert main(["data", "check", "own", "--root", str(tmp_path)]) == 0
    assert f"warning: 2 of 2 recordings (000000, …): {UPSIDE_DOWN}" in capsys.readouterr().out
    assert main(["data", "check", "own", "--root", str(tmp_path), "--strict"]) == 1


def test_play_warns_and_flips(network: Path, files: Path, tmp_path: Path, capsys: Captured) -> None:
    page = ["--out", str(tmp_path / "player.html"), "--checkpoint", str(network)]
    assert main(["play", str(files / "down"), *page]) == 0
    assert UPSIDE_DOWN in capsys.readouterr().err
    assert main(["play", str(files / "down"), *page, "--flip", "y"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_nobody_is_no_class(network: Path, tmp_path: Path, capsys: Captured) -> None:
    np.save(tmp_path / "a.npy", simulate("wave").pos)
    np.save(tmp_path / "b.npy", np.full((9, 2, 25, 3), np.nan))
    assert main(["predict", str(network), str(tmp_path), "--top", "2", "--per-person", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["recording"] for row in rows] == ["a", "b"]
    assert (rows[1]["label"], rows[1]["probability"], rows[1]["labels"]) == ("nobody", None, ["nobody", None])
    one = load(network)(np.zeros((9, 25, 3)))
    assert (one.label, one.index, one.probability, one.top(2)) == ("nobody", -1, 0.0, [])


def test_the_layout_of_arrays_may_be_named(network: Path, tmp_path: Path, capsys: Captured) -> None:
    pos = simulate("wave").pos[:4]  # four frames could be persons
    np.save(tmp_path / "a.npy", pos.transpose(1, 0, 2, 3))
    assert main(["predict", str(network), str(tmp_path), "--layout", "M T V C", "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    expected = load(network)(pos)
    assert row["label"] == expected.label and row["probability"] == pytest.approx(expected.probability, abs=1e-5)
    again = load(network)(pos.transpose(3, 0, 2, 1), layout="C T V M")
    assert again.probability == pytest.approx(expected.probability, abs=1e-5)
