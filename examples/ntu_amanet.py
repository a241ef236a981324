"""AMANet (paper B): four streams, trained one after the other and fused.

python examples/ntu_amanet.py --dataset simulated               # needs no data; minutes on two CPU cores
python examples/ntu_amanet.py                                   # NTU RGB+D 60, cross-subject, downloaded
python examples/ntu_amanet.py --protocol xview --source openmmlab-3d --devices 4 --precision bf16-mixed
python examples/ntu_amanet.py --dataset nw_ucla --raw path/to/all_sqe.zip --trainval

A run that was interrupted goes on with --resume: streams that are finished are read, the unfinished one continues.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from lightning import seed_everything
from torch import Tensor

from tg_skeleton.collate import collate
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.evaluation import Scores, attention_maps, ensemble, report, stream_report, tune_weights
from tg_skeleton.models import AMANet
from tg_skeleton.training import Recognizer, Setting, SkeletonDataModule, evaluate, fit_and_test, make_trainer
from tg_skeleton.training.recipes.amanet import NETWORK
from tg_skeleton.transforms import MSDSName
from tg_skeleton.visualization import plot_attention, plot_confusion

SHOWN = 2
"""The number of actions whose attention is drawn."""

SETS = {name: row for name, row in DATASETS.items() if name in NETWORK.recipes}
"""The data sets on which AMANet has a recipe of its own."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="ntu60", choices=SETS, help="Default: %(default)s")
    protocols = "; ".join(f"{name}: {', '.join(row.protocols)}" for name, row in SETS.items() if all(row.protocols))
    parser.add_argument("--protocol", help=f"{protocols}. Default: the first")
    parser.add_argument(
        "--source", default="raw", choices=["raw", "openmmlab-3d"], help="files of NTU RGB+D. Default: %(default)s"
    )
    parser.add_argument("--stream", nargs="+", default=NETWORK.streams, choices=NETWORK.streams, help="Default: all")
    parser.add_argument(
        "--trainval", action="store_true", help="train on the validation split too, and test the last epoch"
    )
    parser.add_argument(
        "--weights", default="equal", choices=["equal", "tuned"], help="of the fusion; tuned: on the validation split"
    )
    parser.add_argument("--windows", type=int, nargs="+", default=[3], help="frames of STFEM's windows. Default: 3")
    parser.add_argument("--root", type=Path, help="folder of the data set. Default: datasets/<name>")
    parser.add_argument("--raw", help="the archive, or its address. Default: <root>/raw, else its public address")
    parser.add_argument("--out", type=Path, help="output folder. Default: runs/amanet_<name>")
    parser.add_argument("--epochs", type=int, help="epochs of training. Default: the recipe's")
    parser.add_argument(
        "--batch-size", type=int, help="of all devices together; the learning rate is scaled in proportion"
    )
    parser.add_argument("--seed", type=int, default=0, help="random seed. Default: %(default)s")
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that process and load recordings. Default: %(default)s"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... Default: %(default)s")
    parser.add_argument(
        "--devices", default="auto", help="number of devices; DDP on more than one. Default: %(default)s"
    )
    parser.add_argument("--nodes", type=int, default=1, help="number of machines. Default: %(default)s")
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed", "16-mixed"])
    parser.add_argument("--resume", action="store_true", help="continue the runs in --out, and skip finished ones")
    parser.add_argument("--fast-dev-run", action="store_true", help="run one batch of each split as a smoke test")
    args = parser.parse_args()

    row = SETS[args.dataset]
    args.protocol = next(iter(row.protocols)) if args.protocol is None else args.protocol
    if args.protocol not in row.protocols:
        parser.error(f"--protocol: {args.dataset} has {', '.join(row.protocols) or 'one'}, got {args.protocol}")
    args.location = Location(
        args.root or row.default_root(), args.source, args.raw, on_error="raise", num_workers=args.workers
    )
    args.trainval |= not row.has_validation(args.location)
    if args.weights == "tuned" and args.trainval:
        parser.error("--weights tuned: no validation split is left to tune them on (--trainval, or SBU)")
    name = args.dataset if len(row.protocols) == 1 else f"{args.dataset}_{args.protocol}"
    args.out = args.out or Path("runs") / f"amanet_{name}"
    return args


def recordings(args: argparse.Namespace, split: str, transform: Callable | None = None) -> SkeletonDataset:
    """A split of the data set; fetched and processed where that is not done yet."""
    return SETS[args.dataset].split(args.location, args.protocol, split, transform=transform)


def setting(args: argparse.Namespace, name: MSDSName) -> Setting:
    """Network and recipe of a stream, with the values of the command line."""
    network = replace(NETWORK, arguments={"windows": args.windows})
    found = network.setting(SETS[args.dataset].body(args.location), args.protocol, name)
    recipe = found.recipe if args.epochs is None else found.recipe.with_epochs(args.epochs)
    recipe = recipe if args.batch_size is None else recipe.with_batch_size(args.batch_size)
    return replace(found, recipe=recipe)


def run(name: MSDSName, args: argparse.Namespace) -> dict[str, Scores] | None:
    """Train and test the network of a stream; only the first of several processes gets the scores."""
    folder = args.out / name
    files = {split: folder / f"{split}.npz" for split in (("test",) if args.trainval else ("test", "val"))}
    if args.resume and all(file.exists() for file in files.values()):
        return {split: Scores.load(file) for split, file in files.items()}
    seed_everything(args.seed, workers=True, verbose=False)
    chosen = setting(args, name)
    recipe, prepare = chosen.recipe, chosen.recipe.preprocessing
    train = recordings(args, "trainval" if args.trainval else "train", prepare.train_transform)
    val = None if args.trainval else recordings(args, "val", prepare.val_transform)
    test = recordings(args, "test", prepare.test_transform)

    recognizer = Recognizer(chosen.build(train.num_classes), train.num_classes, recipe)
    trainer = make_trainer(
        recipe,
        folder,
        accelerator=args.device,
        devices=args.devices,
        num_nodes=args.nodes,
        precision=args.precision,
        fast_dev_run=args.fast_dev_run,
    )
    data = SkeletonDataModule(train, val, test, batch_size=recipe.batch_size, num_workers=args.workers)
    last = folder / "checkpoints" / "last.ckpt"
    scores = {"test": fit_and_test(trainer, recognizer, data, resume=last if args.resume and last.exists() else None)}
    if not args.trainval:  # with the transforms of the test, so that weights can be tuned on it
        data.test = recordings(args, "val", prepare.test_transform)
        scores["val"] = evaluate(trainer, recognizer, data)
    if not trainer.is_global_zero:
        return None
    for split, file in files.items():
        scores[split].save(file)
    draw_attention(chosen, recognizer, test, f"AMANet, {args.dataset}, stream {name}").savefig(
        folder / "attention.png", dpi=150
    )
    print(f"{name}\n{report(scores['test'], test.class_names)}\n", flush=True)
    return scores


def graph_attention(model: AMANet, x: Tensor, batch: Tensor) -> list[Tensor]:
    """The mean map ``[V, V]`` of the last block's spatial module, without and with αÅ in its logits."""
    name = f"blocks.{len(model.blocks) - 1}.factorised.0.attention"
    maps = [attention_maps(model, x, batch, 1, with_graph=graph)[name] for graph in (False, True)]  # [P, T, 1, V, V]
    return [weights.mean(dim=(0, 1, 2)) for weights in maps]


@torch.no_grad()
def draw_attention(chosen: Setting, recognizer: Recognizer, test: SkeletonDataset, title: str):
    """Paper B's Fig. 8: attention among joints in two actions, before and after αÅ is added."""
    prepare = recognizer.recipe.preprocessing
    model = recognizer.model.cpu().eval()
    maps, labels = {}, test.labels.tolist()
    for label in sorted(set(labels))[:SHOWN]:
        batch = prepare.eval_batch_transform(collate([test[labels.index(label)]]))
        maps[test.class_names[label]] = graph_attention(model, batch.x[: prepare.num_frames], batch.batch)
    columns = ("attention", "attention with αÅ")
    return plot_attention(maps, chosen.topology.joints, columns=columns, title=title)


def fuse(scores: dict[str, dict[str, Scores]], names: tuple[str, ...], args: argparse.Namespace) -> None:
    """Print the accuracy of each stream and of the fusion, and draw its confusion matrix."""
    test = {name: parts["test"] for name, parts in scores.items()}
    weights = None
    if args.weights == "tuned":
        weights = tune_weights({name: parts["val"] for name, parts in scores.items()})
    fused = ensemble(test, weights)
    fused.save(args.out / "fused.npz")
    title = f"AMANet on {args.dataset} {args.protocol}".strip()
    plot_confusion(fused.confusion(), names, title=title).savefig(args.out / "confusion.png", dpi=150)
    print(f"{title}, weights: {args.weights}\n{stream_report(test, fused, names, weights=weights)}")
    print(f"logs, checkpoints, scores and pictures: {args.out}")


def main() -> None:
    args = parse()
    try:
        names = recordings(args, "test").class_names
    except FileNotFoundError as error:
        raise SystemExit(f"{error}\nWithout the data, everything runs with: --dataset simulated") from None
    scores = {name: run(name, args) for name in args.stream}
    finished = {name: parts for name, parts in scores.items() if parts is not None}
    if finished:
        fuse(finished, names, args)


if __name__ == "__main__":
    main()
