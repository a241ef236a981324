"""A camera that is faster than what looks at its pictures; the time is a clock that the test turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tg_skeleton.pose import Picture, latest_pictures

FPS, WORK = 30, 0.1


class Clock:
    """A clock that stands still until the test turns it, and a camera's thread that waits for its times."""

    def __init__(self) -> None:
        self.now = 0.0
        self.changed = threading.Condition()
        self.awaited: float | None = None

    def __call__(self) -> float:
        return self.now

    def wait_until(self, time: float) -> None:
        """Of the camera's thread."""
        with self.changed:
            self.awaited = time
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.now >= time - 1e-9, timeout=20)
            self.awaited = None

    def advance(self, seconds: float) -> None:
        """Of the test; the camera's thread has had all times up to the new one when it returns."""
        with self.changed:
            end = self.now + seconds
            while True:
                assert self.changed.wait_for(lambda: self.awaited is not None, timeout=20)
                if self.awaited > end + 1e-9:
                    break
                self.now, self.awaited = max(self.awaited, self.now), None
                self.changed.notify_all()
            self.now = end


def camera(clock: Clock) -> Iterator[Picture]:
    """Thirty pictures a second."""
    for number in range(10_000):
        clock.wait_until(number / FPS)
        yield Picture(np.full((4, 6, 3), number % 256, np.uint8), number / FPS)


def test_an_estimator_of_100_ms_stays_near_a_camera_of_30_pictures_a_second() -> None:
    clock, seen, skipped, late = Clock(), [], [], []
    latest = latest_pictures(camera(clock), clock=clock)
    for _ in range(60):
        arrival = next(latest)
        seen.append(int(arrival.picture.image[0, 0, 0]))
        skipped.append(arrival.skipped)
        clock.advance(WORK)  # the estimator
        late.append(clock() - arrival.time)
    assert max(late) <= WORK + 1 / FPS + 1e-9  # one after another, the last one would come 4 seconds late
    assert skipped == [0] + [2] * 59  # two of three are dropped
    assert seen == [3 * number for number in range(60)]


def test_the_last_picture_and_the_error_of_a_camera_come_through() -> None:
    def broken() -> Iterator[Picture]:
        for number in (1, 2):
            yield Picture(np.full((4, 6, 3), number, np.uint8), 0.0)
        raise RuntimeError("the cable is out")

    last = None
    with pytest.raises(RuntimeError, match="the cable is out"):
        for arrival in latest_pictures(broken()):
            last = arrival
    assert last is not None and int(last.picture.image[0, 0, 0]) == 2
