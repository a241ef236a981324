"""The way of examples/videos.md on real videos, with the real estimator: skipped where one of them is absent."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.examples.clips import cut
from tg_skeleton.__main__ import main

pytest.importorskip("cv2", reason="OpenCV (the extras video and pose) is not installed")
mediapipe = pytest.importorskip("mediapipe", reason="the extra video (mediapipe) is not installed")
CLIPS = (
    ("walk_and_jump", "train/walk", 60, 40),
    ("walk_and_jump", "train/walk", 90, 40),
    ("balance_camera1", "train/balance", 10, 40),
    ("balance_camera3", "train/balance", 10, 40),
    ("balance_camera4", "test/balance", 10, 40),
    ("walk_and_jump", "test/walk", 130, 40),
)


@pytest.fixture(scope="module")
def place(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("videos")
    for name, folder, first, count in CLIPS:
        cut(shared_data / "videos" / f"{name}.mp4", place / "mine" / folder / f"{name}_{first}.mp4", first, count)
    return place


def test_from_a_folder_of_videos_to_an_answer_in_a_video(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    assert main(["data", "import", "mine", "--to", "datasets/mine"]) == 0
    out = capsys.readouterr().out
    assert "6 recordings of 2 classes, MEDIAPIPE33" in out and "balance: 3" in out and "splits: train, test" in out
    with (place / "datasets" / "mine" / "poses" / "videos.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and all(row["frames"] == "40" and float(row["visibility"]) > 0.6 for row in rows)
    assert (
        main(
            [
                "train",
                "--model",
                "esan",
                "--dataset",
                "own",
                "--root",
                "datasets/mine",
                "--epochs",
                "25",
                "--batch-size",
                "2",
            ]
        )
        == 0
    )
    capsys.readouterr()
    (model,) = place.glob("runs/**/model.safetensors")
    tested = [str(path) for path in sorted((place / "mine" / "test").rglob("*.mp4"))]
    assert main(["predict", str(model), *tested, "--format", "json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["true label"] for answer in answers] == ["balance", "walk"]
    assert answers[0]["label"] == "balance" and answers[1]["label"] in ("balance", "walk")  # of four clips, not much
    assert main(["predict", str(model), tested[0], "--draw", "answer.mp4"]) == 0
    assert "answer.mp4: 40 frames" in capsys.readouterr().err
    assert main(["watch", str(model), tested[0], "--window", "10"]) == 0
    assert capsys.readouterr().out.startswith("frame ")
