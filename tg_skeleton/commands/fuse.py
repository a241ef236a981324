"""The fusion of trained networks: the streams of one, or runs of several networks and seeds."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.commands.arguments import add_out, location_of, network_of, protocol_of, title_of
from tg_skeleton.commands.run_record import read_record, record_of
from tg_skeleton.commands.train import add_network, folder_of
from tg_skeleton.datasets.table import DATASETS
from tg_skeleton.evaluation import Scores, ensemble, stream_report, top_k_accuracies, top_k_report, tune_weights

if TYPE_CHECKING:
    from tg_skeleton.datasets import SkeletonDataset
    from tg_skeleton.training import Network

Arguments = argparse.Namespace

_FUSE = """Fuse the scores of trained networks, recording by recording, and report the accuracy of each: the streams of
a network, seed by seed (--model), or any runs of a data set, of several networks and seeds (RUN ...). Weights are fixed
beforehand, or tuned on the validation split. Scores and, of runs, fusion.json, which `predict` takes, are written to
<out>/<model>_<data set>/fused/seed<seed> or <out>/fused_<data set>."""


def add_to(commands: Any) -> None:
    """Add ``fuse``."""
    fuse = commands.add_parser("fuse", description=_FUSE)
    fuse.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help="folders of runs, .../seed0, in place of a network's streams"
    )
    add_network(fuse, required=False)
    fuse.add_argument(
        "--weights",
        nargs="+",
        default=["equal"],
        help="equal, published, tuned (on the validation split), or one number per stream or run. Default: equal",
    )
    add_out(fuse)
    fuse.set_defaults(run=_fuse, command="fuse", workers=0)


def _fuse(args: Arguments) -> int:
    if bool(args.runs) == (args.model is not None):
        raise ValueError("expected --model, whose streams are fused, or folders of runs, got " + _both(args))
    recordings = DATASETS[args.dataset].split(location_of(args), protocol_of(args), "test")
    if args.runs:
        return _fuse_runs(args, recordings)
    network = network_of(args.model)
    streams = args.stream or list(network.streams)
    for seed in args.seed:
        folders = {stream: folder_of(args.out, args, network, stream, seed) for stream in streams}
        test = {stream: _trained_scores(args, stream, seed, folder, recordings) for stream, folder in folders.items()}
        weights = _weights(args.weights, network, folders, test)
        out = folder_of(args.out, args, network, "fused", seed)
        title = f"{network.name}, {len(streams)} streams, on {title_of(args)}, seed {seed}"
        _fused(test, weights, out, title, args.weights, recordings)
    return 0


def _fuse_runs(args: Arguments, recordings: SkeletonDataset) -> int:
    """Fuse runs of several networks and seeds.

    Raises:
        FileNotFoundError: A folder has no scores.
        ValueError: A run is given twice, or has the scores of other recordings.
    """
    from tg_skeleton.inference.fused import write_fusion

    if args.stream is not None:
        raise ValueError(f"--stream: expected none with folders of runs, got {' '.join(args.stream)}")
    folders = _named(args.runs)
    test = {name: _scores(folder, recordings, args) for name, folder in folders.items()}
    weights = _weights(args.weights, None, folders, test)
    out = args.out / f"fused_{title_of(args)}"
    _fused(test, weights, out, f"{len(folders)} runs on {title_of(args)}", args.weights, recordings)
    checkpoints = [folder / "model.safetensors" for folder in folders.values()]
    if all(path.is_file() for path in checkpoints):
        print(f"\nfor predict: {write_fusion(out / 'fusion.json', checkpoints, weights)}")
    return 0


def _named(runs: Sequence[Path]) -> dict[str, Path]:
    """The folders by what their records say: network, stream and seed.

    Raises:
        ValueError: A folder is given twice.
    """
    found: dict[str, Path] = {}
    for folder in runs:
        if folder.resolve() in {other.resolve() for other in found.values()}:
            raise ValueError(
                f"RUN: expected each folder once, got '{folder}' twice; --weights counts one more than others"
            )
        facts = read_record(folder) if record_of(folder).is_file() else {}
        name = f"{facts['name']}, seed {facts['seed']}" if {"name", "seed"} <= set(facts) else str(folder)
        found[f"{name} ({folder})" if name in found else name] = folder
    return found


def _fused(
    test: Mapping[str, Scores],
    weights: np.ndarray | None,
    out: Path,
    title: str,
    said: Sequence[str],
    recordings: SkeletonDataset,
) -> None:
    """Save and report a fusion."""
    from tg_skeleton.visualization import plot_confusion, plot_top_k, save_figure

    fused, names = ensemble(test, weights), recordings.class_names
    fused.save(out / "test.npz")
    save_figure(plot_confusion(fused.confusion(), names, title=title), out / "confusion.png")
    save_figure(plot_top_k(top_k_accuracies(test, fused), title=title), out / "top_k.png")
    print(f"{title}, weights: {' '.join(said)}\n{stream_report(test, fused, names, weights=weights)}")
    print(f"\n{top_k_report(test, fused)}")


def _trained_scores(args: Arguments, stream: str, seed: int, folder: Path, recordings: SkeletonDataset) -> Scores:
    """The scores of a trained stream.

    Raises:
        FileNotFoundError: It was not trained.
        ValueError: The scores are of other recordings than those of the data set.
    """
    path = folder / "test.npz"
    if not path.is_file():
        root = "" if args.root is None else f" --root {args.root}"
        raise FileNotFoundError(
            f"'{path}': no such file, because {args.model} is not trained on the stream {stream} with seed {seed}; run "
            f"python -m tg_skeleton train --model {args.model} --dataset {args.dataset}{root} --stream {stream} --seed "
            f"{seed}, or name the trained streams by --stream"
        )
    return _scores(folder, recordings, args)


def _scores(folder: Path, recordings: SkeletonDataset, args: Arguments) -> Scores:
    """The scores in a folder.

    Raises:
        FileNotFoundError: There are none.
        ValueError: They are of other recordings than those of the data set.
    """
    path = folder / "test.npz"
    if not path.is_file():
        raise FileNotFoundError(f"'{path}': no such file; name the folder of a finished run, such as .../joint/seed0")
    scores = Scores.load(path)
    labels = dict(zip(recordings.names, recordings.labels.tolist(), strict=True))
    found = dict(zip(scores.names.tolist(), scores.labels.tolist(), strict=True))
    if found != labels:
        other = sorted(found.items() ^ labels.items())[0][0]
        raise ValueError(
            f"'{path}' has the scores of {len(found)} recordings, which are not the {len(labels)} of the test split of "
            f"{title_of(args)} ('{other}' differs); name the data set (and --root) of the training"
        )
    return scores


def _weights(
    given: list[str], network: Network | None, folders: dict[str, Path], test: Mapping[str, Scores]
) -> np.ndarray | None:
    """One weight per stream; None: equal ones."""
    if given == ["equal"]:
        return None
    if given == ["published"]:
        if network is None or network.weights is None:
            who = "runs have" if network is None else f"{network.name} has"
            raise ValueError(f"--weights published: {who} no published weights; use equal or tuned ones")
        published = dict(zip(network.streams, network.weights, strict=True))
        if unknown := [stream for stream in folders if stream not in published]:
            raise ValueError(
                f"--weights published: they are those of {', '.join(published)}, got the stream {unknown[0]}; give one "
                "number per stream"
            )
        return np.array([published[stream] for stream in folders])
    if given == ["tuned"]:
        return _tuned(folders, test)
    try:
        weights = np.array([float(word) for word in given])
    except ValueError:
        weights = np.empty(0)
    if len(weights) != len(folders):
        raise ValueError(
            f"--weights: expected equal, published, tuned, or {len(folders)} numbers ({', '.join(folders)}), got "
            f"{' '.join(given)}"
        )
    return weights


def _tuned(folders: dict[str, Path], test: Mapping[str, Scores]) -> np.ndarray:
    """The weights that are best on the validation split.

    Raises:
        ValueError: There are no scores of it, or they have recordings of the test in them.
    """
    missing = [str(folder) for folder in folders.values() if not (folder / "val.npz").is_file()]
    if missing:
        raise ValueError(f"--weights tuned: {missing[0]} has no val.npz; train without --trainval")
    found = {name: Scores.load(folder / "val.npz") for name, folder in folders.items()}
    for name, scores in found.items():
        if shared := sorted(set(scores.names.tolist()) & set(test[name].names.tolist())):
            raise ValueError(
                f"--weights tuned: '{folders[name] / 'val.npz'}' has the test recording '{shared[0]}' in it, and test "
                "recordings choose no weights; train again"
            )
    return tune_weights(found)


def _both(args: Arguments) -> str:
    return f"--model {args.model} and {args.runs[0]}" if args.runs else "neither"
