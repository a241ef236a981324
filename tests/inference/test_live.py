"""A live source that is faster than what looks at it; the time is a clock that the test turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.inference.live import LatestFrames, track_latest

STICK = Topology("stick", ("a", "b"), ("a", "a"))
FPS, WORK = 30, 0.1


class Clock:
    """A clock that stands still until the test turns it, and a source's thread that waits for its times."""

    def __init__(self) -> None:
        self.now = 0.0
        self.changed = threading.Condition()
        self.awaited: float | None = None

    def __call__(self) -> float:
        return self.now

    def wait_until(self, time: float) -> None:
        """Of the source's thread."""
        with self.changed:
            self.awaited = time
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.now >= time - 1e-9, timeout=20)
            self.awaited = None

    def advance(self, seconds: float) -> None:
        """Of the test; the source's thread has seen all times up to the new one when it returns."""
        with self.changed:
            end = self.now + seconds
            while True:
                assert self.changed.wait_for(lambda: self.awaited is not None, timeout=20)
                if self.awaited > end + 1e-9:
                    break
                self.now, self.awaited = max(self.awaited, self.now), None
                self.changed.notify_all()
            self.now = end


def camera(clock: Clock, pictures: int) -> Iterator[np.ndarray]:
    """Thirty pictures a second."""
    for number in range(pictures):
        clock.wait_until(number / FPS)
        yield np.full((4, 6, 3), number % 256, np.uint8)
    clock.wait_until(float("inf"))


class Estimator:
    """Needs 100 ms for a picture, which it remembers."""

    topology = STICK

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seen: list[int] = []

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.seen.append(int(image[0, 0, 0]))
        self.clock.advance(WORK)
        return np.array([[[1.0, 1.0], [1.0, 3.0]]]), np.ones((1, 2))


def test_a_slow_estimator_stays_within_a_frame_of_its_own_time() -> None:
    clock = Clock()
    estimator = Estimator(clock)
    latest = LatestFrames(camera(clock, 10_000), clock=clock)
    late, skipped = [], []
    for frame, _ in zip(track_latest(latest, estimator), range(60), strict=False):
        late.append(clock() - frame.time)
        skipped.append(frame.skipped)
    assert clock() == pytest.approx(6.1)  # 61 pictures, one of which nobody asked for in the end
    assert max(late) <= WORK + 1 / FPS + 1e-9
    assert skipped == [0] + [2] * 59  # two of three are dropped
    assert estimator.seen[:60] == [3 * number for number in range(60)]
    assert latest.received == 184  # 6.1 seconds, and the first one


def test_nothing_is_dropped_of_a_source_that_waits() -> None:
    asked = threading.Semaphore(0)

    def source() -> Iterator[str]:
        for item in "abc":
            assert asked.acquire(timeout=20)
            yield item

    latest = LatestFrames(source())
    found = []
    for _ in range(3):
        asked.release()
        found.append(next(latest))
    assert [(one.item, one.number, one.skipped) for one in found] == [("a", 0, 0), ("b", 1, 0), ("c", 2, 0)]
    assert list(latest) == []
    assert list(latest) == []  # and no new thread


def test_the_last_frame_and_the_error_of_a_source_come_through() -> None:
    def broken() -> Iterator[int]:
        yield from (1, 2)
        raise RuntimeError("the cable is out")

    latest = LatestFrames(broken())
    with pytest.raises(RuntimeError, match="the cable is out"):
        for arrival in latest:
            last = arrival
    assert last.item == 2 and last.number == 1
    assert list(latest) == []


def test_a_closed_source_is_asked_for_nothing_more() -> None:
    closed, more = threading.Event(), threading.Event()

    def source() -> Iterator[int]:
        try:
            for number in range(1000):
                yield number
                more.wait(20)
        finally:
            closed.set()

    latest = LatestFrames(source())
    assert next(latest).item == 0
    closing = threading.Thread(target=latest.close)
    closing.start()
    while not latest.closed:
        pass
    more.set()  # the source has its next frame now
    closing.join(20)
    assert closed.is_set() and list(latest) == []
    with LatestFrames(source()) as unread:
        pass
    assert list(unread) == []
