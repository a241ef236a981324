"""Data sets as a user's own, networks trained on them, and their accuracies on injured recordings."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness.injuries import dense, injuries
from tg_skeleton import SkeletonSequence
from tg_skeleton.datasets import NWUCLA, ArrayDataset, SimulatedActions
from tg_skeleton.models import CTRGCN, ESAN
from tg_skeleton.transforms import Streams

SPLITS = ("train", "val", "test")


def make(name: str, root: Path, raw: Path | None) -> None:
    """A published data set as one of a user's own."""
    arrays, labels, splits = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for split in SPLITS:
            if name == "nw_ucla":
                dataset: Any = NWUCLA(folder, split, mirror=str(raw))  # type: ignore[arg-type]
            else:
                dataset = SimulatedActions(folder, split)  # type: ignore[arg-type]
            for one in dataset:
                arrays.append(dense(one, dataset.topology))
                labels.append(int(one.y))
                splits.append(split)
        made = ArrayDataset.from_arrays(
            root, arrays, labels, dataset.topology, class_names=dataset.class_names, splits=splits
        )
    print(f"{root}: {len(made):,} recordings of {made.num_classes} classes")


NETWORKS: dict[str, tuple[Any, dict[str, Any], tuple[str, ...], dict[str, Any]]] = {
    "esan": (
        ESAN,
        {"widths": (64, 128, 128), "num_frames": 20},
        ("joint", "bone"),
        {"optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 1e-4},
    ),
    "ctrgcn": (
        CTRGCN,
        {"widths": (32, 32, 64, 64, 128), "num_persons": 1},
        ("joint",),
        {"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 4e-4},
    ),
}
"""Class, arguments, channels and optimizer: the recipes of small data sets, with narrower networks."""


def train(name: str, root: Path, out: Path, epochs: int) -> None:
    """Train a network with the preprocessing of own data."""
    try:
        from tg_skeleton.datasets.preprocessing import own_preprocessing
        from tg_skeleton.inference import ModelCard
    except ImportError:  # of an older version
        from tg_skeleton.training.preprocessings import own_preprocessing

        from tg_skeleton.inference import Card as ModelCard
    from lightning import seed_everything

    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.training import Recipe, Recognizer, SkeletonDataModule, fit_and_test, make_trainer

    seed_everything(0, workers=True, verbose=False)
    kind, arguments, streams, optimizer = NETWORKS[name]
    everything = ArrayDataset(root, "train")
    topology, classes = everything.topology, everything.class_names
    prepare = own_preprocessing(partial(Streams, *streams), topology, 3)
    recipe = Recipe(
        preprocessing=prepare,
        epochs=epochs,
        batch_size=32,
        milestones=(round(0.6 * epochs), round(0.85 * epochs)),
        warmup_epochs=2,
        label_smoothing=0.1,
        **optimizer,
    )
    network = kind(topology, 3 * len(streams), len(classes), **arguments)
    splits = [ArrayDataset(root, split, transform=prepare.train_transform) for split in ("train",)]
    splits.append(ArrayDataset(root, "test", transform=prepare.test_transform))
    data = SkeletonDataModule(splits[0], None, splits[1], batch_size=32)
    recognizer = Recognizer(network, len(classes), recipe)
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(recipe, folder, accelerator="cpu", progress_bar=False)
        scores = fit_and_test(trainer, recognizer, data)
    facts = {"in_channels": 3 * len(streams), "num_classes": len(classes), **arguments}
    measured = {"bodies": everything.body_statistics()} if hasattr(everything, "body_statistics") else {}
    card = ModelCard(
        network=kind.__name__,
        arguments=facts,
        topology=topology,
        class_names=tuple(classes),
        num_frames=20,
        clips=prepare.test_clips,
        transform=prepare.test_transform,
        batch_transform=prepare.eval_batch_transform,
        **measured,
    )
    ActionRecognizer(recognizer.model, card).save(out)
    print(f"{out}: {100 * scores.top_k(1):.1f} % on the test split")


def measure(root: Path, checkpoint: Path, most: int) -> dict[str, float]:
    """The accuracy on the test split, in percent, under each injury; recordings that are refused count as wrong."""
    import tg_skeleton

    recognizer = tg_skeleton.load(checkpoint)
    test = ArrayDataset(root, "test")
    chosen = [test[row] for row in range(0, len(test), -(-len(test) // most))]
    arrays, labels = [dense(one, test.topology) for one in chosen], [int(one.y) for one in chosen]
    accuracies = {}
    for name, injure in injuries(test.topology).items():
        if name.startswith("order") and name != "order: arms for legs":
            continue
        draw = np.random.default_rng(0)
        right, refused = 0, 0
        for first in range(0, len(arrays), 64):
            given = []
            for array, label in zip(arrays[first : first + 64], labels[first : first + 64], strict=True):
                injured = injure(array, draw)
                if isinstance(injured, tuple):
                    injured = SkeletonSequence.from_array(injured[0], test.topology, score=injured[1])
                given.append((injured, label))
            answers = _answers(recognizer, [one for one, _ in given])
            refused += answers.count(None)
            right += sum(answer == label for answer, (_, label) in zip(answers, given, strict=True))
        accuracies[name] = 100 * right / len(arrays)
        print(f"{name}: {accuracies[name]:.1f}" + (f" ({refused} refused)" if refused else ""), flush=True)
    return accuracies


def _answers(recognizer: Any, recordings: Sequence[Any]) -> list[int | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [one.index for one in recognizer.predict(recordings, per_person=False)]
        except ValueError:
            if len(recordings) == 1:
                return [None]
            return [answer for one in recordings for answer in _answers(recognizer, [one])]


def table(files: Sequence[Path]) -> str:
    """The accuracies of several measurements, beside each other."""
    measured = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    lines = ["| | " + " | ".join(path.stem.replace("_", " ") for path in files) + " |", "|---|" + "---|" * len(files)]
    for name in dict.fromkeys(name for one in measured for name in one):
        cells = [f"{one[name]:.1f}" if name in one else "" for one in measured]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
