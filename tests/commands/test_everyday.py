"""The network of the package, from the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import tg_skeleton
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import simulate
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.motion import CLASSES

pytestmark = pytest.mark.filterwarnings("ignore")


def everyday(*arguments: object) -> int:
    return main(["everyday", *map(str, arguments)])


@pytest.fixture
def archive(prepared: Path) -> tuple[str, ...]:
    """The arguments of a small data set with NW-UCLA's layout."""
    return ("--dataset", "nw_ucla", "--root", str(prepared))


def test_a_training_writes_a_network_that_says_how_it_was_made(tmp_path, capsys) -> None:
    assert everyday("train", "--out", tmp_path, "--steps", 1, "--batch-size", 2) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "model.safetensors")
    card = ActionRecognizer.load(tmp_path).card
    assert card.class_names == CLASSES
    assert {key: card.facts[key] for key in ("steps", "batch_size", "motion", "precision")} == {
        "steps": 1,
        "batch_size": 2,
        "motion": 0,
        "precision": "32-true",
    }


def test_answers_about_a_data_set_by_their_counterparts(archive, capsys) -> None:
    assert everyday("test", *archive) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["class", "recordings", "recognized", "counterpart", "answers"]
    assert any(line.startswith("pick up with one hand") and "pick up with one hand" in line[30:] for line in lines)
    assert "recordings with a counterpart, among 48 classes" in lines[-3]
    assert lines[-1].startswith("'fall down' about any recording: ")


def test_recordings_of_another_skeleton_in_pictures(archive, capsys) -> None:
    assert everyday("test", *archive, "--as", "COCO17", "--in-pictures", "--split", "trainval", "--view", 2) == 0
    assert "among 48 classes" in capsys.readouterr().out


def test_a_camera_that_is_not_there_is_named(archive, capsys) -> None:
    assert everyday("test", *archive, "--view", 7) == 1
    assert "--view: expected a camera of the recordings of nw_ucla, got 7" in capsys.readouterr().err


def test_a_data_set_without_counterparts_is_named(capsys) -> None:
    assert everyday("test", "--dataset", "kinetics") == 1
    assert "--dataset: expected one of nw_ucla, sbu, simulated, ntu60, got kinetics" in capsys.readouterr().err


def test_a_picture_of_all_classes(tmp_path, capsys) -> None:
    assert everyday("show", "--out", tmp_path / "sheet.png") == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_a_page_of_all_classes_in_motion(tmp_path, capsys) -> None:
    assert everyday("show", "--out", tmp_path / "all.html") == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "all.html")
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert all(json.dumps(name)[1:-1] in page for name in CLASSES)


def test_files_of_several_skeletons_are_answered_without_a_checkpoint(tmp_path, capsys) -> None:
    squat = simulate("squat").pos
    np.save(tmp_path / "squat.npy", squat)
    draw = np.random.default_rng(0)
    humans = [{"pose": draw.uniform(0.2, 0.8, 36).round(3).tolist(), "score": [0.9] * 18} for _ in range(30)]
    frames = [{"frame_index": number, "skeleton": [human]} for number, human in enumerate(humans, 1)]
    (tmp_path / "clip.json").write_text(json.dumps({"data": frames, "label": "yoga", "label_index": 3}))
    assert main(["predict", str(tmp_path), "--format", "csv"]) == 0
    captured = capsys.readouterr()
    rows = {row["recording"]: row["label"] for row in csv.DictReader(io.StringIO(captured.out))}
    assert captured.err.splitlines()[0].startswith("network: everyday (another one is named in front of the others)")
    assert rows["squat"] == tg_skeleton.load("everyday")(squat).label
    assert len(rows) == 2 and set(rows.values()) <= set(CLASSES)


@pytest.mark.parametrize("start", [(), ("--init", "everyday")])
def test_a_training_of_its_kind_from_nothing_or_from_it(own, tmp_path, capsys, start: tuple[str, ...]) -> None:
    where = ("--dataset", "own", "--root", str(own), "--out", str(tmp_path), "--device", "cpu")
    assert main(["train", "--model", "everyday", *start, *where, "--epochs", "1", "--augment", "rotate"]) == 0
    (path,) = tmp_path.rglob("model.safetensors")
    card = ActionRecognizer.load(path).card
    assert card.network == "AnyESAN" and card.any_skeleton and card.class_names != CLASSES
