"""tg_skeleton: recognizing human actions from skeletons with PyTorch Geometric."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from tg_skeleton.data import SkeletonSequence
    from tg_skeleton.inference import ActionRecognizer
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

__version__ = "0.2.0"

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

_ROOMS = {"SkeletonSequence": "data", "Part": "topology", "Topology": "topology"}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: the command line and `load` need not wait for torch before they must."""
    if name in __all__:
        return getattr(import_module(f"{__name__}.{_ROOMS.get(name, 'topologies')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(path: str | Path, *, device: str = "cpu", networks: Sequence[type[nn.Module]] = ()) -> ActionRecognizer:
    """Load a trained network from its checkpoint: ``load("model.safetensors")(recording).label``.

    >>> import tempfile
    >>> import tg_skeleton
    >>> from tg_skeleton.inference import ActionRecognizer
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = ActionRecognizer(card.build(), card).save(f"{folder.name}/model.safetensors")
    >>> tg_skeleton.load(path)
    ActionRecognizer(ESAN, 2 classes, NTU25)

    Args:
        path: A file written by `ActionRecognizer.save` or ``python -m tg_skeleton train``.
        device: The device to run the network on.
        networks: Classes of networks of your own, of which the file may be a checkpoint.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, is not a checkpoint of this package, was written by a newer version, is of a
            network that is not given, or holds weights that do not fit its network.
    """
    from tg_skeleton.inference import ActionRecognizer

    return ActionRecognizer.load(path, device=device, networks=networks)
