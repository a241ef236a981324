"""A camera, with stand-ins for the camera and for the pose estimator."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from tg_skeleton import SkeletonSequence, load
from tg_skeleton.__main__ import main
from tg_skeleton.commands import watch
from tg_skeleton.inference import StreamingRecognizer
from tg_skeleton.inference.live import LiveFrame
from tg_skeleton.inference.video import Camera
from tg_skeleton.topologies import COCO17, HALPE26, OPENPOSE25
from tg_skeleton.transforms import ToTopology


def flat(topology):
    return {
        "topology": topology,
        "dims": 2,
        "arguments": {"in_channels": 2, "num_classes": 3, "num_frames": 8, "widths": (8, 8)},
    }


def frames(topology, count=40, persons=1):
    """Somebody at random, and before and behind them nobody."""
    draw = np.random.default_rng(0)
    joints = topology.num_joints
    nobody = LiveFrame(
        np.zeros((0, joints, 2), np.float32), np.zeros((0, joints), np.float32), np.zeros(0, np.int64), 0, 0.0
    )
    return [
        nobody,
        *(
            LiveFrame(
                draw.normal(size=(persons, joints, 2)).astype(np.float32),
                np.ones((persons, joints), np.float32),
                np.arange(persons) + 4,
                0,
                0.0,
            )
            for _ in range(count)
        ),
        nobody,
    ]


@pytest.fixture
def camera(monkeypatch):
    """Stands in for the camera and for rtmlib: what they were asked for, and the frames that they give."""
    asked: dict[str, object] = {"frames": frames(COCO17), "fps": None}

    def estimator(topology):
        asked["topology"] = topology
        return "estimator"

    @contextmanager
    def opened(source):
        asked["source"] = source
        yield Camera(iter(()), asked["fps"])

    def look(latest, found):
        assert found == "estimator"
        yield from asked["frames"]

    monkeypatch.setattr(watch, "rtmlib_estimator", estimator)
    monkeypatch.setattr(watch, "opened_camera", opened)
    monkeypatch.setattr(watch, "track_latest", look)
    return asked


def test_a_line_whenever_the_class_changes(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["predict", str(path), "--camera", "0", "--window", "5", "--stride", "1"]) == 0
    assert (camera["topology"], camera["source"]) == (COCO17, 0)
    said = [re.fullmatch(r"frame (\d+)  all  (\w+) (\d\.\d\d)", line) for line in capsys.readouterr().out.splitlines()]
    recognizer, expected, last = load(path), [], None
    nobody = np.zeros((1, 17, 2), np.float32)
    points = np.stack([nobody, *(frame.points for frame in camera["frames"][1:-1])])
    for frame in range(1, 41):
        answer = recognizer(points[max(0, frame - 4) : frame + 1])
        if answer.label != last:
            expected.append((str(frame), answer.label, f"{answer.probability:.2f}"))
            last = answer.label
    before_they_left = [line.groups() for line in said if int(line[1]) <= 40]
    assert before_they_left == expected and len(expected) > 3


def test_each_person_and_a_threshold(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    camera["frames"] = frames(COCO17, persons=2)
    assert main(["predict", str(path), "--camera", "rtsp://x", "--per-person", "--threshold", "0.6"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert camera["source"] == "rtsp://x"
    assert {line.split("  ")[1] for line in lines} == {"person 4", "person 5"}
    assert min(float(line.split()[-1]) for line in lines) >= 0.6


def test_frames_are_carried_over(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(OPENPOSE25))
    camera["frames"] = frames(HALPE26)
    assert main(["predict", str(path), "--camera", "0"]) == 1
    said = "predict: expected the joints of OPENPOSE25, which the network takes, got those of HALPE26; --from HALPE26"
    assert said in capsys.readouterr().err
    assert main(["predict", str(path), "--camera", "0", "--from", "HALPE26"]) == 0
    assert camera["topology"] == HALPE26 and capsys.readouterr().out.startswith("frame ")
    carried = list(watch.converted(frames(HALPE26, 2, persons=2), HALPE26, load(path).card))
    assert [frame.points.shape for frame in carried] == [(0, 25, 2), (2, 25, 2), (2, 25, 2), (0, 25, 2)]
    points = frames(HALPE26, 2, persons=2)[1].points
    one = ToTopology(HALPE26, OPENPOSE25)(SkeletonSequence.from_array(points[None, 1:], HALPE26))
    np.testing.assert_array_equal(carried[1].points[1], one.pos[0])


def test_ctrl_c_ends_it(save_checkpoint, tmp_path, camera, capsys):
    def interrupted():
        yield from frames(COCO17)[:20]
        raise KeyboardInterrupt

    camera["frames"] = interrupted()
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["predict", str(path), "--camera", "0"]) == 0
    assert capsys.readouterr().out.startswith("frame ")


def test_what_a_camera_can_t_have(checkpoint, save_checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    assert main(["predict", str(checkpoint), "--camera", "0"]) == 1
    assert "predict: expected 3 coordinates of each joint, got 2; take a network that was" in capsys.readouterr().err
    assert main(["predict", str(checkpoint), "--camera", "0", "--with", str(checkpoint)]) == 1
    assert f"--with: expected one network with a camera, got {checkpoint}, too" in capsys.readouterr().err
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["predict", str(path), "--camera", "0"]) == 1
    assert "pip install 'tg_skeleton[pose]'" in capsys.readouterr().err


def dropping(every: int, work: float = 0.1):
    """Frames of which one in ``every`` was taken, at 30 a second, and the time after the work on each."""
    kept = [frame._replace(skipped=every - 1 if number else 0, time=number * every / 30) for number, frame in taken()]
    return kept, iter([number * every / 30 + work for number in range(len(kept))])


def taken():
    return enumerate(frames(COCO17, 20)[1:-1])


def test_dropped_frames_are_counted_and_shown(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    stream = StreamingRecognizer(load(path), window=30)
    some, clock = dropping(3)
    tally = watch.Tally()
    found = list(watch.lines(stream, some, tally=tally, clock=lambda: next(clock)))
    assert (tally.received, tally.dropped, round(tally.latency, 6)) == (58, 38, 0.1)
    assert str(tally) == "58 frames, 38 of them dropped (66 %), answers at most 100 ms behind the camera"
    assert found[0].startswith("frame 0  ") and int(found[-1].split()[1]) % 3 == 0
    (said,) = capsys.readouterr().err.splitlines()
    assert said == (
        "slower than the camera: 20 of 31 frames dropped so far; this network's transforms do not fill them in, so its "
        "answers may be wrong"
    )
    camera["frames"] = some
    assert main(["predict", str(path), "--camera", "0"]) == 0
    assert "58 frames, 38 of them dropped (66 %), answers at most " in capsys.readouterr().err


def test_a_window_in_seconds_needs_the_camera_s_rate(save_checkpoint, tmp_path, camera, capsys, monkeypatch):
    path, asked = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17)), []
    made = StreamingRecognizer.__init__

    def remember(self, recognizer, **options):
        asked.append((options["window"], options["every"]))
        made(self, recognizer, **options)

    monkeypatch.setattr(StreamingRecognizer, "__init__", remember)
    seconds = ["predict", str(path), "--camera", "0", "--window", "2s", "--stride", "0.5s"]
    assert main(seconds) == 1
    said = "predict: --window: expected frames, because the frame rate is not known, got 2s; give the rate with --fps"
    assert said in capsys.readouterr().err
    assert main([*seconds, "--fps", "10"]) == 0
    camera["fps"] = 25.0
    assert main(seconds) == 0
    assert asked == [(20, 5), (50, 12)]
