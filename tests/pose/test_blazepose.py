"""MediaPipe's landmarks: what is asked of it and made of its answers, with stand-ins; and itself where it is there."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tests.pose.task_file import write_task
from tg_skeleton.pose import VideoFile, mediapipe_estimator, read_video
from tg_skeleton.topologies import MEDIAPIPE33

cv2 = pytest.importorskip("cv2", reason="OpenCV (the extras video and pose) is not installed")
PLACES = np.random.default_rng(0).uniform(0, 1, (33, 2))
PLACES[:4] = (0, 0), (1, 0), (0, 1), (1, 1)


def marks(box: tuple[int, int, int, int], image: np.ndarray) -> tuple[list[SimpleNamespace], list[SimpleNamespace]]:
    """A body that fills a box, in the picture and in space."""
    left, top, width, height = box
    picture = [
        SimpleNamespace(x=x / image.shape[1], y=y / image.shape[0], z=0.0, visibility=0.9)
        for x, y in (PLACES * (width, height) + (left, top)).tolist()
    ]
    world = [SimpleNamespace(x=x, y=y, z=0.25, visibility=0.9) for x, y in PLACES.tolist()]
    return picture, world


def boxes(image: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Bright red spots, the largest first."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 0] > 200).astype(np.uint8))
    found = sorted((row for row in stats[1:].tolist() if row[4] > 60), key=lambda row: -row[4])
    return [tuple(row[:4]) for row in found]


class Pose:
    """A stand-in for the solution: the largest spot is the one person that it finds."""

    made = 0

    def __init__(self, model_complexity: int) -> None:
        assert model_complexity == 1
        Pose.made += 1
        self.asked = 0

    def process(self, image: np.ndarray) -> SimpleNamespace:
        self.asked += 1
        found = boxes(image)
        if not found:
            return SimpleNamespace(pose_landmarks=None, pose_world_landmarks=None)
        picture, world = (SimpleNamespace(landmark=one) for one in marks(found[0], image))
        return SimpleNamespace(pose_landmarks=picture, pose_world_landmarks=world)


def picture(*spots: tuple[int, int, int, int]) -> np.ndarray:
    image = np.zeros((240, 320, 3), np.uint8)
    for left, top, width, height in spots:
        image[top : top + height, left : left + width, 2] = 255  # blue, green, red
    return image


@pytest.fixture
def wheel(monkeypatch) -> None:
    """A module in MediaPipe's place whose wheel has models."""
    module = ModuleType("mediapipe")
    module.solutions = SimpleNamespace(pose=SimpleNamespace(Pose=Pose))
    monkeypatch.setitem(sys.modules, "mediapipe", module)


LEFT, RIGHT = (20, 40, 60, 150), (200, 60, 50, 120)


def test_two_persons_of_a_solution_that_finds_one(wheel):
    estimator = mediapipe_estimator()
    assert (estimator.topology, estimator.in_space) == (MEDIAPIPE33, True)
    points, score, space = estimator(picture(LEFT, RIGHT))
    assert points.shape == (2, 33, 2) and space.shape == (2, 33, 3)
    np.testing.assert_allclose(points[0, :2], [[20, 40], [80, 40]], atol=1)
    np.testing.assert_allclose(points[1, :2], [[200, 60], [250, 60]], atol=1)
    np.testing.assert_allclose(score, 0.9)
    assert space[0, 3].tolist() == [-1, -1, 0.25]  # to the camera's left, up, away


def test_one_more_person_is_looked_for_every_sixth_picture(wheel):
    estimator = mediapipe_estimator()
    assert len(estimator(picture(LEFT)).points) == 1
    counts = [len(estimator(picture(LEFT, RIGHT)).points) for _ in range(8)]
    assert counts == [1, 1, 1, 1, 1, 2, 2, 2]
    assert [len(estimator(picture()).points), len(estimator(picture(LEFT)).points)] == [0, 1]


def test_as_many_persons_as_are_wanted(wheel):
    assert len(mediapipe_estimator(persons=1)(picture(LEFT, RIGHT)).points) == 1
    assert len(mediapipe_estimator(persons=3)(picture(LEFT, RIGHT, (120, 20, 30, 80))).points) == 3


def test_who_was_found_already_is_not_found_twice(wheel, monkeypatch):
    monkeypatch.setattr("tg_skeleton.pose.blazepose._without", lambda image, marks: image)
    assert len(mediapipe_estimator()(picture(LEFT, RIGHT)).points) == 1


def test_another_video_begins_with_another_solution(wheel):
    estimator = mediapipe_estimator(persons=1)
    estimator(picture(LEFT))
    made = Pose.made
    estimator.reset()
    estimator(picture(LEFT))
    assert Pose.made == made + 1
    assert repr(estimator) == "MediaPipeEstimator(wheel, persons=1)"


def test_a_release_without_models_wants_a_file(monkeypatch, tmp_path):
    module = ModuleType("mediapipe")
    module.__version__ = "0.10.30"
    monkeypatch.setitem(sys.modules, "mediapipe", module)
    with pytest.raises(ValueError, match=r"mediapipe 0\.10\.30 has no models .* 'mediapipe==0\.10\.21' .*--pose-model"):
        mediapipe_estimator()
    with pytest.raises(FileNotFoundError, match=r"model: expected a \.task file of MediaPipe, got '.*none\.task'"):
        mediapipe_estimator(tmp_path / "none.task")


@pytest.fixture
def tasks(monkeypatch) -> SimpleNamespace:
    """A module in MediaPipe's place that reads .task files and finds several persons by itself."""
    noted = SimpleNamespace(options=None, times=[])

    class Landmarker:
        @staticmethod
        def create_from_options(options: SimpleNamespace) -> Landmarker:
            if options.base_options.model_asset_buffer != b"a model":
                raise RuntimeError("Unable to open zip archive.\nMore of it.")
            noted.options = options
            return Landmarker()

        def detect_for_video(self, image: SimpleNamespace, time: int) -> SimpleNamespace:
            noted.times.append(time)
            found = [marks(box, image.data) for box in boxes(image.data)][: noted.options.num_poses]
            picture, world = zip(*found, strict=True) if found else ([], [])
            return SimpleNamespace(pose_landmarks=list(picture), pose_world_landmarks=list(world))

    module, inner, python = ModuleType("mediapipe"), ModuleType("mediapipe.tasks"), ModuleType("mediapipe.tasks.python")
    module.__version__, module.ImageFormat = "0.10.30", SimpleNamespace(SRGB=1)
    module.Image = lambda image_format, data: SimpleNamespace(data=data)
    python.BaseOptions = SimpleNamespace
    python.vision = SimpleNamespace(
        PoseLandmarkerOptions=SimpleNamespace, PoseLandmarker=Landmarker, RunningMode=SimpleNamespace(VIDEO="video")
    )
    inner.python = python
    for name, one in (("mediapipe", module), ("mediapipe.tasks", inner), ("mediapipe.tasks.python", python)):
        monkeypatch.setitem(sys.modules, name, one)
    return noted


def test_a_task_file_finds_several_persons(tasks, tmp_path):
    path = tmp_path / "pose.task"
    path.write_bytes(b"a model")
    estimator = mediapipe_estimator(path, persons=2)
    points, score, space = estimator(picture(LEFT, RIGHT))
    assert points.shape == (2, 33, 2) and (score.shape, space.shape) == ((2, 33), (2, 33, 3))
    assert len(estimator(picture()).points) == 0 and tasks.times == [33, 66]  # they must ascend
    assert (tasks.options.running_mode, repr(estimator)) == ("video", "MediaPipeEstimator(pose.task, persons=2)")


def test_a_file_that_is_no_model_is_named(tasks, tmp_path):
    path = tmp_path / "pose.task"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"pose\.task': expected a \.task file .*: Unable to open zip archive\.$"):
        mediapipe_estimator(path)


def test_errors_of_the_installation(monkeypatch):
    with pytest.raises(ValueError, match="persons: expected 1 or more, got 0"):
        mediapipe_estimator(persons=0)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ImportError, match=r"which is not installed; pip install 'tg_skeleton\[video\]' in one"):
        mediapipe_estimator()


# -- MediaPipe itself, on real videos ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    mediapipe = pytest.importorskip("mediapipe", reason="the extra video (mediapipe) is not installed")
    if not hasattr(mediapipe, "solutions"):
        pytest.skip("this release of mediapipe has no models in its wheel")
    return mediapipe_estimator()


def test_a_person_is_found_in_space(real, shared_data):
    recording = read_video(shared_data / "videos" / "balance_camera1.mp4", real, every=4)
    assert recording.pos.shape[0] == 25 and recording.nobody == 0 and recording.remarks == ()
    hips = recording.pos[:, 0, 23:25].mean(1)
    assert hips[:, 2].min() > 2 and hips[:, 2].max() < 6  # meters from the camera
    head, feet = recording.pos[0, 0, 0, 1], recording.pos[0, 0, 27:29, 1].mean()  # later the person leans
    assert 1.0 < head - feet < 2.2


def test_two_persons_are_found(real, shared_data):
    real.reset()
    with VideoFile(shared_data / "videos" / "two_persons_camera1.mp4", every=20) as video:
        counts = [len(real(picture.image).points) for picture in video]
    assert len(counts) == 5 and counts.count(2) >= 3


@pytest.fixture
def bundle(real, tmp_path) -> Path:
    """A ``.task`` file of the models in the wheel: what a release without models reads."""
    try:
        return write_task(tmp_path / "pose_landmarker_full.task")
    except FileNotFoundError:
        pytest.skip("this release of mediapipe has no models in its wheel")


def test_a_genuine_task_file_finds_what_the_wheel_finds(real, bundle, shared_data):
    landmarker = mediapipe_estimator(bundle, persons=2)
    real.reset()
    with VideoFile(shared_data / "videos" / "two_persons_camera1.mp4", every=5) as video:
        found = [(real(picture.image), landmarker(picture.image)) for picture, _ in zip(video, range(8), strict=False)]
    both = [(one, other) for one, other in found if len(one.points) == len(other.points) == 2]
    assert len(both) >= 5
    for one, other in both:
        order = np.argsort(one.points[:, 23, 1]), np.argsort(other.points[:, 23, 1])
        apart = np.linalg.norm(one.points[order[0]] - other.points[order[1]], axis=-1)
        assert np.median(apart) < 40  # pixels, of bodies 700 tall
        body = np.linalg.norm(one.space[order[0]] - other.space[order[1]], axis=-1)
        assert np.median(body) < 0.15  # meters


def test_a_task_file_reads_a_video_twice(bundle, shared_data):
    landmarker = mediapipe_estimator(bundle, persons=1)
    video = shared_data / "videos" / "balance_camera1.mp4"
    one, other = (read_video(video, landmarker, every=20) for _ in range(2))
    assert one.nobody == 0 and one.pos.shape == (5, 1, 33, 3)
    np.testing.assert_array_equal(one.pos, other.pos)  # nothing is remembered


def test_a_task_file_without_what_it_must_say_is_named(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        detector = archive.read("pose_detector.tflite")
    path = tmp_path / "half.task"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pose_detector.tflite", detector)
    with pytest.raises(ValueError, match=r"half\.task': expected a \.task file of MediaPipe's pose landmarker: "):
        mediapipe_estimator(path)
