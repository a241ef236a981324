"""A folder of videos becomes a data set, with a stand-in for the pose estimator."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.datasets.video_poses import KeptVideos
from tg_skeleton.pose import Estimate, PoseEstimator, PoseOptions
from tg_skeleton.topologies import MEDIAPIPE33

cv2 = pytest.importorskip("cv2", reason="OpenCV (the extras video and pose) is not installed")
FRAMES, FPS = 12, 20
BODY = np.random.default_rng(0).uniform(-0.3, 0.3, (33, 3))
BODY[:, 1] = np.linspace(0.8, -0.8, 33)


class Still(PoseEstimator):
    """One person four meters away in every bright picture; notes which pictures it was shown."""

    topology = MEDIAPIPE33
    in_space = True

    def __init__(self, notes: Path | None = None, seconds: float = 0.0) -> None:
        self.notes, self.seconds = notes, seconds

    def reset(self) -> None:
        self.first = True

    def __call__(self, image: np.ndarray) -> Estimate:
        if self.first and self.notes is not None:
            with self.notes.open("a") as file:
                file.write(f"{int(image.mean())}\n")
        self.first = False
        time.sleep(self.seconds)
        height, width = image.shape[:2]
        there = np.add(BODY[None], (0, 0, 4))
        points = (width / 2, height / 2) - there[..., :2] / there[..., 2:] * width / 2 / np.tan(np.radians(30))
        persons = int(image.mean() > 20)
        return Estimate(points[:persons], np.ones((persons, 33)), BODY[None][:persons])


def write_video(path: Path, gray: int, frames: int = FRAMES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (64, 48))
    for _ in range(frames):
        writer.write(np.full((48, 64, 3), gray, np.uint8))
    writer.release()
    return path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Four videos of two classes, told apart by their gray."""
    for number, name in enumerate(("walk/a", "walk/b", "sit/c", "sit/d")):
        write_video(tmp_path / "clips" / f"{name}.avi", 60 + 40 * number)
    return tmp_path / "clips"


def looked_at(notes: Path) -> list[int]:
    return sorted(round(int(line) / 20) * 20 for line in notes.read_text().split())


def report(root: Path) -> list[dict[str, str]]:
    with (root / "poses" / "videos.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("workers", [0, 2])
def test_folders_become_classes(clips, tmp_path, workers):
    notes, root = tmp_path / "notes", tmp_path / "mine"
    dataset = ArrayDataset.from_files(root, [clips], num_workers=workers, estimator=partial(Still, notes))
    assert dataset.class_names == ("sit", "walk") and dataset.names == ["c", "d", "a", "b"]
    assert dataset[0].pos.shape == (FRAMES, 33, 3) and dataset[0].fps == FPS
    np.testing.assert_allclose(dataset[0].pos[0], np.add(BODY, (0, 0, 4)), atol=1e-4)
    assert looked_at(notes) == [60, 100, 140, 180]
    row = report(root)[2]
    assert Path(row.pop("video")) == clips / "walk" / "a.avi"
    assert row == {
        "frames": "12",
        "fps": "20.0",
        "without anybody": "0",
        "persons": "1",
        "visibility": "1.0",
        "remarks": "",
    }


def test_a_second_import_does_no_video_again(clips, tmp_path):
    notes, root = tmp_path / "notes", tmp_path / "mine"
    ArrayDataset.from_files(root, [clips], estimator=partial(Still, notes))
    write_video(clips / "sit" / "e.avi", 220)
    dataset = ArrayDataset.from_files(root, [clips], estimator=partial(Still, notes))
    assert len(dataset) == 5 and looked_at(notes) == [60, 100, 140, 180, 220]
    ArrayDataset.from_files(root, [clips], estimator=partial(Still, notes), pose=PoseOptions(field_of_view=70))
    assert len(looked_at(notes)) == 10  # other options are other skeletons


def test_bad_videos_do_not_stop_the_rest(clips, tmp_path):
    (clips / "sit" / "text.mp4").write_text("not a video")
    (clips / "sit" / "empty.mp4").touch()
    write_video(clips / "walk" / "dark.avi", 0)
    dataset = ArrayDataset.from_files(tmp_path / "mine", [clips], on_error="skip", estimator=Still)
    assert dataset.names == ["c", "d", "a", "b"]
    reasons = {Path(issue.name).name: issue.reason for issue in dataset.issues if issue.level == "error"}
    assert "expected a video, got a file that begins with b'" in reasons["text"]
    assert "expected a video, got an empty file; copy it again" in reasons["empty"]
    assert "expected a person in it, but no joint was seen in any frame" in reasons["dark"]
    dark = next(row for row in report(tmp_path / "mine") if row["video"].endswith("dark.avi"))
    assert dark["remarks"] == "nobody was found in 12 of 12 frames; a network will learn little from it"
    with pytest.raises(ValueError, match=r"empty\.mp4: expected a video, got an empty file"):
        ArrayDataset.from_files(tmp_path / "other", [clips], estimator=Still)


def test_a_list_of_clips(clips, tmp_path):
    notes = tmp_path / "notes"
    (clips / "list.csv").write_text(
        "path,class,start,end,split,subject\n"
        "walk/a.avi,walk,0,0.3,train,anna\n"
        "walk/a.avi,turn,0.3,,test,anna\n"
        "sit/c.avi,sit,,,train,ben\n"
    )
    dataset = ArrayDataset.from_files(tmp_path / "mine", [clips / "list.csv"], estimator=partial(Still, notes))
    assert dataset.names == ["a 0-0.3", "a 0.3-", "c"] and dataset.class_names == ("sit", "turn", "walk")
    assert [len(one.pos) for one in dataset] == [6, 6, 12]
    assert [one.subject for one in dataset] == ["anna", "anna", "ben"]
    assert len(ArrayDataset(tmp_path / "mine", "test")) == 1
    assert looked_at(notes) == [60, 140]  # a video of two clips is done once


def test_videos_without_a_class_are_refused_before_they_are_looked_at(clips, tmp_path):
    with pytest.raises(ValueError, match="'a': expected a class, got none; put the files into folders .* or list them"):
        ArrayDataset.from_files(tmp_path / "mine", [clips / "walk" / "a.avi"], estimator=lambda: 1 / 0)


def test_another_skeleton_than_the_estimator_s_is_refused(clips, tmp_path):
    with pytest.raises(
        ValueError, match="topology: expected MEDIAPIPE33, the joints that the estimator finds .* NTU25"
    ):
        ArrayDataset.from_files(tmp_path / "mine", [clips], "NTU25", estimator=Still)


def test_a_damaged_file_of_skeletons_is_found_anew(clips, tmp_path):
    notes = tmp_path / "notes"
    kept = KeptVideos(tmp_path / "poses", partial(Still, notes))
    path = clips / "walk" / "a.avi"
    first = kept(path)
    kept.place(path).write_bytes(kept.place(path).read_bytes()[:100])
    again = kept(path)
    np.testing.assert_array_equal(first.pos, again.pos)
    assert looked_at(notes) == [60, 60]
    assert kept(path).remarks == first.remarks and looked_at(notes) == [60, 60]


IMPORT = """
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, {here!r})
from tests.datasets.test_videos import Still
from tg_skeleton.datasets import ArrayDataset
ArrayDataset.from_files({root!r}, [{clips!r}], num_workers=2, estimator=partial(Still, Path({notes!r}), 0.02))
"""


def test_a_killed_import_goes_on(clips, tmp_path):
    notes, root = tmp_path / "notes", tmp_path / "mine"
    here = str(Path(__file__).resolve().parents[2])
    code = IMPORT.format(here=here, root=str(root), clips=str(clips), notes=str(notes))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=here)
    end = time.monotonic() + 120
    while time.monotonic() < end and len(list((root / "poses").glob("*.npz"))) < 2:
        time.sleep(0.02)
    process.kill()  # its workers end with it
    process.wait()
    done = len(list((root / "poses").glob("*.npz")))
    assert done >= 2
    before = len(notes.read_text().split())
    dataset = ArrayDataset.from_files(root, [clips], estimator=partial(Still, notes, 0.02))
    assert len(dataset) == 4 and len(notes.read_text().split()) - before == 4 - done
    whole = ArrayDataset.from_files(tmp_path / "whole", [clips], estimator=Still)
    for one, other in zip(dataset, whole, strict=True):
        np.testing.assert_array_equal(one.pos, other.pos)
