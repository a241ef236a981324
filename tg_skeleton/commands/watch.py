"""Action recognition in front of a camera, or of a video that stands for one: lines, and a page."""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tg_skeleton import SkeletonSequence
from tg_skeleton.commands.arguments import (
    SKELETONS,
    add_device,
    add_networks,
    add_persons,
    device_of,
    networks_of,
    skeleton_of,
)
from tg_skeleton.commands.checkpoint import add_checkpoint, take_checkpoint
from tg_skeleton.commands.estimators import add_estimator, estimator_of, options_of
from tg_skeleton.commands.reading import length
from tg_skeleton.inference import ActionRecognizer, ModelCard, Prediction, StreamingRecognizer, StreamPrediction
from tg_skeleton.inference.streaming import Answers
from tg_skeleton.io import aspect_of, in_one_unit
from tg_skeleton.pose import (
    PersonFinder,
    Picture,
    TrackedFrame,
    VideoFile,
    camera_pictures,
    latest_pictures,
    paced,
)
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import ToTopology
from tg_skeleton.visualization.live import LivePage

_RECENT = 30  # frames over which the rate is measured
_SHOWN = 5  # classes on the page
_REPORT_AFTER = 30  # frames, after which the dropped ones are reported for the first time
_FEW = 4  # pictures for each one that is looked at: fewer than 8 of 30 a second

_WATCH = """Recognize actions in front of a camera (its number, or the address of a stream), or in a video, played as a
camera would see it: one line whenever the action changes, and with --page a page on this machine with the living
skeletons. A picture that comes while the one before is looked at is skipped, so answers stay near the camera."""


class Look(NamedTuple):
    """A frame in the network's skeleton, the answers after it, and how long ago its picture came, in seconds.

    ``skipped`` pictures were dropped in front of it.
    """

    frame: TrackedFrame
    prediction: StreamPrediction
    delay: float
    skipped: int = 0


@dataclass
class Tally:
    """The pictures of a camera, and how far an answer was behind them.

    >>> from tg_skeleton.commands.watch import Tally
    >>> print(Tally(received=90, dropped=60, latency=0.132))
    90 pictures, 60 of them dropped (67 %), answers at most 132 ms behind the camera

    Args:
        received: All pictures.
        dropped: Those that were not looked at, because the one before was.
        latency: The longest time from a picture to its answer, in seconds.
    """

    received: int = 0
    dropped: int = 0
    latency: float = 0.0

    def add(self, look: Look) -> None:
        """Count an answered picture, those that were dropped in front of it, and the time of its answer."""
        self.received += look.skipped + 1
        self.dropped += look.skipped
        self.latency = max(self.latency, look.delay)

    def __str__(self) -> str:
        share = 100 * self.dropped / max(self.received, 1)
        return (
            f"{self.received:,} pictures, {self.dropped:,} of them dropped ({share:.0f} %), answers at most "
            f"{1e3 * self.latency:.0f} ms behind the camera"
        )


def add_to(commands: Any) -> None:
    """Add ``watch``."""
    parser = commands.add_parser("watch", description=_WATCH)
    add_checkpoint(parser, "SOURCE", "the number of a camera, the address of a stream, or a video")
    parser.add_argument(
        "--page",
        type=int,
        nargs="?",
        const=0,
        metavar="PORT",
        help="serve a page on 127.0.0.1 (extra page). Default port: a free one",
    )
    add_networks(parser)
    parser.add_argument(
        "--from",
        dest="origin",
        metavar="SKELETON",
        help=f"skeleton of an estimator's, where several fit: {', '.join(SKELETONS)}",
    )
    add_estimator(parser)
    add_persons(parser)
    parser.add_argument("--per-person", action="store_true", help="the action of each person")
    parser.add_argument(
        "--window", type=length, metavar="LENGTH", help="frames, or seconds (2s), per answer. Default: the network's"
    )
    parser.add_argument(
        "--stride", type=length, metavar="LENGTH", help="the same, between answers. Default: a tenth of the window"
    )
    parser.add_argument("--fps", type=float, help="pictures a second, by which seconds are counted. Default: a video's")
    parser.add_argument(
        "--threshold", type=float, default=0.0, help="below this probability nothing is reported. Default: %(default)s"
    )
    add_device(parser)
    parser.set_defaults(run=_watch, command="watch", others=[])


def _watch(args: argparse.Namespace) -> int:
    sources = take_checkpoint(args)
    if len(sources) != 1:
        given = ", ".join(sources) or "none"
        raise ValueError(f"SOURCE: expected one camera or video, behind a checkpoint or alone, got {given}")
    args.camera = sources[0]
    return watch(args)


def watch(args: argparse.Namespace) -> int:
    """Watch a camera until it is closed, or Ctrl-C."""
    if args.others:
        raise ValueError(f"--with: expected one network with a camera, got {args.others[0]}, too")
    with ExitStack() as stack:
        return _watched(args, _opened(args.camera, stack), stack)


def _watched(args: argparse.Namespace, video: VideoFile | None, stack: ExitStack) -> int:
    """Watch a video, or a camera where there is none."""
    recognizer = ActionRecognizer.load(args.checkpoint, device=device_of(args), networks=networks_of(args))
    topology, dims = recognizer.card.estimated
    estimator = estimator_of(args, skeleton_of(args.origin) or topology, dims)
    finder = PersonFinder(estimator, options_of(args, dims))
    if recognizer.card.any_skeleton:
        recognizer = recognizer.on(estimator.topology, 3 if estimator.in_space else 2)
    card, tally, page = recognizer.card, Tally(), None
    pictures, fps = (_camera(args.camera), None) if video is None else (paced(video), video.fps)
    stream = _stream(args, recognizer, fps if args.fps is None else args.fps)
    if getattr(args, "page", None) is not None:
        page = stack.enter_context(LivePage(card.topology, card.dims, title=f"{args.camera}", port=args.page))
        print(f"page: {page.address}", file=sys.stderr, flush=True)
    remarks: tuple[str, ...] = ()
    try:
        for line in lines(stream, _shown(looks(pictures, finder, card, stream), page), args.threshold, tally):
            print(line, flush=True)
        remarks = () if video is None else video.remarks
    except KeyboardInterrupt:
        print()
    for line in (*(f"warning: {args.camera}: {remark}" for remark in remarks), str(tally)):
        print(line, file=sys.stderr)
    return 0


def _stream(args: argparse.Namespace, recognizer: ActionRecognizer, fps: float | None) -> StreamingRecognizer:
    window = recognizer.card.window(fps) if args.window is None else args.window.frames(fps, "--window")
    every = max(window // 10, 1) if args.stride is None else args.stride.frames(fps, "--stride")
    answers: Answers = "persons" if args.per_person else "together"
    return StreamingRecognizer(recognizer, window=window, every=every, answers=answers, fps=fps)


def _opened(source: str, stack: ExitStack) -> VideoFile | None:
    """The video that a source is; None: it is a camera."""
    if source.isdecimal() or "://" in source:
        return None
    if not Path(source).exists():
        raise FileNotFoundError(
            "SOURCE: expected the number of a camera, the address of a stream (with ://), or a video, got "
            f"{source}, which is not there"
        )
    return stack.enter_context(VideoFile(source)) if Path(source).is_file() else None


def _camera(source: str) -> Iterator[Picture]:
    return camera_pictures(int(source) if source.isdecimal() else source)


def looks(
    pictures: Iterable[Picture], finder: PersonFinder, card: ModelCard, stream: StreamingRecognizer
) -> Iterator[Look]:
    """The newest picture each time, what is seen in it, and what the network says."""
    convert = _converter(finder.estimator.topology, card)
    for picture, skipped, arrived in latest_pictures(pictures):
        frame = convert(finder(picture))
        points = frame.points
        if card.any_skeleton and not finder.in_space:  # it takes x and y in one unit
            points = in_one_unit(points, aspect_of(finder.size))
        prediction = stream.push(points, frame.ids.tolist(), frame.score, skipped=skipped)
        yield Look(frame, prediction, time.monotonic() - arrived, skipped)


def _converter(topology: Topology, card: ModelCard) -> Any:
    """A function that carries frames over to the network's topology."""
    if topology.joints == card.topology.joints:
        return lambda frame: frame
    convert = ToTopology(topology, card.topology)

    def carried(frame: TrackedFrame) -> TrackedFrame:
        points, score = frame.points, frame.score
        if not len(frame.ids):
            empty = np.zeros((0, card.topology.num_joints, points.shape[-1]), np.float32)
            return frame._replace(points=empty, score=empty[..., 0])
        moved = convert(SkeletonSequence.from_array(points[None], topology, score=score[None], keep_absent=True))
        pos, confidence = (moved.to_dense(key)[:, 0].numpy() for key in ("pos", "score"))
        return frame._replace(points=pos, score=confidence)

    return carried


def _shown(views: Iterable[Look], page: LivePage | None) -> Iterator[Look]:
    """The same, shown on the page on their way."""
    times: deque[float] = deque(maxlen=_RECENT)
    for look in views:
        times.append(time.monotonic())
        if page is not None:
            frame, prediction, delay, _ = look
            page.show(
                frame.points,
                frame.score,
                frame.ids.tolist(),
                classes=_first(prediction),
                frame=prediction.frame,
                fps=(len(times) - 1) / max(times[-1] - times[0], 1e-9),
                delay=1e3 * delay,
            )
        yield look


def _first(prediction: StreamPrediction) -> list[tuple[str, float]]:
    """The first classes: of all persons together, or the best ones of any of them."""
    if not prediction.ready:
        return []
    try:
        values = prediction.probabilities
    except ValueError:  # it was asked about each person alone
        values = prediction.person_probabilities.max(0)
    best = np.argsort(-values, kind="stable")[:_SHOWN]
    return [(prediction.class_names[index], float(values[index])) for index in best]


def lines(
    stream: StreamingRecognizer, views: Iterable[Look], threshold: float = 0.0, tally: Tally | None = None
) -> Iterator[str]:
    """A line whenever the class of a person (or of all together) changes to another one above the threshold.

    Dropped pictures are counted in ``tally``, and reported once.
    """
    tally = Tally() if tally is None else tally
    last: dict[str, str] = {}
    reported = False
    for look in views:
        prediction = look.prediction
        tally.add(look)
        if tally.dropped and not reported and tally.received >= _REPORT_AFTER:
            print(_slow(tally), file=sys.stderr, flush=True)
            reported = True
        if not prediction.fresh:
            continue
        for person, answer in _answers(stream, prediction).items():
            if answer.probability >= threshold and last.get(person) != answer.label:
                last[person] = answer.label
                yield f"frame {prediction.frame}  {person}  {answer.label} {answer.probability:.2f}"


def _answers(stream: StreamingRecognizer, prediction: StreamPrediction) -> dict[str, Prediction]:
    if stream.answers == "together":
        return {"all": prediction.together}
    return {f"person {number}": prediction.person(number) for number in prediction.ids}


def _slow(tally: Tally) -> str:
    """What is reported of a camera that is faster than what looks at it."""
    few = tally.received > _FEW * (tally.received - tally.dropped)
    doubt = "; what is left is too little for fast actions" if few else ""
    return f"slower than the camera: {tally.dropped} of {tally.received} pictures dropped so far{doubt}"
