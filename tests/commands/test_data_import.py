from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.datasets import ArrayDataset


def test_files_become_a_data_set_by_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    for place in ("walk/a", "walk/b", "sit/c"):
        path = tmp_path / "videos" / f"{place}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.concatenate([random.uniform(50, 400, (20, 17, 2)), random.random((20, 17, 1))], -1))
    (tmp_path / "videos" / "walk" / "bad.npy").write_bytes(b"no array")
    arguments = ["data", "import", str(tmp_path / "videos"), "--to", str(tmp_path / "mine"), "--skeleton", "COCO17"]
    assert main([*arguments, "--image-size", "640", "480"]) == 0
    output = capsys.readouterr()
    lines = [f"{tmp_path}/mine: 3 recordings of 2 classes, COCO17", "  sit: 1", "  walk: 2"]
    assert output.out.splitlines() == lines
    assert "bad: " in output.err and "expected numbers as np.save or np.savez writes them" in output.err
    assert "a: the third channel lies within 0..1 and x, y are pixels: taken as a confidence" in output.err
    assert ArrayDataset(tmp_path / "mine")[0].pos.shape == (20, 17, 2)


def test_what_is_wrong_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "import", str(tmp_path / "nowhere"), "--to", str(tmp_path / "mine")]) == 1
    assert "nowhere': no such file or folder" in capsys.readouterr().err
