"""Figures of the way from videos to answers, on the real videos beside the checkout, with MediaPipe.

python -m tests.benchmark.videos table      frames, found, persons, seconds a frame of each video
python -m tests.benchmark.videos agree      cameras that saw one movement: hips' path, body, placed body; raw and mended
python -m tests.benchmark.videos answers    what the network of the package says, beside what is to be seen [task]
python -m tests.benchmark.videos budget     milliseconds of each stage, median and 95th percentile
python -m tests.benchmark.videos memory     memory of watch and predict --draw over ten minutes (a video, repeated)
python -m tests.benchmark.videos delay      delay of answers where the estimator takes 150 ms
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

import tg_skeleton
from tests.benchmark.video_answers import BALANCE, TWO, answers
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
MOVEMENTS = (BALANCE, TWO)
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

    timed = Timed(mediapipe_estimator())
    everyday = tg_skeleton.load("everyday").on(timed.topology, 3)
    for word, recognizer, window in (("ESAN", recognizer_of(), 60), ("everyday", everyday, 150)):
        stream = StreamingRecognizer(recognizer, window=window, every=window // 10, answers="together")
        finder, convert = PersonFinder(timed), _converter(timed.topology, recognizer.card)
        times: dict[str, list[float]] = {
            "decoding": [],
            "estimator": [],
            "following, placing": [],
            "network, answer": [],
        }
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
                for stage, seconds in zip(
                    times, (steps[0], timed.times[-1], steps[1] - timed.times[-1], steps[2]), strict=True
                ):
                    times[stage].append(seconds)
        whole = np.sum(list(times.values()), 0)
        for stage, values in {**times, "all": whole}.items():
            median, most = np.percentile(1e3 * np.array(values[5:]), (50, 95))
            print(f"{word} {stage:20} median {median:6.1f} ms, 95th percentile {most:6.1f} ms")
        print(f"{word}: {name}, {len(whole[5:]) / sum(whole[5:]):.1f} frames a second", flush=True)


class Remembered(PoseEstimator):
    """Says at once what was found in a few pictures, over and over: what comes after it is looked at."""

    def __init__(self) -> None:
        inner = mediapipe_estimator(persons=1)
        self.topology, self.in_space = inner.topology, inner.in_space
        with VideoFile(VIDEOS / "walk_and_jump.mp4", every=10) as video:
            self.known = [inner(picture.image) for picture in video]
        self.count = 0

    def __call__(self, image: np.ndarray) -> Estimate:
        self.count += 1
        return self.known[self.count // 10 % len(self.known)]


def memory(minutes: float = 10.0) -> None:
    """The resident memory of two commands over a long video, as a user runs them."""
    with tempfile.TemporaryDirectory() as place:
        video = repeated(Path(place) / "long.mp4", minutes)
        observed(["watch", str(video)])
        small = ["-vf", "scale=640:-2", "-preset", "veryfast"]  # drawn sooner
        clip = repeated(Path(place) / "clip.mp4", 0.1, VIDEOS / "walk_and_jump.mp4", small)
        for length in (minutes / 10, minutes):
            video = repeated(Path(place) / "small.mp4", length, clip)
            drawn = ["--draw", str(video.with_name("drawn.mp4")), "--window", "2s", "--stride", "1s"]
            observed(["predict", str(video), *drawn, "--estimator", "tests.benchmark.videos:Remembered"])


def repeated(
    path: Path, minutes: float, video: Path = VIDEOS / "walk_and_jump.mp4", coding: Sequence[str] = ("-c", "copy")
) -> Path:
    """A long video: a short one over and over."""
    from imageio_ffmpeg import get_ffmpeg_exe

    source = ["-stream_loop", "-1", "-i", str(video), "-t", str(60 * minutes)]
    subprocess.run([get_ffmpeg_exe(), "-y", "-loglevel", "error", *source, *coding, str(path)], check=True)
    return path


def observed(command: Sequence[str], every: float = 60.0) -> None:
    """Runs a command, and prints its resident memory once a minute, and the most that it was."""
    with VideoFile(command[1]) as video:
        print(f"{command[0]}: a video of {video.count} frames, {video.fps:.0f} a second", flush=True)
    start, passed, most = time.monotonic(), 1, 0.0
    whole = [sys.executable, "-m", "tg_skeleton", *command]
    with subprocess.Popen(whole, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            now = resident(process.pid)
            most = max(most, now)
            if time.monotonic() - start >= passed * every:
                print(f"after {passed} minutes: {now:.0f} MB", flush=True)
                passed += 1
            time.sleep(0.2)
    print(f"it ended with {process.returncode} after {(time.monotonic() - start) / 60:.1f} minutes, most {most:.0f} MB")


def resident(process: int) -> float:
    """MB of a process now; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 1e6


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
    commands = {"table": table, "agree": agree, "answers": partial(answers, VIDEOS), "budget": budget}
    {**commands, "memory": memory, "delay": delay}[sys.argv[1]](*sys.argv[2:])
