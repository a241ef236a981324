"""Trainings of an epoch on 60 generated recordings."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import tg_skeleton
from tests.commands.conftest import write_archive
from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton.__main__ import main
from tg_skeleton.commands.lock import RunLock
from tg_skeleton.datasets import NWUCLA
from tg_skeleton.evaluation import Scores, ensemble
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.topologies import COCO17


def command(name: str, prepared: Path, out: Path, *arguments: str, model: str = "sgn") -> int:
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(out))
    return main([name, "--model", model, *where, *arguments])


def train(prepared: Path, out: Path, *arguments: str, model: str = "sgn") -> int:
    return command("train", prepared, out, "--epochs", "1", "--device", "cpu", *arguments, model=model)


def write_all_scores(path: Path, prepared: Path) -> None:
    """Scores of the whole test split, as a training of it leaves them."""
    recordings = NWUCLA(prepared, "test")
    Scores(recordings.names, np.eye(10)[recordings.labels], recordings.labels).save(path)


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two streams of SGN, with a validation split."""
    out = tmp_path_factory.mktemp("runs")
    assert train(prepared, out, "--stream", "joint", "bone") == 0
    return out


def test_training_leaves_scores_checkpoints_and_facts(trained: Path) -> None:
    folder = trained / "sgn_nw_ucla" / "joint" / "seed0"
    assert [len(Scores.load(folder / f"{split}.npz")) for split in ("test", "val")] == [40, 20]
    assert (folder / "checkpoints" / "best.ckpt").is_file()
    assert (folder / "confusion.png").read_bytes().startswith(b"\x89PNG")
    facts = json.loads((folder / "run.json").read_text())
    assert (facts["name"], facts["seed"], facts["epochs"], facts["parameters"]) == ("sgn joint", 0, 1, 665018)
    assert facts["seconds"] > 0


def test_test_gives_the_training_s_accuracy(trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = Scores.load(trained / "sgn_nw_ucla" / "joint" / "seed0" / "test.npz")
    capsys.readouterr()
    assert command("test", prepared, trained, "--stream", "joint", "--device", "cpu") == 0
    said = capsys.readouterr().out
    assert "sgn, joint, on nw_ucla, seed 0\n40 recordings, 10 classes\n" in said
    assert f"{100 * scores.top_k(1):.2f} %" in said


def test_test_refuses_another_network_s_checkpoint(
    trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = trained / "sgn_nw_ucla" / "joint" / "seed0" / "checkpoints" / "best.ckpt"
    arguments = ("--checkpoint", str(checkpoint), "--device", "cpu")
    assert command("test", prepared, trained, *arguments, model="esan") == 1
    assert f"'{checkpoint}' holds another network than the one that was named" in capsys.readouterr().err


def test_a_checkpoint_is_of_one_network(trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("test", prepared, trained, "--checkpoint", "x.ckpt", "--seed", "0", "1") == 1
    assert "--checkpoint: expected one stream and one seed" in capsys.readouterr().err


def test_a_finished_run_is_read_not_trained(trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = trained / "sgn_nw_ucla" / "bone" / "seed0" / "test.npz"
    before = file.stat().st_mtime_ns
    assert train(prepared, trained, "--stream", "bone", "--resume") == 0
    assert file.stat().st_mtime_ns == before
    assert "sgn, bone, on nw_ucla, seed 0" in capsys.readouterr().out


def test_a_run_of_another_recipe_is_not_taken_for_this_one(
    trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, trained, "--stream", "bone", "--resume", "--batch-size", "7") == 1
    assert "is of another run: recipe.batch_size is 32 there, 7 here" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:precision. expected 32-true on a CPU without")
def test_a_run_of_another_precision_is_not_taken_for_this_one(
    trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, trained, "--stream", "bone", "--resume", "--precision", "bf16-mixed") == 1
    assert "is of another run: precision is 32-true there, bf16-mixed here" in capsys.readouterr().err


def test_a_fast_dev_run_writes_elsewhere(trained: Path, prepared: Path) -> None:
    record = trained / "sgn_nw_ucla" / "joint" / "seed0" / "run.json"
    before = record.read_bytes()
    assert train(prepared, trained, "--fast-dev-run") == train(prepared, trained, "--fast-dev-run") == 0
    assert record.read_bytes() == before
    assert (trained / "fast_dev_run" / "sgn_nw_ucla" / "joint" / "seed0" / "run.json").is_file()


def test_a_finished_run_is_not_overwritten(trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = trained / "sgn_nw_ucla" / "bone" / "seed0" / "test.npz"
    before = file.stat().st_mtime_ns
    assert train(prepared, trained, "--stream", "bone") == 1
    assert "holds a finished training: --resume reads it, --overwrite replaces it" in capsys.readouterr().err
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_damaged_run_is_named(
    prepared: Path, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "sgn_nw_ucla" / "joint" / "seed0"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(content)
    assert train(prepared, tmp_path, "--resume") == 1
    said = capsys.readouterr().err
    assert f"'{folder}/run.json' is not a valid record of a run" in said or "by an older version, without name" in said


def test_seeds_are_told_with_their_spread(prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(prepared, tmp_path, "--seed", "1", "2", "--fast-dev-run", "--trainval") == 0
    folders = [tmp_path / "fast_dev_run" / "sgn_nw_ucla" / "joint" / f"seed{seed}" for seed in (1, 2)]
    top1 = [100 * Scores.load(folder / "test.npz").top_k(1) for folder in folders]
    expected = f"joint: {np.mean(top1):.2f} ± {np.std(top1, ddof=1):.2f} (standard deviation of 2 seeds)"
    assert expected in capsys.readouterr().out
    assert not (folders[0] / "val.npz").exists()


def test_fuse_joins_the_streams(trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = trained / "sgn_nw_ucla"
    assert command("fuse", prepared, trained, "--weights", "3", "1") == 0
    parts = [Scores.load(folder / stream / "seed0" / "test.npz") for stream in ("joint", "bone")]
    fused = Scores.load(folder / "fused" / "seed0" / "test.npz")
    np.testing.assert_array_equal(fused.logits, ensemble(parts, [3, 1]).logits)
    assert (folder / "fused" / "seed0" / "top_k.png").is_file()
    assert "weights: 3 1" in capsys.readouterr().out
    assert command("fuse", prepared, trained, "--weights", "tuned") == 0
    assert "weights: tuned" in capsys.readouterr().out


@pytest.mark.parametrize("weights", [("1",), ("a", "b"), ("equal", "1")])
def test_fuse_wants_a_weight_for_each_stream(
    trained: Path, prepared: Path, weights: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("fuse", prepared, trained, "--weights", *weights) == 1
    said = f"--weights: expected equal, published, tuned, or 2 numbers (joint, bone), got {' '.join(weights)}"
    assert said in capsys.readouterr().err


def test_weights_are_not_tuned_on_the_test_split(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--fast-dev-run", "--trainval") == 0
    out = tmp_path / "fast_dev_run"
    path = out / "sgn_nw_ucla" / "joint" / "seed0" / "test.npz"
    write_all_scores(path, prepared)
    assert command("fuse", prepared, out, "--stream", "joint", "--weights", "tuned") == 1
    assert "has no val.npz; train without --trainval" in capsys.readouterr().err


def test_fuse_says_which_stream_is_missing(prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("fuse", prepared, tmp_path) == 1
    said = capsys.readouterr().err
    assert (
        "joint/seed0/test.npz': no such file, because sgn is not trained on the stream joint with seed 0; run " in said
    )
    assert f"train --model sgn --dataset nw_ucla --root {prepared} --stream joint --seed 0, or name" in said


def test_fuse_refuses_the_scores_of_other_recordings(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sgn_nw_ucla" / "joint" / "seed0" / "test.npz"
    Scores(["a", "b"], np.eye(10)[:2], [0, 1]).save(path)
    assert command("fuse", prepared, tmp_path, "--stream", "joint") == 1
    said = f"'{path}' has the scores of 2 recordings, which are not the 40 of the test split of nw_ucla ('a' differs)"
    assert said in capsys.readouterr().err


def test_test_refuses_another_data_set_of_the_same_name(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_archive(tmp_path, episodes=5)
    assert command("test", other, trained, "--device", "cpu") == 1
    said = capsys.readouterr().err
    assert "run.json': the training was on other recordings: recordings is" in said
    assert "name the data set (and --root) that it was trained on" in said


def test_a_protocol_of_another_data_set_is_refused(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--protocol", "xset") == 1
    assert "train: --protocol: nw_ucla has xview, got xset" in capsys.readouterr().err


def test_the_run_s_checkpoint_gives_the_run_s_scores(trained: Path, prepared: Path) -> None:
    folder = trained / "sgn_nw_ucla" / "bone" / "seed0"
    recognizer, scores = tg_skeleton.load(folder / "model.safetensors"), Scores.load(folder / "test.npz")
    recordings = NWUCLA(prepared, "test")
    order = [list(scores.names).index(recording.name) for recording in recordings]
    predictions = recognizer.predict(list(recordings), batch_size=7)
    expected = torch.tensor(scores.logits[order]).softmax(1).numpy()
    assert_equal_up_to_rounding([one.probabilities for one in predictions], expected, depth=recognizer.model)
    assert recognizer.card.class_names == recordings.class_names
    facts = recognizer.card.facts
    assert [facts[key] for key in ("dataset", "protocol", "stream", "seed", "epochs")] == [
        "nw_ucla",
        "xview",
        "bone",
        0,
        1,
    ]
    assert facts["top1"] == scores.top_k(1)


def test_recordings_of_ones_own_without_a_validation_split(own: Path, tmp_path: Path) -> None:
    said = ("--model", "esan", "--dataset", "own", "--root", str(own), "--out", str(tmp_path), "--device", "cpu")
    assert main(["train", *said, "--fast-dev-run"]) == 0
    run = tmp_path / "fast_dev_run" / f"esan_{own.name}" / "joint+bone" / "seed0"
    assert json.loads((run / "run.json").read_text())["trainval"] is True
    card = ActionRecognizer.load(run / "model.safetensors").card
    assert (card.topology, card.dims, card.num_classes) == (COCO17, 2, 2)


def test_unreadable_recordings_are_reported_or_stop_a_training(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = [[0.0, 0.0, 0.0]] * 19  # a joint is missing
    with zipfile.ZipFile(root / "raw" / "all_sqe.zip", "a") as archive:
        archive.writestr("all_sqe/a01_s02_e00_v01.json", json.dumps({"file_name": "", "skeletons": [body], "label": 1}))
    assert train(root, tmp_path, "--fast-dev-run", "--trainval", "--on-error", "raise") == 1
    assert "a01_s02_e00_v01" in capsys.readouterr().err
    assert train(root, tmp_path, "--fast-dev-run", "--trainval") == 0
    assert "1 unreadable recordings of the data set are missing, see " in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_here_is_one_line(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("train", prepared, tmp_path, "--device", "gpu") == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("train: --device gpu, --devices auto, --strategy auto: not to be had here: ")
    assert not (tmp_path / "sgn_nw_ucla").exists()


def test_a_folder_is_trained_in_once_at_a_time(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = RunLock(tmp_path / "sgn_nw_ucla" / "joint" / "seed0")
    lock.acquire()
    assert train(prepared, tmp_path) == 1
    assert "is being trained by process" in capsys.readouterr().err
    lock.release()


def test_two_processes_test_every_recording_once_and_print_once(trained: Path, prepared: Path) -> None:
    """In processes of their own, which cost an import each."""
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(trained), "--device", "cpu")
    given = [sys.executable, "-m", "tg_skeleton", "test", "--model", "sgn", *where, "--devices", "2"]
    done = subprocess.run(given, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sgn, joint, on nw_ucla, seed 0\n40 recordings, 10 classes\n") == 1
    scores = Scores.load(trained / "sgn_nw_ucla" / "joint" / "seed0" / "test.npz")
    assert f"{100 * scores.top_k(1):.2f} %" in done.stdout


def test_sigterm_ends_all_processes(prepared: Path, tmp_path: Path) -> None:
    """In processes of their own, which cost an import each."""
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(tmp_path), "--device", "cpu")
    given = [sys.executable, "-m", "tg_skeleton", "train", "--model", "sgn", *where, "--devices", "2"]
    process = subprocess.Popen(given, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    last = tmp_path / "sgn_nw_ucla" / "joint" / "seed0" / "checkpoints" / "last.ckpt"
    end = time.monotonic() + 240
    while not last.is_file() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    process.terminate()
    _, said = process.communicate(timeout=60)  # it waits for the pipes, which all processes hold
    assert process.returncode != 0
    assert "train: ended by SIGTERM; run the same command with --resume to go on from the last epoch" in said
