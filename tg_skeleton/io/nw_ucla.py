"""NW-UCLA Multiview Action 3D: one JSON file per recording."""

from __future__ import annotations

import os
import re
from pathlib import Path
from reprlib import repr as short
from typing import Any

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io._poses import numbers, parse
from tg_skeleton.io.recording import Recording

_NAME = re.compile(r"a(?P<action>\d\d)_s(?P<subject>\d\d)_e(?P<episode>\d\d)_v(?P<camera>\d\d)")
NW_UCLA_CLASSES = (
    "pick up with one hand",
    "pick up with two hands",
    "drop trash",
    "walk around",
    "sit down",
    "stand up",
    "donning",
    "doffing",
    "throw",
    "carry",
)
"""The classes, in the order of the files' labels."""

_ROW = (20, 3)


def read_nw_ucla_json(source: str | os.PathLike[str] | bytes, name: str | None = None) -> Recording:
    """A recording of NW-UCLA from a JSON file, or from the bytes of one.

    The file's label 1..10 becomes 0..9; it is not the action id of the name, which skips 7 and 10. The facts are
    ``action``, ``subject``, ``episode`` and ``camera`` (the view), from the name.

    >>> from tg_skeleton.io import read_nw_ucla_json
    >>> import json
    >>> content = {"file_name": "a04_s02_e01_v03", "skeletons": [[[0.1, 0.9, 2.5]] * 20] * 31, "label": 4}
    >>> recording = read_nw_ucla_json(json.dumps(content).encode())
    >>> recording.pos.shape, recording.label, recording.facts["camera"]
    ((31, 1, 20, 3), 3, 3)

    Args:
        source: The path of a file, or the content of one.
        name: ``aAA_sSS_eEE_vVV``. Default: the stem of the path, or of bytes the file's own ``file_name``.

    Shapes:
        - ``pos``: ``[T, 1, 20, 3]`` float32

    Units:
        Meters, y up.

    Raises:
        ValueError: The content is no such recording, or the name is none of this data set. The message names the file.
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    origin = name or ("the given bytes" if isinstance(source, bytes) else os.fspath(source))
    with reading(origin):
        facts = parse(content, ("skeletons", "label"), origin)
        if name is None:
            name = str(facts.get("file_name", "")) if isinstance(source, bytes) else Path(source).stem
        matched = _NAME.fullmatch(name)
        if matched is None:
            raise ValueError(
                f"{origin}: expected a name like a01_s01_e00_v01 (action, subject, episode, view), got '{name:.99}'"
            )
        return Recording(
            name,
            _coordinates(facts["skeletons"], origin)[:, None],
            _label(facts["label"], origin),
            facts={key: int(value) for key, value in matched.groupdict().items()},
        )


def _coordinates(skeletons: Any, origin: str) -> np.ndarray:
    pos = numbers(skeletons)  # [T, V, D]
    if skeletons == []:
        raise ValueError(f"{origin}: expected at least one frame, got none")
    if pos is None:
        raise ValueError(f"{origin}: 'skeletons' is no table [T][20][3] of numbers: {short(skeletons)}")
    if pos.shape[1:] != _ROW:
        raise ValueError(
            f"{origin}: expected 'skeletons' as [T][20][3] (20 joints, x y z), got shape {list(pos.shape)}"
        )
    if not np.isfinite(pos).all():
        frame, joint = (int(place) for place in np.argwhere(~np.isfinite(pos))[0][:2])
        raise ValueError(
            f"{origin}: expected finite numbers, got {skeletons[frame][joint]} at skeletons[{frame}][{joint}]"
        )
    return pos


def _label(label: Any, origin: str) -> int:
    if type(label) is not int or not 1 <= label <= len(NW_UCLA_CLASSES):
        raise ValueError(f"{origin}: expected a label in 1..{len(NW_UCLA_CLASSES)}, got {short(label)}")
    return label - 1
