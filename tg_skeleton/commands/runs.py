"""A training with its test, in a folder of its own, which a repeated command reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer, seed_everything
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import LambdaCallback

import tg_skeleton
from tg_skeleton.commands.ending import losses_named
from tg_skeleton.commands.lock import RunLock
from tg_skeleton.commands.options import Options
from tg_skeleton.commands.processes import decided_by_first, is_first, restarted
from tg_skeleton.commands.recipes import announce, step_of
from tg_skeleton.commands.run_folder import NUMBERS
from tg_skeleton.commands.run_record import (
    Plan,
    begin,
    check_recordings,
    finish,
    plan_of,
    read_record,
    record_of,
)
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.evaluation import Scores, complexity
from tg_skeleton.files import reading
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

    With ``options.resume`` a finished run is read or prolonged, and an interrupted one is continued.

    Raises:
        RuntimeError: Another training is in the folder, or a process was lost.
        ValueError: The folder holds another run, or a finished one.
    """
    recipe = options.recipe(setting.recipe, trained_on(options))
    facts = {**_facts(name, recipe, options), "start": repr(setting.start)}
    trainer, lock = trainer_of(recipe, options, folder), RunLock(folder)

    def decide() -> Plan:
        lock.acquire()
        again = restarted()  # by torchrun or SLURM, with the arguments of the first time
        resume = options.resume or again
        overwrite = (options.overwrite and not again) or (options.fast_dev_run and not resume)
        plan = plan_of(folder, facts, recipe, resume=resume, overwrite=overwrite)
        if plan != "read":
            begin(folder, facts, plan)
        return plan

    try:
        with losses_named(trainer):
            prompt = options.resume or restarted()
            plan = decided_by_first(trainer, str(folder.resolve()), decide, prompt=prompt)
            if plan == "read":
                return read_outcome(folder, trainval=options.trainval) if is_first() else None
            trainer.callbacks.append(LambdaCallback(on_train_batch_end=lambda *_: lock.check()))  # type: ignore[attr-defined]
            last = checkpoint_to_resume(folder) if plan == "resume" else None
            return _trained(name, setting, options, folder, recipe, facts, trainer, last)
    finally:
        lock.release()


def _trained(
    name: str,
    setting: Setting,
    options: Options,
    folder: Path,
    recipe: Recipe,
    facts: dict[str, Any],
    trainer: Trainer,
    last: Path | None,
) -> Outcome | None:
    seed_everything(options.seed, workers=True, verbose=False)
    prepare = recipe.preprocessing
    train = options.recordings("trainval" if options.trainval else "train", prepare.train_transform)
    val = None if options.trainval else options.recordings("val", prepare.val_transform)
    _report_skipped(train)
    announce(name, recipe, len(train), trainer.world_size, setting.remark)
    data = SkeletonDataModule(
        train,
        val,
        options.recordings("test", prepare.test_transform),
        batch_size=recipe.batch_size,
        num_workers=options.location.num_workers,
        sampling=recipe.sampling,
    )
    recognizer = Recognizer(
        setting.build(train.num_classes), train.num_classes, recipe, start=setting.start, sync_norm=options.sync_norm
    )
    trainer.callbacks.extend(make() for make in setting.callbacks)  # type: ignore[attr-defined]
    scores = fit_and_test(trainer, recognizer, data, resume=last)
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
    step = {"processes": trainer.world_size, "step": step_of(recipe, trainer.world_size)}
    _save(folder, outcome, {**facts, **step, "root": str(options.location.root)})
    return outcome


def test(setting: Setting, options: Options, folder: Path, checkpoint: Path | None) -> Scores | None:
    """Test a trained network: its best epoch on the validation split, or the last one without a validation split.

    Only the first of several processes gets the scores.

    Raises:
        FileNotFoundError: There is no checkpoint.
        ValueError: The checkpoint is damaged, or of another network, or its training had other recordings.
    """
    recipe = options.recipe(setting.recipe, 1)
    best = folder / "checkpoints" / "best.ckpt"
    path = checkpoint or (best if best.is_file() else best.with_name("last.ckpt"))
    state = load_checkpoint(path)
    record = record_of(path.resolve().parents[1])
    if record.is_file():
        check_recordings(record, read_record(record.parent), options.facts())
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
    trainer = trainer_of(recipe, options, folder)
    with losses_named(trainer):
        scores = evaluate(trainer, recognizer, data)
    return scores if trainer.is_global_zero else None


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
        bodies=recordings.body_statistics(),
    )


def trained_on(options: Options) -> int:
    """The recordings that a training is of."""
    return len(options.recordings("trainval" if options.trainval else "train"))


def trainer_of(recipe: Recipe, options: Options, folder: Path) -> Trainer:
    """Lightning's trainer with the options of the command line, in a process that keeps freed memory."""
    keep_freed_memory()
    try:
        return make_trainer(
            recipe,
            folder,
            accelerator=options.device,
            devices=options.devices,
            num_nodes=options.num_nodes,
            strategy=options.strategy,
            precision=options.precision,
            fast_dev_run=options.fast_dev_run,
        )
    except (MisconfigurationException, ValueError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise ValueError(
            f"--device {options.device}, --devices {options.devices}, --strategy {options.strategy}: not to be had "
            f"here: {lines[0]}"
        ) from error


def _report_skipped(recordings: SkeletonDataset) -> None:
    skipped = sum(issue.level == "error" for issue in recordings.issues)
    if skipped:
        path = Path(recordings.processed_dir, "report.csv")
        print(f"{skipped:,} unreadable recordings of the data set are missing, see {path}", file=sys.stderr)


def _facts(name: str, recipe: Recipe, options: Options) -> dict[str, Any]:
    """The facts by which runs differ."""
    return {
        "name": name,
        **options.facts(),
        "seed": options.seed,
        "trainval": options.trainval,
        "precision": options.precision,
        "sync_norm": options.sync_norm,
        "fast_dev_run": options.fast_dev_run,
        "version": tg_skeleton.__version__,
        **{f"recipe.{field.name}": repr(getattr(recipe, field.name)) for field in fields(recipe)},
    }


def _save(folder: Path, outcome: Outcome, facts: dict[str, Any]) -> None:
    """Write the scores, and last, atomically, ``run.json``, the mark of a finished run."""
    outcome.test.save(folder / "test.npz")
    if outcome.val is not None:
        outcome.val.save(folder / "val.npz")
    finish(folder, {**facts, **{key: getattr(outcome, key) for key in NUMBERS}})


def read_outcome(folder: Path, *, trainval: bool) -> Outcome:
    """The outcome of a finished run.

    Raises:
        ValueError: A file is damaged.
    """
    with reading(record_of(folder), "record of a run", f"remove {folder}, or name another --out"):
        numbers = {key: read_record(folder)[key] for key in NUMBERS}
    val = None if trainval else Scores.load(folder / "val.npz")
    return Outcome(Scores.load(folder / "test.npz"), val, **numbers)
