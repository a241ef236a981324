"""tg_skeleton: recognising human actions from skeletons with PyTorch Geometric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topologies import NTU25
from tg_skeleton.topology import Part, Topology

if TYPE_CHECKING:
    from pathlib import Path

    from tg_skeleton.inference import ActionRecognizer

__version__ = "0.1.0"

__all__ = ["NTU25", "Part", "SkeletonSequence", "Topology", "__version__", "load"]


def load(path: str | Path, *, device: str = "cpu") -> ActionRecognizer:
    """A trained network from its checkpoint, ready to be asked: ``load("model.safetensors")(recording).label``.

    Args:
        path: What `ActionRecognizer.save` or ``python -m tg_skeleton train`` wrote.
        device: Where the network shall run.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, is no checkpoint of this package, was written by a newer version, or holds
            weights that do not fit its network.
    """
    from tg_skeleton.inference import ActionRecognizer  # here, so that `import tg_skeleton` stays quick

    return ActionRecognizer.load(path, device=device)
