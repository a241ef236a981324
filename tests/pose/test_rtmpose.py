"""RTMPose through rtmlib: what we ask of it and what we make of its answers.

Its models have to be fetched, so stand-ins answer here: a module in rtmlib's place, and, where rtmlib itself is
installed, two ONNX files that are written in the test and always give the same answer.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tg_skeleton import NTU25
from tg_skeleton.pose import RTMLibEstimator, rtmlib_estimator
from tg_skeleton.topologies import COCO17, HALPE26, Topology

IMAGE = np.zeros((48, 64, 3), np.uint8)


class Solution:
    """The two parts of rtmlib's ``Body`` that are used."""

    def __init__(self, joints: int, boxes: np.ndarray) -> None:
        self.joints, self.boxes, self.asked = joints, boxes, SimpleNamespace()

    def det_model(self, image: np.ndarray) -> np.ndarray:
        return self.boxes

    def pose_model(self, image: np.ndarray, bboxes: list | np.ndarray = ()) -> tuple[np.ndarray, np.ndarray]:
        # as rtmlib: without a box the whole picture is one
        boxes = np.asarray(bboxes if len(bboxes) else [[0, 0, image.shape[1], image.shape[0]]], np.float64)
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        return np.repeat(middle[:, None], self.joints, 1), np.full((len(boxes), self.joints), 1.5)


@pytest.fixture
def rtmlib(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A module in rtmlib's place that notes how it is called."""
    noted = SimpleNamespace(calls=[])

    def solution(name: str, joints: int):
        def make(**arguments: str) -> Solution:
            noted.calls.append((name, arguments))
            print("load a model")
            return Solution(joints, np.array([[0.0, 0.0, 20.0, 40.0], [30.0, 0.0, 50.0, 40.0]]))

        return make

    module = ModuleType("rtmlib")
    module.Body, module.BodyWithFeet = solution("Body", 17), solution("BodyWithFeet", 26)
    monkeypatch.setitem(sys.modules, "rtmlib", module)
    return noted


@pytest.mark.parametrize(("topology", "name"), [(COCO17, "Body"), (HALPE26, "BodyWithFeet")])
def test_the_topology_chooses_the_model(rtmlib: SimpleNamespace, topology: Topology, name: str, capsys) -> None:
    estimator = rtmlib_estimator(topology, "lightweight", device="cuda")
    assert rtmlib.calls == [(name, {"mode": "lightweight", "backend": "onnxruntime", "device": "cuda"})]
    assert capsys.readouterr().out == ""  # a command's output may be JSON
    points, score, _ = estimator(IMAGE)
    assert (points.shape, score.shape) == ((2, topology.num_joints, 2), (2, topology.num_joints))
    assert points[:, 0].tolist() == [[10, 20], [40, 20]] and score.max() == 1
    assert estimator.topology == topology and repr(estimator) == f"RTMLibEstimator('{topology.name}')"


def test_the_default_has_feet(rtmlib: SimpleNamespace) -> None:
    assert rtmlib_estimator().topology == HALPE26
    assert rtmlib.calls[0][1] == {"mode": "balanced", "backend": "onnxruntime", "device": "cpu"}


def test_a_picture_without_a_box_has_nobody() -> None:
    points, score, _ = RTMLibEstimator(COCO17, Solution(17, np.array([])))(IMAGE)
    assert (points.shape, score.shape) == ((0, 17, 2), (0, 17))


def test_other_joints_and_modes_are_refused(rtmlib: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="topology: expected COCO17 or HALPE26, .* got 'NTU25'; carry them over with"):
        rtmlib_estimator(NTU25)
    with pytest.raises(ValueError, match="mode: expected 'performance', 'balanced' or 'lightweight', got 'best'"):
        rtmlib_estimator(COCO17, "best")
    assert not rtmlib.calls


def test_without_rtmlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(ImportError, match=r"rtmlib, which is not installed; pip install 'tg_skeleton\[pose\]'"):
        rtmlib_estimator()


def constant_network(path: Path, size: tuple[int, int], outputs: dict[str, np.ndarray]) -> str:
    """An ONNX file that takes a picture ``[1, 3, H, W]`` and always answers ``outputs``."""
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    width, height = size
    kind = onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value.astype(np.float32)))
        for name, value in outputs.items()
    ]
    answers = [helper.make_tensor_value_info(name, kind, value.shape) for name, value in outputs.items()]
    asked = [helper.make_tensor_value_info("input", kind, (1, 3, height, width))]
    model = helper.make_model(
        helper.make_graph(nodes, "constant", asked, answers), opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    onnx.save(model, str(path))
    return str(path)


@pytest.mark.parametrize(("topology", "name"), [(COCO17, "Body"), (HALPE26, "BodyWithFeet")])
@pytest.mark.parametrize("found", [2, 0])
def test_rtmlib_itself_answers_as_we_read_it(topology: Topology, name: str, found: int, tmp_path, monkeypatch) -> None:
    pytest.importorskip("onnxruntime")
    rtmlib = pytest.importorskip("rtmlib", reason="the extra 'pose' (rtmlib) is not installed")
    boxes = np.array([[0, 0, 240, 320, 0.9], [240, 0, 480, 320, 0.9 if found else 0.0]])[None]
    boxes[..., 4] *= bool(found)
    joints, place = topology.num_joints, 2 * 48  # the middle of a box that is 192 pixels wide, in halves of a pixel
    x, y = np.zeros((1, joints, 2 * 192)), np.zeros((1, joints, 2 * 256))
    x[..., 2 * place], y[..., 2 * 128] = 0.75, 0.75
    files = {
        "det": constant_network(tmp_path / "det.onnx", (640, 640), {"boxes": boxes}),
        "pose": constant_network(tmp_path / "pose.onnx", (192, 256), {"x": x, "y": y}),
    }
    sizes = {"det_input_size": (640, 640), "pose_input_size": (192, 256)}
    monkeypatch.setattr(getattr(rtmlib, name), "MODE", {"balanced": {**files, **sizes}})
    points, score, _ = rtmlib_estimator(topology)(np.zeros((640, 640, 3), np.uint8))
    assert (points.shape, score.shape) == ((found, joints, 2), (found, joints))
    expected = np.array([[120.0, 160.0], [360.0, 160.0]])[:found, None]
    np.testing.assert_allclose(points, np.broadcast_to(expected, points.shape), atol=1e-3)
    assert np.allclose(score, 0.75)
