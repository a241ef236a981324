"""tg_skeleton: recognizing human actions from skeletons with PyTorch Geometric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topologies import (
    COCO17,
    H36M17,
    HALPE26,
    MEDIAPIPE33,
    NTU25,
    NTU25_CHAIN,
    NWUCLA20,
    OPENPOSE18,
    OPENPOSE25,
    SBU15,
)
from tg_skeleton.topology import Part, Topology

if TYPE_CHECKING:
    from pathlib import Path

    from tg_skeleton.inference import ActionRecognizer

__version__ = "0.1.0"

__all__ = [
    "COCO17",
    "H36M17",
    "HALPE26",
    "MEDIAPIPE33",
    "NTU25",
    "NTU25_CHAIN",
    "NWUCLA20",
    "OPENPOSE18",
    "OPENPOSE25",
    "SBU15",
    "Part",
    "SkeletonSequence",
    "Topology",
    "__version__",
    "load",
]


def load(path: str | Path, *, device: str = "cpu") -> ActionRecognizer:
    """Load a trained network from its checkpoint: ``load("model.safetensors")(recording).label``.

    >>> import tempfile
    >>> import tg_skeleton
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.inference import ActionRecognizer, Card
    >>> from tg_skeleton.transforms import SampleSegments, Streams
    >>> card = Card(
    ...     network="ESAN",
    ...     arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": [8, 8]},
    ...     topology=NTU25,
    ...     class_names=("sit", "stand"),
    ...     num_frames=20,
    ...     transform=SampleSegments(20, mode="center"),
    ...     batch_transform=Streams("joint"),
    ... )
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = ActionRecognizer(card.build(), card).save(f"{folder.name}/model.safetensors")
    >>> tg_skeleton.load(path)
    ActionRecognizer(ESAN, 2 classes, NTU25)

    Args:
        path: A file written by `ActionRecognizer.save` or ``python -m tg_skeleton train``.
        device: The device to run the network on.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, is not a checkpoint of this package, was written by a newer version, or holds
            weights that do not fit its network.
    """
    from tg_skeleton.inference import ActionRecognizer  # here, so that `import tg_skeleton` stays quick

    return ActionRecognizer.load(path, device=device)
