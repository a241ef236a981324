"""A live source that is followed without falling behind: the newest frame each time, and a count of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from tg_skeleton.inference.pose import PoseEstimator
from tg_skeleton.inference.tracking import PersonTracker
from tg_skeleton.inference.video import track_frames

Item = TypeVar("Item")

_JOIN_SECONDS = 5.0  # a camera gives its next picture, or its error, in less


@dataclass(frozen=True)
class Arrival(Generic[Item]):
    """A frame of a live source.

    Args:
        item: The frame.
        number: Its place among all frames of the source, counted from 0.
        skipped: The number of frames that were dropped between the one taken before and this one.
        time: When it arrived, by the clock of `LatestFrames`.
    """

    item: Item
    number: int
    skipped: int
    time: float


class LatestFrames(Iterator[Arrival[Item]]):
    """The newest frame of a live source each time one is asked for; those in between are dropped and counted.

    A thread takes the source's frames as they come and keeps the last one alone. So a consumer that is slower than the
    source is behind by the time of one frame and its own work on it, however long it runs. If the source is slower,
    nothing is dropped. At the source's end its last frame is still given; its error is raised after it.

    >>> from tg_skeleton.inference.live import LatestFrames
    >>> with LatestFrames(iter(["only"])) as latest:
    ...     [(arrival.item, arrival.number, arrival.skipped) for arrival in latest]
    [('only', 0, 0)]

    Args:
        source: Gives one frame after another, and waits for each, such as the pictures of a camera. It is closed, if it
            is a generator, in the thread that reads it.
        clock: The time in seconds.
    """

    def __init__(self, source: Iterable[Item], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = iter(source)
        self._clock = clock
        self._changed = threading.Condition()
        self._newest: tuple[Item, int, float] | None = None
        self._taken = -1
        self._received = 0
        self._ended = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    @property
    def received(self) -> int:
        """The number of frames that have come."""
        return self._received

    @property
    def closed(self) -> bool:
        """Whether the source has ended, or is asked for no further frame."""
        return self._ended

    def __next__(self) -> Arrival[Item]:
        with self._changed:
            if self._thread is None and not self._ended:
                self._thread = threading.Thread(target=self._read, name="LatestFrames", daemon=True)
                self._thread.start()
            while self._newest is None and not self._ended:
                self._changed.wait()
            if self._newest is None:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                raise StopIteration
            (item, number, arrived), self._newest = self._newest, None
            skipped, self._taken = number - self._taken - 1, number
        return Arrival(item, number, skipped, arrived)

    def close(self) -> None:
        """End the thread; the source is asked for no further frame."""
        with self._changed:
            self._ended = True
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def __enter__(self) -> LatestFrames[Item]:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._source:
                with self._changed:
                    if self._ended:
                        break
                    self._newest = (item, self._received, self._clock())
                    self._received += 1
                    self._changed.notify_all()
        except Exception as raised:  # raised again where frames are asked for
            error = raised
        finally:
            if hasattr(self._source, "close"):
                self._source.close()
            with self._changed:
                self._ended, self._error = True, error
                self._changed.notify_all()


class LiveFrame(NamedTuple):
    """The persons of one picture of a camera.

    ``points`` ``[M, V, 2]`` in image units, ``score`` ``[M, V]``, ``ids`` ``[M]``; ``skipped`` pictures were dropped in
    front of it, and it arrived at ``time``.
    """

    points: np.ndarray
    score: np.ndarray
    ids: np.ndarray
    skipped: int
    time: float


def track_latest(
    latest: LatestFrames[np.ndarray], estimator: PoseEstimator, tracker: PersonTracker | None = None
) -> Iterator[LiveFrame]:
    """The persons of the newest pictures ``[H, W, 3]`` of a camera, see `tg_skeleton.inference.video.track_frames`.

    Args:
        latest: The pictures.
        estimator: Finds the persons of a picture.
        tracker: Numbers them. Default: a `PersonTracker`.

    Raises:
        ValueError: The estimator returns other shapes than it should.
    """
    now: list[Arrival[np.ndarray]] = []

    def images() -> Iterator[np.ndarray]:
        for arrival in latest:
            now[:] = [arrival]
            yield arrival.item

    with closing(images()) as pictures:
        for frame in track_frames(pictures, estimator, tracker):
            yield LiveFrame(*frame, now[0].skipped, now[0].time)
