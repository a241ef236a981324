"""Files as a small network reads them."""

from __future__ import annotations

import pytest

from tg_skeleton import NTU25
from tg_skeleton.inference import ModelCard
from tg_skeleton.inference.files import FileReader
from tg_skeleton.io import Source
from tg_skeleton.transforms import SampleSegments, Streams


def card(topology=NTU25, dims=3):
    return ModelCard(
        network="ESAN",
        arguments={"in_channels": dims, "num_classes": 2, "num_frames": 8, "widths": (8, 8)},
        topology=topology,
        class_names=("sit", "stand"),
        num_frames=8,
        dims=dims,
        transform=SampleSegments(8, mode="center"),
        batch_transform=Streams("joint"),
    )


def read(path, **options):
    return FileReader(options.pop("card", card()), options.pop("origin", None), **options)(Source(path))


def reason(path, **options):
    """Why a file can't be read; without the file's path, if that is how the message begins."""
    with pytest.raises(ValueError) as caught:
        read(path, **options)
    return str(caught.value).removeprefix(f"{path}: ")
