"""Long recordings, from the command line: windows, and segments from their answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton import NTU25, SkeletonSequence, load
from tg_skeleton.__main__ import main
from tg_skeleton.inference.segments import frame_probabilities, segments, smooth, spans, window_probabilities

Captured = pytest.CaptureFixture[str]


def predict(checkpoint: Path, *arguments: object) -> int:
    return main(["predict", str(checkpoint), *map(str, arguments)])


def in_json(checkpoint: Path, capsys: Captured, *arguments: object) -> list[dict[str, object]]:
    capsys.readouterr()
    assert predict(checkpoint, *arguments, "--format", "json") == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_segments_are_those_of_the_functions(checkpoint, arrays, capsys) -> None:
    recognizer = load(checkpoint)
    options = ("--window", 8, "--stride", 3, "--smooth", 3, "--filter", "median", "--min-length", 4, "--threshold", 0.5)
    rows = in_json(checkpoint, capsys, arrays / "a.npy", arrays / "c.npz", *options, "--background", "sit")
    for name, pos in (("a", np.load(arrays / "a.npy")), ("c", np.load(arrays / "c.npz")["pos"])):
        sequence = SkeletonSequence.from_array(pos, NTU25, name=name)
        parts = spans(len(pos), 8, 3)
        frames = frame_probabilities(parts, window_probabilities(recognizer, sequence, parts))
        expected = segments(smooth(frames, 3, "median"), min_length=4, threshold=0.5, background=[0])
        own = [row for row in rows if row["recording"] == name]
        assert [(row["start"], row["end"]) for row in own] == [(part.start, part.end) for part in expected]
        labels = [None if part.index < 0 else recognizer.card.class_names[part.index] for part in expected]
        assert [row["label"] for row in own] == labels
    assert any(row["label"] is None for row in rows) and any(row["label"] is not None for row in rows)
    times = [(row["start (s)"], row["end (s)"]) for row in rows if row["recording"] == "c"]
    assert times[-1][1] == 2.0  # 40 frames at 20 a second
    assert all(row["start (s)"] is None for row in rows if row["recording"] == "a")


def test_a_table_of_segments(checkpoint, arrays, capsys) -> None:
    assert predict(checkpoint, arrays / "a.npy", "--window", 30, "--fps", 10) == 0
    lines = capsys.readouterr().out.splitlines()
    said = load(checkpoint)(np.load(arrays / "a.npy"))
    assert lines[0].split() == ["recording", "start", "end", "start", "(s)", "end", "(s)", "label", "probability"]
    assert lines[1].split() == ["a", "0", "30", "0.00", "3.00", said.label, f"{said.probability:.2f}"]
    assert lines[2:] == ["1 recording"]


def test_frames_without_anybody_have_no_class(checkpoint, tmp_path, capsys) -> None:
    pos = np.random.default_rng(0).normal(size=(20, 25, 3))
    pos[10:] = 0
    np.save(tmp_path / "left.npy", pos)
    rows = in_json(checkpoint, capsys, tmp_path, "--window", 5, "--stride", 5)
    assert (rows[-1]["start"], rows[-1]["end"], rows[-1]["label"], rows[-1]["probability"]) == (10, 20, None, None)


def test_lengths_in_seconds(checkpoint, arrays, capsys) -> None:
    frames = ("--window", 8, "--stride", 3, "--smooth", 5, "--min-length", 4)
    seconds = ("--window", "0.4s", "--stride", "150ms", "--smooth", "0.2s", "--min-length", "0.2 s")
    expected = in_json(checkpoint, capsys, arrays / "c.npz", *frames)
    assert in_json(checkpoint, capsys, arrays / "c.npz", *seconds) == expected  # 20 frames a second, as the file says
    at_ten = ("--window", "0.8s", "--stride", "0.3s", "--smooth", "0.4s", "--min-length", "0.4s", "--fps", 10)
    rows = in_json(checkpoint, capsys, arrays / "c.npz", *at_ten)
    assert [(row["start"], row["label"]) for row in rows] == [(row["start"], row["label"]) for row in expected]


def test_seconds_need_a_rate(checkpoint, arrays, capsys) -> None:
    assert predict(checkpoint, arrays / "a.npy", "--window", "2s", "--on-error", "raise") == 1
    said = "window: expected frames, because the frame rate is not known, got 2s; give the rate with --fps"
    assert said in capsys.readouterr().err
    assert predict(checkpoint, arrays / "a.npy", arrays / "c.npz", "--window", "2s") == 0
    out, err = capsys.readouterr()
    assert "1 recording" in out and f"skipped {arrays / 'a.npy'}: {said}" in err


@pytest.mark.parametrize("length", ["soon", "1.5", "2 minutes", "-3", ""])
def test_what_is_no_length(checkpoint, arrays, length, capsys) -> None:
    with pytest.raises(SystemExit):
        predict(checkpoint, arrays / "a.npy", f"--window={length}")
    said = f"argument --window: expected whole frames such as 60, or seconds such as 2s or 0.5s, got {length!r}"
    assert said in capsys.readouterr().err
