"""ESAN (paper A) on SBU, two persons in every recording: do they attend to each other, or each to itself?

python examples/sbu_esan.py --raw path/to/sbu.zip          # five folds, with either attention
python examples/sbu_esan.py --raw path/to/sbu.zip --folds 1 --attention across
"""

import argparse
from pathlib import Path

import numpy as np
from lightning import seed_everything

from tg_skeleton.datasets import SBUInteraction
from tg_skeleton.evaluation import Scores
from tg_skeleton.models import ESAN
from tg_skeleton.training import Recipe, Recognizer, SkeletonDataModule, fit_and_test, make_trainer
from tg_skeleton.training.recipes.esan import esan_sbu

ATTENTION = {"within": "each person's joints attend to themselves", "across": "to those of both persons"}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("datasets/sbu_interaction"),
        help="folder of the data set. Default: %(default)s",
    )
    parser.add_argument("--raw", help="the archive sbu.zip, or its address. Default: the one in <root>/raw")
    parser.add_argument("--out", type=Path, default=Path("runs/sbu_esan"), help="output folder. Default: %(default)s")
    parser.add_argument("--folds", type=int, nargs="+", default=[1, 2, 3, 4, 5], choices=range(1, 6))
    parser.add_argument("--attention", nargs="+", default=list(ATTENTION), choices=list(ATTENTION))
    parser.add_argument("--epochs", type=int, help="epochs of training. Default: the recipe's")
    parser.add_argument("--seed", type=int, default=0, help="random seed. Default: %(default)s")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... Default: %(default)s")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoints in --out")
    parser.add_argument("--fast-dev-run", action="store_true", help="run one batch of each split as a smoke test")
    return parser.parse_args()


def run(fold: int, attention: str, recipe: Recipe, args: argparse.Namespace) -> Scores:
    """Trains on four folds and tests on one: the last epoch, for nothing is chosen."""
    seed_everything(args.seed, workers=True, verbose=False)
    prepare, folder = recipe.preprocessing, args.out / attention / f"fold{fold}"
    train = SBUInteraction(args.root, fold, "trainval", mirror=args.raw, transform=prepare.train_transform)
    test = SBUInteraction(args.root, fold, "test", transform=prepare.test_transform)

    across = attention == "across"
    model = ESAN(train.topology, in_channels=6, num_classes=train.num_classes, across_persons=across)
    trainer = make_trainer(recipe, folder, accelerator=args.device, devices=1, fast_dev_run=args.fast_dev_run)
    data = SkeletonDataModule(train, test=test, batch_size=recipe.batch_size)
    last = folder / "checkpoints" / "last.ckpt"
    resume = last if args.resume and last.exists() else None
    scores = fit_and_test(trainer, Recognizer(model, train.num_classes, recipe), data, resume=resume)
    scores.save(folder / "scores.npz")
    return scores


def table(top1: dict[str, list[float]], folds: list[int]) -> str:
    """A line per fold, a column per attention, and the means."""
    lines = ["fold  " + "  ".join(f"{name:>7}" for name in top1)]
    rows = [*zip(*top1.values(), strict=True), tuple(float(np.mean(values)) for values in top1.values())]
    for name, row in zip([*map(str, folds), "mean"], rows, strict=True):
        lines.append(f"{name:>4}  " + "  ".join(f"{value:7.2f}" for value in row))
    return "\n".join(lines)


def main() -> None:
    args = parse()
    recipe = esan_sbu()
    if args.epochs is not None:
        recipe = recipe.with_epochs(args.epochs)
    top1 = {name: [100 * run(fold, name, recipe, args).top_k(1) for fold in args.folds] for name in args.attention}
    print("\nESAN on SBU, joints and bones, one network, top-1 (%)")
    print("; ".join(f"{name}: {ATTENTION[name]}" for name in top1))
    print(table(top1, args.folds))


if __name__ == "__main__":
    main()
