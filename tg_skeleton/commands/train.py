"""One network: train it, test it, fuse its streams."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.commands.known import KNOWN
from tg_skeleton.commands.options import (
    MODELS,
    add_data,
    add_machine,
    add_training,
    body_of,
    place_of,
    protocol_of,
    title_of,
)
from tg_skeleton.evaluation import Scores, ensemble, report, stream_report, tune_weights

if TYPE_CHECKING:
    from tg_skeleton.commands.runs import Options
    from tg_skeleton.commands.systems import Setting

Arguments = argparse.Namespace


def add_to(commands: Any) -> None:
    """Adds ``train``, ``test`` and ``fuse``."""
    train = commands.add_parser("train", help="train a network by its recipe, and test it", description=_TRAIN)
    _add_network(train)
    add_training(train)
    train.set_defaults(run=_train, command="train")

    test = commands.add_parser("test", help="test a trained network", description=_TEST)
    _add_network(test)
    test.add_argument("--checkpoint", type=Path, help="left out: the run's best one, or its last one")
    add_machine(test)
    test.set_defaults(run=_test, command="test", epochs=None, batch_size=None, trainval=False, resume=False)

    fuse = commands.add_parser("fuse", help="fuse the streams of a network that were trained", description=_FUSE)
    _add_network(fuse)
    fuse.add_argument("--weights", nargs="+", default=["equal"], help="equal, tuned (on validation), or one per stream")
    fuse.add_argument("--out", type=Path, default=Path("runs"), help="the folder above the runs")
    fuse.set_defaults(run=_fuse, command="fuse", workers=0)


_TRAIN = """Trains a network by its recipe and tests it. Checkpoints, logs, scores and a confusion matrix go to
<out>/<model>_<data set>/<stream>/seed<seed>; several streams and seeds are trained one after another."""
_TEST = "Tests a network that `train` left in its folder, or the one of a checkpoint."
_FUSE = "Fuses what `train` left of several streams, recording by recording, and says what each is worth."


def _add_network(parser: Any) -> None:
    parser.add_argument("--model", required=True, choices=MODELS)
    add_data(parser)
    parser.add_argument("--stream", nargs="+", help="what the network reads; left out: its first; fuse: all")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="one or more")


def options_of(args: Arguments, seed: int) -> Options:
    """What the command line says about a training."""
    from tg_skeleton.commands.runs import Options

    return Options(
        dataset=args.dataset,
        protocol=protocol_of(args),
        place=place_of(args),
        seed=seed,
        epochs=args.epochs,
        batch_size=args.batch_size,
        trainval=args.trainval or not KNOWN[args.dataset].chooses(place_of(args).root),
        workers=args.workers,
        accelerator=args.accelerator,
        devices=args.devices,
        precision=args.precision,
        resume=args.resume,
        fast_dev_run=args.fast_dev_run,
    )


def _folder(args: Arguments, stream: str, seed: int) -> Path:
    folder: Path = args.out / f"{args.model}_{title_of(args)}" / stream / f"seed{seed}"
    return folder


def _settings(args: Arguments) -> dict[str, Setting]:
    """The settings of the streams that were named."""
    from tg_skeleton.commands.systems import setting, streams_of

    streams = args.stream or list(streams_of(args.model)[:1])
    data = body_of(args)
    return {stream: setting(args.model, data, protocol_of(args), stream) for stream in streams}


def _train(args: Arguments) -> int:
    settings = _settings(args)
    from tg_skeleton.commands.runs import run
    from tg_skeleton.visualization import plot_confusion

    top1: dict[str, list[float]] = {}
    for stream, chosen in settings.items():
        for seed in args.seed:
            folder, options = _folder(args, stream, seed), options_of(args, seed)
            outcome = run(f"{args.model} {stream}", chosen, options, folder)
            if outcome is None:  # another process speaks
                continue
            names = options.recordings("test").class_names
            title = f"{args.model}, {stream}, on {title_of(args)}, seed {seed}"
            plot_confusion(outcome.test.confusion(), names, title=title).savefig(folder / "confusion.png", dpi=150)
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
    settings = _settings(args)
    from tg_skeleton.commands.runs import test

    if args.checkpoint is not None and len(settings) * len(args.seed) > 1:
        raise ValueError("--checkpoint: expected one stream and one seed beside it, for it is of one network")
    for stream, chosen in settings.items():
        for seed in args.seed:
            options = options_of(args, seed)
            scores = test(chosen, options, _folder(args, stream, seed), args.checkpoint)
            print(f"{args.model}, {stream}, on {title_of(args)}, seed {seed}")
            print(report(scores, options.recordings("test").class_names))
    return 0


def _fuse(args: Arguments) -> int:
    from tg_skeleton.commands.systems import streams_of
    from tg_skeleton.visualization import plot_confusion

    streams = args.stream or list(streams_of(args.model))
    names = KNOWN[args.dataset].make(place_of(args), protocol_of(args), "test", None).class_names
    for seed in args.seed:
        folders = {stream: _folder(args, stream, seed) for stream in streams}
        test = {stream: Scores.load(folder / "test.npz") for stream, folder in folders.items()}
        weights = _weights(args.weights, folders)
        fused = ensemble(test, weights)
        out = args.out / f"{args.model}_{title_of(args)}" / "fused" / f"seed{seed}"
        title = f"{args.model}, {len(streams)} streams, on {title_of(args)}, seed {seed}"
        fused.save(out / "test.npz")
        plot_confusion(fused.confusion(), names, title=title).savefig(out / "confusion.png", dpi=150)
        print(f"{title}, weights: {' '.join(args.weights)}\n{stream_report(test, fused, names, weights=weights)}")
    return 0


def _weights(said: list[str], folders: dict[str, Path]) -> np.ndarray | None:
    """One weight per stream; None: equal ones."""
    if said == ["equal"]:
        return None
    if said == ["tuned"]:
        missing = [str(folder) for folder in folders.values() if not (folder / "val.npz").is_file()]
        if missing:
            raise ValueError(f"--weights tuned: {missing[0]} has no val.npz; train without --trainval")
        return tune_weights({stream: Scores.load(folder / "val.npz") for stream, folder in folders.items()})
    try:
        weights = np.array([float(word) for word in said])
    except ValueError:
        weights = np.empty(0)
    if len(weights) != len(folders):
        raise ValueError(
            f"--weights: expected equal, tuned, or {len(folders)} numbers ({', '.join(folders)}), got {' '.join(said)}"
        )
    return weights
