"""Every writer of results on a full disk: one line, an earlier file unchanged, and success when there is room."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.evaluation import Scores
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.transforms import SampleSegments, Streams

WALK = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(3, 1, 25, 3)), NTU25, name="walk")


def scores(path: Path) -> None:
    Scores(["a"], [[1.0, 0.0]], [0]).save(path)


def checkpoint(path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        card = ModelCard(
            network="ESAN",
            arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": (8, 8)},
            topology=NTU25,
            class_names=("sit", "stand"),
            num_frames=20,
            transform=SampleSegments(20, mode="center"),
            batch_transform=Streams("joint"),
        )
        ActionRecognizer(card.build(), card).save(path)


def player(path: Path) -> None:
    from tg_skeleton.visualization import write_player

    write_player(WALK, path)


def film(path: Path) -> None:
    pytest.importorskip("matplotlib")
    from tg_skeleton.visualization import animate_sequence

    animate_sequence(WALK, path, size=1.0)


WRITERS = {"scores.npz": scores, "model.safetensors": checkpoint, "player.html": player, "film.gif": film}


@pytest.mark.parametrize(("name", "write"), WRITERS.items(), ids=list(WRITERS))
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, write: Callable[[Path], None]):
    path = tmp_path / name
    path.write_bytes(b"earlier")

    def fail(descriptor: int) -> None:  # a stand-in for a disk that is full when the content arrives there
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError) as caught:
            write(path)
    assert str(caught.value).splitlines() == [
        f"'{path}' can't be written: No space left on device; free some space or choose another folder, then run it "
        "again"
    ]
    assert path.read_bytes() == b"earlier" and os.listdir(tmp_path) == [name]
    write(path)
    assert path.read_bytes() != b"earlier" and os.listdir(tmp_path) == [name]
