"""The table of forms, and a form of one's own that is added from outside."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.inference import ModelCard
from tg_skeleton.inference.files import FileReader, read_recordings
from tg_skeleton.io import FORMS, Form, ReadOptions, Recording, Source, find_recordings, form_of, read_file, titles
from tg_skeleton.topologies import COCO17, NWUCLA20, OPENPOSE18, SBU15
from tg_skeleton.transforms import SampleSegments, Streams

STICK = Topology("stick", ("a", "b"), ("a", "a"))


def read_sticks(source, options):
    pos = np.loadtxt(source.path, dtype=np.float32).reshape(-1, 1, 2, 3)
    return Recording(source.path.stem, pos, 1)


STICKS = Form(
    name="sticks",
    title="sticks (.stick)",
    read=read_sticks,
    suffixes=(".stick",),
    topologies=(STICK,),
    fps=50.0,
    classes=("sit", "stand"),
)


@pytest.fixture
def stick_file(tmp_path):
    path = tmp_path / "walk.stick"
    path.write_text("0 1 2 3 4 5\n6 7 8 9 10 11\n")
    return path


def test_names_are_unique_and_every_form_has_a_way_to_be_recognized():
    assert len({form.name for form in FORMS}) == len(FORMS)
    assert all(form.suffixes or form.filename or form.parts for form in FORMS)


def test_a_form_from_outside_is_found_read_and_listed(tmp_path, stick_file):
    forms = (*FORMS, STICKS)
    assert find_recordings([tmp_path])[0] == []
    assert find_recordings([tmp_path], forms)[0] == [Source(stick_file)]
    form, recording = read_file(Source(stick_file), forms=forms)
    assert (form, recording.topology, recording.fps, recording.label) == (STICKS, STICK, 50.0, 1)
    assert titles(forms) == f"{titles()}, sticks (.stick)"


def test_a_form_from_outside_reaches_a_network(tmp_path, stick_file):
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "num_frames": 2, "widths": (8, 8)},
        topology=STICK,
        class_names=("sit", "stand"),
        num_frames=2,
        transform=SampleSegments(2, mode="center"),
        batch_transform=Streams("joint"),
    )
    forms, skipped = (*FORMS, STICKS), []
    (read,) = read_recordings(find_recordings([tmp_path], forms)[0], FileReader(card, forms=forms), skipped)
    assert (read.form, read.label, read.fps, read.classes, skipped) == ("sticks", 1, 50.0, ("sit", "stand"), [])
    assert read.sequence.pos.shape == (2, 2, 3)


def test_sbu_is_recognized_by_its_file_name(tmp_path):
    folder = tmp_path / "s01s02" / "03" / "001"
    folder.mkdir(parents=True)
    rows = [f"{frame}," + ",".join(["0.25", "0.5", "1.5"] * 30) for frame in range(1, 4)]
    (folder / "skeleton_pos.txt").write_text("\n".join(rows))
    (folder / "notes.txt").write_text("no recording")
    found, skipped = find_recordings([tmp_path])
    form, recording = read_file(found[0])
    assert (form.name, recording.topology, recording.label) == ("sbu", SBU15, 2)
    assert [skip.path for skip in skipped] == [str(folder / "notes.txt")]


def test_json_files_are_told_apart_by_their_content(tmp_path):
    ucla = tmp_path / "a01_s01_e00_v01.json"
    ucla.write_text(json.dumps({"file_name": ucla.stem, "skeletons": np.ones((6, 20, 3)).tolist(), "label": 1}))
    human = {"pose": [0.75, 0.25] * 18, "score": [0.5] * 18}
    kinetics = tmp_path / "clip.json"
    data = [{"frame_index": 1, "skeleton": [human]}]
    kinetics.write_text(json.dumps({"data": data, "label": "abseiling", "label_index": 0}))
    read = {path: read_file(Source(path)) for path in (ucla, kinetics)}
    assert [(form.name, one.topology) for form, one in read.values()] == [
        ("nw_ucla", NWUCLA20),
        ("kinetics", OPENPOSE18),
    ]


def test_one_frame_of_openpose_names_the_fix(tmp_path):
    path = tmp_path / "walk_000_keypoints.json"
    path.write_text('{"people": [{"pose_keypoints_2d": []}]}')
    assert form_of(path).name == form_of(tmp_path).name == "openpose"
    with pytest.raises(ValueError, match="it is one frame of OpenPose's; give the folder of all of them"):
        read_file(Source(path))


def test_another_number_of_joints_than_the_form_has(tmp_path, stick_file):
    other = Form(name="x", title="x", read=read_sticks, suffixes=(".stick",), topologies=(COCO17,))
    with pytest.raises(ValueError, match=r"expected 17 joints \(COCO17\), got 2"):
        read_file(Source(stick_file), forms=(other,))


def test_what_is_of_no_form(tmp_path):
    with pytest.raises(ValueError, match=r"expected a recording \(NTU RGB\+D's .skeleton, .*, got a file that ends in"):
        form_of(tmp_path / "a.xyz")
    with pytest.raises(ValueError, match="got a folder without the files of one"):
        form_of(tmp_path)


def test_a_video_needs_an_estimator(tmp_path):
    made = Recording("clip", np.ones((2, 1, 17, 2), np.float32), -1, topology=COCO17, fps=25.0)
    with pytest.raises(ValueError, match="got a video, whose persons a pose estimator finds; give a checkpoint"):
        read_file(Source(tmp_path / "a.mp4"))
    form, recording = read_file(Source(tmp_path / "a.MP4"), ReadOptions(video=lambda path: made))
    assert (form.name, recording.fps) == ("video", 25.0)
