"""A training with its test, in a folder of its own, done once."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer, seed_everything

import tg_skeleton
from tg_skeleton.commands.checkpoints import card_of
from tg_skeleton.commands.known import KNOWN, Body, Place
from tg_skeleton.commands.systems import Setting
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.evaluation import Scores, complexity
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.training import (
    Recipe,
    Recognizer,
    SkeletonDataModule,
    evaluate,
    fit_and_test,
    keep_freed_memory,
    load_checkpoint,
    make_trainer,
    training_seconds,
)

NUMBERS = ("seconds", "epochs", "parameters", "macs")
"""What ``run.json`` holds of an `Outcome`."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says about a training, whatever the network.

    Args:
        dataset: One of `KNOWN`.
        protocol: One of its protocols.
        place: Where it lies.
        seed: Of everything random.
        epochs: None: the recipe's.
        batch_size: Per device; None: the recipe's.
        trainval: Train on the validation split too, and test the last epoch.
        workers: Processes that load recordings.
        accelerator: Lightning's.
        devices: Lightning's.
        precision: Lightning's.
        resume: Go on with what is in the folder.
        fast_dev_run: One batch of each split.
    """

    dataset: str
    protocol: str
    place: Place
    seed: int = 0
    epochs: int | None = None
    batch_size: int | None = None
    trainval: bool = False
    workers: int = 0
    accelerator: str = "auto"
    devices: str = "auto"
    precision: Any = "32-true"
    resume: bool = False
    fast_dev_run: bool = False

    def recordings(self, split: str, transform: Any = None) -> SkeletonDataset:
        """A split of the data set; fetched and processed where it is not there yet."""
        return KNOWN[self.dataset].make(self.place, self.protocol, split, transform)

    def body(self) -> Body:
        """What its recordings are of."""
        return KNOWN[self.dataset].body(self.dataset, self.place.root)

    def recipe(self, recipe: Recipe) -> Recipe:
        """A recipe with what the command line changes."""
        recipe = recipe if self.epochs is None else recipe.with_epochs(self.epochs)
        return recipe if self.batch_size is None else recipe.with_batch_size(self.batch_size)


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Args:
        test: The scores of the test split.
        val: Those of the validation split, seen as the test split is; None: it was trained on.
        seconds: The time of the training, without the test.
        epochs: Its passes over the training split.
        parameters: Of the network.
        macs: Multiply-accumulates of a clip of one person (of two where the network wants two).
    """

    test: Scores
    val: Scores | None
    seconds: float
    epochs: int
    parameters: int
    macs: int


def run(name: str, setting: Setting, options: Options, folder: Path) -> Outcome | None:
    """Trains and tests; gives the outcome to the first of the processes.

    With ``options.resume`` a run that is finished is read, and one that was interrupted goes on.

    Raises:
        ValueError: The folder holds another run.
    """
    recipe = options.recipe(setting.recipe)
    facts = _facts(name, recipe, options)
    if options.resume and (folder / "run.json").is_file():
        return _finished(folder, facts)
    (folder / "run.json").unlink(missing_ok=True)  # of what is trained anew, nothing is finished
    seed_everything(options.seed, workers=True, verbose=False)
    prepare = recipe.preprocessing
    train = options.recordings("trainval" if options.trainval else "train", prepare.train_transform)
    val = None if options.trainval else options.recordings("val", prepare.val_transform)
    data = SkeletonDataModule(
        train,
        val,
        options.recordings("test", prepare.test_transform),
        batch_size=recipe.batch_size,
        num_workers=options.workers,
    )
    recognizer = Recognizer(setting.network(train.num_classes), train.num_classes, recipe)
    trainer = trainer_of(recipe, options, folder)
    last = folder / "checkpoints" / "last.ckpt"
    scores = fit_and_test(trainer, recognizer, data, resume=last if options.resume and last.exists() else None)
    seen = None
    if not options.trainval:
        data.test = options.recordings("val", prepare.test_transform)
        seen = evaluate(trainer, recognizer, data)
    if not trainer.is_global_zero:
        return None
    joints = setting.topology.num_joints * setting.num_persons
    cost = complexity(recognizer.model.cpu(), torch.zeros(prepare.num_frames, joints, setting.channels))
    outcome = Outcome(scores, seen, training_seconds(trainer), recipe.epochs, cost.parameters, cost.macs)
    known = {**facts, "stream": setting.stream, "epochs": recipe.epochs, "top1": scores.top_k(1)}
    card = card_of(setting, recipe, train, dims=options.body().dims, facts=known)
    ActionRecognizer(recognizer.model, card).save(folder / "model.safetensors")
    _save(folder, outcome, {**facts, "root": str(options.place.root)})
    return outcome


def test(setting: Setting, options: Options, folder: Path, checkpoint: Path | None) -> Scores:
    """Tests a trained network; its best epoch on the validation split, or the last one where there was none.

    Raises:
        FileNotFoundError: There is no checkpoint.
        ValueError: The checkpoint is damaged, or of another network.
    """
    recipe = options.recipe(setting.recipe)
    best = folder / "checkpoints" / "best.ckpt"
    path = checkpoint or (best if best.is_file() else best.with_name("last.ckpt"))
    state = load_checkpoint(path)
    data = SkeletonDataModule(
        test=options.recordings("test", recipe.preprocessing.test_transform),
        batch_size=recipe.batch_size,
        num_workers=options.workers,
    )
    classes = options.recordings("test").num_classes
    recognizer = Recognizer(setting.network(classes), classes, recipe)
    try:
        recognizer.load_state_dict(state["state_dict"])
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"'{path}' holds another network than the one that was named: {error}") from error
    recognizer.on_load_checkpoint(state)  # warns of other preprocessing
    seed_everything(options.seed, workers=True, verbose=False)
    return evaluate(trainer_of(recipe, options, folder), recognizer, data)


def trainer_of(recipe: Recipe, options: Options, folder: Path) -> Trainer:
    """Lightning's trainer, as the command line says, in a process that keeps its memory."""
    keep_freed_memory()
    return make_trainer(
        recipe,
        folder,
        accelerator=options.accelerator,
        devices=options.devices,
        precision=options.precision,
        fast_dev_run=options.fast_dev_run,
    )


def _facts(name: str, recipe: Recipe, options: Options) -> dict[str, Any]:
    """What makes a run another run."""
    return {
        "name": name,
        "dataset": options.dataset,
        "protocol": options.protocol,
        "source": str(options.place.source),
        "seed": options.seed,
        "trainval": options.trainval,
        "precision": options.precision,
        "fast_dev_run": options.fast_dev_run,
        "version": tg_skeleton.__version__,
        **{f"recipe.{field.name}": repr(getattr(recipe, field.name)) for field in fields(recipe)},
    }


def _save(folder: Path, outcome: Outcome, facts: dict[str, Any]) -> None:
    """Scores first; ``run.json`` stands for a finished run, so it comes last and at once."""
    outcome.test.save(folder / "test.npz")
    if outcome.val is not None:
        outcome.val.save(folder / "val.npz")
    numbers = {key: getattr(outcome, key) for key in NUMBERS}
    part = folder / "run.json.part"
    part.write_text(json.dumps({**facts, **numbers}, indent=1), encoding="utf-8")
    os.replace(part, folder / "run.json")


def _finished(folder: Path, facts: dict[str, Any]) -> Outcome:
    path = folder / "run.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        numbers = {key: found[key] for key in NUMBERS}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"'{path}' is not what a run writes ({error!r}); remove {folder}, or name another --out"
        ) from None
    missing = [key for key in facts if key not in found]
    if missing:
        raise ValueError(
            f"'{path}' was written by an older version, without {missing[0]}; remove {folder}, or name another --out"
        )
    differ = [key for key in facts if found[key] != facts[key]]
    if differ:
        key = differ[0]
        raise ValueError(
            f"'{path}' is of another run: {key} is {found[key]} there, {facts[key]} here; name another --out"
        )
    val = folder / "val.npz"
    return Outcome(Scores.load(folder / "test.npz"), Scores.load(val) if not facts["trainval"] else None, **numbers)
