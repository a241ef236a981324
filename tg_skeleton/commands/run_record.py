"""The record of a run, ``run.json``: which training a folder belongs to, and whether it is finished."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tg_skeleton.files import reading, write_json

if TYPE_CHECKING:
    from tg_skeleton.training import Recipe

Plan = Literal["train", "resume", "read"]
"""Train from the start, go on from the last checkpoint, or read a finished training."""

SCHEDULE = ("epochs", "milestones", "warmup_epochs")
"""The values of a recipe that another number of epochs changes."""

CONTENT = ("checkpoints", "logs", "model.safetensors", "test.npz", "val.npz", "confusion.png", "report.html")
"""The files and folders that a training, and a report of it, leave next to the record."""


def record_of(folder: Path) -> Path:
    """The file of the record."""
    return folder / "run.json"


def last_of(folder: Path) -> Path:
    """The checkpoint from which an unfinished training goes on."""
    return folder / "checkpoints" / "last.ckpt"


def plan_of(folder: Path, facts: Mapping[str, Any], recipe: Recipe, *, resume: bool, overwrite: bool) -> Plan:
    """The way to train in a folder, which belongs to one training.

    Args:
        folder: The folder.
        facts: The facts by which trainings differ.
        recipe: The recipe of the training.
        resume: Whether to go on with an unfinished training, prolong a finished one, or read it.
        overwrite: Whether to remove what is there.

    Raises:
        ValueError: The folder holds another training, a finished one, or an unfinished one, and neither ``resume`` nor
            ``overwrite`` says what to do about it. Or the finished one can't be prolonged.
    """
    if overwrite:
        return "train"
    record, last = record_of(folder), last_of(folder)
    if not record.is_file():
        if last.is_file() or (folder / "test.npz").is_file():
            raise ValueError(
                f"'{folder}' holds a training without the run.json that tells which; --overwrite replaces it, or name "
                "another --out"
            )
        return "train"
    found = read_record(folder)
    finished = found.get("finished", True)
    if not finished and not last.is_file():
        return "train"  # it was interrupted before the end of its first epoch
    differ = compare(record, found, facts)
    if differ and not (resume and _prolongs(folder, found, facts, recipe, differ)):
        key = differ[0]
        raise ValueError(
            f"'{record}' is of another run: {key} is {found[key]} there, {facts[key]} here; name another --out, or "
            "--overwrite to replace it"
        )
    if not resume:
        state = (
            "a finished training: --resume reads it" if finished else "an unfinished training: --resume continues it"
        )
        raise ValueError(f"'{folder}' holds {state}, --overwrite replaces it, or name another --out")
    return "read" if finished and not differ else "resume"


def begin(folder: Path, facts: Mapping[str, Any], plan: Plan) -> None:
    """Write the record of a training that begins; without a checkpoint to go on from, earlier content is removed."""
    if plan == "train":
        record_of(folder).unlink(missing_ok=True)
        for name in CONTENT:
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    write_json(record_of(folder), {**facts, "finished": False}, indent=1)


def finish(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the record of a finished training."""
    write_json(record_of(folder), {**facts, "finished": True}, indent=1)


def read_record(folder: Path) -> dict[str, Any]:
    """The content of the record.

    Raises:
        ValueError: It is damaged.
    """
    path = record_of(folder)
    with reading(path, "record of a run", f"remove {folder}, or name another --out"):
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"expected a JSON object, got {type(found).__name__}")
        return found


def compare(path: Path, found: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """The keys of the facts that differ from those of a record.

    Raises:
        ValueError: The record lacks one.
    """
    missing = [key for key in facts if key not in found]
    if missing:
        raise ValueError(
            f"'{path}' was written by an older version, without {missing[0]}; remove {path.parent}, or name another "
            "--out"
        )
    return [key for key in facts if found[key] != facts[key]]


def check_recordings(path: Path, found: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Check that a training had the recordings of a test.

    Raises:
        ValueError: It had others.
    """
    for key, value in facts.items():
        if found.get(key, value) != value:
            raise ValueError(
                f"'{path}': the training was on other recordings: {key} is {found[key]} there, {value} here; name the "
                "data set (and --root) that it was trained on"
            )


def _prolongs(
    folder: Path, found: Mapping[str, Any], facts: Mapping[str, Any], recipe: Recipe, differ: list[str]
) -> bool:
    """Whether the training here is the one there with more epochs.

    Raises:
        ValueError: It is, but the epochs that were trained have other learning rates in it.
    """
    if not set(differ) <= {f"recipe.{key}" for key in SCHEDULE} or "recipe.epochs" not in differ:
        return False
    from tg_skeleton.training import load_checkpoint
    from tg_skeleton.training.fit import checkpoint_to_resume

    with reading(record_of(folder), "record of a run"):
        old = replace(recipe, **{key: ast.literal_eval(found[f"recipe.{key}"]) for key in SCHEDULE})
    finished = found.get("finished", True)
    last = None if finished else checkpoint_to_resume(folder)
    done = old.epochs if finished else 0 if last is None else int(load_checkpoint(last)["epoch"]) + 1
    if recipe.epochs < done:
        raise ValueError(
            f"--epochs: '{folder}' has trained {done} epochs, expected at least as many, got {recipe.epochs}"
        )
    for epoch in range(done + 1 if recipe.epochs > done else done):
        before, after = old.rate_factor(epoch), recipe.rate_factor(epoch)
        if abs(before - after) > 1e-12:
            raise ValueError(
                f"--epochs: '{folder}' can't be prolonged from {old.epochs} to {recipe.epochs} epochs, because the "
                f"{_course(old)}: epoch {epoch + 1} had {before:.3g} times the learning rate, in a training of "
                f"{recipe.epochs} epochs it has {after:.3g}; train anew with --overwrite, or name another --out"
            )
    return True


def _course(recipe: Recipe) -> str:
    if recipe.decay == "cosine":
        return "cosine is as long as the training"
    return "warm-up and the milestones are scaled to its length"
