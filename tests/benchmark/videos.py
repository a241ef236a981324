"""Figures of the way from videos to answers, on the real videos beside the checkout, with MediaPipe.

python -m tests.benchmark.videos table      frames, found, persons, seconds a frame of each video
python -m tests.benchmark.videos agree      cameras that saw one movement: hips' path, body, placed body; raw and mended
python -m tests.benchmark.videos budget     milliseconds of each stage, median and 95th percentile
python -m tests.benchmark.videos memory     resident memory over a long video (one that is repeated)
python -m tests.benchmark.videos delay      delay of answers where the estimator takes 150 ms
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from tg_skeleton import NTU25
from tg_skeleton.commands.watch import looks
from tg_skeleton.inference import ActionRecognizer, ModelCard, StreamingRecognizer
from tg_skeleton.pose import (
    Estimate,
    PersonFinder,
    Picture,
    PoseEstimator,
    PoseOptions,
    VideoFile,
    VideoRecording,
    mediapipe_estimator,
    paced,
    read_video,
)
from tg_skeleton.transforms import SampleSegments, Streams

VIDEOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "videos"
RAW, MENDED = PoseOptions(sides=False, smooth=False), PoseOptions()
MOVEMENTS = (("balance_camera1", "balance_camera3", "balance_camera4"), ("two_persons_camera1", "two_persons_camera2"))
CORE = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]  # shoulders to wrists, hips to ankles


def recognizer_of(frames: int = 60) -> ActionRecognizer:
    """An ESAN of a Kinect's joints and its recipe's size, untrained: what it costs is the same."""
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 6, "num_classes": 10, "num_frames": frames},
        topology=NTU25,
        class_names=tuple(f"class {number}" for number in range(10)),
        num_frames=frames,
        transform=SampleSegments(frames, mode="center"),
        batch_transform=Streams("joint", "bone"),
    )
    return ActionRecognizer(card.build(), card)


def read(name: str, options: PoseOptions, estimator: PoseEstimator) -> VideoRecording:
    return read_video(VIDEOS / f"{name}.mp4", estimator, options)


def table() -> None:
    estimator = mediapipe_estimator()
    for path in sorted(VIDEOS.glob("*.mp4")):
        start = time.perf_counter()
        found = read(path.stem, MENDED, estimator)
        seconds, frames = time.perf_counter() - start, len(found.pos)
        two = int((found.score > 0).any(2).all(1).sum()) if found.pos.shape[1] > 1 else 0
        print(
            f"{path.stem:20} frames {frames:3}  found {frames - found.nobody:3}  with two {two:3}  "
            f"persons {len(found.ids)}  visibility {found.visibility:.2f}  seconds a frame {seconds / frames:.3f}",
            flush=True,
        )


def aligned(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Points moved and turned onto others as near as they come: one rigid alignment."""
    a, b = one - one.mean(0), other - other.mean(0)
    left, _, right = np.linalg.svd(a.T @ b)
    turn = left @ np.diag([1, 1, np.sign(np.linalg.det(left @ right))]) @ right
    moved: np.ndarray = a @ turn + other.mean(0)
    return moved


def rms(one: np.ndarray, other: np.ndarray) -> float:
    flat = one.reshape(-1, 3), other.reshape(-1, 3)
    return float(np.sqrt(((aligned(*flat) - flat[1]) ** 2).sum(1).mean()))


def agree() -> None:
    estimator = mediapipe_estimator()
    for names in MOVEMENTS:
        for word, options in (("raw", RAW), ("mended", MENDED)):
            found = {name: read(name, options, estimator) for name in names}
            for pair in combinations(names, 2):
                one, other = (found[name] for name in pair)
                for who in matched(one, other):
                    both = shared(one, other, *who)  # [T, J]
                    a, b = (v.pos[:, m][:, CORE].astype(float) for v, m in zip((one, other), who, strict=True))
                    hips = both[:, 6:8].all(1)
                    middle = [x[:, 6:8].mean(1) for x in (a, b)]
                    seen = both & hips[:, None]
                    body = [(x - h[:, None])[seen] for x, h in zip((a, b), middle, strict=True)]
                    print(
                        f"{word:7} {pair[0]} {pair[1]}, {int(hips.sum())} frames: hips' path "
                        f"{rms(*(h[hips] for h in middle)):.3f} m, body {rms(*body):.3f} m, placed body "
                        f"{rms(a[seen], b[seen]):.3f} m",
                        flush=True,
                    )


def shared(one: VideoRecording, other: VideoRecording, m: int, n: int) -> np.ndarray:
    """Where joints of `CORE` of a person were seen by both cameras, ``[T, J]``."""
    both: np.ndarray = (one.score[:, m][:, CORE] > 0) & (other.score[:, n][:, CORE] > 0)
    return both


def matched(one: VideoRecording, other: VideoRecording) -> list[tuple[int, int]]:
    """Which person of one camera is which of the other: the pairs that agree best about their bodies."""
    count = min(one.pos.shape[1], other.pos.shape[1])
    if count == 1:
        return [(0, 0)]

    def apart(m: int, n: int) -> float:
        both = shared(one, other, m, n)
        both &= both[:, 6:8].all(1, keepdims=True)
        if both.sum() < 100:
            return 9.0
        bodies = [v.pos[:, p][:, CORE].astype(float) for v, p in ((one, m), (other, n))]
        return rms(*((x - x[:, 6:8].mean(1, keepdims=True))[both] for x in bodies))

    straight = [(0, 0), (1, 1)], [(0, 1), (1, 0)]
    return min(straight, key=lambda pairs: sum(apart(*pair) for pair in pairs))


class Timed(PoseEstimator):
    """An estimator that notes how long it takes."""

    def __init__(self, inner: PoseEstimator) -> None:
        self.inner, self.topology, self.in_space, self.times = inner, inner.topology, inner.in_space, []

    def __call__(self, image: np.ndarray) -> Estimate:
        start = time.perf_counter()
        estimate = self.inner(image)
        self.times.append(time.perf_counter() - start)
        return estimate

    def reset(self) -> None:
        self.inner.reset()


def budget(name: str = "balance_camera4") -> None:
    from tg_skeleton.commands.watch import _converter

    recognizer = recognizer_of()
    stream = StreamingRecognizer(recognizer, window=60, every=6, answers="together")
    timed = Timed(mediapipe_estimator())
    finder, convert = PersonFinder(timed), _converter(timed.topology, recognizer.card)
    times: dict[str, list[float]] = {"decoding": [], "following, placing": [], "network, answer": [], "all": []}
    with VideoFile(VIDEOS / f"{name}.mp4") as video:
        pictures = iter(video)
        while True:
            ends = [time.perf_counter()]
            picture = next(pictures, None)
            if picture is None:
                break
            ends.append(time.perf_counter())
            frame = convert(finder(picture))
            ends.append(time.perf_counter())
            stream.push(frame.points, frame.ids.tolist(), frame.score)
            ends.append(time.perf_counter())
            steps = np.diff(ends)
            times["decoding"].append(steps[0])
            times["following, placing"].append(steps[1] - timed.times[-1])
            times["network, answer"].append(steps[2])
            times["all"].append(sum(steps))
    for stage, values in {"decoding": times.pop("decoding"), "estimator": timed.times, **times}.items():
        after = 1e3 * np.array(values[5:])
        print(
            f"{name} {stage:20} median {np.median(after):6.1f} ms  95th percentile {np.percentile(after, 95):6.1f} ms"
        )
    print(f"{name}: {len(times['all'][5:]) / sum(times['all'][5:]):.1f} frames a second")


class Remembered(PoseEstimator):
    """Says at once what was found in a few pictures, over and over: memory is what is looked at."""

    def __init__(self) -> None:
        inner = mediapipe_estimator(persons=1)
        self.topology, self.in_space = inner.topology, inner.in_space
        with VideoFile(VIDEOS / "balance_camera1.mp4", every=10) as video:
            self.known = [inner(picture.image) for picture in video]
        self.count = 0

    def __call__(self, image: np.ndarray) -> Estimate:
        self.count += 1
        return self.known[self.count // 10 % len(self.known)]


def resident() -> float:
    """MB now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def memory(minutes: float = 10.0) -> None:
    recognizer = recognizer_of()
    stream = StreamingRecognizer(recognizer, window=60, every=30, answers="together")
    from tg_skeleton.commands.watch import _converter

    finder = PersonFinder(Remembered())
    convert = _converter(finder.estimator.topology, recognizer.card)
    total, done = round(minutes * 60 * 30), 0
    while done < total:
        with VideoFile(VIDEOS / "balance_camera1.mp4") as video:
            for picture in video:
                frame = convert(finder(Picture(picture.image, done / 30)))
                stream.push(frame.points, frame.ids.tolist(), frame.score)
                done += 1
                if done % 3000 == 0:
                    print(f"after {done / 30 / 60:5.2f} minutes of video: {resident():.0f} MB", flush=True)


class Slow(Remembered):
    def __call__(self, image: np.ndarray) -> Estimate:
        time.sleep(0.15)
        return super().__call__(image)


def delay(seconds: float = 15.0) -> None:
    recognizer = recognizer_of()
    stream = StreamingRecognizer(recognizer, window=60, every=1, answers="together")

    def camera() -> Iterator[Picture]:
        image = np.zeros((480, 640, 3), np.uint8)
        yield from paced(Picture(image, number / 30) for number in range(round(30 * seconds)))

    delays = [look.delay for look in looks(camera(), PersonFinder(Slow()), recognizer.card, stream)]
    halves = [1e3 * np.array(half) for half in np.array_split(delays, 2)]
    words = ", ".join(f"median {np.median(half):.0f} ms, most {half.max():.0f} ms" for half in halves)
    print(f"a camera of 30 a second, an estimator of 150 ms: {len(delays)} answers; first and second half: {words}")


if __name__ == "__main__":
    {"table": table, "agree": agree, "budget": budget, "memory": memory, "delay": delay}[sys.argv[1]]()
