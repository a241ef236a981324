"""Quick start: make a data set, train a network that recognizes its actions, test it, draw its mistakes.

    python examples/quickstart.py

Everything is made on this machine; nothing is downloaded. Takes about a minute on two CPU cores.
"""

import argparse
from pathlib import Path

from lightning import seed_everything

from tg_skeleton.datasets import SimulatedActions
from tg_skeleton.evaluation import report
from tg_skeleton.models import ESAN
from tg_skeleton.training import Recognizer, SkeletonDataModule, fit_and_test, make_trainer
from tg_skeleton.training.recipes.esan import esan_simulated
from tg_skeleton.visualization import plot_confusion


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root", type=Path, default=Path("datasets/simulated"), help="folder of the data set. Default: %(default)s"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/quickstart"), help="output folder. Default: %(default)s")
    parser.add_argument("--epochs", type=int, help="epochs of training. Default: the recipe's")
    parser.add_argument("--seed", type=int, default=0, help="random seed. Default: %(default)s")
    parser.add_argument("--fast-dev-run", action="store_true", help="run one batch of each split as a smoke test")
    args = parser.parse_args()
    seed_everything(args.seed, workers=True, verbose=False)

    # Preprocessing and training.
    recipe = esan_simulated()
    if args.epochs is not None:
        recipe = recipe.with_epochs(args.epochs)
    prepare = recipe.preprocessing

    # Recordings as graphs: joints of persons are nodes, bones are edges, every node carries a time series.
    train = SimulatedActions(args.root, "train", transform=prepare.train_transform)
    val = SimulatedActions(args.root, "val", transform=prepare.val_transform)
    test = SimulatedActions(args.root, "test", transform=prepare.test_transform)
    print(f"{train}\n{val}\n{test}")

    # Train; the best epoch is chosen on the validation split; test it on subjects it has never seen.
    # Three of the paper's four blocks are enough here, and a third of the work.
    model = ESAN(train.topology, in_channels=6, num_classes=train.num_classes, widths=(64, 128, 256))
    recognizer = Recognizer(model, train.num_classes, recipe)
    trainer = make_trainer(recipe, args.out, fast_dev_run=args.fast_dev_run)
    data = SkeletonDataModule(train, val, test, batch_size=recipe.batch_size)
    scores = fit_and_test(trainer, recognizer, data)

    args.out.mkdir(parents=True, exist_ok=True)
    scores.save(args.out / "scores.npz")
    figure = plot_confusion(scores.confusion(), test.class_names, title="SimulatedActions, unseen subjects")
    figure.savefig(args.out / "confusion.png", dpi=150)
    print(report(scores, test.class_names))
    print(f"\ntest accuracy: {scores.top_k(1):.2%}   ({args.out / 'confusion.png'}, {args.out / 'scores.npz'})")


if __name__ == "__main__":
    main()
