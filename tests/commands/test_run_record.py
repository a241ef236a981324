"""Which training a folder belongs to."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tg_skeleton.commands.run_record import begin, check_recordings, finish, plan_of, read_record
from tg_skeleton.training import Preprocessing, Recipe

CONSTANT = Recipe(
    preprocessing=Preprocessing(num_frames=4), epochs=4, batch_size=8, optimizer="adam", learning_rate=0.1
)
STEPS = replace(CONSTANT, milestones=(2, 3))


def facts_of(recipe: Recipe, **others: object) -> dict[str, Any]:
    return {"seed": 0, **{f"recipe.{f.name}": repr(getattr(recipe, f.name)) for f in fields(recipe)}, **others}


def plan(folder: Path, recipe: Recipe, *, resume: bool = False, overwrite: bool = False, **others: object) -> str:
    return plan_of(folder, facts_of(recipe, **others), recipe, resume=resume, overwrite=overwrite)


def unfinished(folder: Path, recipe: Recipe = CONSTANT, epoch: int | None = 1) -> Path:
    """A run that was interrupted after an epoch."""
    begin(folder, facts_of(recipe), "train")
    if epoch is not None:
        (folder / "checkpoints").mkdir()
        torch.save({"state_dict": {}, "epoch": epoch}, folder / "checkpoints" / "last.ckpt")
    return folder


def finished(folder: Path, recipe: Recipe = CONSTANT) -> Path:
    unfinished(folder, recipe, recipe.epochs - 1)
    finish(folder, facts_of(recipe))
    return folder


def test_an_empty_folder_is_trained_in(tmp_path: Path) -> None:
    assert plan(tmp_path, CONSTANT) == plan(tmp_path, CONSTANT, resume=True) == "train"


def test_a_run_without_an_epoch_loses_nothing(tmp_path: Path) -> None:
    unfinished(tmp_path, epoch=None)
    assert plan(tmp_path, STEPS) == "train"


def test_an_unfinished_run_is_resumed_on_request(tmp_path: Path) -> None:
    unfinished(tmp_path)
    assert plan(tmp_path, CONSTANT, resume=True) == "resume"
    with pytest.raises(
        ValueError, match="holds an unfinished training: --resume continues it, --overwrite replaces it"
    ):
        plan(tmp_path, CONSTANT)


def test_a_finished_run_is_read_on_request(tmp_path: Path) -> None:
    finished(tmp_path)
    assert plan(tmp_path, CONSTANT, resume=True) == "read"
    with pytest.raises(ValueError, match="holds a finished training: --resume reads it, --overwrite replaces it"):
        plan(tmp_path, CONSTANT)


@pytest.mark.parametrize("resume", [False, True])
def test_another_run_is_named_by_a_difference(resume: bool, tmp_path: Path) -> None:
    finished(tmp_path)
    with pytest.raises(
        ValueError, match="run.json' is of another run: seed is 0 there, 1 here; name another --out, or"
    ):
        plan(tmp_path, CONSTANT, resume=resume, seed=1)


def test_a_run_of_an_older_version_is_named(tmp_path: Path) -> None:
    finished(tmp_path)
    with pytest.raises(ValueError, match="was written by an older version, without precision; remove"):
        plan(tmp_path, CONSTANT, resume=True, precision="32-true")


def test_a_checkpoint_without_a_record_is_refused(tmp_path: Path) -> None:
    (unfinished(tmp_path) / "run.json").unlink()
    with pytest.raises(ValueError, match="holds a training without the run.json that tells which; --overwrite"):
        plan(tmp_path, CONSTANT, resume=True)


def test_overwriting_removes_what_was_there(tmp_path: Path) -> None:
    finished(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    assert plan(tmp_path, STEPS, overwrite=True) == "train"
    begin(tmp_path, facts_of(STEPS), "train")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "run.json"]
    assert read_record(tmp_path)["finished"] is False


def test_a_training_with_a_constant_learning_rate_is_prolonged(tmp_path: Path) -> None:
    finished(tmp_path)
    assert plan(tmp_path, CONSTANT.with_epochs(9), resume=True) == "resume"
    with pytest.raises(ValueError, match="is of another run: recipe.epochs is 4 there, 9 here"):
        plan(tmp_path, CONSTANT.with_epochs(9))


def test_an_unfinished_training_is_prolonged_while_the_learning_rates_agree(tmp_path: Path) -> None:
    unfinished(tmp_path, STEPS, epoch=0)
    assert plan(tmp_path, STEPS.with_epochs(8), resume=True) == "resume"


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (STEPS, "the warm-up and the milestones are scaled to its length: epoch 3 had 0.1 times .* 8 epochs it has 1"),
        (
            replace(CONSTANT, decay="cosine"),
            "the cosine is as long as the training: epoch 2 had 0.854 times .* has 0.962",
        ),
        (
            replace(CONSTANT, warmup_epochs=2),
            "the warm-up and the milestones .*: epoch 1 had 0.333 times .* it has 0.2",
        ),
    ],
)
def test_a_schedule_that_depends_on_the_epochs_can_not_be_prolonged(
    recipe: Recipe, reason: str, tmp_path: Path
) -> None:
    finished(tmp_path, recipe)
    with pytest.raises(ValueError, match=f"can't be prolonged from 4 to 8 epochs, because {reason}.*; train anew"):
        plan(tmp_path, recipe.with_epochs(8), resume=True)


def test_a_training_is_not_shortened(tmp_path: Path) -> None:
    finished(tmp_path)
    with pytest.raises(ValueError, match="--epochs: .* has trained 4 epochs, expected at least as many, got 3"):
        plan(tmp_path, CONSTANT.with_epochs(3), resume=True)


@pytest.mark.parametrize("content", ["", "[]", "[" * 10_000, "\xff"])
def test_a_damaged_record_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content, encoding="latin-1")
    with pytest.raises(
        ValueError, match="run.json' is not a valid record of a run: .*; remove .*, or name another --out"
    ):
        plan(tmp_path, CONSTANT, resume=True)


def test_other_recordings_than_those_of_the_training_are_refused() -> None:
    check_recordings(Path("run.json"), {"recordings": "a1"}, {"recordings": "a1", "protocol": "xsub"})
    with pytest.raises(
        ValueError, match="'run.json': the training was on other recordings: recordings is a1 there, b2"
    ):
        check_recordings(Path("run.json"), {"recordings": "a1"}, {"recordings": "b2"})
