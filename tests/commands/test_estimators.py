"""The estimator that arguments name."""

from __future__ import annotations

import argparse
import functools
import http.server
import sys
import threading
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tg_skeleton.commands import estimators
from tg_skeleton.pose import Estimate, PoseEstimator
from tg_skeleton.topologies import COCO17, HALPE26, MEDIAPIPE33, NTU25


def given(**arguments):
    return argparse.Namespace(**{"estimator": None, "pose_model": None, "field_of_view": 60.0, **arguments})


@pytest.fixture
def installed(monkeypatch):
    """Says which packages are there; modules stand for them."""

    def install(*names):
        for name in ("rtmlib", "mediapipe"):
            monkeypatch.setitem(sys.modules, name, None)
        if "rtmlib" in names:
            module = ModuleType("rtmlib")
            module.Body = module.BodyWithFeet = lambda **arguments: SimpleNamespace()
            module.__spec__ = SimpleNamespace()
            monkeypatch.setitem(sys.modules, "rtmlib", module)
        if "mediapipe" in names:
            module = ModuleType("mediapipe")
            module.solutions = SimpleNamespace(pose=SimpleNamespace(Pose=SimpleNamespace))
            module.__spec__ = SimpleNamespace()
            monkeypatch.setitem(sys.modules, "mediapipe", module)

    return install


@pytest.mark.parametrize(
    ("packages", "topology", "dims", "expected"),
    [
        (("rtmlib", "mediapipe"), NTU25, 3, MEDIAPIPE33),
        (("rtmlib", "mediapipe"), COCO17, 2, COCO17),
        (("rtmlib", "mediapipe"), HALPE26, 2, HALPE26),
        (("mediapipe",), COCO17, 2, MEDIAPIPE33),
        (("rtmlib", "mediapipe"), None, None, MEDIAPIPE33),
        (("rtmlib",), None, None, HALPE26),
    ],
)
def test_what_is_installed_and_fits_is_taken_and_named(installed, packages, topology, dims, expected, capsys):
    installed(*packages)
    estimator = estimators.estimator_of(given(), topology, dims)
    assert estimator.topology == expected
    said = capsys.readouterr().err
    assert said.startswith(f"estimator: {estimator}, {expected.num_joints} joints in ") and said.count("\n") == 1


def test_a_network_in_space_says_what_is_missing(installed):
    installed("rtmlib")
    with pytest.raises(ImportError, match=r"pip install 'tg_skeleton\[video\]'"):
        estimators.estimator_of(given(), NTU25, 3)


def test_the_named_one_is_taken_without_a_word(installed, capsys):
    installed("rtmlib", "mediapipe")
    assert estimators.estimator_of(given(estimator="rtmlib"), COCO17, 2).topology == COCO17
    assert estimators.estimator_of(given(estimator="mediapipe"), COCO17, 2).topology == MEDIAPIPE33
    assert capsys.readouterr().err == ""
    with pytest.raises(
        ValueError, match="--estimator: expected mediapipe, rtmlib or package.module:name, got openpose"
    ):
        estimators.estimator_of(given(estimator="openpose"))


class Mine(PoseEstimator):
    topology = COCO17

    def __call__(self, image):
        return Estimate(np.zeros((0, 17, 2)), np.zeros((0, 17)))


def test_one_of_ones_own(monkeypatch):
    module = ModuleType("my_estimators")
    module.Mine, module.made, module.number = Mine, Mine(), 3
    module.make = lambda: module.made
    monkeypatch.setitem(sys.modules, "my_estimators", module)
    for name in ("Mine", "made", "make"):
        assert isinstance(estimators.estimator_of(given(estimator=f"my_estimators:{name}")), Mine)
    with pytest.raises(ImportError, match="--estimator my_estimators:other: expected package.module:name"):
        estimators.estimator_of(given(estimator="my_estimators:other"))
    module.wrong = dict
    with pytest.raises(
        ImportError, match=r"expected a tg_skeleton\.pose\.PoseEstimator, or what gives one .* got \{\}"
    ):
        estimators.estimator_of(given(estimator="my_estimators:wrong"))


@pytest.fixture
def server(tmp_path):
    """A web server of a folder on the loopback address, with a count of what it was asked for."""
    folder = tmp_path / "served"
    folder.mkdir()
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *arguments: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield SimpleNamespace(folder=folder, asked=asked, address=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


def test_a_model_is_fetched_once_and_checked(server, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (server.folder / "pose.task").write_bytes(b"a model")
    address = f"{server.address}/pose.task"
    first, second = estimators._fetched(address), estimators._fetched(address)
    assert first == second == tmp_path / "cache" / "tg_skeleton" / "pose.task" and first.read_bytes() == b"a model"
    assert server.asked == ["/pose.task"]
    first.write_bytes(b"a mOdel")  # changed on the disk
    with pytest.raises((RuntimeError, ValueError), match="pose.task"):
        estimators._fetched(address)
    assert str(estimators._fetched("here/pose.task")) == "here/pose.task"
