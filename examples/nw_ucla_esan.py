"""ESAN (paper A) on NW-UCLA, cross-view: cameras 1 and 2 train, camera 3 tests; mean and spread over seeds.

python examples/nw_ucla_esan.py                                # downloads the archive (15 MB)
python examples/nw_ucla_esan.py --raw path/to/all_sqe.zip      # takes this one
python examples/nw_ucla_esan.py --devices 2 --precision bf16-mixed
"""

import argparse
from pathlib import Path

import numpy as np
from lightning import seed_everything

from tg_skeleton.datasets import NWUCLA
from tg_skeleton.evaluation import Scores, report
from tg_skeleton.models import ESAN
from tg_skeleton.training import Recipe, Recognizer, SkeletonDataModule, fit_and_test, make_trainer
from tg_skeleton.training.recipes.esan import esan_nw_ucla
from tg_skeleton.visualization import plot_confusion


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root", type=Path, default=Path("datasets/nw_ucla"), help="folder of the data set. Default: %(default)s"
    )
    parser.add_argument("--raw", help="the archive all_sqe.zip, or its address. Default: the public address")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/nw_ucla_esan"), help="output folder. Default: %(default)s"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="epochs of training. Default: the recipe's")
    parser.add_argument("--workers", type=int, default=0, help="processes that load recordings. Default: %(default)s")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... Default: %(default)s")
    parser.add_argument(
        "--devices", default="auto", help="number of devices; DDP on more than one. Default: %(default)s"
    )
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed", "16-mixed"])
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoints in --out")
    parser.add_argument("--fast-dev-run", action="store_true", help="run one batch of each split as a smoke test")
    return parser.parse_args()


def run(seed: int, recipe: Recipe, args: argparse.Namespace) -> Scores | None:
    """Trains and tests one network; gives its scores to the first of the processes."""
    seed_everything(seed, workers=True, verbose=False)
    folder = args.out / f"seed{seed}"
    prepare = recipe.preprocessing
    train = NWUCLA(args.root, "train", mirror=args.raw, transform=prepare.train_transform)
    val = NWUCLA(args.root, "val", transform=prepare.val_transform)
    test = NWUCLA(args.root, "test", transform=prepare.test_transform)

    model = ESAN(train.topology, in_channels=6, num_classes=train.num_classes, num_frames=prepare.num_frames)
    recognizer = Recognizer(model, train.num_classes, recipe)
    trainer = make_trainer(
        recipe,
        folder,
        accelerator=args.device,
        devices=args.devices,
        precision=args.precision,
        fast_dev_run=args.fast_dev_run,
    )
    data = SkeletonDataModule(train, val, test, batch_size=recipe.batch_size, num_workers=args.workers)
    last = folder / "checkpoints" / "last.ckpt"
    scores = fit_and_test(trainer, recognizer, data, resume=last if args.resume and last.exists() else None)
    if not trainer.is_global_zero:
        return None
    scores.save(folder / "scores.npz")
    figure = plot_confusion(scores.confusion(), NWUCLA.class_names, title=f"ESAN on NW-UCLA, camera 3, seed {seed}")
    figure.savefig(folder / "confusion.png", dpi=150)
    print(report(scores, NWUCLA.class_names))
    return scores


def table(top1: dict[int, float]) -> str:
    """One line per seed, then mean and standard deviation."""
    values = np.array(list(top1.values()))
    spread = f" +- {values.std(ddof=1):.2f} (standard deviation of {len(values)} seeds)" if len(values) > 1 else ""
    lines = [f"{seed:>4}  {accuracy:9.2f}" for seed, accuracy in top1.items()]
    return "\n".join(["seed  top-1 (%)", *lines, f"mean  {values.mean():9.2f}{spread}"])


def main() -> None:
    args = parse()
    recipe = esan_nw_ucla()
    if args.epochs is not None:
        recipe = recipe.with_epochs(args.epochs)
    results = {seed: run(seed, recipe, args) for seed in args.seeds}
    top1 = {seed: 100 * scores.top_k(1) for seed, scores in results.items() if scores is not None}
    if top1:
        print("\nESAN on NW-UCLA, cross-view, joints and bones, one network")
        print(table(top1))
        print(f"logs, checkpoints, scores and pictures: {args.out}")


if __name__ == "__main__":
    main()
