"""AMANet (paper B): four streams, trained one after the other and fused, as the paper does it.

python examples/ntu_amanet.py --dataset simulated               # needs no data; minutes on two CPU cores
python examples/ntu_amanet.py                                   # NTU RGB+D 60, cross-subject, downloaded
python examples/ntu_amanet.py --protocol xview --source openmmlab-3d --devices 4 --precision bf16-mixed
python examples/ntu_amanet.py --dataset nw_ucla --raw path/to/all_sqe.zip

All training recordings are trained on, and the last epoch is tested, as publications do. With --validation a tenth of
them selects the epoch, and may tune the weights of the fusion. A batch is that of all devices together, 32 as in the
paper.

A run that was interrupted goes on with --resume: streams that are finished are read, the unfinished one continues.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

import tg_skeleton
from tg_skeleton.commands.options import Options
from tg_skeleton.commands.processes import processes_of
from tg_skeleton.commands.runs import Outcome, run
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.evaluation import (
    attention_maps,
    ensemble,
    report,
    stream_report,
    top_k_accuracies,
    top_k_report,
    tune_weights,
)
from tg_skeleton.inference.fused import write_fusion
from tg_skeleton.training import Setting
from tg_skeleton.training.recipes.amanet import NETWORK
from tg_skeleton.transforms import MSDSName
from tg_skeleton.visualization import plot_attention, plot_confusion, plot_top_k, save_figure

SHOWN = ("clapping", "check time (from watch)")
"""The actions whose attention is drawn, as in the paper's Fig. 8; of other data sets the first two."""

ALPHAS = (0.0, 0.8, 1.5)
"""The weights of Å in the pictures of attention, as in Fig. 8."""

SETS = {name: row for name, row in DATASETS.items() if name in NETWORK.recipes}
"""The data sets on which AMANet has a recipe of its own."""

NESTEROV = """Differs from the paper: SGD has Nesterov momentum, as MS-G3D's training, from which the paper takes its
optimizer; the text of the paper names momentum 0.9 alone."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="ntu60", choices=SETS, help="Default: %(default)s")
    protocols = "; ".join(f"{name}: {', '.join(row.protocols)}" for name, row in SETS.items() if all(row.protocols))
    parser.add_argument("--protocol", help=f"{protocols}. Default: the first")
    parser.add_argument(
        "--source",
        default="raw",
        choices=["raw", "openmmlab-3d", "openmmlab-2d"],
        help="files of NTU RGB+D. Default: %(default)s",
    )
    parser.add_argument(
        "--stream",
        nargs="+",
        default=NETWORK.streams,
        choices=NETWORK.all_streams,
        help="Default: the four of paper B, without the motions",
    )
    parser.add_argument(
        "--validation",
        action="store_true",
        help="select the epoch on a tenth of the training recordings. Default: train on all, test the last epoch",
    )
    parser.add_argument(
        "--weights", default="equal", choices=["equal", "tuned"], help="of the fusion; tuned: needs --validation"
    )
    parser.add_argument("--windows", type=int, nargs="+", default=[3], help="frames of STFEM's windows. Default: 3")
    parser.add_argument(
        "--bones-from",
        default="center",
        choices=["center", "root"],
        help="where bones point away from: the center of the body, on MS-G3D's graph, or the root of the data set's "
        "own skeleton, the spine base on NTU RGB+D. Default: %(default)s",
    )
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
    parser.add_argument(
        "--nodes", type=int, help="number of machines. Default: those that torchrun or srun has started"
    )
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed", "16-mixed"])
    parser.add_argument("--resume", action="store_true", help="continue the runs in --out, and read finished ones")
    parser.add_argument("--overwrite", action="store_true", help="replace the runs in --out")
    parser.add_argument("--fast-dev-run", action="store_true", help="run one batch of each split as a smoke test")
    args = parser.parse_args()

    row = SETS[args.dataset]
    args.protocol = next(iter(row.protocols)) if args.protocol is None else args.protocol
    if args.protocol not in row.protocols:
        parser.error(f"--protocol: {args.dataset} has {', '.join(row.protocols) or 'one'}, got {args.protocol}")
    args.location = Location(
        args.root or row.default_root(), args.source, args.raw, on_error="raise", num_workers=args.workers
    )
    if args.validation and not row.has_validation(args.location):
        parser.error(f"--validation: {args.dataset} has no validation split that can select an epoch")
    if args.weights == "tuned" and not args.validation:
        parser.error("--weights tuned: expected --validation, whose recordings they are tuned on")
    name = args.dataset if len(row.protocols) == 1 else f"{args.dataset}_{args.protocol}"
    args.out = args.out or Path("runs") / f"amanet_{name}"
    return args


def options_of(args: argparse.Namespace) -> Options:
    devices, num_nodes = processes_of(args.devices, args.nodes, os.environ)
    return Options(
        dataset=SETS[args.dataset],
        protocol=args.protocol,
        location=args.location,
        seed=args.seed,
        epochs=args.epochs,
        batch_size=args.batch_size,
        trainval=not args.validation,
        device=args.device,
        devices=devices,
        num_nodes=num_nodes,
        precision=args.precision,
        resume=args.resume,
        overwrite=args.overwrite,
        fast_dev_run=args.fast_dev_run,
    )


def setting(args: argparse.Namespace, name: MSDSName) -> Setting:
    """Network and recipe of a stream."""
    skeletons = NETWORK.skeletons if args.bones_from == "center" else {}
    network = replace(NETWORK, arguments={"windows": tuple(args.windows)}, skeletons=skeletons)
    return network.setting(SETS[args.dataset].body(args.location), args.protocol, name)


def train(name: MSDSName, args: argparse.Namespace, options: Options) -> Outcome | None:
    """Train and test the network of a stream; only the first of several processes gets the outcome."""
    chosen, folder = setting(args, name), args.out / name
    outcome = run(f"{NETWORK.name} {name}", chosen, options, folder)
    if outcome is not None:
        recordings = options.recordings("test")
        save_figure(
            draw_attention(chosen, folder, recordings, f"AMANet, {args.dataset}, {name}"), folder / "attention.png"
        )
        print(f"{name}\n{report(outcome.test, recordings.class_names)}\n", flush=True)
    return outcome


def graph_attention(model: torch.nn.Module, x: Tensor, batch: Tensor) -> list[Tensor]:
    """The mean map ``[V, V]`` of the last block's spatial module, with Å of several weights in its logits."""
    name = f"blocks.{len(model.blocks) - 1}.factorised.0.attention"
    maps = [attention_maps(model, x, batch, 1, alpha=alpha)[name] for alpha in ALPHAS]  # [P, T, 1, V, V]
    return [weights.mean(dim=(0, 1, 2)) for weights in maps]


def draw_attention(chosen: Setting, folder: Path, recordings, title: str):
    """Paper B's Fig. 8: Å, and attention among joints in two actions with α = 0, 0.8 and 1.5."""
    recognizer = tg_skeleton.load(folder / "model.safetensors")
    labels, names = recordings.labels.tolist(), recordings.class_names
    found = [label for label in sorted(set(labels)) if names[label] in SHOWN] or sorted(set(labels))[: len(SHOWN)]
    maps = {}
    for label in found:
        batch = recognizer.prepare([recordings[labels.index(label)]])
        maps[names[label]] = [
            chosen.topology.normalized_adjacency,
            *graph_attention(recognizer.model, batch.x[: recognizer.card.num_frames], batch.batch),
        ]
    columns = ("Å", *(f"α = {alpha:g}" for alpha in ALPHAS))
    return plot_attention(maps, chosen.topology.joints, columns=columns, title=title)


def fuse(outcomes: dict[str, Outcome], names: tuple[str, ...], args: argparse.Namespace) -> None:
    """Print the accuracy of each stream and of the fusion, draw them, and write the fusion as one file."""
    test = {name: outcome.test for name, outcome in outcomes.items()}
    weights = None
    if args.weights == "tuned":
        weights = tune_weights({name: outcome.val for name, outcome in outcomes.items()})
    fused = ensemble(test, weights)
    fused.save(args.out / "fused.npz")
    fusion = write_fusion(args.out / "fusion.json", [args.out / name / "model.safetensors" for name in test], weights)
    title = f"AMANet on {args.dataset} {args.protocol}".strip()
    save_figure(plot_confusion(fused.confusion(), names, title=title), args.out / "confusion.png")
    save_figure(plot_top_k(top_k_accuracies(test, fused), title=title), args.out / "top_k.png")
    print(f"{title}, weights: {args.weights}\n{stream_report(test, fused, names, weights=weights)}")
    print(f"\n{top_k_report(test, fused)}\n\n{NESTEROV}")
    first = args.out / next(iter(test))
    print(f"\nlogs, checkpoints, scores and pictures: {args.out}; to use them:")
    print(f"python -m tg_skeleton predict {fusion} PATH")
    print(f"python -m tg_skeleton report {first}")
    print(f"python -m tg_skeleton play PATH --checkpoint {first / 'model.safetensors'}")


def main() -> None:
    args = parse()
    try:
        options = options_of(args)
        names = options.recordings("test").class_names
        outcomes = {name: train(name, args, options) for name in args.stream}
    except FileNotFoundError as error:
        raise SystemExit(f"{error}\nWithout the data, everything runs with: --dataset simulated") from None
    except (RuntimeError, ValueError) as error:
        raise SystemExit(str(error)) from None
    finished = {name: outcome for name, outcome in outcomes.items() if outcome is not None}
    if finished:
        fuse(finished, names, args)


if __name__ == "__main__":
    main()
