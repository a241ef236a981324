"""Fine-tuning on NW-UCLA: five classes first, then the other five with five recordings each, against no first training.

python examples/finetune_nw_ucla.py                              # downloads the archive (15 MB)
python examples/finetune_nw_ucla.py --raw path/to/all_sqe.zip --seeds 0 1 2

Cameras 1 and 2 train, camera 3 tests; nothing is chosen on the tested recordings: the last epoch is tested. The two
halves of the classes have no recording in common. A seed draws the five recordings of each class, too.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from lightning import seed_everything
from torch import nn

from tg_skeleton.datasets import NWUCLA, ArrayDataset
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.evaluation import Scores
from tg_skeleton.inference import ActionRecognizer, ModelCard, network_name
from tg_skeleton.training import (
    Recognizer,
    Setting,
    SkeletonDataModule,
    finetune,
    fit_and_test,
    keep_freed_memory,
    make_trainer,
)
from tg_skeleton.training.recipes import NETWORKS

HALVES = (NWUCLA.class_names[:5], NWUCLA.class_names[5:])
WAYS = {
    "from nothing": None,
    "all weights": {},
    "all weights, backbone at 0.1": {"backbone_rate": 0.1},
    "backbone frozen": {"freeze": "backbone"},
}
"""The ways to train the second half, by the arguments of `finetune`."""


def half(args: argparse.Namespace, names: tuple[str, ...], each: int | None, seed: int) -> Path:
    """The folder of a data set of some classes, with ``each`` training recordings a class."""
    root = args.root / f"{names[0].replace(' ', '_')}_{each or 'all'}_{seed}"
    parts = {split: NWUCLA(args.root, split, mirror=args.raw) for split in ("trainval", "test")}
    rows = {split: [row for row, label in enumerate(part.labels) if part.class_names[label] in names]
            for split, part in parts.items()}  # fmt: skip
    if each is not None:
        labels, shuffled = parts["trainval"].labels, np.random.default_rng(seed).permutation(rows["trainval"])
        rows["trainval"] = sorted(
            row for label in np.unique(labels[shuffled]) for row in shuffled[labels[shuffled] == label][:each]
        )
    chosen = [(split, parts[split][int(row)]) for split in parts for row in rows[split]]
    ArrayDataset.from_arrays(
        root,
        [sequence.pos.numpy() for _, sequence in chosen],
        [NWUCLA.class_names[int(sequence.y)] for _, sequence in chosen],
        NWUCLA.topology,
        class_names=names,
        names=[sequence.name for _, sequence in chosen],
        splits=["test" if split == "test" else "train" for split, _ in chosen],
        zeros="real",
    )
    return root


def from_nothing(args: argparse.Namespace, root: Path) -> Setting:
    """The network's setting on a data set of one's own."""
    return NETWORKS[args.model].setting(DATASETS["own"].body(Location(root)), "", NETWORKS[args.model].streams[0])


def train(args: argparse.Namespace, setting: Setting, root: Path, steps: int, seed: int, folder: Path) -> float:
    """Train a setting on a data set, save the network, and give its accuracy on camera 3."""
    prepare = setting.recipe.preprocessing
    recordings = ArrayDataset(root, "train", transform=prepare.train_transform)
    recipe = setting.recipe.with_steps(steps, len(recordings))
    data = SkeletonDataModule(
        recordings, None, ArrayDataset(root, "test", transform=prepare.test_transform), batch_size=recipe.batch_size
    )
    classes = recordings.num_classes
    network, scores = fitted(replace(setting, recipe=recipe), data, classes, seed, folder, args.device)
    scores.save(folder / "test.npz")
    card = ModelCard(
        network=network_name(setting.model),
        arguments={"in_channels": setting.channels, "num_classes": classes, **setting.arguments},
        topology=recordings.topology,
        class_names=recordings.class_names,
        num_frames=prepare.num_frames,
        dims=3,
        clips=prepare.test_clips,
        transform=prepare.test_transform,
        batch_transform=prepare.eval_batch_transform,
    )
    ActionRecognizer(network, card).save(folder / "model.safetensors")
    return scores.top_k(1)


def fitted(
    setting: Setting, data: SkeletonDataModule, classes: int, seed: int, folder: Path, device: str
) -> tuple[nn.Module, Scores]:
    """The network of a setting after its training, and its scores on the tested recordings."""
    seed_everything(seed, workers=True, verbose=False)
    recognizer = Recognizer(setting.build(classes), classes, setting.recipe, start=setting.start)
    trainer = make_trainer(setting.recipe, folder, accelerator=device, progress_bar=False)
    return recognizer.model, fit_and_test(trainer, recognizer, data)


def run(args: argparse.Namespace, seed: int) -> dict[str, float]:
    """The accuracy of every way for one draw of recordings."""
    out = args.out / f"seed{seed}"
    first, second = half(args, HALVES[0], None, seed), half(args, HALVES[1], args.each, seed)
    top1 = train(args, from_nothing(args, first), first, args.first_steps, seed, out / "first")
    print(f"seed {seed}, first half: {100 * top1:.2f} % of its classes' recordings of camera 3", flush=True)
    results = {}
    for name, arguments in WAYS.items():
        if arguments is None:
            setting = from_nothing(args, second)
        else:
            trained = ActionRecognizer.load(out / "first" / "model.safetensors")
            setting = finetune(trained, HALVES[1], NETWORKS[args.model].small, **arguments)
        results[name] = train(args, setting, second, args.steps, seed, out / name.replace(" ", "_"))
        print(f"seed {seed}, {name}: {100 * results[name]:.2f} %", flush=True)
    return results


def table(results: dict[int, dict[str, float]]) -> str:
    """A row for every way, a column for every seed, and the mean."""
    ways = list(next(iter(results.values())))
    width = max(map(len, ways))
    lines = [" ".join([f"{'top-1 (%)':{width}}", *(f"{f'seed {seed}':>8}" for seed in results), "    mean"])]
    for name in ways:
        values = [100 * row[name] for row in results.values()]
        lines.append(" ".join([f"{name:{width}}", *(f"{value:8.2f}" for value in (*values, np.mean(values)))]))
    return "\n".join(lines)


def run_seeds(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace, int], dict[str, float]]) -> None:
    """Run the seeds of the command line, and print the table."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="random seeds. Default: 0")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... Default: %(default)s")
    args = parser.parse_args()
    keep_freed_memory()
    print(table({seed: run(args, seed) for seed in args.seeds}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root", type=Path, default=Path("datasets/nw_ucla"), help="folder of the data set. Default: %(default)s"
    )
    parser.add_argument("--raw", help="the archive all_sqe.zip, or its address. Default: the public address")
    parser.add_argument("--out", type=Path, default=Path("runs/finetune"), help="output folder. Default: %(default)s")
    parser.add_argument("--model", default="sgn", choices=NETWORKS, help="network. Default: %(default)s")
    parser.add_argument(
        "--each", type=int, default=5, help="recordings a class of the second half. Default: %(default)s"
    )
    parser.add_argument(
        "--first-steps", type=int, default=240, help="steps of the first training. Default: %(default)s"
    )
    parser.add_argument("--steps", type=int, default=120, help="steps of the others. Default: %(default)s")
    run_seeds(parser, run)


if __name__ == "__main__":
    main()
