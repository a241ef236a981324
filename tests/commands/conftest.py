"""A small NW-UCLA archive that is generated here: 10 classes, 4 episodes, 3 views, T = 1 + class; and checkpoints."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.datasets import NWUCLA, ArrayDataset
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.topologies import COCO17
from tg_skeleton.transforms import SampleSegments, Streams


def write_archive(root: Path, episodes: int = 4) -> Path:
    (root / "raw").mkdir()
    with zipfile.ZipFile(root / "raw" / "all_sqe.zip", "w") as archive:
        for label, action in enumerate((1, 2, 3, 4, 5, 6, 8, 9, 11, 12), start=1):
            body = [[joint / 10, 1.0, 2.0] for joint in range(20)]
            content = json.dumps({"file_name": "", "skeletons": [body] * label, "label": label})
            for episode in range(episodes):
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


def write_checkpoint(path: Path, stream: str = "joint", seed: int = 0, **changes: object) -> Path:
    """A checkpoint of an untrained network whose answers depend on what it sees."""
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 3, "num_frames": 8, "widths": (8, 8)},
        topology=NTU25,
        class_names=("sit", "stand", "jump"),
        num_frames=8,
        transform=SampleSegments(8, mode="center"),
        batch_transform=Streams(stream),
    )
    card = replace(card, **changes)  # type: ignore[arg-type]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        recognizer = ActionRecognizer(card.build(), card)
        for parameter in recognizer.model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        shape = (9, 1, card.topology.num_joints, card.dims)
        some = [SkeletonSequence.from_array(torch.randn(shape), card.topology) for _ in range(50)]
        logits = recognizer.logits(recognizer.prepare(some))
        last = [module for module in recognizer.model.modules() if isinstance(module, torch.nn.Linear)][-1]
        last.weight *= 2 / logits.std(0)[:, None]
        last.bias.copy_((last.bias - logits.mean(0)) * 2 / logits.std(0))
    return recognizer.save(path)


@pytest.fixture(scope="session")
def save_checkpoint() -> Callable[..., Path]:
    """Writes a checkpoint."""
    return write_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint for NTU25 and the classes sit, stand, jump."""
    return write_checkpoint(tmp_path_factory.mktemp("run") / "model.safetensors")


@pytest.fixture(scope="session")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings of 1, 2 and 1 persons; the last one says its class."""
    folder = tmp_path_factory.mktemp("arrays")
    draw = np.random.default_rng(0)
    np.save(folder / "a.npy", draw.normal(size=(30, 25, 3)))
    np.save(folder / "b.npy", draw.normal(size=(12, 2, 25, 3)))
    np.savez(folder / "c.npz", pos=draw.normal(size=(40, 25, 3)), label="jump", fps=20)
    return folder


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings of our own: pictures of 17 joints."""
    root = tmp_path_factory.mktemp("own")
    ArrayDataset.from_arrays(root, [np.random.rand(9, 17, 2)] * 2, [0, 1], COCO17, splits=["train", "test"])
    return root
