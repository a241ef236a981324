"""Readers of coordinates in pictures say the pictures' shape."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from tg_skeleton.io import (
    Recording,
    aspect_of,
    read_array,
    read_kinetics_json,
    read_openmmlab_pickle,
    read_openpose_folder,
)
from tg_skeleton.topologies import COCO17


def test_an_openpose_folder(tmp_path) -> None:
    people = [{"pose_keypoints_2d": [480.0, 120.0, 0.5] * 25}]
    (tmp_path / "walk_000_keypoints.json").write_text(json.dumps({"people": people}))
    assert read_openpose_folder(tmp_path, image_size=(640, 480)).aspect == 640 / 480
    assert read_openpose_folder(tmp_path, image_size=(1, 1)).aspect == 1


def test_an_array_of_pixels(tmp_path) -> None:
    np.save(tmp_path / "walk.npy", np.full((5, 17, 2), 300.0) + np.arange(17)[:, None])
    assert read_array(tmp_path / "walk.npy", COCO17, image_size=(1920, 1080)).aspect == 1920 / 1080
    assert read_array(tmp_path / "walk.npy", COCO17).aspect == 1  # parts of the persons' extent


def test_an_annotation_of_openmmlab() -> None:
    keypoint, score = np.tile(np.array([150, 25], np.float16), (2, 3, 17, 1)), np.full((2, 3, 17), 0.5, np.float16)
    fields = {"frame_dir": "clip7", "label": 3, "total_frames": 3, "img_shape": (100, 200), "keypoint": keypoint}
    content = pickle.dumps({"split": {}, "annotations": [{**fields, "keypoint_score": score}]})
    assert read_openmmlab_pickle(content).records[0].aspect == 2
    assert read_openmmlab_pickle(content, units="pixels").records[0].aspect == 1


def test_coordinates_in_space_have_none(tmp_path) -> None:
    np.save(tmp_path / "walk.npy", np.random.default_rng(0).normal(size=(5, 17, 3)))
    assert read_array(tmp_path / "walk.npy", COCO17, image_size=(1920, 1080)).aspect == 1


def test_a_clip_of_kinetics() -> None:
    body = {"pose": [0.5] * 36, "score": [0.9] * 18}
    clip = {"data": [{"frame_index": 1, "skeleton": [body]}], "label": "yoga", "label_index": 3}
    assert read_kinetics_json(json.dumps(clip).encode(), name="yoga").aspect == 340 / 256


def test_in_one_unit_bodies_keep_their_shape() -> None:
    recording = Recording("a", np.array([[[[0.1, 0.2], [-0.3, 0.4]]]], np.float32), -1, aspect=1.5)
    np.testing.assert_allclose(recording.in_one_unit(), [[[[0.15, 0.2], [-0.45, 0.4]]]], rtol=1e-6)


def test_a_picture_without_a_size() -> None:
    assert aspect_of(None) == 1
    with pytest.raises(
        ValueError, match=r"image_size: expected \(width, height\) of the picture in pixels, got \(0, 4\)"
    ):
        aspect_of((0, 4))
