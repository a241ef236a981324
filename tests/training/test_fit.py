from __future__ import annotations

import csv
import pickle
import subprocess
import sys
import time
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning import seed_everything

from tg_skeleton.evaluation import Scores
from tg_skeleton.training import (
    Recipe,
    Recognizer,
    SkeletonDataModule,
    evaluate,
    fit_and_test,
    load_checkpoint,
    make_trainer,
    training_seconds,
)
from tg_skeleton.training.fit import WholeFiles, checkpoint_to_resume


def data_of(tiny: SimpleNamespace, **options: int) -> SkeletonDataModule:
    return SkeletonDataModule(
        tiny.recordings(10), tiny.recordings(9, "val"), tiny.recordings(7, "test"), batch_size=4, **options
    )


def train(
    tiny: SimpleNamespace, folder: Path, recipe: Recipe, *, seed: int = 0, resume: Path | None = None
) -> tuple[Recognizer, Scores]:
    seed_everything(seed, workers=True, verbose=False)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    trainer = make_trainer(recipe, folder, accelerator="cpu", progress_bar=False, deterministic=True)
    return recognizer, fit_and_test(trainer, recognizer, data_of(tiny), resume=resume)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder / "checkpoints" / "last.ckpt")["state_dict"]


def test_training_learns_and_tests(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recognizer, scores = train(tiny, tmp_path, tiny.recipe(epochs=15))
    assert scores is recognizer.scores
    assert len(scores) == 7
    assert scores.top_k(1) == 1.0


def test_the_seed_decides_everything(tiny: SimpleNamespace, tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tiny, tmp_path / folder, tiny.recipe(epochs=2, noisy=True), seed=seed)
    a, b, c = (weights(tmp_path / folder)["model.linear.weight"] for folder in "abc")
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_a_resumed_training_ends_as_an_uninterrupted_one(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = tiny.recipe(epochs=5, noisy=True)
    train(tiny, tmp_path / "whole", recipe)
    train(tiny, tmp_path / "parts", replace(recipe, epochs=3))
    train(tiny, tmp_path / "parts", recipe, resume=tmp_path / "parts" / "checkpoints" / "last.ckpt")
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert list(whole) == list(parts)
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_a_moved_training_resumes_and_tests_its_best_epoch(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = replace(tiny.recipe(epochs=3, noisy=True), milestones=())
    train(tiny, tmp_path / "whole", replace(recipe, epochs=6))
    train(tiny, tmp_path / "here", recipe)
    (tmp_path / "here").rename(tmp_path / "there")
    last = tmp_path / "there" / "checkpoints" / "last.ckpt"
    state = torch.load(last, weights_only=True)
    (key,) = [name for name in state["callbacks"] if name.startswith("BestCheckpoint")]
    state["callbacks"][key]["best_model_score"] = torch.tensor(2.0)  # no later epoch is better
    torch.save(state, last)
    best = load_checkpoint(last.with_name("best.ckpt"))["state_dict"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recognizer, _ = train(tiny, tmp_path / "there", replace(recipe, epochs=6), resume=last)
    assert load_checkpoint(last)["epoch"] == 5
    assert all(torch.equal(value, best[name]) for name, value in recognizer.state_dict().items())
    whole, moved = weights(tmp_path / "whole"), weights(tmp_path / "there")
    assert all(torch.equal(whole[key], moved[key]) for key in whole)


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    files = WholeFiles()
    files.save_checkpoint({"state_dict": {"a": torch.ones(2)}}, path)
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        files.save_checkpoint({"state_dict": {}, "broken": lambda: 0}, path)
    assert torch.equal(files.load_checkpoint(path)["state_dict"]["a"], torch.ones(2))
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_the_tips_about_other_products_are_not_printed(
    tiny: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    train(tiny, tmp_path, tiny.recipe(epochs=1))
    assert "litlogger" not in capsys.readouterr().err + caplog.text


def test_a_batch_is_shared_among_devices(tiny: SimpleNamespace) -> None:
    data = data_of(tiny)
    data.trainer = SimpleNamespace(world_size=2)
    assert data.train_dataloader().batch_size == 2
    data.trainer = SimpleNamespace(world_size=3)
    with pytest.raises(ValueError, match=r"expected a multiple of the 3 devices that share a batch, got 4; take 6 \("):
        data.test_dataloader()


def test_seconds_are_those_of_the_whole_training(tiny: SimpleNamespace, tmp_path: Path) -> None:
    def seconds(epochs: int, resume: Path | None = None) -> float:
        recipe = tiny.recipe(epochs=epochs)
        recognizer = Recognizer(tiny.model(), 3, recipe)
        trainer = make_trainer(recipe, tmp_path, accelerator="cpu", progress_bar=False)
        start = time.perf_counter()
        fit_and_test(trainer, recognizer, data_of(tiny), resume=resume)
        if resume is None:
            assert 0 < training_seconds(trainer) < time.perf_counter() - start
        return training_seconds(trainer)

    first = seconds(2)
    assert seconds(3, tmp_path / "checkpoints" / "last.ckpt") > first


def test_a_resumed_training_takes_the_seed_of_the_first(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = tiny.recipe(epochs=3, noisy=True)
    train(tiny, tmp_path / "whole", recipe, seed=4)
    train(tiny, tmp_path / "parts", replace(recipe, epochs=2), seed=4)
    train(tiny, tmp_path / "parts", recipe, seed=5, resume=tmp_path / "parts" / "checkpoints" / "last.ckpt")
    assert torch.equal(
        weights(tmp_path / "whole")["model.linear.weight"], weights(tmp_path / "parts")["model.linear.weight"]
    )


def test_logs_hold_an_epoch_a_row(tiny: SimpleNamespace, tmp_path: Path) -> None:
    train(tiny, tmp_path, tiny.recipe(epochs=3))
    folder = tmp_path / "logs" / "version_0"
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    assert [row["val/top1"] != "" for row in rows].count(True) == 3
    assert [float(row["lr-Adam"]) for row in rows if row["lr-Adam"]] == pytest.approx([0.05, 0.05, 0.005])
    assert [row["test/top1"] != "" for row in rows].count(True) == 1
    assert list(folder.glob("events.out.tfevents.*"))


def test_fast_dev_run_writes_nothing(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = tiny.recipe()
    trainer = make_trainer(recipe, tmp_path / "out", accelerator="cpu", progress_bar=False, fast_dev_run=True)
    scores = fit_and_test(trainer, Recognizer(tiny.model(), 3, recipe), data_of(tiny))
    assert len(scores) == 4
    assert not (tmp_path / "out").exists()


def test_gradients_are_clipped(tiny: SimpleNamespace, tmp_path: Path) -> None:
    trainer = make_trainer(replace(tiny.recipe(), gradient_clip=0.5), tmp_path, accelerator="cpu")
    assert trainer.gradient_clip_val == 0.5


def test_a_checkpoint_loads_into_a_new_network(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = tiny.recipe(epochs=2)
    recognizer, _ = train(tiny, tmp_path, recipe)
    best = tmp_path / "checkpoints" / "best.ckpt"
    loaded = Recognizer.load_from_checkpoint(best, model=tiny.model(), recipe=recipe, weights_only=True)
    assert loaded.num_classes == 3
    assert torch.equal(loaded.model.linear.weight, recognizer.model.linear.weight)


def test_other_preprocessing_than_the_checkpoint_s_is_said(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = tiny.recipe(epochs=1)
    train(tiny, tmp_path, recipe)
    other = replace(recipe, preprocessing=replace(recipe.preprocessing, num_frames=5))
    with pytest.warns(UserWarning, match=r"trained with Preprocessing\(num_frames=4.*recipe has .*num_frames=5"):
        Recognizer.load_from_checkpoint(tmp_path / "checkpoints" / "best.ckpt", model=tiny.model(), recipe=other)


def test_a_missing_checkpoint_is_named(tiny: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone.ckpt': no such checkpoint"):
        train(tiny, tmp_path, tiny.recipe(), resume=tmp_path / "gone.ckpt")


def test_a_damaged_checkpoint_is_named(tiny: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "cut.ckpt").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ValueError, match=r"cut.ckpt' is not a valid checkpoint: .*train anew"):
        train(tiny, tmp_path, tiny.recipe(), resume=tmp_path / "cut.ckpt")


@pytest.mark.parametrize("damage", ["cut", "empty"])
def test_a_damaged_last_checkpoint_is_survived(tiny: SimpleNamespace, tmp_path: Path, damage: str) -> None:
    train(tiny, tmp_path, tiny.recipe(epochs=2))
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert checkpoint_to_resume(tmp_path) == last
    last.write_bytes(last.read_bytes()[:-9] if damage == "cut" else b"")
    with pytest.warns(UserWarning, match=r"last.ckpt' is not a valid checkpoint: .*goes on from an earlier epoch"):
        resume = checkpoint_to_resume(tmp_path)
    assert resume == last.with_name("best.ckpt")
    train(tiny, tmp_path, tiny.recipe(epochs=3), resume=resume)
    assert load_checkpoint(last)["epoch"] == 2


def test_compressed_checkpoints_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.ckpt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1 << 20))
    with pytest.raises(ValueError, match="bomb.ckpt' is not a valid checkpoint: expected uncompressed parts"):
        load_checkpoint(tmp_path / "bomb.ckpt")


def test_a_checkpoint_with_code_is_refused(tmp_path: Path) -> None:
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    (tmp_path / "code.ckpt").write_bytes(pickle.dumps({"state_dict": Touch()}, protocol=2))
    with pytest.raises(ValueError, match=r"code.ckpt' is not a valid checkpoint"):
        load_checkpoint(tmp_path / "code.ckpt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_missing_split_is_named_before_training(split: str, tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe, data = tiny.recipe(), data_of(tiny)
    setattr(data, split, None)
    trainer = make_trainer(recipe, tmp_path, accelerator="cpu", progress_bar=False)
    with pytest.raises(ValueError, match=f"{split}: no data set was given"):
        fit_and_test(trainer, Recognizer(tiny.model(), 3, recipe), data)


def test_without_a_validation_split_the_last_epoch_is_tested(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe, data = tiny.recipe(epochs=3), data_of(tiny)
    data.val = None
    trainer = make_trainer(recipe, tmp_path, accelerator="cpu", progress_bar=False)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    scores = fit_and_test(trainer, recognizer, data)
    assert len(scores) == 7
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["last.ckpt"]
    last = weights(tmp_path)["model.linear.weight"]
    assert torch.equal(recognizer.model.linear.weight, last)
    assert np.array_equal(evaluate(trainer, recognizer, data).logits, scores.logits)


TWO_PROCESSES = """
import importlib.util, sys
from lightning import seed_everything
from tg_skeleton.training import Recognizer, SkeletonDataModule, fit_and_test, make_trainer

spec = importlib.util.spec_from_file_location("stand_in", sys.argv[1])
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)
seed_everything(0, workers=True, verbose=False)
recipe = tiny.tiny_recipe(epochs=12)
recognizer = Recognizer(tiny.TinyModel(), 3, recipe)
trainer = make_trainer(recipe, sys.argv[2], accelerator="cpu", devices=2, progress_bar=False)
data = SkeletonDataModule(
    tiny.recordings(12), tiny.recordings(9, "val"), tiny.recordings(7, "test"), batch_size=4
)
scores = fit_and_test(trainer, recognizer, data)
if trainer.is_global_zero:
    scores.save(sys.argv[2] + "/scores.npz")
"""


def test_two_processes_score_every_recording_once(tiny: SimpleNamespace, tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    stand_ins = Path(__file__).with_name("conftest.py")
    subprocess.run([sys.executable, script, stand_ins, tmp_path], check=True, timeout=600, capture_output=True)
    scores = Scores.load(tmp_path / "scores.npz")
    assert sorted(scores.names) == [f"test{number}" for number in range(7)]
    assert scores.labels.tolist() == [int(name[4:]) % 3 for name in scores.names]
    assert scores.top_k(1) == 1.0
