"""Trained networks that come with the package, by their names, and the file of a checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

SHIPPED: Mapping[str, Path] = {"everyday": Path(__file__).with_name("everyday.safetensors")}
"""The files of trained networks in the package, by the name that `tg_skeleton.load` and the command line take."""

MODEL = "model.safetensors"
"""The checkpoint in the folder of a run."""


def checkpoint_file(path: str | os.PathLike[str]) -> Path:
    """The file of a checkpoint: of a run's folder the one in it, of a name the one in the package.

    >>> from tg_skeleton.inference.shipped import checkpoint_file
    >>> checkpoint_file("everyday").name
    'everyday.safetensors'
    """
    path = Path(path)
    if (path / MODEL).is_file():
        return path / MODEL
    return path if path.is_file() else SHIPPED.get(str(path), path)


def is_checkpoint(path: Path) -> bool:
    """Whether a path names a checkpoint, a run that has one, or a fusion, and not a recording.

    >>> from pathlib import Path
    >>> from tg_skeleton.inference.shipped import is_checkpoint
    >>> is_checkpoint(Path("everyday")), is_checkpoint(Path("walk.mp4"))
    (True, False)
    """
    if (path / "checkpoints").is_dir():  # a run's folder; one without a checkpoint is not finished
        return True
    file = checkpoint_file(path)
    if file.suffix != ".json":
        return file.suffix in (".safetensors", ".ckpt")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and str(found.get("format", "")).startswith("tg_skeleton")
