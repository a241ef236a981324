"""A training with its test, in a folder of its own, which a repeated command reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer, seed_everything

import tg_skeleton
from tg_skeleton.commands.recipes import MOST_EPOCHS, announce
from tg_skeleton.commands.run_folder import NUMBERS
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.datasets.table import DataSet, Location
from tg_skeleton.evaluation import Scores, complexity
from tg_skeleton.files import reading, write_json
from tg_skeleton.inference import ActionRecognizer, ModelCard, network_name
from tg_skeleton.training import (
    Recipe,
    Recognizer,
    Setting,
    SkeletonDataModule,
    evaluate,
    fit_and_test,
    keep_freed_memory,
    load_checkpoint,
    make_trainer,
    training_seconds,
)
from tg_skeleton.training.fit import checkpoint_to_resume


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a training, whatever the network.

    Args:
        dataset: The row of the data set.
        protocol: One of its protocols.
        location: Its folder.
        seed: Seed for all random number generators.
        epochs: Epochs of training. Default: the recipe's.
        steps: Steps of training, rounded up to epochs. Default: the epochs.
        batch_size: Recordings per step and device. Default: the recipe's.
        learning_rate: The learning rate. Default: the recipe's.
        class_weights: The weights of the classes. Default: the recipe's.
        trainval: Train on the validation split too, and test the last epoch.
        device: Lightning's accelerator.
        devices: Lightning's number of devices.
        precision: Lightning's precision.
        resume: Continue an unfinished run in the folder, and read a finished one.
        fast_dev_run: Run one batch of each split.
    """

    dataset: DataSet
    protocol: str
    location: Location
    seed: int = 0
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    class_weights: Any = None
    trainval: bool = False
    device: str = "auto"
    devices: str = "auto"
    precision: Any = "32-true"
    resume: bool = False
    fast_dev_run: bool = False

    def recordings(self, split: str, transform: Any = None) -> SkeletonDataset:
        """A split of the data set; fetched and processed where that is not done yet."""
        return self.dataset.split(self.location, self.protocol, split, transform=transform)

    def recipe(self, recipe: Recipe, num_recordings: int) -> Recipe:
        """A recipe with the values of the command line, for a training split of ``num_recordings``."""
        if self.epochs is not None and self.steps is not None:
            raise ValueError(f"--steps: expected --epochs or --steps, got {self.epochs} and {self.steps}")
        recipe = recipe if self.batch_size is None else recipe.with_batch_size(self.batch_size)
        if self.epochs is not None:
            recipe = recipe.with_epochs(self.epochs)
        elif self.steps is not None:
            recipe = recipe.with_steps(self.steps, num_recordings)
        elif self.dataset.least_steps is not None:
            enough = recipe.with_steps(self.dataset.least_steps, num_recordings).epochs
            recipe = recipe.with_epochs(max(recipe.epochs, min(enough, MOST_EPOCHS)))
        chosen = {"learning_rate": self.learning_rate, "class_weights": self.class_weights}
        return replace(recipe, **{key: value for key, value in chosen.items() if value is not None})


@dataclass(frozen=True)
class Outcome:
    """The result of a training.

    Args:
        test: The scores of the test split.
        val: The scores of the validation split, with the transforms of the test; None: it was trained on.
        seconds: The time of the training, without the test.
        epochs: Passes over the training split.
        parameters: Parameters of the network.
        macs: Multiply-accumulates of a clip of one person (of two where the network needs two).
    """

    test: Scores
    val: Scores | None
    seconds: float
    epochs: int
    parameters: int
    macs: int


def run(name: str, setting: Setting, options: Options, folder: Path) -> Outcome | None:
    """Train and test; only the first of several processes gets the outcome.

    With ``options.resume`` a finished run is read, and an interrupted one is continued.

    Raises:
        ValueError: The folder holds another run.
    """
    recipe = options.recipe(setting.recipe, trained_on(options))
    facts = {**_facts(name, recipe, options), "start": repr(setting.start)}
    if options.resume and (folder / "run.json").is_file():
        return _finished(folder, facts)
    (folder / "run.json").unlink(missing_ok=True)  # the file of a finished run
    seed_everything(options.seed, workers=True, verbose=False)
    prepare = recipe.preprocessing
    train = options.recordings("trainval" if options.trainval else "train", prepare.train_transform)
    val = None if options.trainval else options.recordings("val", prepare.val_transform)
    _report_skipped(train)
    announce(name, recipe, len(train))
    data = SkeletonDataModule(
        train,
        val,
        options.recordings("test", prepare.test_transform),
        batch_size=recipe.batch_size,
        num_workers=options.location.num_workers,
    )
    recognizer = Recognizer(setting.build(train.num_classes), train.num_classes, recipe, start=setting.start)
    trainer = trainer_of(recipe, options, folder)
    trainer.callbacks.extend(make() for make in setting.callbacks)  # type: ignore[attr-defined]
    resume = checkpoint_to_resume(folder) if options.resume else None
    scores = fit_and_test(trainer, recognizer, data, resume=resume)
    val_scores = None
    if not options.trainval:
        data.test = options.recordings("val", prepare.test_transform)
        val_scores = evaluate(trainer, recognizer, data)
    if not trainer.is_global_zero:
        return None
    joints = setting.topology.num_joints * setting.num_persons
    cost = complexity(recognizer.model.cpu(), torch.zeros(prepare.num_frames, joints, setting.channels))
    outcome = Outcome(scores, val_scores, training_seconds(trainer), recipe.epochs, cost.parameters, cost.macs)
    results = {"stream": setting.stream, "epochs": recipe.epochs, "top1": scores.top_k(1)}
    dims = options.dataset.body(options.location).dims
    card = card_of(setting, recipe, train, dims=dims, facts={**facts, **results})
    ActionRecognizer(recognizer.model, card).save(folder / "model.safetensors")
    _save(folder, outcome, {**facts, "root": str(options.location.root)})
    return outcome


def test(setting: Setting, options: Options, folder: Path, checkpoint: Path | None) -> Scores:
    """Test a trained network: its best epoch on the validation split, or the last one without a validation split.

    Raises:
        FileNotFoundError: There is no checkpoint.
        ValueError: The checkpoint is damaged, or of another network.
    """
    recipe = options.recipe(setting.recipe, 1)
    best = folder / "checkpoints" / "best.ckpt"
    path = checkpoint or (best if best.is_file() else best.with_name("last.ckpt"))
    state = load_checkpoint(path)
    data = SkeletonDataModule(
        test=options.recordings("test", recipe.preprocessing.test_transform),
        batch_size=recipe.batch_size,
        num_workers=options.location.num_workers,
    )
    classes = options.recordings("test").num_classes
    recognizer = Recognizer(setting.build(classes), classes, recipe)
    try:
        recognizer.load_state_dict(state["state_dict"])
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"'{path}' holds another network than the one that was named: {error}") from error
    recognizer.on_load_checkpoint(state)  # warns of other preprocessing
    seed_everything(options.seed, workers=True, verbose=False)
    return evaluate(trainer_of(recipe, options, folder), recognizer, data)


def card_of(
    setting: Setting, recipe: Recipe, recordings: SkeletonDataset, *, dims: int, facts: Mapping[str, Any]
) -> ModelCard:
    """The card of a trained network's checkpoint.

    Args:
        setting: The network.
        recipe: Its training setting.
        recordings: A split of its data set; gives skeleton and class names.
        dims: D, coordinates of a joint.
        facts: Other facts to record.
    """
    prepare, topology = recipe.preprocessing, recordings.topology
    return ModelCard(
        network=network_name(setting.model),
        arguments={"in_channels": setting.channels, "num_classes": recordings.num_classes, **setting.arguments},
        topology=topology,
        network_topology=None if setting.topology == topology else setting.topology,
        class_names=tuple(recordings.class_names),
        num_frames=prepare.num_frames,
        dims=dims,
        clips=prepare.test_clips,
        num_persons=setting.num_persons,
        transform=prepare.test_transform,
        batch_transform=prepare.eval_batch_transform,
        facts=facts,
    )


def trained_on(options: Options) -> int:
    """The recordings that a training is of."""
    return len(options.recordings("trainval" if options.trainval else "train"))


def trainer_of(recipe: Recipe, options: Options, folder: Path) -> Trainer:
    """Lightning's trainer with the options of the command line, in a process that keeps freed memory."""
    keep_freed_memory()
    return make_trainer(
        recipe,
        folder,
        accelerator=options.device,
        devices=options.devices,
        precision=options.precision,
        fast_dev_run=options.fast_dev_run,
    )


def _report_skipped(recordings: SkeletonDataset) -> None:
    skipped = sum(issue.level == "error" for issue in recordings.issues)
    if skipped:
        path = Path(recordings.processed_dir, "report.csv")
        print(f"{skipped:,} unreadable recordings of the data set are missing, see {path}", file=sys.stderr)


def _facts(name: str, recipe: Recipe, options: Options) -> dict[str, Any]:
    """The facts by which runs differ."""
    return {
        "name": name,
        "dataset": options.dataset.name,
        "protocol": options.protocol,
        "source": str(options.location.source),
        "seed": options.seed,
        "trainval": options.trainval,
        "precision": options.precision,
        "fast_dev_run": options.fast_dev_run,
        "version": tg_skeleton.__version__,
        **{f"recipe.{field.name}": repr(getattr(recipe, field.name)) for field in fields(recipe)},
    }


def _save(folder: Path, outcome: Outcome, facts: dict[str, Any]) -> None:
    """Write the scores, and last, atomically, ``run.json``, the mark of a finished run."""
    outcome.test.save(folder / "test.npz")
    if outcome.val is not None:
        outcome.val.save(folder / "val.npz")
    numbers = {key: getattr(outcome, key) for key in NUMBERS}
    write_json(folder / "run.json", {**facts, **numbers}, indent=1)


def _finished(folder: Path, facts: dict[str, Any]) -> Outcome:
    path = folder / "run.json"
    with reading(path, "record of a run", f"remove {folder}, or name another --out"):
        found = json.loads(path.read_text(encoding="utf-8"))
        numbers = {key: found[key] for key in NUMBERS}
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
