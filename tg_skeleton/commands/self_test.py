"""A short test of the installation on a device: each function computes a little and raises where it comes out wrong."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.loader import DataLoader

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.datasets import ArrayDataset, simulate
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.nn import SpatialSelfAttention
from tg_skeleton.transforms import SampleSegments, Streams


def recognizer() -> ActionRecognizer:
    """A small network that is not trained."""
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "num_frames": 8, "widths": [8, 8]},
        topology=NTU25,
        class_names=("wave", "kick"),
        num_frames=8,
        transform=SampleSegments(8, mode="center"),
        batch_transform=Streams("joint"),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ActionRecognizer(card.build(), card)


def attention_equals_message_passing(device: str) -> None:
    """Equal sets take the dense path, ragged ones message passing; the first set must get the same from both."""
    generator = torch.Generator().manual_seed(0)
    conv = SpatialSelfAttention(8, 8, heads=2).to(device)
    x = torch.randn(3, 9, 8, generator=generator).to(device)
    edges = torch.tensor([[0, 1, 4, 5], [1, 0, 5, 4]], device=device)
    sets = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 2], device=device)
    with torch.no_grad():
        _near(conv(x, edges, batch=sets)[:, :8], conv(x[:, :8], edges, batch=sets[:8]))


def a_training_step_lowers_the_loss(device: str) -> None:
    """Two recordings, one small network, five steps."""
    one = recognizer().to(device)
    batch = one.prepare([_recording("wave"), _recording("kick")])
    x, target = batch.x.detach(), torch.tensor([0, 1], device=device)
    optimizer, losses = torch.optim.Adam(one.model.parameters(), lr=1e-2), []
    one.model.train()
    for _ in range(5):
        loss = nn.functional.cross_entropy(one.model(x, batch.batch, 2), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if not losses[-1] < losses[0]:
        raise RuntimeError(f"expected the loss to fall, got {losses}")


def a_checkpoint_gives_the_same_answer(device: str) -> None:
    """Saved, loaded onto the device, and asked."""
    one, recording = recognizer(), simulate("wave").pos
    with tempfile.TemporaryDirectory() as folder:
        again = ActionRecognizer.load(one.save(Path(folder, "model.safetensors")), device=device)
    _near(torch.from_numpy(again(recording).probabilities), torch.from_numpy(one(recording).probabilities))


def a_data_set_is_written_and_read(device: str) -> None:
    """Arrays to files, a batch of them, and its way to the device."""
    arrays = [simulate(action).pos for action in ("wave", "kick")]
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()):  # without a bar
        dataset = ArrayDataset.from_arrays(folder, arrays, [0, 1], NTU25)
        batch = next(iter(DataLoader([SampleSegments(8, mode="center")(one) for one in dataset], batch_size=2)))
        del dataset
    if batch.to(device).y.tolist() != [0, 1] or not np.isfinite(batch.pos.cpu().numpy()).all():
        raise RuntimeError(f"expected labels [0, 1] and finite coordinates, got {batch}")


CHECKS: tuple[Callable[[str], None], ...] = (
    attention_equals_message_passing,
    a_training_step_lowers_the_loss,
    a_checkpoint_gives_the_same_answer,
    a_data_set_is_written_and_read,
)
"""All of them; each takes a device."""


def _recording(action: str) -> SkeletonSequence:
    return SkeletonSequence.from_array(simulate(action).pos, NTU25, name=action)


def _near(got: Tensor, expected: Tensor) -> None:
    largest = float((got.cpu() - expected.cpu()).abs().max())
    if not largest < 1e-3:
        raise RuntimeError(f"expected the same values, got a difference of {largest}")
