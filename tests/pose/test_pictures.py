"""Pictures of cameras: at a video's pace, and the newest one each time."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tg_skeleton.pose import Picture, latest_pictures, paced

BLACK = np.zeros((2, 2, 3), np.uint8)


def numbered(count: int) -> list[Picture]:
    return [Picture(BLACK, float(number)) for number in range(count)]


def test_a_video_waits_for_its_times(monkeypatch):
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("tg_skeleton.pose.pictures.time.monotonic", lambda: now[0])
    monkeypatch.setattr("tg_skeleton.pose.pictures.time.sleep", sleep)
    for number, _ in enumerate(paced(Picture(BLACK, time) for time in (0.0, 0.5, 1.0, 1.5))):
        now[0] += 0.7 if number == 1 else 0.1  # the second one takes longer than its time
    assert slept == pytest.approx([0.4, 0.2])


def test_who_is_slow_gets_the_newest_picture():
    gate, taken = threading.Event(), threading.Event()

    def camera():
        yield from numbered(1)
        gate.wait(10)
        for number in range(1, 50):
            yield Picture(BLACK, float(number))
        taken.set()

    seen = []
    for arrival in latest_pictures(camera()):
        seen.append((arrival.picture.time, arrival.skipped))
        gate.set()
        taken.wait(10)
    assert seen[0] == (0.0, 0) and seen[-1] == (49.0, 48)


def test_an_error_of_the_camera_comes_after_its_last_picture():
    def camera():
        yield from numbered(1)
        raise RuntimeError("the plug was pulled")

    arrivals = latest_pictures(camera())
    assert next(arrivals).picture.time == 0
    with pytest.raises(RuntimeError, match="the plug was pulled"):
        next(arrivals)


def test_a_camera_is_closed_when_nobody_looks_any_more():
    closed = threading.Event()

    def camera():
        try:
            while True:
                yield from numbered(1)
        finally:
            closed.set()

    arrivals = latest_pictures(camera())
    next(arrivals)
    arrivals.close()
    assert closed.wait(10)
