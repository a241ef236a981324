"""A trained network on recordings of your own: files and folders, long recordings, a camera."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.commands.arguments import (
    SKELETON,
    add_device,
    add_image_size,
    add_networks,
    add_on_error,
    add_persons,
    add_tracks,
)
from tg_skeleton.commands.checkpoint import add_checkpoint, take_checkpoint
from tg_skeleton.commands.cluster import add_workers, workers_of
from tg_skeleton.commands.estimators import add_estimator
from tg_skeleton.commands.reading import add_change, add_layout, add_strict, length
from tg_skeleton.files import printable
from tg_skeleton.io import titles

if TYPE_CHECKING:
    from tg_skeleton.commands.answering import Ask
    from tg_skeleton.commands.answers import Row
    from tg_skeleton.inference.files import FileRecording
    from tg_skeleton.inference.fused import FusedRecognizer
    from tg_skeleton.inference.segments import Segment

Arguments = argparse.Namespace

_ANY_RATE = 30.0  # by which lengths are checked before the first recording's rate is known

_PREDICT = f"""Recognize actions in recordings: {titles()} (videos need the extra video or pose). Folders are searched
recursively. With --window a recording is split into segments. If file names or contents give the true class, the
accuracy is reported; it equals that of the test."""


def add_to(commands: Any) -> None:
    """Add ``predict``."""
    predict = commands.add_parser("predict", description=_PREDICT)
    add_checkpoint(predict, "PATH", "files and folders")
    predict.add_argument("--camera", metavar="N", help="number of a camera, or address of a stream, instead of files")
    predict.add_argument(
        "--with",
        dest="others",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="network of another stream, to be fused (repeatable)",
    )
    add_networks(predict)
    predict.add_argument(
        "--from",
        dest="origin",
        metavar="SKELETON",
        help=f"convert recordings of this skeleton to the network's: {SKELETON}",
    )
    add_image_size(predict)
    add_change(predict)
    add_layout(predict)
    add_persons(predict)
    add_tracks(predict)
    add_estimator(predict)
    add_on_error(predict)
    add_strict(predict)
    predict.add_argument(
        "--batch-size", type=int, default=64, help="clips that go through the network at once. Default: %(default)s"
    )
    add_device(predict)
    add_workers(predict, "read and predict")
    _add_windows(predict.add_argument_group("long recordings (lengths are in frames, 60, or in seconds, 2s)"))
    output = predict.add_argument_group("output")
    output.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help="output format. Default: %(default)s"
    )
    output.add_argument("--out", type=Path, help="output file. Default: the terminal")
    output.add_argument(
        "--top", type=int, default=1, help="number of top classes to report per recording. Default: %(default)s"
    )
    output.add_argument(
        "--draw", type=Path, metavar="OUT", help="write the video again with skeletons and the answer in it (.mp4)"
    )
    output.add_argument(
        "--per-person", action="store_true", help="also report the action of each person; not with --window"
    )
    predict.set_defaults(run=_predict, command="predict")


def _add_windows(group: Any) -> None:
    group.add_argument(
        "--window", type=length, metavar="LENGTH", help="length of a window. Default: the whole recording"
    )
    group.add_argument(
        "--stride", type=length, metavar="LENGTH", help="step from window to window. Default: half a window"
    )
    group.add_argument(
        "--smooth",
        type=length,
        default="1",
        metavar="LENGTH",
        help="width of the smoothing filter, an odd number of frames. Default: %(default)s, no smoothing",
    )
    group.add_argument(
        "--filter", choices=("mean", "median"), default="mean", help="smoothing filter. Default: %(default)s"
    )
    group.add_argument(
        "--min-length",
        type=length,
        default="1",
        metavar="LENGTH",
        help="a shorter segment is merged into the better of its neighbors. Default: %(default)s",
    )
    group.add_argument(
        "--threshold",
        type=float,
        default=0.0,
        help="below this probability a segment has no class. Default: %(default)s",
    )
    group.add_argument(
        "--background",
        action="append",
        default=[],
        metavar="CLASS",
        help='class that stands for "no action" (repeatable)',
    )
    group.add_argument(
        "--fps", type=float, help="frames per second, by which seconds are counted. Default: the file's, if known"
    )


def _predict(args: Arguments) -> int:
    args.paths = [Path(path) for path in take_checkpoint(args)]
    if args.fps is not None and not args.fps > 0:
        raise ValueError(f"--fps: expected frames a second above 0, got {args.fps}")
    if args.camera is None and not args.paths:
        raise ValueError("PATH: expected files or folders, or --camera N, got neither")
    if args.camera is not None and args.paths:
        raise ValueError(f"--camera: expected no files or folders with it, got {args.paths[0]}")
    if args.camera is not None:
        from tg_skeleton.commands.watch import watch

        return watch(args)
    return _files(args)


def _files(args: Arguments) -> int:
    from tg_skeleton.commands.answering import answers_about
    from tg_skeleton.commands.answers import warnings_of, write_rows
    from tg_skeleton.commands.drawing import draw
    from tg_skeleton.io import find_recordings, nothing_found, nothing_read

    found, skipped = find_recordings(args.paths)
    if skipped and args.on_error == "raise":
        raise ValueError(f"{skipped[0].path}: {skipped[0].reason}")
    if args.draw is not None:
        return draw(args, _asker, found)
    with workers_of(args) as workers, answers_about(args, _asker, found, workers) as (rows, unread):
        skipped += unread
        if not rows:
            raise nothing_read(skipped) if found else nothing_found(args.paths, skipped)
        for skip in skipped:
            print(printable(f"skipped {skip.path}: {skip.reason}"), file=sys.stderr)
        for line in warnings_of(rows):
            print(printable(f"warning: {line}"), file=sys.stderr)
        write_rows(rows, args.format, args.out)
    return 0


def _asker(args: Arguments, recognizer: FusedRecognizer) -> Ask:
    """A function from recordings to rows; the arguments are checked before anything is read.

    Raises:
        ValueError: An argument is out of its range.
    """
    from tg_skeleton.commands.answers import recording_rows
    from tg_skeleton.inference.files import by_skeleton

    for name in ("top", "batch_size", "persons"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')}: expected 1 or more, got {getattr(args, name)}")

    def whole(chunk: Sequence[FileRecording]) -> list[Row]:
        rows: list[list[Row]] = [[] for _ in chunk]
        for alike in by_skeleton(chunk):
            sequences = [chunk[number].sequence for number in alike]
            predictions = recognizer.about(chunk[alike[0]]).predict(
                sequences, batch_size=args.batch_size, per_person=args.per_person, check=False
            )
            for number, one in zip(alike, predictions, strict=True):
                rows[number] = list(recording_rows(chunk[number], one, recognizer.card, args.top))
        return [row for own in rows for row in own]

    if args.window is None:
        return whole
    if args.per_person:
        raise ValueError(
            "--per-person: expected no --window with it, for segments are about all persons together; leave one of "
            "both away, or watch a video with --per-person"
        )
    return _windows_asker(args, recognizer)


def _windows_asker(args: Arguments, recognizer: FusedRecognizer) -> Ask:
    """The same for windows, whose answers become segments."""
    from tg_skeleton.commands.answers import segment_rows
    from tg_skeleton.inference.lengths import FrameWindows, Windows
    from tg_skeleton.inference.segments import frame_probabilities, segments, smooth, spans, window_probabilities

    card = recognizer.card
    wrong = [name for name in args.background if name not in card.class_names]
    if wrong:
        raise ValueError(f"--background: expected one of {', '.join(card.class_names)}, got {wrong[0]}")
    background = [card.class_names.index(name) for name in args.background]
    lengths = Windows(args.window, args.stride, args.smooth, args.min_length)

    def segmented(frames: np.ndarray, at: FrameWindows) -> list[Segment]:
        smoothed = smooth(frames, at.smooth, args.filter)
        return segments(smoothed, min_length=at.min_length, threshold=args.threshold, background=background)

    def windowed(chunk: Sequence[FileRecording]) -> list[Row]:
        rows: list[Row] = []
        for recording in chunk:
            at = lengths.at(recording.fps)
            parts = spans(recording.sequence.num_frames, at.window, at.stride)
            asked = recognizer.about(recording)
            probabilities = window_probabilities(asked, recording.sequence, parts, batch_size=args.batch_size)
            found = segmented(frame_probabilities(parts, probabilities), at)
            rows += segment_rows(recording, found, card)
        return rows

    at = lengths.at(_ANY_RATE if args.fps is None else args.fps)
    spans(1, at.window, at.stride)
    segmented(np.zeros((1, card.num_classes)), at)
    return windowed
