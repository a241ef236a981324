"""What is done in recordings of one's own, from the command line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton import NTU25, SkeletonSequence, load
from tg_skeleton.__main__ import main
from tg_skeleton.commands.answers import recording_rows, warnings_of, write_rows
from tg_skeleton.datasets import NWUCLA, SimulatedActions
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.evaluation import Scores
from tg_skeleton.inference import ActionRecognizer, Prediction
from tg_skeleton.inference.files import FileRecording
from tg_skeleton.inference.fused import FusedRecognizer
from tg_skeleton.io import NTU_CLASSES, Source
from tg_skeleton.topologies import NWUCLA20


def predict(checkpoint: Path, *arguments: object) -> int:
    return main(["predict", str(checkpoint), *map(str, arguments)])


Captured = pytest.CaptureFixture[str]


def in_json(checkpoint: Path, capsys: Captured, *arguments: object) -> list[dict[str, object]]:
    capsys.readouterr()
    assert predict(checkpoint, *arguments, "--format", "json") == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


# -- recordings --------------------------------------------------------------------------------------------------------


def test_a_table_of_recordings_and_the_accuracy_of_those_that_say_their_class(checkpoint, arrays, capsys) -> None:
    assert predict(checkpoint, arrays) == 0
    lines = capsys.readouterr().out.splitlines()
    said = load(checkpoint)(np.load(arrays / "a.npy"))
    assert lines[0].split() == ["recording", "label", "probability", "true", "label"]
    assert lines[1].split() == ["a", said.label, f"{said.probability:.2f}", "-"]
    right = load(checkpoint)(np.load(arrays / "c.npz")["pos"]).label == "jump"
    assert lines[4:] == ["3 recordings", f"top-1 {100 * right:.2f} %, {right:d} of 1 recordings whose class is known"]


def test_csv_has_a_row_for_each_recording_and_nothing_else(checkpoint, arrays, capsys) -> None:
    assert predict(checkpoint, arrays / "b.npy", arrays / "a.npy", "--format", "csv", "--top", 2) == 0
    out = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out.out)))
    best = load(checkpoint)(np.load(arrays / "b.npy")).top(2)
    assert [row["recording"] for row in rows] == ["b", "a"] and rows[0]["file"] == str(arrays / "b.npy")
    assert list(rows[0]) == ["recording", "file", "label", "probability", "label 2", "probability 2"]
    assert [(rows[0]["label"]), rows[0]["label 2"]] == [label for label, _ in best]
    assert_equal_up_to_rounding(float(rows[0]["probability 2"]), best[1][1], depth=1000)
    assert "2 recordings\n" in out.err


def test_a_run_s_folder_stands_for_its_model(checkpoint, arrays, tmp_path, capsys) -> None:
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints" / "last.ckpt").touch()
    assert predict(run / "checkpoints" / "last.ckpt", arrays) == 1
    assert "is the state of a training, without classes and transforms; take model.saf" in capsys.readouterr().err
    (run / "model.safetensors").write_bytes(checkpoint.read_bytes())
    assert predict(run, arrays) == 0
    assert predict(run / "checkpoints" / "last.ckpt", arrays) == 1
    assert f"take '{run / 'model.safetensors'}'" in capsys.readouterr().err


def test_the_folder_s_name_is_the_class(checkpoint, tmp_path, capsys) -> None:
    for name in ("sit", "Jump"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.random.default_rng(0).normal(size=(9, 25, 3)))
    rows = in_json(checkpoint, capsys, tmp_path)
    assert sorted(row["true label"] for row in rows) == ["jump", "sit"]


def test_the_top_classes_are_lists_in_json(checkpoint, arrays, capsys) -> None:
    row = in_json(checkpoint, capsys, arrays, "--top", 2)[0]
    assert len(row["labels"]) == len(row["probabilities"]) == 2
    assert (row["label"], row["probability"]) == (row["labels"][0], row["probabilities"][0])
    assert not [key for key in row if key[-1].isdigit()]


def test_json_and_each_person(checkpoint, arrays, capsys) -> None:
    rows = in_json(checkpoint, capsys, arrays, "--per-person", "--batch-size", 1)
    said = load(checkpoint)(np.load(arrays / "b.npy"))
    assert [(row["recording"], row["person"]) for row in rows] == [
        ("a", "all"),
        ("b", "all"),
        ("b", "0"),
        ("b", "1"),
        ("c", "all"),
    ]
    assert_equal_up_to_rounding(rows[2]["probability"], said.person_probabilities[0].max(), depth=1000)
    assert rows[4]["true label"] == "jump"


def test_the_answers_go_to_a_file(checkpoint, arrays, tmp_path, capsys) -> None:
    out = tmp_path / "there" / "answers.json"
    assert predict(checkpoint, arrays, "--format", "json", "--out", out) == 0
    assert [row["recording"] for row in json.loads(out.read_text())] == ["a", "b", "c"]
    assert f"3 recordings: {out}\n" in capsys.readouterr().out
    assert [path.name for path in out.parent.iterdir()] == ["answers.json"]


def test_several_networks_answer_with_the_mean(checkpoint, arrays, tmp_path, save_checkpoint, capsys) -> None:
    other = save_checkpoint(tmp_path / "bone.safetensors", "bone", seed=1)
    rows = in_json(checkpoint, capsys, arrays / "a.npy", "--with", other)
    said = FusedRecognizer([load(checkpoint), load(other)])(np.load(arrays / "a.npy"))
    assert rows[0]["label"] == said.label
    assert_equal_up_to_rounding(rows[0]["probability"], said.probability, depth=1000)


def test_bad_recordings_are_told_and_left_out(checkpoint, arrays, tmp_path, capsys) -> None:
    np.save(tmp_path / "bad.npy", np.zeros((3, 17, 3)))
    (tmp_path / "notes.txt").touch()
    assert predict(checkpoint, arrays / "a.npy", tmp_path) == 0
    out = capsys.readouterr()
    assert "1 recording\n" in out.out
    assert f"skipped {tmp_path}/bad.npy: expected coordinates [T, M, V, D] or [T, V, D] of NTU25's 25 joints" in out.err
    assert f"skipped {tmp_path}/notes.txt: expected a recording, got a file that ends in '.txt'" in out.err
    assert predict(checkpoint, tmp_path / "bad.npy", "--on-error", "raise") == 1
    assert f"predict: {tmp_path}/bad.npy: expected coordinates" in capsys.readouterr().err
    assert predict(checkpoint, tmp_path / "notes.txt", "--on-error", "raise") == 1
    assert f"predict: {tmp_path}/notes.txt: expected a recording" in capsys.readouterr().err


def test_what_the_network_refuses_is_found_among_the_others(checkpoint, arrays, tmp_path, monkeypatch, capsys) -> None:
    whole = ActionRecognizer.unwarned

    def refuse(self, recordings, *options):
        if any(recording.name == "b" for recording in recordings):
            raise ValueError("b: three persons")
        return whole(self, recordings, *options)

    monkeypatch.setattr(ActionRecognizer, "unwarned", refuse)
    assert [row["recording"] for row in in_json(checkpoint, capsys, arrays)] == ["a", "c"]
    predict(checkpoint, arrays)
    assert f"skipped {arrays}/b.npy: b: three persons" in capsys.readouterr().err
    assert predict(checkpoint, arrays, "--on-error", "raise") == 1
    assert "predict: b: three persons" in capsys.readouterr().err


def test_nothing_to_predict_is_an_error(checkpoint, tmp_path, capsys) -> None:
    assert predict(checkpoint, tmp_path) == 1
    said = f"predict: expected recordings in {tmp_path}, found none. Known forms: NTU RGB+D's .skeleton"
    assert said in capsys.readouterr().err


def test_recordings_of_another_skeleton_are_carried_over(checkpoint, arrays, tmp_path, capsys) -> None:
    np.save(tmp_path / "kinect1.npy", np.random.default_rng(0).normal(size=(9, 20, 3)))
    assert predict(checkpoint, tmp_path) == 1
    assert "where it is of another skeleton, name that with --from" in capsys.readouterr().err
    assert len(in_json(checkpoint, capsys, tmp_path, "--from", "NWUCLA20")) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "PATH: expected files or folders, or --camera N, got neither"),
        (("x.npy", "--camera", 0), "--camera: expected no files or folders with it, got x.npy"),
        (("x.npy",), "'x.npy': no such file or folder"),
        ((".", "--top", 0), "--top: expected 1 or more, got 0"),
        ((".", "--batch-size", 0), "--batch-size: expected 1 or more, got 0"),
        ((".", "--persons", 0), "--persons: expected 1 or more, got 0"),
        ((".", "--window", 0), "window: expected 1 frame or more, got 0"),
        ((".", "--window", 8, "--stride", 9), "stride: expected at most the window of 8 frames, got 9"),
        ((".", "--window", 8, "--smooth", 4), "width: expected an odd number of frames"),
        ((".", "--window", 8, "--min-length", 0), "min_length: expected 1 frame or more, got 0"),
        ((".", "--window", 8, "--threshold", 2), "threshold: expected a probability within 0..1, got 2"),
        ((".", "--window", 8, "--background", "x"), "--background: expected one of sit, stand, jump, got x"),
        ((".", "--window", 8, "--per-person"), "--per-person: expected no --window with it"),
        ((".", "--window", 8, "--fps", 0), "--fps: expected frames a second above 0, got 0"),
    ],
)
def test_arguments_are_checked_before_anything_is_read(checkpoint, arguments, reason, capsys) -> None:
    assert predict(checkpoint, *arguments) == 1
    assert f"predict: {reason}" in capsys.readouterr().err


# -- what files say about themselves -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ntu_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_ntu(tmp_path_factory.mktemp("ntu") / "files", subjects=1, repetitions=1)


def test_ntu_names_say_the_class_where_the_network_has_these_classes(
    ntu_files, checkpoint, tmp_path, save_checkpoint, capsys
) -> None:
    file = ntu_files / "S001C001P001R001A013.skeleton"
    for number, names in enumerate((NTU_CLASSES[:60], SimulatedActions.class_names)):
        arguments = {"in_channels": 3, "num_classes": len(names), "num_frames": 8, "widths": (8, 8)}
        own = save_checkpoint(tmp_path / f"{number}.safetensors", class_names=tuple(names), arguments=arguments)
        assert in_json(own, capsys, file)[0]["true label"] == names[12]
    assert "true label" not in in_json(checkpoint, capsys, file)[0]


def test_the_accuracy_on_files_is_that_of_the_test(prepared, tmp_path, capsys) -> None:
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(tmp_path), "--device", "cpu")
    assert main(["train", "--model", "sgn", *where, "--epochs", "1"]) == 0
    run = tmp_path / "sgn_nw_ucla" / "joint" / "seed0"
    files = tmp_path / "files"
    with zipfile.ZipFile(prepared / "raw" / "all_sqe.zip") as archive:
        archive.extractall(files, [name for name in archive.namelist() if name.endswith("_v03.json")])
    rows = in_json(run / "model.safetensors", capsys, files)
    test = Scores.load(run / "test.npz")
    assert [row["recording"] for row in rows] == test.names.tolist()
    assert [row["true label"] for row in rows] == [NWUCLA.class_names[label] for label in test.labels]
    probabilities = torch.tensor(test.logits).softmax(1)
    np.testing.assert_allclose([row["probability"] for row in rows], probabilities.amax(1), atol=1e-4)
    assert predict(run / "model.safetensors", files) == 0
    right = round(test.top_k(1) * len(test))
    said = f"top-1 {100 * test.top_k(1):.2f} %, {right} of 40 recordings whose class is known"
    assert said in capsys.readouterr().out


def test_real_files_of_nw_ucla(shared_data, tmp_path, save_checkpoint, capsys) -> None:
    names = [f"all_sqe/a0{action}_s01_e00_v01.json" for action in (1, 2, 3)]
    with zipfile.ZipFile(shared_data / "all_sqe.zip") as archive:
        archive.extractall(tmp_path / "files", names)
    arguments = {"in_channels": 3, "num_classes": 10, "num_frames": 8, "widths": (8, 8)}
    own = save_checkpoint(
        tmp_path / "m.safetensors", topology=NWUCLA20, class_names=NWUCLA.class_names, arguments=arguments
    )
    rows = in_json(own, capsys, tmp_path / "files")
    assert [row["true label"] for row in rows] == list(NWUCLA.class_names[:3])


def test_lightning_is_not_needed(checkpoint, arrays) -> None:
    code = "import sys; sys.modules['lightning'] = None; from tg_skeleton.__main__ import main; sys.exit(main("
    arguments = ["predict", str(checkpoint), str(arrays)]
    done = subprocess.run(
        [sys.executable, "-c", f"{code}{arguments!r}))"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0 and done.stderr == "" and "3 recordings" in done.stdout


@pytest.mark.parametrize("form", ["video", "array"])
def test_what_is_doubtful_about_a_video_is_said_beside_its_answer(form, checkpoint, capsys):
    card = load(checkpoint).card
    sequence = SkeletonSequence.from_array(np.ones((4, 1, 25, 3)), NTU25, name="walk")
    recording = FileRecording(Source(Path("walk.mp4")), form, sequence, remarks=("it ends after 4 of 9 frames",))
    share = np.full(len(card.class_names), 1 / len(card.class_names))
    rows = list(recording_rows(recording, Prediction("walk", card.class_names, share, share[None]), card, 1))
    assert warnings_of(rows) == (["walk.mp4: it ends after 4 of 9 frames"] if form == "video" else [])
    for output, there in (("csv", form == "video"), ("table", False)):
        write_rows(rows, output, None)
        assert ("it ends after 4 of 9 frames" in capsys.readouterr().out) == there
