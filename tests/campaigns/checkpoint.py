"""A checkpoint for campaigns and benchmarks: a small network that nobody trained."""

from __future__ import annotations

from pathlib import Path

import torch

from tg_skeleton import NTU25
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.transforms import SampleSegments, Streams


def write_checkpoint(path: Path, widths: tuple[int, ...] | None = None) -> Path:
    """ESAN for joints of NTU25 and three classes, with random weights; the published widths, or others."""
    size = {} if widths is None else {"widths": widths}
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 3, "num_frames": 20, **size},
        topology=NTU25,
        class_names=("sit", "stand", "jump"),
        num_frames=20,
        transform=SampleSegments(20, mode="center"),
        batch_transform=Streams("joint"),
    )
    torch.manual_seed(0)
    recognizer = ActionRecognizer(card.build(), card)
    with torch.no_grad():
        for parameter in recognizer.model.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    return recognizer.save(path)
