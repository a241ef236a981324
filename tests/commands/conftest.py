"""A small NW-UCLA archive that is generated here: 10 classes, 4 episodes, 3 views, T = 1 + class."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tg_skeleton.datasets import NWUCLA


def write_archive(root: Path) -> Path:
    (root / "raw").mkdir()
    with zipfile.ZipFile(root / "raw" / "all_sqe.zip", "w") as archive:
        for label, action in enumerate((1, 2, 3, 4, 5, 6, 8, 9, 11, 12), start=1):
            body = [[joint / 10, 1.0, 2.0] for joint in range(20)]
            content = json.dumps({"file_name": "", "skeletons": [body] * label, "label": label})
            for episode in range(4):
                for view in (1, 2, 3):
                    archive.writestr(f"all_sqe/a{action:02}_s01_e{episode:02}_v{view:02}.json", content)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with the archive, to be processed or damaged."""
    return write_archive(tmp_path)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root where it is processed already, to be read only."""
    root = write_archive(tmp_path_factory.mktemp("nw_ucla"))
    NWUCLA(root, "train")
    return root
