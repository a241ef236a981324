"""Action recognition in front of a camera: one line of output whenever the action changes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tg_skeleton import SkeletonSequence
from tg_skeleton.commands.arguments import device_of, networks_of, skeleton_of
from tg_skeleton.inference import ActionRecognizer, ModelCard, Prediction, StreamingRecognizer, StreamPrediction
from tg_skeleton.inference.files import carries, estimated_topology
from tg_skeleton.inference.live import LatestFrames, LiveFrame, track_latest
from tg_skeleton.inference.pose import rtmlib_estimator
from tg_skeleton.inference.streaming import Answers
from tg_skeleton.inference.video import opened_camera
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import FillMissing, ToTopology
from tg_skeleton.transforms.preprocessing import steps_of

_REPORT_AFTER = 30  # frames, after which the dropped ones are reported for the first time


@dataclass
class Tally:
    """The frames of a camera, and how far an answer was behind them.

    >>> from tg_skeleton.commands.watch import Tally
    >>> print(Tally(received=90, dropped=60, latency=0.132))
    90 frames, 60 of them dropped (67 %), answers at most 132 ms behind the camera

    Args:
        received: All frames.
        dropped: Those that were not looked at, because the network was at work.
        latency: The longest time from a frame's arrival to its answer, in seconds.
    """

    received: int = 0
    dropped: int = 0
    latency: float = 0.0

    def add(self, skipped: int, seconds: float) -> None:
        """Count an answered frame, ``skipped`` dropped ones in front of it, and the time of its answer."""
        self.received += skipped + 1
        self.dropped += skipped
        self.latency = max(self.latency, seconds)

    def __str__(self) -> str:
        share = 100 * self.dropped / max(self.received, 1)
        return (
            f"{self.received:,} frames, {self.dropped:,} of them dropped ({share:.0f} %), answers at most "
            f"{1e3 * self.latency:.0f} ms behind the camera"
        )


def watch(args: argparse.Namespace) -> int:
    """Watch a camera until it is closed, or Ctrl-C."""
    if args.others:
        raise ValueError(f"--with: expected one network with a camera, got {args.others[0]}, too")
    recognizer = ActionRecognizer.load(args.checkpoint, device=device_of(args), networks=networks_of(args))
    card, origin = recognizer.card, skeleton_of(args.origin, recognizer.card.topology)
    topology = estimated_topology(card, origin)
    carries(card, origin, topology, 2)
    answers: Answers = "persons" if args.per_person else "together"
    source, tally = int(args.camera) if args.camera.isdecimal() else args.camera, Tally()
    estimator = rtmlib_estimator(topology)
    with opened_camera(source) as camera, LatestFrames(camera.images) as latest:
        fps = camera.fps if args.fps is None else args.fps
        window = card.num_frames if args.window is None else args.window.frames(fps, "--window")
        every = max(window // 10, 1) if args.stride is None else args.stride.frames(fps, "--stride")
        stream = StreamingRecognizer(recognizer, window=window, every=every, answers=answers, fps=fps)
        frames = converted(track_latest(latest, estimator), topology, card)
        try:
            for line in lines(stream, frames, args.threshold, tally):
                print(line, flush=True)
        except KeyboardInterrupt:
            print()
    print(tally, file=sys.stderr)
    return 0


def converted(frames: Iterable[LiveFrame], topology: Topology, card: ModelCard) -> Iterator[LiveFrame]:
    """Frames in the network's topology."""
    if topology.joints == card.topology.joints:
        yield from frames
        return
    convert = ToTopology(topology, card.topology)
    for frame in frames:
        points, score = frame.points, frame.score
        if not len(frame.ids):
            empty = np.zeros((0, card.topology.num_joints, points.shape[-1]), np.float32)
            yield frame._replace(points=empty, score=empty[..., 0])
            continue
        moved = convert(SkeletonSequence.from_array(points[None], topology, score=score[None], keep_absent=True))
        pos, confidence = (moved.to_dense(key)[:, 0].numpy() for key in ("pos", "score"))
        yield frame._replace(points=pos, score=confidence)


def lines(
    stream: StreamingRecognizer,
    frames: Iterable[LiveFrame],
    threshold: float = 0.0,
    tally: Tally | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """A line whenever the class of a person (or of all together) changes to another one above the threshold.

    Dropped frames are counted in ``tally``, and reported once where the network is too slow for the camera.
    """
    tally = Tally() if tally is None else tally
    last: dict[str, str] = {}
    reported = False
    for points, score, ids, skipped, arrived in frames:
        prediction = stream.push(points, ids.tolist(), score, skipped=skipped)
        answers = _answers(stream, prediction) if prediction.fresh else {}
        tally.add(skipped, clock() - arrived)
        if tally.dropped and not reported and tally.received >= _REPORT_AFTER:
            print(_slow(stream, tally), file=sys.stderr, flush=True)
            reported = True
        for person, answer in answers.items():
            if answer.probability >= threshold and last.get(person) != answer.label:
                last[person] = answer.label
                yield f"frame {prediction.frame}  {person}  {answer.label} {answer.probability:.2f}"


def _answers(stream: StreamingRecognizer, prediction: StreamPrediction) -> dict[str, Prediction]:
    """The predictions of a frame by person."""
    if stream.answers == "together":
        return {"all": prediction.together}
    return {f"person {number}": prediction.person(number) for number in prediction.ids}


def _slow(stream: StreamingRecognizer, tally: Tally) -> str:
    """What is reported of a camera that is faster than its network."""
    fills = any(isinstance(step, FillMissing) for step in steps_of(stream.recognizer.card.transform))
    doubt = "" if fills else "; this network's transforms do not fill them in, so its answers may be wrong"
    return f"slower than the camera: {tally.dropped} of {tally.received} frames dropped so far{doubt}"
