"""A few recordings of each class: a training from nothing against one that starts from the network of the package.

python examples/few_recordings.py --dataset nw_ucla --each 5 --seeds 0 1 2
python examples/few_recordings.py --dataset sbu --protocol fold5 --each 5 --seeds 0 1 2

Network, preprocessing, augmentation and schedule are the same; only the first weights differ. A seed draws the
recordings, too. Nothing is chosen on the tested recordings: the last epoch is tested.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from finetune_nw_ucla import fitted, run_seeds
from torch.utils.data import Subset

import tg_skeleton
import tg_skeleton.transforms as T
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.models import AnyESAN
from tg_skeleton.training import SkeletonDataModule, finetune, own_network


def run(args: argparse.Namespace, seed: int) -> dict[str, float]:
    """The accuracies for one draw of recordings."""
    row, place = DATASETS[args.dataset], Location(args.root or DATASETS[args.dataset].default_root(), mirror=args.raw)
    protocol = args.protocol or next(iter(row.protocols))
    train, test = (row.split(place, protocol, split) for split in ("trainval", "test"))
    shuffled = np.random.default_rng(seed).permutation(len(train))
    chosen = [
        int(number)
        for label in range(train.num_classes)
        for number in shuffled[train.labels[shuffled] == label][: args.each or None]
    ]
    everyday = tg_skeleton.load("everyday").on(train.topology, 3)
    setting = finetune(everyday, train.class_names, own_network(AnyESAN).small, topology=train.topology)
    augmented = setting.recipe.preprocessing.augmented(T.RandomRotate((15, 60, 0)), T.RandomMirror(train.topology))
    recipe = replace(setting.recipe, preprocessing=augmented).with_batch_size(16).with_steps(args.steps, len(chosen))
    setting = replace(setting, recipe=recipe)
    train.transform, test.transform = recipe.preprocessing.train_transform, recipe.preprocessing.test_transform
    results = {}
    for name, own in {"from nothing": replace(setting, start=None), "from everyday": setting}.items():
        data = SkeletonDataModule(Subset(train, chosen), None, test, batch_size=recipe.batch_size)
        folder = args.out / f"{args.dataset}_{args.each or 'all'}" / f"seed{seed}" / name.replace(" ", "_")
        _, scores = fitted(own, data, train.num_classes, seed, folder, args.device)
        results[name] = scores.top_k(1)
        print(f"seed {seed}, {len(chosen)} recordings, {name}: {100 * results[name]:.2f} %", flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="nw_ucla", choices=("nw_ucla", "sbu"), help="Default: %(default)s")
    parser.add_argument("--protocol", help="protocol of the data set. Default: the first")
    parser.add_argument("--root", type=Path, help="folder of the data set. Default: datasets/<its name>")
    parser.add_argument("--raw", help="the archive, or its address. Default: the public address")
    parser.add_argument("--out", type=Path, default=Path("runs/few"), help="output folder. Default: %(default)s")
    parser.add_argument("--each", type=int, default=5, help="recordings a class; 0: all. Default: %(default)s")
    parser.add_argument("--steps", type=int, default=300, help="steps of training. Default: %(default)s")
    run_seeds(parser, run)


if __name__ == "__main__":
    main()
