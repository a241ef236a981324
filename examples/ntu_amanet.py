"""AMANet (paper B): four streams, trained one after the other and fused.

python examples/ntu_amanet.py --dataset simulated               # needs no data; minutes on two CPU cores
python examples/ntu_amanet.py                                   # NTU RGB+D 60, cross-subject, downloaded
python examples/ntu_amanet.py --protocol xview --source openmmlab-3d --devices 4 --precision bf16-mixed
python examples/ntu_amanet.py --dataset nw_ucla --raw path/to/all_sqe.zip --trainval

A run that was interrupted goes on with --resume: streams that are finished are read, the unfinished one continues.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch
from lightning import seed_everything
from torch import Tensor

from tg_skeleton.collate import collate
from tg_skeleton.datasets import (
    NTURGBD,
    NWUCLA,
    KineticsSkeleton,
    SBUInteraction,
    SimulatedActions,
    SkeletonDataset,
)
from tg_skeleton.evaluation import Scores, attention_maps, ensemble, report, stream_report, tune_weights
from tg_skeleton.models import AMANet
from tg_skeleton.training import (
    Recipe,
    Recognizer,
    SkeletonDataModule,
    amanet_kinetics,
    amanet_ntu60,
    amanet_ntu120,
    amanet_nw_ucla,
    amanet_sbu,
    amanet_simulated,
    evaluate,
    fit_and_test,
    make_trainer,
)
from tg_skeleton.transforms import MSDSName, ms_ds
from tg_skeleton.visualization import plot_attention, plot_confusion

SHOWN = 2
"""Of how many actions the attention is drawn."""


@dataclass(frozen=True)
class Setting:
    """What is special about a data set."""

    recipe: Callable[[MSDSName], Recipe]
    folder: str
    protocols: tuple[str, ...] = ("",)
    dims: int = 3
    widths: tuple[int, ...] = (96, 192, 384)


SETTINGS = {
    "ntu60": Setting(amanet_ntu60, "ntu_rgbd", ("xsub", "xview")),
    "ntu120": Setting(amanet_ntu120, "ntu_rgbd", ("xsub", "xset")),
    "kinetics": Setting(amanet_kinetics, "kinetics_skeleton", dims=2),
    "nw_ucla": Setting(amanet_nw_ucla, "nw_ucla"),
    "sbu": Setting(amanet_sbu, "sbu_interaction", ("fold1", "fold2", "fold3", "fold4", "fold5")),
    "simulated": Setting(amanet_simulated, "simulated", ("xsub", "xview"), widths=(24, 48, 96)),
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="ntu60", choices=list(SETTINGS))
    parser.add_argument("--protocol", help="; ".join(f"{n}: {', '.join(s.protocols)}" for n, s in SETTINGS.items()))
    parser.add_argument("--source", default="raw", choices=["raw", "openmmlab-3d"], help="which files of NTU RGB+D")
    parser.add_argument("--stream", nargs="+", default=list(get_args(MSDSName)), choices=get_args(MSDSName))
    parser.add_argument(
        "--trainval", action="store_true", help="train on the validation split too; test the last epoch"
    )
    parser.add_argument("--weights", default="equal", choices=["equal", "tuned"], help="of the fusion; on validation")
    parser.add_argument("--windows", type=int, nargs="+", default=[3], help="frames of STFEM's windows")
    parser.add_argument("--root", type=Path, help="where the data set lies; left out: datasets/<name>")
    parser.add_argument("--raw", help="the archive, or its address; left out: <root>/raw, else its public address")
    parser.add_argument("--out", type=Path, help="where results are written; left out: runs/amanet_<name>")
    parser.add_argument("--epochs", type=int, help="left out: the recipe's")
    parser.add_argument("--batch-size", type=int, help="per device; the learning rate goes in proportion")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes that process and load recordings")
    parser.add_argument("--accelerator", default="auto", help="cpu, gpu, ...")
    parser.add_argument("--devices", default="auto", help="how many; more than one: DDP")
    parser.add_argument("--nodes", type=int, default=1, help="how many machines")
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed", "16-mixed"])
    parser.add_argument("--resume", action="store_true", help="go on with what is in --out")
    parser.add_argument("--fast-dev-run", action="store_true", help="one batch of each split, no training to speak of")
    args = parser.parse_args()

    setting = SETTINGS[args.dataset]
    args.protocol = setting.protocols[0] if args.protocol is None else args.protocol
    if args.protocol not in setting.protocols:
        parser.error(f"--protocol: {args.dataset} has {', '.join(setting.protocols) or 'one'}, got {args.protocol}")
    args.trainval |= args.dataset == "sbu"  # a tenth of 226 recordings chooses nothing
    if args.weights == "tuned" and args.trainval:
        parser.error("--weights tuned: no validation split is left to tune them on (--trainval, or SBU)")
    name = args.dataset if len(setting.protocols) == 1 else f"{args.dataset}_{args.protocol}"
    args.root = args.root or Path("datasets") / setting.folder
    args.out = args.out or Path("runs") / f"amanet_{name}"
    return args


def recordings(args: argparse.Namespace, split: str, transform: Callable | None = None) -> SkeletonDataset:
    """A split of the data set; fetched and processed where it is not there yet."""
    fetch = {"mirror": args.raw, "num_workers": args.workers, "transform": transform}
    match args.dataset:
        case "ntu60" | "ntu120":
            return NTURGBD(args.root, args.dataset[3:], args.protocol, split=split, source=args.source, **fetch)
        case "kinetics":
            return KineticsSkeleton(args.root, split, **fetch)
        case "nw_ucla":
            return NWUCLA(args.root, split, **fetch)
        case "sbu":
            return SBUInteraction(args.root, int(args.protocol[-1]), split, **fetch)
    return SimulatedActions(args.root, split, protocol=args.protocol, transform=transform)


def network(args: argparse.Namespace, name: MSDSName, data: SkeletonDataset) -> AMANet:
    setting = SETTINGS[args.dataset]
    stream = ms_ds(data.topology, setting.dims)[name]
    return AMANet(stream.topology, stream.channels, data.num_classes, widths=setting.widths, windows=args.windows)


def settings(args: argparse.Namespace, name: MSDSName) -> Recipe:
    """The recipe of a stream, with what the command line changes."""
    recipe = SETTINGS[args.dataset].recipe(name)
    recipe = recipe if args.epochs is None else recipe.with_epochs(args.epochs)
    return recipe if args.batch_size is None else recipe.with_batch_size(args.batch_size)


def run(name: MSDSName, args: argparse.Namespace) -> dict[str, Scores] | None:
    """Trains and tests the network of a stream; gives its scores to the first of the processes."""
    folder = args.out / name
    files = {split: folder / f"{split}.npz" for split in (("test",) if args.trainval else ("test", "val"))}
    if args.resume and all(file.exists() for file in files.values()):
        return {split: Scores.load(file) for split, file in files.items()}
    seed_everything(args.seed, workers=True, verbose=False)
    recipe = settings(args, name)
    prepare = recipe.preprocessing
    train = recordings(args, "trainval" if args.trainval else "train", prepare.train_transform)
    val = None if args.trainval else recordings(args, "val", prepare.val_transform)
    test = recordings(args, "test", prepare.test_transform)

    recognizer = Recognizer(network(args, name, train), train.num_classes, recipe)
    trainer = make_trainer(
        recipe,
        folder,
        accelerator=args.accelerator,
        devices=args.devices,
        num_nodes=args.nodes,
        precision=args.precision,
        fast_dev_run=args.fast_dev_run,
    )
    data = SkeletonDataModule(train, val, test, batch_size=recipe.batch_size, num_workers=args.workers)
    last = folder / "checkpoints" / "last.ckpt"
    scores = {"test": fit_and_test(trainer, recognizer, data, resume=last if args.resume and last.exists() else None)}
    if not args.trainval:  # seen as the test split is, so that weights can be tuned on it
        data.test = recordings(args, "val", prepare.test_transform)
        scores["val"] = evaluate(trainer, recognizer, data)
    if not trainer.is_global_zero:
        return None
    for split, file in files.items():
        scores[split].save(file)
    draw_attention(args, name, recognizer, test).savefig(folder / "attention.png", dpi=150)
    print(f"{name}\n{report(scores['test'], test.class_names)}\n", flush=True)
    return scores


def graph_attention(model: AMANet, x: Tensor, batch: Tensor) -> list[Tensor]:
    """The mean map ``[V, V]`` of the last block's spatial module, without and with αÅ in its logits."""
    name = f"blocks.{len(model.blocks) - 1}.factorised.0.attention"
    maps = [attention_maps(model, x, batch, 1, with_graph=graph)[name] for graph in (False, True)]  # [P, T, 1, V, V]
    return [weights.mean(dim=(0, 1, 2)) for weights in maps]


@torch.no_grad()
def draw_attention(args: argparse.Namespace, name: MSDSName, recognizer: Recognizer, test: SkeletonDataset):
    """Paper B's Fig. 8: who attends to whom in two actions, before and after αÅ is added."""
    setting = SETTINGS[args.dataset]
    topology = ms_ds(test.topology, setting.dims)[name].topology
    prepare = recognizer.recipe.preprocessing
    model = recognizer.model.cpu().eval()
    maps, labels = {}, test.labels.tolist()
    for label in sorted(set(labels))[:SHOWN]:
        batch = prepare.eval_batch_transform(collate([test[labels.index(label)]]))
        maps[test.class_names[label]] = graph_attention(model, batch.x[: prepare.num_frames], batch.batch)
    columns = ("attention", "attention with αÅ")
    return plot_attention(maps, topology.joints, columns=columns, title=f"AMANet, {args.dataset}, stream {name}")


def fuse(scores: dict[str, dict[str, Scores]], names: tuple[str, ...], args: argparse.Namespace) -> None:
    """Prints each stream and their fusion, and draws its mistakes."""
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
