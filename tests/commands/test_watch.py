"""A camera, with stand-ins for the camera and for the pose estimator."""

from __future__ import annotations

import queue
import re
import sys
import threading
from itertools import takewhile

import numpy as np
import pytest

from tg_skeleton import SkeletonSequence, load
from tg_skeleton.__main__ import main
from tg_skeleton.commands import watch
from tg_skeleton.inference import StreamingRecognizer
from tg_skeleton.pose import Arrival, Estimate, PersonFinder, Picture, PoseEstimator, latest_pictures, paced
from tg_skeleton.topologies import COCO17, HALPE26, OPENPOSE25
from tg_skeleton.transforms import ToTopology

SIZE = (48, 64, 3)
COUNT = 42


def flat(topology):
    return {
        "topology": topology,
        "dims": 2,
        "arguments": {"in_channels": 2, "num_classes": 3, "num_frames": 8, "widths": (8, 8)},
    }


class Told(PoseEstimator):
    """Finds the persons whom it was told of: bodies that sway, and before and behind them nobody."""

    def __init__(self, topology=COCO17, persons=1):
        self.topology, self.persons = topology, persons
        draw = np.random.default_rng(0)
        body = draw.uniform(-60, 120, (persons, topology.num_joints, 2)) + 600 * np.arange(persons)[:, None, None]
        sway = draw.uniform(40, 80, (persons, topology.num_joints, 2))
        phase = draw.uniform(0, 6, (persons, topology.num_joints, 2))
        self.points = [body + sway * np.sin(0.4 * frame + phase) for frame in range(COUNT)]

    def __call__(self, image):
        frame, joints = int(image[0, 0, 0]), self.topology.num_joints
        if frame in (0, COUNT - 1):
            return Estimate(np.zeros((0, joints, 2)), np.zeros((0, joints)))
        return Estimate(self.points[frame], np.ones((self.persons, joints)))


def pictures(count=COUNT):
    return [Picture(np.full(SIZE, frame, np.uint8), frame / 30) for frame in range(count)]


@pytest.fixture
def camera(monkeypatch):
    """Stands in for the camera and for the estimators: what was asked for, and what they give."""
    asked: dict[str, object] = {"estimator": Told(), "pictures": pictures()}

    def choose(args, topology, dims):
        asked["topology"], asked["dims"] = topology, dims
        return asked["estimator"]

    def look(source):
        asked["source"] = source
        yield from asked["pictures"]

    monkeypatch.setattr(watch, "estimator_of", choose)
    monkeypatch.setattr(watch, "camera_pictures", look)
    monkeypatch.setattr(watch, "latest_pictures", lambda given: (Arrival(one, 0, 0.0) for one in given))
    return asked


def test_a_line_whenever_the_class_changes(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["predict", str(path), "--camera", "0", "--window", "5", "--stride", "1"]) == 0
    assert (camera["topology"], camera["dims"], camera["source"]) == (COCO17, 2, 0)
    said = [re.fullmatch(r"frame (\d+)  all  (\w+) (\d\.\d\d)", line) for line in capsys.readouterr().out.splitlines()]
    recognizer, expected, last = load(path), [], None
    finder = PersonFinder(Told())
    found = [finder(picture).points for picture in pictures()]
    points = np.stack([one if len(one) else np.zeros((1, 17, 2), np.float32) for one in found])
    for frame in range(1, COUNT - 1):
        answer = recognizer(points[max(0, frame - 4) : frame + 1])
        if answer.label != last:
            expected.append((str(frame), answer.label, f"{answer.probability:.2f}"))
            last = answer.label
    before_they_left = [line.groups() for line in said if int(line[1]) < COUNT - 1]
    assert before_they_left == expected and len(expected) > 2


def test_each_person_and_a_threshold(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    camera["estimator"] = Told(persons=2)
    assert main(["watch", str(path), "rtsp://x", "--per-person", "--threshold", "0.5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert camera["source"] == "rtsp://x"
    assert {line.split("  ")[1] for line in lines} == {"person 0", "person 1"}
    assert min(float(line.split()[-1]) for line in lines) >= 0.5


def test_frames_are_carried_over(save_checkpoint, tmp_path, camera, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(OPENPOSE25))
    camera["estimator"] = Told(HALPE26, persons=2)
    assert main(["watch", str(path), "0", "--from", "HALPE26"]) == 0
    assert camera["topology"] == HALPE26 and capsys.readouterr().out.startswith("frame ")
    finder, convert = PersonFinder(Told(HALPE26, persons=2)), watch._converter(HALPE26, load(path).card)
    frames = [finder(picture) for picture in pictures(3)]
    carried = [convert(frame) for frame in frames]
    assert [frame.points.shape for frame in carried] == [(0, 25, 2), (2, 25, 2), (2, 25, 2)]
    one = ToTopology(HALPE26, OPENPOSE25)(SkeletonSequence.from_array(frames[1].points[None, 1:], HALPE26))
    np.testing.assert_array_equal(carried[1].points[1], one.pos[0])


def test_ctrl_c_ends_it(save_checkpoint, tmp_path, camera, capsys):
    def interrupted():
        yield from pictures(20)
        raise KeyboardInterrupt

    camera["pictures"] = interrupted()
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["watch", str(path), "0"]) == 0
    assert capsys.readouterr().out.startswith("frame ")


def test_a_page_is_shown_what_is_seen(save_checkpoint, tmp_path, camera, monkeypatch, capsys):
    pytest.importorskip("websockets")
    shown = []

    class Page(watch.LivePage):
        def show(self, points, score, ids, **facts):
            shown.append((points.shape, list(ids), facts))
            super().show(points, score, ids, **facts)

    monkeypatch.setattr(watch, "LivePage", Page)
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["watch", str(path), "0", "--page"]) == 0
    assert re.search(r"page: http://127\.0\.0\.1:\d+/\n", capsys.readouterr().err)
    assert len(shown) == COUNT and shown[0][:2] == ((0, 17, 2), []) and shown[0][2]["classes"] == []
    shape, ids, facts = shown[20]
    assert (shape, ids, facts["frame"]) == ((1, 17, 2), [0], 20)
    assert [label for label, _ in facts["classes"]] and sum(share for _, share in facts["classes"]) == pytest.approx(1)


def test_a_video_stands_for_a_camera(save_checkpoint, tmp_path, camera, capsys):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    writer = cv2.VideoWriter(str(tmp_path / "walk.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 200, SIZE[1::-1])
    for picture in pictures():
        writer.write(picture.image)
    writer.release()
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    assert main(["watch", str(path), str(tmp_path / "walk.avi"), "--window", "5"]) == 0
    assert capsys.readouterr().out.startswith("frame ") and "source" not in camera
    whole = (tmp_path / "walk.avi").read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[: len(whole) // 2])
    assert main(["watch", str(path), str(tmp_path / "cut.avi"), "--window", "5"]) == 0
    said = capsys.readouterr().err
    assert re.search(r"warning: .*cut\.avi: it ends after \d+ of the \d+ frames that its header promises", said)


SHOWN = """
const until = async (test) => { while (!test()) await new Promise((go) => setTimeout(go, 20)); };
const bars = () => [...document.querySelectorAll(".tgs-live-bars li:not([hidden])")].map((row) => row.textContent);
await until(() => window.tgsLive && window.tgsLive.stage.recording.persons === 1 && bars().length === 3);
log.facts = document.querySelector(".tgs-live-facts").textContent;
log.bars = bars();
"""


def test_a_browser_shows_a_video_while_it_is_watched(save_checkpoint, tmp_path, camera, monkeypatch, browser):
    pytest.importorskip("websockets")
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    writer = cv2.VideoWriter(str(tmp_path / "walk.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 30, SIZE[1::-1])
    for number in range(1800):
        writer.write(pictures()[5 + number % 20].image)
    writer.release()
    looked, pages, ended = threading.Event(), queue.Queue(), []

    class Page(watch.LivePage):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            pages.put(self.address)

    monkeypatch.setattr(watch, "LivePage", Page)
    monkeypatch.setattr(watch, "latest_pictures", latest_pictures)
    monkeypatch.setattr(watch, "paced", lambda video: takewhile(lambda _: not looked.is_set(), paced(video)))
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    words = ["watch", str(path), str(tmp_path / "walk.avi"), "--window", "5", "--page"]
    thread = threading.Thread(target=lambda: ended.append(main(words)))
    thread.start()
    try:
        log = browser.visit(pages.get(timeout=60), SHOWN, (1000, 700))
    finally:
        looked.set()
        thread.join(60)
    assert ended == [0]
    assert re.fullmatch(r"1 person · \d+\.\d frames a second · \d+ ms behind · frame \d+", log["facts"])
    assert [re.fullmatch(r"\D+(0\.\d\d|1\.00)", bar) is not None for bar in log["bars"]] == [True] * 3


def test_a_video_that_is_not_there_is_no_camera(checkpoint, capsys):
    assert main(["watch", str(checkpoint), "none.mp4"]) == 1
    said = (
        "watch: SOURCE: expected the number of a camera, the address of a stream (with ://), or a video, got none.mp4"
    )
    assert said in capsys.readouterr().err


def test_a_network_of_any_skeleton_gets_pictures_in_one_unit(camera):
    class Pushed:
        def push(self, points, ids, score, *, skipped):
            got.append(points)

    got, finder = [], PersonFinder(Told())
    frames = [look.frame for look in watch.looks(pictures(5), finder, load("everyday").on(COCO17, 2).card, Pushed())]
    for points, frame in zip(got[1:], frames[1:], strict=True):
        np.testing.assert_allclose(points, frame.points * (64 / 48, 1), rtol=1e-6)


def test_what_a_camera_can_t_have(checkpoint, save_checkpoint, tmp_path, monkeypatch, capsys):
    for package in ("rtmlib", "mediapipe"):
        monkeypatch.setitem(sys.modules, package, None)
    assert main(["predict", str(checkpoint), "--camera", "0"]) == 1
    assert "pip install 'tg_skeleton[video]'" in capsys.readouterr().err
    assert main(["predict", str(checkpoint), "--camera", "0", "--with", str(checkpoint)]) == 1
    assert f"--with: expected one network with a camera, got {checkpoint}, too" in capsys.readouterr().err
    assert main(["watch", str(checkpoint), "0", "--estimator", "rtmlib"]) == 1
    assert "pip install 'tg_skeleton[pose]'" in capsys.readouterr().err


def dropping(stream, every):
    """Looks of which one in ``every`` pictures was looked at, each answered after 100 ms."""
    finder = PersonFinder(Told())
    for number, picture in enumerate(pictures(20)):
        frame, skipped = finder(picture), every - 1 if number else 0
        prediction = stream.push(frame.points, frame.ids.tolist(), frame.score, skipped=skipped)
        yield watch.Look(frame, prediction, 0.1, skipped)


def test_dropped_pictures_are_counted_and_shown(save_checkpoint, tmp_path, camera, monkeypatch, capsys):
    path = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17))
    stream, tally = StreamingRecognizer(load(path), window=30, answers="together"), watch.Tally()
    found = list(watch.lines(stream, dropping(stream, 3), tally=tally))
    assert (tally.received, tally.dropped, tally.latency) == (58, 38, 0.1)
    assert str(tally) == "58 pictures, 38 of them dropped (66 %), answers at most 100 ms behind the camera"
    assert found and all(int(line.split()[1]) % 3 == 0 for line in found)
    (said,) = capsys.readouterr().err.splitlines()
    assert said == "slower than the camera: 20 of 31 pictures dropped so far"
    list(watch.lines(stream, dropping(stream, 5)))
    assert capsys.readouterr().err.endswith("pictures dropped so far; what is left is too little for fast actions\n")
    monkeypatch.setattr(watch, "latest_pictures", lambda given: (Arrival(one, 1, 0.0) for one in given))
    assert main(["watch", str(path), "0"]) == 0
    assert "84 pictures, 42 of them dropped (50 %), answers at most " in capsys.readouterr().err


def test_a_window_in_seconds_needs_the_camera_s_rate(save_checkpoint, tmp_path, camera, capsys, monkeypatch):
    path, asked = save_checkpoint(tmp_path / "m.safetensors", **flat(COCO17)), []
    made = StreamingRecognizer.__init__

    def remember(self, recognizer, **options):
        asked.append((options["window"], options["every"]))
        made(self, recognizer, **options)

    monkeypatch.setattr(StreamingRecognizer, "__init__", remember)
    seconds = ["--window", "2s", "--stride", "0.5s"]
    assert main(["watch", str(path), "0", *seconds]) == 1
    said = "watch: --window: expected frames, because the frame rate is not known, got 2s; give the rate with --fps"
    assert said in capsys.readouterr().err
    assert main(["watch", str(path), "0", *seconds, "--fps", "10"]) == 0
    assert main(["predict", str(path), "--camera", "0", *seconds, "--fps", "25"]) == 0
    assert asked == [(20, 5), (50, 12)]
