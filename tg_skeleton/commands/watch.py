"""Action recognition in front of a camera: one line of output whenever the action changes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import numpy as np

from tg_skeleton import SkeletonSequence
from tg_skeleton.commands.arguments import device_of, networks_of, skeleton_of
from tg_skeleton.inference import ActionRecognizer, ModelCard, StreamingRecognizer
from tg_skeleton.inference.files import carries, estimated_topology
from tg_skeleton.inference.pose import rtmlib_estimator
from tg_skeleton.inference.streaming import Answers
from tg_skeleton.inference.video import TrackedFrame, camera_frames
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import ToTopology


def watch(args: argparse.Namespace) -> int:
    """Watch a camera until it is closed, or Ctrl-C."""
    if args.others:
        raise ValueError(f"--with: expected one network with a camera, got {args.others[0]}, too")
    recognizer = ActionRecognizer.load(args.checkpoint, device=device_of(args), networks=networks_of(args))
    card, origin = recognizer.card, skeleton_of(args.origin)
    topology = estimated_topology(card, origin)
    carries(card, origin, topology, 2)
    window = card.num_frames if args.window is None else args.window
    every = max(window // 10, 1) if args.stride is None else args.stride
    answers: Answers = "persons" if args.per_person else "together"
    stream = StreamingRecognizer(recognizer, window=window, every=every, answers=answers)
    source = int(args.camera) if args.camera.isdecimal() else args.camera
    frames = converted(camera_frames(source, rtmlib_estimator(topology)), topology, card)
    try:
        for line in lines(stream, frames, args.threshold):
            print(line, flush=True)
    except KeyboardInterrupt:
        print()
    return 0


def converted(frames: Iterable[TrackedFrame], topology: Topology, card: ModelCard) -> Iterator[TrackedFrame]:
    """Frames in the network's topology."""
    if topology.joints == card.topology.joints:
        yield from frames
        return
    convert = ToTopology(topology, card.topology)
    for points, score, ids in frames:
        if not len(ids):
            empty = np.zeros((0, card.topology.num_joints, points.shape[-1]), np.float32)
            yield TrackedFrame(empty, empty[..., 0], ids)
            continue
        moved = convert(SkeletonSequence.from_array(points[None], topology, score=score[None], keep_absent=True))
        pos, confidence = (moved.to_dense(key)[:, 0].numpy() for key in ("pos", "score"))
        yield TrackedFrame(pos, confidence, ids)


def lines(stream: StreamingRecognizer, frames: Iterable[TrackedFrame], threshold: float = 0.0) -> Iterator[str]:
    """A line whenever the class of a person (or of all together) changes to another one above the threshold."""
    last: dict[str, str] = {}
    for points, score, ids in frames:
        prediction = stream.push(points, ids.tolist(), score)
        if not prediction.fresh:
            continue
        if stream.answers == "together":
            answers = {"all": prediction.together}
        else:
            answers = {f"person {number}": prediction.person(number) for number in prediction.ids}
        for person, answer in answers.items():
            if answer.probability >= threshold and last.get(person) != answer.label:
                last[person] = answer.label
                yield f"frame {prediction.frame}  {person}  {answer.label} {answer.probability:.2f}"
