"""The pictures of videos and cameras, one after another, with their times."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tg_skeleton.pose.containers import unopened
from tg_skeleton.pose.opencv import opencv

FPS = 30.0
"""Frames a second of a video that doesn't say it."""


class Picture(NamedTuple):
    """A picture ``[H, W, 3]`` (uint8; blue, green, red), upright, and when it was taken, in seconds.

    >>> import numpy as np
    >>> from tg_skeleton.pose import Picture
    >>> Picture(np.zeros((480, 640, 3), np.uint8), time=0.04).image.shape
    (480, 640, 3)
    """

    image: np.ndarray
    time: float


class VideoFile:
    """A video that is open: what its file says of it, and its pictures, which are decoded one by one.

    Pictures of phones that were held on their side are turned as the file asks. The times are the file's own.

    Args:
        path: The file, of any kind that OpenCV reads.
        every: Step between the pictures that are given; 1 gives all.

    Raises:
        ImportError: OpenCV is not installed.
        FileNotFoundError: There is no such file.
        ValueError: The file is empty, no video, or none whose pictures can be decoded.

    >>> from tg_skeleton.pose import VideoFile
    >>> with VideoFile("walk.mp4") as video:  # doctest: +SKIP
    ...     shapes = [image.shape for image, time in video]
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path = Path(path)
        self.every = every
        self.read = 0
        """Frames that were read so far, with those between the pictures."""
        if not self.path.is_file():
            raise FileNotFoundError(f"{path}: there is no such video")
        if not self.path.stat().st_size:
            raise ValueError(f"{path}: expected a video, got an empty file; copy it again")
        cv2 = opencv()
        self._capture = cv2.VideoCapture(os.fspath(path))
        if not self._capture.isOpened():
            raise ValueError(f"{path}: expected a video, {unopened(self.path)}")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps < 1000 else FPS
        """Frames a second, as the file says it."""
        self.count = max(int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
        """Frames, as the file says it; 0 where it doesn't."""
        self._clock = cv2.CAP_PROP_POS_MSEC

    def __iter__(self) -> Iterator[Picture]:
        while self._capture.grab():
            number, self.read = self.read, self.read + 1
            if number % self.every:
                continue
            read, image = self._capture.retrieve()
            if not read:
                break
            stamp = self._capture.get(self._clock) / 1000
            yield Picture(image, stamp if stamp > 0 or number == 0 else number / self.fps)
        if not self.read:
            raise ValueError(
                f"{self.path}: expected a video, got a file without a frame that OpenCV can decode (codec "
                f"'{self.codec}'); convert it to H.264 (ffmpeg -i IN out.mp4)"
            )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is doubtful about the pictures that were read, once all of them were."""
        if self.read >= 0.9 * self.count:
            return ()
        return (f"it ends after {self.read} of the {self.count} frames that its header promises: cut off, or damaged",)

    @property
    def codec(self) -> str:
        """The four letters of the codec."""
        code = int(self._capture.get(opencv().CAP_PROP_FOURCC))
        return "".join(chr(code >> shift & 255) for shift in (0, 8, 16, 24)).strip("\0") or "unknown"

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._capture.release()


def camera_pictures(source: int | str) -> Iterator[Picture]:
    """The pictures of a camera until it is closed; it is opened at the first one.

    Args:
        source: The number of a camera, or the address of a stream.

    Raises:
        ImportError: OpenCV is not installed.
        RuntimeError: The camera can't be opened.

    >>> from tg_skeleton.pose import camera_pictures
    >>> image, time = next(camera_pictures(0))  # doctest: +SKIP
    """
    capture = opencv().VideoCapture(source)
    try:
        if not capture.isOpened():
            raise RuntimeError(
                f"camera {source}: it can't be opened; check that it is there, that no other program uses it, and that "
                "you may read it"
            )
        start = time.monotonic()
        while True:
            read, image = capture.read()
            if not read:
                return
            yield Picture(image, time.monotonic() - start)
    finally:
        capture.release()


def paced(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """The pictures of a video at the times when a camera would give them.

    >>> import numpy as np
    >>> from tg_skeleton.pose import Picture, paced
    >>> [picture.time for picture in paced([Picture(np.zeros((2, 2, 3), np.uint8), 0.0)])]
    [0.0]
    """
    start = time.monotonic()
    for picture in pictures:
        ahead = picture.time - (time.monotonic() - start)
        if ahead > 0:
            time.sleep(ahead)
        yield picture


class Arrival(NamedTuple):
    """A picture, how many were dropped in front of it, and when it came, by the clock of `latest_pictures`.

    >>> import numpy as np
    >>> from tg_skeleton.pose import Arrival, Picture
    >>> Arrival(Picture(np.zeros((2, 2, 3), np.uint8), time=0.2), skipped=4, time=17.5).skipped
    4
    """

    picture: Picture
    skipped: int
    time: float


def latest_pictures(pictures: Iterable[Picture], *, clock: Callable[[], float] = time.monotonic) -> Iterator[Arrival]:
    """The newest picture each time one is asked for; who is slower than a camera misses some, and stays near.

    A thread takes the pictures as they come. The last one is always given; an error of the camera is raised after it.

    >>> import numpy as np
    >>> from tg_skeleton.pose import Picture, latest_pictures
    >>> [arrival.skipped for arrival in latest_pictures([Picture(np.zeros((2, 2, 3), np.uint8), 0.0)])]
    [0]
    """
    changed = threading.Condition()
    newest: list[tuple[Picture, int, float]] = []
    state: dict[str, BaseException | bool | None] = {"ended": False, "error": None}

    def read() -> None:
        try:
            for number, picture in enumerate(pictures):
                with changed:
                    if state["ended"]:
                        break
                    newest[:] = [(picture, number, clock())]
                    changed.notify()
        except Exception as error:  # raised again where pictures are asked for
            state["error"] = error
        finally:
            close = getattr(pictures, "close", None)  # a generator's, which releases the camera
            if close is not None:
                close()
            with changed:
                state["ended"] = True
                changed.notify()

    thread = threading.Thread(target=read, name="latest_pictures", daemon=True)
    thread.start()
    taken = -1
    try:
        while True:
            with changed:
                while not newest and not state["ended"]:
                    changed.wait()
                if not newest:
                    break
                picture, number, arrived = newest.pop()
            yield Arrival(picture, number - taken - 1, arrived)
            taken = number
        if isinstance(state["error"], BaseException):
            raise state["error"]
    finally:
        with changed:
            state["ended"] = True
        thread.join(5)
