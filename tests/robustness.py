"""What injuries of recordings cost a trained network, and which of them are noticed.

    python -m tests.robustness make nw_ucla --raw ../shared/data/all_sqe.zip --root own/nw_ucla
    python -m tests.robustness make simulated --root own/simulated
    python -m tests.robustness train esan after_esan.safetensors --root own/nw_ucla
    python -m tests.robustness measure after_esan.safetensors --root own/nw_ucla --json after_esan.json
    python -m tests.robustness table before_esan.json after_esan.json
    python -m tests.robustness detect --root own/nw_ucla

``make``, ``train`` and ``measure`` run with older versions, too: ``PYTHONPATH=OLD python tests/robustness.py ...``. The
networks are narrow and trained for some minutes on one core; the figures compare versions, they are no records.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.datasets import NWUCLA, ArrayDataset, SimulatedActions
from tg_skeleton.models import CTRGCN, ESAN
from tg_skeleton.transforms import Streams

Array = np.ndarray
Draw = np.random.Generator

SPLITS = ("train", "val", "test")
HANDS = ("left_hand", "left_wrist")
"""The joint that is injured: the first of these that the skeleton has."""


# -- data sets ---------------------------------------------------------------------------------------------------------


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


def dense(one: SkeletonSequence, topology: Topology) -> Array:
    """``[T, M, V, D]``"""
    pos: Array = one.pos.numpy().reshape(one.num_frames, -1, topology.num_joints, one.pos.size(-1))
    return pos


def hand_of(topology: Topology) -> int:
    return next(topology.index(name) for name in HANDS if name in topology.joints)


def orders(topology: Topology) -> dict[str, list[int]]:
    """Other orders of a body's joints: each place gets the joint that stands there."""
    names = list(topology.joints)
    inner, exchanged = list(range(len(names))), list(range(len(names)))
    for side in ("left", "right"):
        for arm, leg in (("shoulder", "hip"), ("elbow", "knee"), ("wrist", "ankle"), ("hand", "foot")):
            if f"{side}_{arm}" in names and f"{side}_{leg}" in names:
                one, other = names.index(f"{side}_{arm}"), names.index(f"{side}_{leg}")
                exchanged[one], exchanged[other] = other, one
    rest = [joint for joint in inner if joint != topology.root]
    return {
        "order: backward": inner[::-1],
        "order: alphabetical": sorted(inner, key=lambda joint: names[joint]),
        "order: shifted by one": inner[-1:] + inner[:-1],
        "order: arms for legs": exchanged,
        "order: root last": [*rest, topology.root],
    }


# -- trainings ---------------------------------------------------------------------------------------------------------

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


# -- injuries ----------------------------------------------------------------------------------------------------------


def injuries(topology: Topology) -> dict[str, Callable[[Array, Draw], Any]]:
    """By name, what is done to ``[T, M, V, D]``; a result with two parts is coordinates and scores."""
    hand = hand_of(topology)

    def at(pos: Array, value: float, *, frames: Any = slice(None), joint: int = hand) -> Array:
        out = pos.copy()
        there = (pos[frames] != 0).any((-2, -1))  # absent persons stay absent
        out[frames, :, joint] = np.where(there[..., None], value, out[frames, :, joint])
        return out

    def scattered(pos: Array, draw: Draw, share: float, value: float) -> Array:
        out = pos.copy()
        out[(draw.random(pos.shape[:3]) < share) & (pos != 0).any((-2, -1))[..., None]] = value
        return out

    def astray(pos: Array, frames: Any, meters: float) -> Array:
        out = pos.copy()
        there = (pos[frames] != 0).any((-2, -1))
        out[frames, :, hand] += np.where(there[..., None], np.array([meters, 0, 0], pos.dtype), 0)
        return out

    def middle(pos: Array) -> list[int]:
        return [len(pos) // 2]

    def empty_ends(pos: Array) -> Array:
        nobody = np.zeros((10, *pos.shape[1:]), pos.dtype)
        return np.concatenate([nobody, pos, nobody])

    found: dict[str, Callable[[Array, Draw], Any]] = {
        "untouched": lambda pos, draw: pos,
        "a hand missing in every frame": lambda pos, draw: at(pos, 0.0),
        "a hand missing in one frame": lambda pos, draw: at(pos, 0.0, frames=middle(pos)),
        "any joint missing in every frame": lambda pos, draw: at(pos, 0.0, joint=int(draw.integers(pos.shape[2]))),
        "2 % of the joints missing": lambda pos, draw: scattered(pos, draw, 0.02, 0.0),
        "2 % missing, score 0 given": lambda pos, draw: _with_scores(scattered(pos, draw, 0.02, 0.0)),
        "10 % of the joints missing": lambda pos, draw: scattered(pos, draw, 0.1, 0.0),
        "2 % of the joints NaN": lambda pos, draw: scattered(pos, draw, 0.02, np.nan),
        "a hand 10 m away in one frame": lambda pos, draw: astray(pos, middle(pos), 10.0),
        "a hand 10 m away in every fifth frame": lambda pos, draw: astray(pos, slice(None, None, 5), 10.0),
        "ten empty frames at both ends": lambda pos, draw: empty_ends(pos),
        "C T V M": lambda pos, draw: pos.transpose(3, 0, 2, 1),
        "y down": lambda pos, draw: pos * np.array([1, -1, 1], pos.dtype),
        "z up": lambda pos, draw: pos[..., [0, 2, 1]],
        "mirrored": lambda pos, draw: pos * np.array([-1, 1, 1], pos.dtype),
        "left and right exchanged": lambda pos, draw: pos[:, :, list(topology.mirror)],
        "millimeters": lambda pos, draw: pos * 1000,
        "centimeters": lambda pos, draw: pos * 100,
    }
    for name, order in orders(topology).items():
        found[name] = partial(_reordered, order)
    return found


def _reordered(order: list[int], pos: Array, draw: Draw) -> Array:
    return pos[:, :, order]


def _with_scores(pos: Array) -> tuple[Array, Array]:
    return pos, (pos != 0).any(-1).astype(pos.dtype)


# -- accuracies --------------------------------------------------------------------------------------------------------


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


# -- command -----------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("make", "train", "measure", "table", "detect"))
    parser.add_argument("what", nargs="*")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--raw", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--most", type=int, default=200, help="test recordings, evenly spaced")
    args = parser.parse_args()
    if args.action == "make":
        make(args.what[0], args.root, args.raw)
    elif args.action == "train":
        train(args.what[0], args.root, Path(args.what[1]), args.epochs)
    elif args.action == "measure":
        found = measure(args.root, Path(args.what[0]), args.most)
        if args.json is not None:
            args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    elif args.action == "table":
        print(table([Path(one) for one in args.what]))


if __name__ == "__main__":
    main()
