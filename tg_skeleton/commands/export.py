"""A trained network as a file for other runtimes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.commands.answers import true_class
from tg_skeleton.commands.arguments import add_data, add_networks, location_of, networks_of, protocol_of
from tg_skeleton.datasets.table import DATASETS
from tg_skeleton.evaluation.report import table

if TYPE_CHECKING:
    from torch import Tensor

    from tg_skeleton.data import SkeletonSequence
    from tg_skeleton.inference import ActionRecognizer, ModelCard
    from tg_skeleton.inference.export import Exported

    Contenders = Mapping[str, Callable[[tuple[Tensor, ...]], object]]
    Network = Callable[[Sequence[SkeletonSequence]], Tensor]
    """Recordings to logits ``[B, K]``."""

Arguments = argparse.Namespace

CROWD = 8
"""Recordings of the second latency."""

_CHUNK = 32  # recordings in memory at a time

_EXPORT = """Write a network to one file that runs without this package: ONNX, or a program of torch.export. Its
input is whole recordings, of any number of persons, recordings and frames; all preprocessing (centering, normalization,
sampling, streams, the mean over clips) is in the file. With --input x it is the network alone. The file is compared
with the network and removed if it differs. Where a test draws frames without a seed, the file takes the centers."""


def add_to(commands: Any) -> None:
    """Add ``export``."""
    export = commands.add_parser("export", description=_EXPORT)
    export.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a run's model.safetensors")
    add_networks(export)
    export.add_argument(
        "--format", choices=("onnx", "torch-export"), default="onnx", help="output format. Default: %(default)s"
    )
    export.add_argument("--out", type=Path, help="output file. Default: in the folder of the checkpoint")
    export.add_argument(
        "--input", choices=("recording", "x"), default="recording", help="input of the file. Default: %(default)s"
    )
    export.add_argument("--opset", type=int, help="ONNX opset. Default: torch's choice")
    export.add_argument(
        "--quantize", nargs="+", choices=("int8", "fp16"), default=[], help="also write smaller, quantized files"
    )
    export.add_argument("--threads", type=int, default=2, help="CPU threads for the latency. Default: %(default)s")
    test = export.add_argument_group("accuracy: files with known classes, or the test split of a data set")
    test.add_argument("--test", type=Path, nargs="+", metavar="PATH", help="files and folders, as `predict` reads them")
    add_data(test, required=False)
    export.set_defaults(run=_export, command="export", workers=0, force=False)


@dataclass(frozen=True)
class Labeled:
    """Recordings with known classes.

    Args:
        sequences: The recordings, untransformed.
        labels: Their classes, ``[B]``.
    """

    sequences: Sequence[SkeletonSequence]
    labels: np.ndarray

    def accuracy(self, network: Network) -> float:
        """The fraction of recordings whose class a network predicts."""
        right = 0
        for first in range(0, len(self.sequences), _CHUNK):
            predicted = network(self.sequences[first : first + _CHUNK]).argmax(1).numpy()
            right += int((predicted == self.labels[first : first + _CHUNK]).sum())
        return right / len(self.sequences)


def _export(args: Arguments) -> int:
    if args.threads < 1:
        raise ValueError(f"--threads: expected 1 or more, got {args.threads}")
    if args.quantize and args.format != "onnx":
        raise ValueError(f"--quantize: only ONNX files are quantized, got --format {args.format}")
    if args.test and args.dataset:
        raise ValueError(f"--test: expected files or --dataset, got both ({args.test[0]}, {args.dataset})")
    import torch

    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.inference.export import SUFFIXES, export, quantize

    torch.set_num_threads(args.threads)
    recognizer = ActionRecognizer.load(args.checkpoint, networks=networks_of(args))
    labeled = _labeled(args, recognizer.card)
    path = args.out or args.checkpoint.with_suffix(SUFFIXES[args.format])
    made = [export(recognizer, path, args.format, source=args.input, opset=args.opset)]
    made += [quantize(made[0], to) for to in args.quantize]
    print("\n".join(_lines(recognizer, args.checkpoint, made, labeled, args.threads)))
    return 0


def _labeled(args: Arguments, card: ModelCard) -> Labeled | None:
    if args.test:
        return _from_files(args.test, card)
    return _from_dataset(args, card) if args.dataset else None


def _from_files(paths: Sequence[Path], card: ModelCard) -> Labeled:
    """The recordings of files and folders whose names or contents state a class of the network.

    Raises:
        ValueError: There are none, or one can't be read.
    """
    from tg_skeleton.inference.files import FileReader, read_recordings
    from tg_skeleton.io import find_recordings, nothing_found

    found, skipped = find_recordings(paths)
    sequences, labels = [], []
    for recording in read_recordings(found, FileReader(card), skipped, on_error="raise"):
        label = true_class(recording, card)
        if label is not None:
            sequences.append(recording.sequence)
            labels.append(label)
    if not found:
        raise nothing_found(paths, skipped)
    if not sequences:
        raise ValueError(
            f"--test: none of {len(found)} recordings states a class of the network; npz files have a 'label', NTU "
            "RGB+D's and NW-UCLA's files have it in their names"
        )
    return Labeled(sequences, np.array(labels))


def _from_dataset(args: Arguments, card: ModelCard) -> Labeled:
    """The test split of the data set that was named.

    Raises:
        ValueError: It has other classes than the network.
    """
    dataset = DATASETS[args.dataset].split(location_of(args), protocol_of(args), "test")
    if tuple(dataset.class_names) != card.class_names:
        raise ValueError(
            f"--dataset: expected the network's {len(card.class_names)} classes, {card.class_names[0]!r} first, got "
            f"{len(dataset.class_names)}, {dataset.class_names[0]!r} first; name the one that it was trained on"
        )
    sequences = [dataset[number] for number in range(len(dataset))]
    return Labeled(sequences, np.array([int(one.y) for one in sequences]))


def _lines(
    recognizer: ActionRecognizer, checkpoint: Path, made: list[Exported], labeled: Labeled | None, threads: int
) -> list[str]:
    """The files, their inputs, and how they compare."""
    card, module = recognizer.card, made[0].module
    runs: Contenders = {"eager": eager(module), **{one.kind: one.runner(threads) for one in made}}
    unit = "recording" if "pos" in module.inputs else "clip"
    unit = unit if card.num_persons > 1 else "person"
    times = [latencies(runs, module.example(number)) for number in (1, CROWD)]
    sizes = {"eager": checkpoint.stat().st_size / 1e6, **{one.kind: one.megabytes for one in made}}
    far = {one.kind: f"{one.difference:.1e}" for one in made}
    header = ["", "MB", f"1 {unit}, ms", f"{CROWD} {unit}s, ms", "difference"]
    rows = [[kind, f"{sizes[kind]:.2f}", *(f"{part[kind]:.2f}" for part in times), far.get(kind, "")] for kind in runs]
    if labeled is not None:
        header.append("top-1 (%)")
        networks: dict[str, Network] = {"eager": lambda some: recognizer.logits(recognizer.prepare(some))}
        for one in made:
            networks[one.kind] = exported_network(recognizer, one, threads)
        for row in rows:
            row.append(f"{100 * labeled.accuracy(networks[row[0]]):.2f}")
    files = [f"{one.kind}: {one.path}" for one in made]
    takes = ", ".join(f"{name} [{', '.join(map(str, shape))}]" for name, shape in module.shapes().items())
    clips = f"; a recording is {card.clips} clips" if card.clips > 1 and "pos" in module.inputs else ""
    return [
        *files,
        f"{card.network}, {card.topology.name}, {card.num_classes} classes; takes {takes}; gives logits, probabilities",
        "",
        *table([header, *rows]),
        f"medians on {threads} CPU threads; clips of {card.num_frames} frames{clips}; "
        "difference: the largest one between logits, at other numbers of persons, recordings and frames",
        *([] if labeled is None else [f"top-1 of {len(labeled.labels):,} recordings"]),
    ]


def eager(module: Any) -> Callable[[tuple[Tensor, ...]], object]:
    """The network in torch."""
    import torch

    def run(inputs: tuple[Tensor, ...]) -> object:
        with torch.no_grad():
            return module(*inputs)

    return run


def exported_network(recognizer: ActionRecognizer, exported: Exported, threads: int) -> Network:
    """A function from recordings to the logits of a file."""
    run, module = exported.runner(threads), exported.module

    def logits(recordings: Any) -> Tensor:
        return module.per_recording(run(module.of(recognizer, recordings))[0])

    return logits


def latencies(runs: Contenders, inputs: tuple[Tensor, ...], *, seconds: float = 3.0) -> dict[str, float]:
    """The median time of each contender in milliseconds; they take turns, so that a disturbance affects all alike.

    Args:
        runs: The contenders.
        inputs: Their inputs.
        seconds: Approximate time of all of them together; at least five rounds.
    """
    for run in runs.values():
        run(inputs)
    times: dict[str, list[float]] = {name: [] for name in runs}
    end, rounds = time.perf_counter() + seconds, 0
    while rounds < 5 or (time.perf_counter() < end and rounds < 100):
        rounds += 1
        for name, run in runs.items():
            start = time.perf_counter()
            run(inputs)
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: median(values) for name, values in times.items()}
