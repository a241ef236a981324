"""Motion capture and Matlab."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.io import Source, read_bvh, read_c3d, read_file, read_mat
from tg_skeleton.io.forms import ReadOptions

STICK = Topology("stick", ("foot", "knee", "head"), ("foot", "foot", "knee"))
POS = np.random.default_rng(0).normal(size=(9, 3, 3)) + 2


def test_matlab(tmp_path):
    scipy_io = pytest.importorskip("scipy.io", reason="scipy is not installed")
    scipy_io.savemat(tmp_path / "walk.mat", {"body": POS.transpose(1, 2, 0), "fps": 25, "label": "walk"})
    form, recording = read_file(Source(tmp_path / "walk.mat"), ReadOptions(topology=STICK, layout="V C T"))
    np.testing.assert_array_equal(recording.pos[:, 0], POS.astype(np.float32))
    assert (form.name, recording.fps, recording.class_name, recording.name) == ("mat", 25, "walk", "walk")
    scipy_io.savemat(tmp_path / "two.mat", {"a": POS, "b": POS})
    with pytest.raises(ValueError, match=r"expected a variable 'pos', or one array .* got a \[9, 3, 3\], b "):
        read_mat(tmp_path / "two.mat", STICK)
    (tmp_path / "bad.mat").write_bytes(b"no matlab")
    with pytest.raises(ValueError, match="expected a .mat file, got something else"):
        read_mat(tmp_path / "bad.mat", STICK)


def write_c3d(path, points, labels, *, up="+Z"):
    ezc3d = pytest.importorskip("ezc3d", reason="ezc3d is not installed")
    content = ezc3d.c3d()
    content["parameters"]["POINT"]["RATE"]["value"] = [100]
    content["parameters"]["POINT"]["LABELS"]["value"] = labels
    content["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    content.add_parameter("POINT", "Y_SCREEN", [up])
    homogeneous = np.concatenate([points, np.ones_like(points[..., :1])], -1)
    content["data"]["points"] = homogeneous.transpose(2, 1, 0)
    residuals = np.zeros((1, points.shape[1], len(points)))
    residuals[0, 1, 4] = -1
    content["data"]["meta_points"]["residuals"] = residuals
    content.write(str(path))


def test_c3d(tmp_path):
    write_c3d(tmp_path / "walk.c3d", POS * 1000, ["Head", "Foot", "Knee"])
    recording = read_c3d(tmp_path / "walk.c3d", STICK)
    expected = POS[:, [1, 2, 0]][..., [0, 2, 1]] * (1, 1, -1)  # z up: y up
    np.testing.assert_allclose(recording.pos[0, 0], expected[0], atol=1e-5)
    assert recording.score[4, 0].tolist() == [0.0, 1.0, 1.0] and recording.score.sum() == 26
    assert recording.fps == 100 and recording.remarks[-1] == "z pointed up: turned so that y does"
    with pytest.raises(ValueError, match="expected the joints of t, got 3 without 'hip'"):
        read_c3d(tmp_path / "walk.c3d", Topology("t", ("head", "hip"), ("hip", "hip")))
    (tmp_path / "bad.c3d").write_bytes(b"no c3d")
    with pytest.raises(ValueError, match="expected a .c3d file, got something else"):
        read_c3d(tmp_path / "bad.c3d", STICK)


BVH = """HIERARCHY
ROOT hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT spine
  {
    OFFSET 0 10 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT head
    {
      OFFSET 0 5 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 0 2 0
      }
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.02
1 90 3 0 0 0 0 0 0 0 0 0
1 90 3 0 0 0 90 0 0 0 0 0
"""


def test_bvh_brings_its_skeleton(tmp_path):
    pytest.importorskip("pybvh", reason="pybvh is not installed")
    (tmp_path / "walk.bvh").write_text(BVH)
    form, recording = read_file(Source(tmp_path / "walk.bvh"))
    topology = recording.topology
    assert (form.name, topology.joints, topology.parents) == ("bvh", ("hips", "spine", "head"), (0, 0, 1))
    np.testing.assert_allclose(recording.pos[0, 0], [[1, 90, 3], [1, 100, 3], [1, 105, 3]], atol=1e-4)
    np.testing.assert_allclose(recording.pos[1, 0, 2], [-4, 100, 3], atol=1e-4)  # a quarter turn about z
    assert recording.fps == 50
    pair = Topology("pair", ("Head", "Hips"), ("Hips", "Hips"))
    assert read_bvh(tmp_path / "walk.bvh", pair).pos[0, 0].tolist() == [[1, 105, 3], [1, 90, 3]]
    (tmp_path / "bad.bvh").write_text("no bvh")
    with pytest.raises(ValueError, match="expected a .bvh file, got something else"):
        read_bvh(tmp_path / "bad.bvh", None)


def test_a_bvh_file_of_infinite_angles_is_refused(tmp_path):
    pytest.importorskip("pybvh", reason="pybvh is not installed")
    (tmp_path / "bad.bvh").write_text(BVH.replace("1 90 3 0 0 0 90", "1 90 3 0 0 0 1e999"))
    with pytest.raises(ValueError, match="expected finite numbers, got others in frame 1"):
        read_bvh(tmp_path / "bad.bvh", None)


@pytest.mark.parametrize(
    ("read", "package", "extra"),
    [(read_mat, "scipy.io", "mat"), (read_bvh, "pybvh", "bvh")],
)
def test_without_the_package_the_fix_is_named(tmp_path, monkeypatch, read, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"pip install 'tg_skeleton\[{extra}\]'"):
        read(tmp_path / "a", STICK)
