"""A trained network as a file for other runtimes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tg_skeleton.commands.options import add_data
from tg_skeleton.evaluation.report import table

if TYPE_CHECKING:
    from torch import Tensor

    from tg_skeleton.commands.labelled import Ask, Labelled
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.inference.export import Exported

    Contenders = Mapping[str, Callable[[tuple[Tensor, ...]], object]]

Arguments = argparse.Namespace

CROWD = 8
"""Recordings of the second latency."""

_EXPORT = """Writes a network to one file that runs without this package: ONNX, or a program of torch.export. It takes
whole recordings and does everything itself (centring, normalisation, sampling, streams, the mean over clips), of any
number of persons, recordings and frames; with --from x it is the network alone. The file is held against the network
and removed where it differs. Where a test draws frames without a seed, the file takes the centres."""


def add_to(commands: Any) -> None:
    """Adds ``export``."""
    export = commands.add_parser("export", help="a file of a network for other runtimes", description=_EXPORT)
    export.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a run's model.safetensors")
    export.add_argument("--format", choices=("onnx", "torch-export"), default="onnx")
    export.add_argument("--out", type=Path, help="the file; left out: beside the checkpoint")
    export.add_argument("--from", dest="origin", choices=("recording", "x"), default="recording", help="what it takes")
    export.add_argument("--opset", type=int, help="of ONNX; left out: torch's choice")
    export.add_argument("--quantize", nargs="+", choices=("int8", "fp16"), default=[], help="smaller files beside it")
    export.add_argument("--threads", type=int, default=2, help="for the latency")
    test = export.add_argument_group("accuracy: files whose classes are known, or the test split of a data set")
    test.add_argument("--test", type=Path, nargs="+", metavar="PATH", help="files and folders, as `predict` reads them")
    add_data(test, required=False)
    export.set_defaults(run=_export, command="export", workers=0)


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
    recognizer = ActionRecognizer.load(args.checkpoint)
    labelled = _labelled(args, recognizer)
    path = args.out or args.checkpoint.with_suffix(SUFFIXES[args.format])
    made = [export(recognizer, path, args.format, source=args.origin, opset=args.opset)]
    made += [quantize(made[0], to) for to in args.quantize]
    print("\n".join(_lines(recognizer, args.checkpoint, made, labelled, args.threads)))
    return 0


def _labelled(args: Arguments, recognizer: ActionRecognizer) -> Labelled | None:
    from tg_skeleton.commands.labelled import from_dataset, from_files

    if args.test:
        return from_files(args.test, recognizer.card)
    return from_dataset(args, recognizer.card) if args.dataset else None


def _lines(
    recognizer: ActionRecognizer, checkpoint: Path, made: list[Exported], labelled: Labelled | None, threads: int
) -> list[str]:
    """What the files are and take, and how they compare."""
    card, module = recognizer.card, made[0].module
    runs: Contenders = {"eager": eager(module), **{one.kind: one.runner(threads) for one in made}}
    unit = "recording" if "pos" in module.inputs else "clip"
    unit = unit if card.num_persons > 1 else "person"
    times = [latencies(runs, module.example(number)) for number in (1, CROWD)]
    sizes = {"eager": checkpoint.stat().st_size / 1e6, **{one.kind: one.megabytes for one in made}}
    far = {one.kind: f"{one.difference:.1e}" for one in made}
    header = ["", "MB", f"1 {unit}, ms", f"{CROWD} {unit}s, ms", "difference"]
    rows = [[kind, f"{sizes[kind]:.2f}", *(f"{part[kind]:.2f}" for part in times), far.get(kind, "")] for kind in runs]
    if labelled is not None:
        header.append("top-1 (%)")
        asks: dict[str, Ask] = {"eager": lambda some: recognizer.logits(recognizer.prepare(some))}
        for one in made:
            asks[one.kind] = asking(recognizer, one, threads)
        for row in rows:
            row.append(f"{100 * labelled.accuracy(asks[row[0]]):.2f}")
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
        *([] if labelled is None else [f"top-1 of {len(labelled.labels):,} recordings"]),
    ]


def eager(module: Any) -> Callable[[tuple[Tensor, ...]], object]:
    """The network as it is in torch."""
    import torch

    def run(inputs: tuple[Tensor, ...]) -> object:
        with torch.no_grad():
            return module(*inputs)

    return run


def asking(recognizer: ActionRecognizer, exported: Exported, threads: int) -> Ask:
    """A function from recordings to the logits that a file gives."""
    run, module = exported.runner(threads), exported.module

    def ask(recordings: Any) -> Tensor:
        return module.per_recording(run(module.of(recognizer, recordings))[0])

    return ask


def latencies(runs: Contenders, inputs: tuple[Tensor, ...], *, seconds: float = 3.0) -> dict[str, float]:
    """The median time of each contender in milliseconds; they take turns, so that what disturbs one disturbs all.

    Args:
        runs: The contenders.
        inputs: What they are given.
        seconds: For all of them together, about; at least five rounds.
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
