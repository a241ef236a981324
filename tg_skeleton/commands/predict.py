"""A trained network on recordings of one's own: files and folders, long recordings, a camera."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

if TYPE_CHECKING:
    from tg_skeleton.commands.answers import Row
    from tg_skeleton.inference.files import FileRecording
    from tg_skeleton.inference.fused import FusedRecognizer
    from tg_skeleton.inference.segments import Segment
    from tg_skeleton.inference.sources import Skipped

    Ask = Callable[[Sequence[FileRecording]], list[Row]]

Arguments = argparse.Namespace

_CHUNK = 256  # recordings in memory at a time

_PREDICT = """Says what is done in recordings: NTU RGB+D's .skeleton, the .json of NW-UCLA and of Kinetics-Skeleton,
folders of OpenPose's *_keypoints.json, numpy's .npy and .npz ([T, M, V, D] or [T, V, D]), videos (with the extra pose).
Folders are walked. With --window a recording is taken apart into segments. Where the names or the contents of files say
a class of the network's, the accuracy is told, which is that of the test."""


def add_to(commands: Any) -> None:
    """Adds ``predict``."""
    predict = commands.add_parser("predict", help="what is done in recordings of your own", description=_PREDICT)
    predict.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a run's model.safetensors")
    predict.add_argument("paths", type=Path, nargs="*", metavar="PATH", help="files and folders")
    predict.add_argument("--camera", metavar="N", help="instead of files: a camera's number, or a stream's address")
    predict.add_argument(
        "--with", dest="others", type=Path, action="append", default=[], metavar="CHECKPOINT", help="another stream's"
    )
    predict.add_argument(
        "--from",
        dest="origin",
        choices=[topology.name for topology in TOPOLOGIES],
        metavar="TOPOLOGY",
        help="carry recordings of this skeleton over to the network's: OPENPOSE25, COCO17, ...",
    )
    predict.add_argument("--image-size", type=float, nargs=2, metavar=("W", "H"), help="OpenPose's pictures, in pixels")
    predict.add_argument("--persons", type=int, default=2, help="at most so many are kept of a recording")
    predict.add_argument("--on-error", choices=("raise", "skip"), default="skip", help="at a bad recording")
    predict.add_argument("--batch-size", type=int, default=64, help="clips that go through the network at once")
    predict.add_argument("--device", default="auto", help="cpu, cuda, ...; auto: a GPU where there is one")
    _add_windows(predict.add_argument_group("long recordings (lengths are in frames)"))
    answers = predict.add_argument_group("answers")
    answers.add_argument("--format", choices=("table", "csv", "json"), default="table")
    answers.add_argument("--out", type=Path, help="a file for them; left out: the terminal")
    answers.add_argument("--top", type=int, default=1, help="so many classes of each recording")
    answers.add_argument("--per-person", action="store_true", help="what each person does, too")
    predict.set_defaults(run=_predict, command="predict")


def _add_windows(group: Any) -> None:
    group.add_argument("--window", type=int, help="what an answer is about; left out: the whole recording")
    group.add_argument("--stride", type=int, help="from window to window; left out: half a window")
    group.add_argument("--smooth", type=int, default=1, help="average over so many, an odd number")
    group.add_argument("--filter", choices=("mean", "median"), default="mean", help="which average")
    group.add_argument("--min-length", type=int, default=1, help="a shorter segment joins the better of its neighbours")
    group.add_argument("--threshold", type=float, default=0.0, help="what is less probable has no class")
    group.add_argument("--background", action="append", default=[], metavar="CLASS", help="it means: nothing is done")
    group.add_argument("--fps", type=float, help="frames a second; left out: the file's, where that is known")


def _predict(args: Arguments) -> int:
    if args.camera is None and not args.paths:
        raise ValueError("PATH: expected files or folders, or --camera N, got neither")
    if args.camera is not None and args.paths:
        raise ValueError(f"--camera: expected it without files or folders, got {args.paths[0]}, too")
    if args.camera is not None:
        from tg_skeleton.commands.watch import watch

        return watch(args)
    return _files(args)


def origin_of(args: Arguments) -> Topology | None:
    """The topology of ``--from``."""
    return next((topology for topology in TOPOLOGIES if topology.name == args.origin), None)


def device_of(args: Arguments) -> str:
    """The device that was named, or the best there is."""
    import torch

    if args.device != "auto":
        return str(args.device)
    return "cuda" if torch.cuda.is_available() else "cpu"


def _files(args: Arguments) -> int:
    from tqdm import tqdm

    from tg_skeleton.commands.answers import write_rows
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.inference.files import FileReader, read_recordings
    from tg_skeleton.inference.fused import FusedRecognizer
    from tg_skeleton.inference.sources import find_recordings, nothing_found

    found, skipped = find_recordings(args.paths)
    if skipped and args.on_error == "raise":
        raise ValueError(f"{skipped[0].path}: {skipped[0].reason}")
    paths, device = [args.checkpoint, *args.others], device_of(args)
    recognizer = FusedRecognizer([ActionRecognizer.load(path, device=device) for path in paths])
    ask = _asker(args, recognizer)
    size = None if args.image_size is None else tuple(args.image_size)
    reader = FileReader(recognizer.card, origin_of(args), image_size=size, persons=args.persons)
    rows: list[Row] = []
    # disable=None: no bar where stderr is not a terminal
    with tqdm(found, desc="Predicting", unit="recording", disable=None) as bar:
        recordings = read_recordings(bar, reader, skipped, on_error=args.on_error)
        while chunk := list(islice(recordings, _CHUNK if args.window is None else 1)):
            rows += _asked(ask, chunk, skipped, args.on_error)
    if not rows:
        raise nothing_found(args.paths, skipped)
    for skip in skipped:
        print(f"skipped {skip.path}: {skip.reason}", file=sys.stderr)
    write_rows(rows, args.format, args.out)
    return 0


def _asked(ask: Ask, chunk: Sequence[FileRecording], skipped: list[Skipped], on_error: str) -> list[Row]:
    """The answers about recordings; those that the network refuses are skipped."""
    from tg_skeleton.inference.sources import Skipped

    try:
        return ask(chunk)
    except ValueError as error:
        if on_error == "raise":
            raise
        if len(chunk) > 1:  # which one it is, is found out
            return [row for one in chunk for row in _asked(ask, [one], skipped, on_error)]
        skipped.append(Skipped(str(chunk[0].source), str(error)))
        return []


def _asker(args: Arguments, recognizer: FusedRecognizer) -> Ask:
    """What turns recordings into answers; wrong arguments are told before anything is read.

    Raises:
        ValueError: An argument is out of its range.
    """
    from tg_skeleton.commands.answers import recording_rows, segment_rows
    from tg_skeleton.inference.segments import frame_probabilities, segments, smooth, spans, window_probabilities

    card = recognizer.card
    for name in ("top", "batch_size", "persons"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')}: expected 1 or more, got {getattr(args, name)}")

    def whole(chunk: Sequence[FileRecording]) -> list[Row]:
        sequences = [recording.sequence for recording in chunk]
        said = recognizer.predict(sequences, batch_size=args.batch_size, per_person=args.per_person)
        pairs = zip(chunk, said, strict=True)
        return [row for recording, one in pairs for row in recording_rows(recording, one, card, args.top)]

    if args.window is None:
        return whole

    wrong = [name for name in args.background if name not in card.class_names]
    if wrong:
        raise ValueError(f"--background: expected one of {', '.join(card.class_names)}, got {wrong[0]}")
    if args.fps is not None and not args.fps > 0:
        raise ValueError(f"--fps: expected frames a second above 0, got {args.fps}")
    background = [card.class_names.index(name) for name in args.background]
    stride = max(args.window // 2, 1) if args.stride is None else args.stride

    def over(frames: np.ndarray) -> list[Segment]:
        smoothed = smooth(frames, args.smooth, args.filter)
        return segments(smoothed, min_length=args.min_length, threshold=args.threshold, background=background)

    def apart(chunk: Sequence[FileRecording]) -> list[Row]:
        rows: list[Row] = []
        for recording in chunk:
            parts = spans(recording.sequence.num_frames, args.window, stride)
            said = window_probabilities(recognizer, recording.sequence, parts, batch_size=args.batch_size)
            rows += segment_rows(recording, over(frame_probabilities(parts, said)), card, args.fps)
        return rows

    spans(1, args.window, stride)
    over(np.zeros((1, card.num_classes)))
    return apart
