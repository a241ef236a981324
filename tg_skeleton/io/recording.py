"""What every reader returns: one recording as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

import numpy as np

from tg_skeleton.io.units import in_one_unit
from tg_skeleton.topology import Topology


@dataclass(frozen=True)
class Recording:
    """One recording as plain numpy arrays.

    Args:
        name: Identity of the recording, unique in its data set.
        pos: Coordinates ``[T, M, V, D]`` float32; a person who is absent from a frame is zero there.
        label: The class, 0-based; -1 where the file has none.
        score: Confidence 0-1 ``[T, M, V]`` float32, where the format has it; 0 for a joint that was not seen.
        facts: Integers or texts that protocols select by, such as ``{"subject": 3, "site": "kitchen"}``.
        class_name: The name of the class, where the file has it.
        topology: The skeleton, where the file says it.
        fps: Frames per second, where the file says them.
        remarks: What the reader changed or found doubtful, one sentence each.
        aspect: Width by height of the picture, where the coordinates are parts of its width and height; else 1.
    """

    name: str
    pos: np.ndarray
    label: int
    score: np.ndarray | None = None
    facts: Mapping[str, int | str] = field(default_factory=dict)
    _: KW_ONLY
    class_name: str | None = None
    topology: Topology | None = None
    fps: float | None = None
    remarks: tuple[str, ...] = ()
    aspect: float = 1.0

    def in_one_unit(self) -> np.ndarray:
        """``pos``, see `tg_skeleton.io.in_one_unit`."""
        return in_one_unit(self.pos, self.aspect)
