"""Simulated recordings in NTU RGB+D's raw format."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tg_skeleton.datasets import simulate
from tg_skeleton.datasets.simulated_export import export_ntu, to_ntu_bodies
from tg_skeleton.io import read_ntu_skeleton, write_ntu_skeleton


def test_bodies_of_a_recording():
    recording = simulate("handshake", subject=3, camera=1)
    recording.pos[4, 0] = 0.0
    recording.pos[6] = 0.0
    bodies = to_ntu_bodies(recording)
    frames, persons = recording.pos.shape[:2]
    assert (bodies.name, bodies.num_frames, persons) == ("S001C001P003R001A013", frames, 2)
    assert [(bodies.frame == frame).sum() for frame in (3, 4, 5, 6, 7)] == [2, 1, 2, 0, 2]
    back = np.zeros_like(recording.pos)
    back[bodies.frame, bodies.body_id - bodies.body_id.min()] = bodies.pos
    assert (back == recording.pos).all()
    assert (bodies.joints[..., 3:11] == 0).all() and (bodies.joints[..., 11] == 2).all()


def test_another_skeleton_has_no_raw_format():
    recording = replace(simulate("wave"), pos=np.ones((4, 1, 20, 3), np.float32))
    with pytest.raises(ValueError, match=r"expected pos \[T, M, 25, 3\], got \[4, 1, 20, 3\]; the raw format holds"):
        to_ntu_bodies(recording)


def test_an_archive_read_back(tmp_path):
    path = export_ntu(tmp_path / "raw" / "a.zip", subjects=1, repetitions=1, seed=5)
    assert [file.name for file in path.parent.iterdir()] == ["a.zip"]
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        content = archive.read("nturgb+d_skeletons/S001C002P001R001A005.skeleton")
    assert len(members) == len(set(members)) == 16 * 3
    given = simulate("wave", 1, camera=2, seed=5)
    assert content == write_ntu_skeleton(to_ntu_bodies(given))
    bodies = read_ntu_skeleton(content, given.name)
    assert (bodies.pos == given.pos[:, 0][given.pos.any(axis=(1, 2, 3))]).all()


def test_the_archive_is_the_same_every_time(tmp_path):
    first, second = (export_ntu(tmp_path / name, subjects=1, repetitions=1) for name in ("a.zip", "b.zip"))
    assert first.read_bytes() == second.read_bytes()


def test_an_interrupted_export_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(bodies):
        raise KeyboardInterrupt

    monkeypatch.setattr("tg_skeleton.datasets.simulated_export.write_ntu_skeleton", interrupt)
    with pytest.raises(KeyboardInterrupt):
        export_ntu(tmp_path / "a.zip", subjects=1, repetitions=1)
    assert list(tmp_path.iterdir()) == []


def test_numbers_out_of_range(tmp_path):
    with pytest.raises(ValueError, match="subjects: expected a number from 1 to 999, got 0"):
        export_ntu(tmp_path / "a.zip", subjects=0)
