"""One network: train it, test it."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.commands.arguments import (
    add_data,
    body_of,
    location_of,
    network_names,
    network_of,
    protocol_of,
    title_of,
)
from tg_skeleton.commands.processes import processes_of
from tg_skeleton.commands.recipes import add_changes, add_setting, changes_of, check_finetuning, finetuned, setting_of
from tg_skeleton.commands.training_arguments import add_machine, add_seeds, add_training, out_of
from tg_skeleton.datasets.table import DATASETS
from tg_skeleton.evaluation import report

if TYPE_CHECKING:
    from tg_skeleton.commands.options import Options
    from tg_skeleton.training import Network, Setting

Arguments = argparse.Namespace


def add_to(commands: Any) -> None:
    """Add ``train`` and ``test``."""
    train = commands.add_parser("train", description=_TRAIN)
    add_network(train)
    add_training(train)
    add_changes(train)
    train.set_defaults(run=_train, command="train")

    test = commands.add_parser("test", description=_TEST)
    add_network(test)
    test.add_argument("--checkpoint", type=Path, help="a Lightning checkpoint. Default: the run's best or last one")
    add_machine(test)
    test.add_argument("--fast-dev-run", action="store_true", help="test one batch")
    test.set_defaults(run=_test, command="test", epochs=None, batch_size=None, trainval=False, resume=False)
    test.set_defaults(overwrite=False, sync_norm=False)


_TRAIN = """Train a network by its recipe and test it. Checkpoints, logs, scores and a confusion matrix are written to
<out>/<model>_<data set>/<stream>/seed<seed>; several streams and seeds are trained one after another."""
_TEST = "Test a network that `train` left in its folder, or that of a checkpoint."


_STREAMS = """inputs of the network, one training each, such as joint, bone, joint+bone, joint_velocity, bone_velocity,
joint-barycenter (`networks MODEL` lists those of a network). Default: its first stream; for fuse: all"""


def add_network(parser: Any, *, required: bool = True) -> None:
    """Add the arguments that name a network, its data set, its streams and its seeds."""
    parser.add_argument(
        "--model",
        required=required,
        metavar="MODEL",
        help=f"{', '.join(network_names())}, or a class of your own as package.module:Class, called as "
        "Class(topology, in_channels, num_classes)",
    )
    add_data(parser)
    parser.add_argument("--stream", nargs="+", help=_STREAMS)
    add_setting(parser)
    add_seeds(parser)


_CHANGES = {"steps": "steps", "learning_rate": "lr", "class_weights": "class_weights", "sampling": "sampling"}
"""Options that only some commands have arguments for."""


def options_of(args: Arguments, seed: int) -> Options:
    """The options of a training, whatever the network."""
    from tg_skeleton.commands.options import Options

    row, location = DATASETS[args.dataset], location_of(args)
    devices, num_nodes = processes_of(args.devices, args.num_nodes, os.environ)
    return Options(
        dataset=row,
        protocol=protocol_of(args),
        location=location,
        seed=seed,
        epochs=args.epochs,
        batch_size=args.batch_size,
        **{key: getattr(args, name, None) for key, name in _CHANGES.items()},
        trainval=args.trainval or not row.has_validation(location),
        device=args.device,
        devices=devices,
        num_nodes=num_nodes,
        strategy=args.strategy,
        sync_norm=args.sync_norm,
        precision=args.precision,
        resume=args.resume,
        overwrite=args.overwrite,
        fast_dev_run=args.fast_dev_run,
    )


def folder_of(out: Path, args: Arguments, network: Network, stream: str, seed: int) -> Path:
    """The folder of a run."""
    parts = [network.name, title_of(args)]
    parts += [args.recipe] if args.recipe != "paper" else []
    parts += map(str, args.widths or ())
    return out / "_".join(parts) / stream / f"seed{seed}"


def _settings(args: Arguments, network: Network) -> dict[str, Setting]:
    """The settings of the streams that were named."""
    body, protocol = body_of(args), protocol_of(args)
    check_finetuning(args)
    if args.init is not None:
        names = DATASETS[args.dataset].split(location_of(args), protocol, "test").class_names
        published = finetuned(args, network, body, names)
        return {published.stream or "stream": setting_of(args, published, body)}
    settings = {}
    for stream in args.stream or network.streams[:1]:
        published = network.setting(body, protocol, stream)
        settings[stream] = setting_of(args, published, body)
        if changes := changes_of(args, published, settings[stream], body):
            print(changes)
    return settings


def _train(args: Arguments) -> int:
    network = network_of(args.model)
    settings = _settings(args, network)
    from tg_skeleton.commands.runs import run, trained_on
    from tg_skeleton.training import described
    from tg_skeleton.visualization import plot_confusion, save_figure

    top1: dict[str, list[float]] = {}
    for stream, chosen in settings.items():
        for seed in args.seed:
            folder, options = folder_of(out_of(args), args, network, stream, seed), options_of(args, seed)
            if args.dry_run:
                print("\n".join(described(replace(chosen, recipe=options.recipe(chosen.recipe, trained_on(options))))))
                continue
            widths = f" {'-'.join(map(str, args.widths))}" if args.widths else ""
            outcome = run(f"{network.name}{widths} {stream}", chosen, options, folder)
            if outcome is None:  # not the first of several processes
                continue
            names = options.recordings("test").class_names
            title = f"{network.name}, {stream}, on {title_of(args)}, seed {seed}"
            save_figure(plot_confusion(outcome.test.confusion(), names, title=title), folder / "confusion.png")
            print(f"{title}\n{report(outcome.test, names)}")
            print(f"{outcome.parameters:,} parameters, {outcome.macs / 1e9:.3f} GMACs a clip", end=", ")
            print(f"{outcome.epochs} epochs in {outcome.seconds:,.0f} s\nlogs, checkpoints, scores: {folder}\n")
            top1.setdefault(stream, []).append(100 * outcome.test.top_k(1))
    if len(args.seed) > 1:
        for stream, values in top1.items():
            spread = f"{np.std(values, ddof=1):.2f} (standard deviation of {len(values)} seeds)"
            print(f"{stream}: {np.mean(values):.2f} ± {spread}")
    return 0


def _test(args: Arguments) -> int:
    network = network_of(args.model)
    settings = _settings(args, network)
    from tg_skeleton.commands.runs import test

    if args.checkpoint is not None and len(settings) * len(args.seed) > 1:
        raise ValueError("--checkpoint: expected one stream and one seed, because a checkpoint is of one network")
    for stream, chosen in settings.items():
        for seed in args.seed:
            options = options_of(args, seed)
            scores = test(chosen, options, folder_of(args.out, args, network, stream, seed), args.checkpoint)
            if scores is not None:  # the first of several processes
                print(f"{network.name}, {stream}, on {title_of(args)}, seed {seed}")
                print(report(scores, options.recordings("test").class_names))
    return 0
