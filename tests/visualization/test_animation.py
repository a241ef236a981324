from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.visualization import animate_sequence
from tg_skeleton.visualization.style import palette

STICK = Topology("stick", ("foot", "hip", "head"), (0, 0, 1))


def walking(frames: int = 4, persons: int = 1) -> SkeletonSequence:
    pos = np.random.default_rng(0).normal(size=(frames, persons, 3, 3))
    return SkeletonSequence.from_array(pos, STICK)


def ffmpeg() -> str:
    if shutil.which("ffmpeg") is None and importlib.util.find_spec("imageio_ffmpeg") is None:
        pytest.skip("an MP4 takes ffmpeg or imageio-ffmpeg, and this environment has neither")
    if shutil.which("ffmpeg") is not None:
        return "ffmpeg"
    return importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()


def test_a_gif_has_a_picture_per_frame_and_goes_on_for_ever(tmp_path: Path) -> None:
    path = animate_sequence(walking(5, persons=2), tmp_path / "walk.gif", fps=10, title="walk")
    with Image.open(path) as film:
        assert (film.n_frames, film.info["duration"], film.info["loop"]) == (5, 100, 0)
    assert [file.name for file in tmp_path.iterdir()] == ["walk.gif"]


def test_an_mp4_has_a_picture_per_frame_of_even_sides(tmp_path: Path) -> None:
    program = ffmpeg()
    path = animate_sequence(walking(6), tmp_path / "walk.mp4", fps=12, size=1.57, style="dark")
    told = subprocess.run([program, "-i", path, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    assert re.findall(r"frame= *(\d+)", told)[-1] == "6"
    assert "h264" in told and "yuv420p" in told and "12 fps" in told
    sides = re.search(r", (\d+)x(\d+)", told)
    assert sides is not None and all(int(side) % 2 == 0 for side in sides.groups())


def test_the_background_is_that_of_the_style(tmp_path: Path) -> None:
    with Image.open(animate_sequence(walking(2), tmp_path / "walk.gif", style="dark")) as film:
        color = film.convert("RGB").getpixel((1, 1))
    assert color == tuple(bytes.fromhex(palette("dark").background[1:]))


def test_bodies_stay_in_the_picture_while_the_camera_turns(tmp_path: Path) -> None:
    path = animate_sequence(walking(3), tmp_path / "walk.gif", view=(0, 20), turn=180)
    with Image.open(path) as film:
        picture = np.asarray(film.convert("RGB"))[:-8]  # without the line that says how far the film is
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edge == 255).all() and (picture != 255).any()


def test_a_failed_film_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "walk.gif"
    path.write_bytes(b"earlier")
    with pytest.raises(ValueError, match="view: expected"):
        animate_sequence(walking(), path, view="top")  # type: ignore[arg-type]
    assert path.read_bytes() == b"earlier"


def test_without_ffmpeg_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ImportError, match="writing an MP4 needs ffmpeg, .* pip install imageio-ffmpeg, or give a file"):
        animate_sequence(walking(), tmp_path / "walk.mp4")


def test_arguments_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path: expected a file name ending in .gif or .mp4, got '.*walk.avi'"):
        animate_sequence(walking(), tmp_path / "walk.avi")
    with pytest.raises(ValueError, match="fps: expected a number above 0, got 0"):
        animate_sequence(walking(), tmp_path / "walk.gif", fps=0)
    with pytest.raises(ValueError, match="size: expected a number above 0, got -1"):
        animate_sequence(walking(), tmp_path / "walk.gif", size=-1)
    with pytest.raises(
        ValueError, match=r"turn: expected a view of two angles to turn, such as \(0, 15\), got view='xy'"
    ):
        animate_sequence(walking(), tmp_path / "walk.gif", turn=90)
