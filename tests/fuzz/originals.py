"""Valid files of every form of recordings, small ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tg_skeleton import Topology
from tg_skeleton.io import NTUBodies, write_ntu_skeleton

STICK = Topology("stick", ("foot", "knee", "head"), ("foot", "foot", "knee"))
RANDOM = np.random.default_rng(0)
POS = RANDOM.normal(size=(9, 1, 3, 3)).round(3)


def ntu() -> bytes:
    """NTU RGB+D's text."""
    frame = np.repeat(np.arange(3), 2)
    ids = np.tile([72057594037931101, 72057594037931102], 3)
    joints = RANDOM.normal(size=(6, 25, 12)).astype(np.float32)
    return write_ntu_skeleton(NTUBodies("S001C001P001R001A001", 3, frame, ids, np.ones((6, 9), np.float32), joints))


def nw_ucla() -> bytes:
    """NW-UCLA's JSON."""
    return json.dumps({"skeletons": RANDOM.normal(size=(3, 20, 3)).round(3).tolist(), "label": 4}).encode()


def kinetics() -> bytes:
    """Kinetics' JSON."""
    human = {"pose": RANDOM.random(36).round(3).tolist(), "score": RANDOM.random(18).round(3).tolist()}
    frames = [{"frame_index": frame, "skeleton": [human, human]} for frame in (1, 2, 4)]
    return json.dumps({"data": frames, "label": "abseiling", "label_index": 0}).encode()


def openpose(folder: Path) -> Path:
    """A folder of OpenPose's frames."""
    people = [{"pose_keypoints_2d": RANDOM.random(54).round(3).tolist()}]
    for frame in range(3):
        (folder / f"walk_{frame:012}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))
    return folder / "walk_000000000001_keypoints.json"


def sbu() -> bytes:
    """SBU's text."""
    return "\n".join(f"{frame}," + ",".join(map(str, RANDOM.random(90).round(3))) for frame in range(1, 5)).encode()


def npy(folder: Path) -> Path:
    """An array."""
    np.save(folder / "walk.npy", POS)
    return folder / "walk.npy"


def npz(folder: Path) -> Path:
    """Compressed arrays."""
    score = np.ones(POS.shape[:3])
    np.savez_compressed(folder / "walk.npz", pos=POS, score=score, label=2, fps=25.0, name="walk")
    return folder / "walk.npz"


def wide() -> bytes:
    """A table of one row a frame."""
    names = ["frame", "person", *(f"{joint}_{kind}" for joint in STICK.joints for kind in ("x", "y", "score")), "label"]
    rows = [[frame, 1, *RANDOM.random(9).round(3), "walk"] for frame in range(5)]
    return "\n".join(",".join(map(str, row)) for row in [names, *rows]).encode()


def long() -> bytes:
    """A table of one row a joint."""
    rows = [("frame", "joint", "x", "y", "z"), *((f, j, *RANDOM.random(3)) for f in range(4) for j in STICK.joints)]
    return "\n".join("\t".join(map(str, row)) for row in rows).encode()


def mat(folder: Path) -> Path:
    """Matlab's file."""
    import scipy.io

    values = {"pos": POS, "fps": 25.0, "label": "walk", "more": {"a": [1, 2]}}
    scipy.io.savemat(folder / "walk.mat", values, do_compression=True)
    return folder / "walk.mat"


def c3d(folder: Path) -> Path:
    """Markers."""
    import ezc3d

    content = ezc3d.c3d()
    content["parameters"]["POINT"]["RATE"]["value"] = [100]
    content["parameters"]["POINT"]["LABELS"]["value"] = list(STICK.joints)
    content["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    content["data"]["points"] = np.concatenate([POS[:, 0], np.ones((9, 3, 1))], -1).transpose(2, 1, 0)
    content["data"]["meta_points"]["residuals"] = np.zeros((1, 3, 9))
    content.write(str(folder / "walk.c3d"))
    return folder / "walk.c3d"


BVH = b"""HIERARCHY
ROOT foot
{
  OFFSET 0.0 0.0 0.0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT knee
  {
    OFFSET 0.0 0.5 0.0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0.0 0.5 0.0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.033333
0.0 1.0 2.0 0.0 0.0 0.0 1.0 2.0 3.0
0.1 1.0 2.0 0.0 5.0 0.0 1.0 2.0 3.0
"""


def video(folder: Path) -> Path:
    """Four gray pictures."""
    import cv2

    writer = cv2.VideoWriter(str(folder / "walk.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (32, 32))
    for shade in range(4):
        writer.write(np.full((32, 32, 3), 50 * shade, np.uint8))
    writer.release()
    return folder / "walk.avi"
