"""What every reader returns: one recording as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Recording:
    """One recording as plain numpy arrays; nothing of torch or PyG.

    Args:
        name: Identity of the recording, unique in its data set.
        pos: Coordinates ``[T, M, V, D]`` float32; a person who is absent from a frame is zero there.
        label: The class, 0-based.
        score: Confidence 0-1 ``[T, M, V]`` float32, where the format has it.
        facts: Integers that protocols select by, such as ``{"subject": 3, "camera": 1}``.
    """

    name: str
    pos: np.ndarray
    label: int
    score: np.ndarray | None = None
    facts: Mapping[str, int] = field(default_factory=dict)
