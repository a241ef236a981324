"""A camera, and what is done before it: a line whenever that changes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import numpy as np

from tg_skeleton import SkeletonSequence
from tg_skeleton.commands.predict import device_of, origin_of
from tg_skeleton.inference import ActionRecognizer, Card, StreamingRecognizer
from tg_skeleton.inference.files import carries, estimated_topology
from tg_skeleton.inference.pose import rtmlib_estimator
from tg_skeleton.inference.streaming import Answers
from tg_skeleton.inference.video import TrackedFrame, camera_frames
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import ToTopology


def watch(args: argparse.Namespace) -> int:
    """Watches a camera until it is closed, or Ctrl-C."""
    if args.others:
        raise ValueError(f"--with: expected one network before a camera, got {args.others[0]}, too")
    recognizer = ActionRecognizer.load(args.checkpoint, device=device_of(args))
    card, origin = recognizer.card, origin_of(args)
    topology = estimated_topology(card, origin)
    carries(card, origin, topology, 2)
    window = card.num_frames if args.window is None else args.window
    every = max(window // 10, 1) if args.stride is None else args.stride
    answers: Answers = "persons" if args.per_person else "together"
    stream = StreamingRecognizer(recognizer, window=window, every=every, answers=answers)
    source = int(args.camera) if args.camera.isdecimal() else args.camera
    frames = carried(camera_frames(source, rtmlib_estimator(topology)), topology, card)
    try:
        for line in lines(stream, frames, args.threshold):
            print(line, flush=True)
    except KeyboardInterrupt:
        print()
    return 0


def carried(frames: Iterable[TrackedFrame], topology: Topology, card: Card) -> Iterator[TrackedFrame]:
    """Frames in the network's topology."""
    if topology.joints == card.topology.joints:
        yield from frames
        return
    carry = ToTopology(topology, card.topology)
    for points, score, ids in frames:
        if not len(ids):
            empty = np.zeros((0, card.topology.num_joints, points.shape[-1]), np.float32)
            yield TrackedFrame(empty, empty[..., 0], ids)
            continue
        there = carry(SkeletonSequence.from_array(points[None], topology, score=score[None], keep_absent=True))
        pos, confidence = (there.to_dense(key)[:, 0].numpy() for key in ("pos", "score"))
        yield TrackedFrame(pos, confidence, ids)


def lines(stream: StreamingRecognizer, frames: Iterable[TrackedFrame], threshold: float = 0.0) -> Iterator[str]:
    """A line whenever the class of somebody (or of all together) becomes another one that is probable enough."""
    last: dict[str, str] = {}
    for points, score, ids in frames:
        said = stream.push(points, ids.tolist(), score)
        if not said.fresh:
            continue
        if stream.answers == "together":
            answers = {"all": said.together}
        else:
            answers = {f"person {number}": said.person(number) for number in said.ids}
        for who, answer in answers.items():
            if answer.probability >= threshold and last.get(who) != answer.label:
                last[who] = answer.label
                yield f"frame {said.frame}  {who}  {answer.label} {answer.probability:.2f}"
