"""How large is every network as an ONNX file, how fast does onnxruntime run it, and how close are its results?"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tests.benchmark.inputs import CLASSES
from tests.benchmark.measure import Decimal, Ratio, Table, milliseconds
from tests.benchmark.models import FRAMES
from tg_skeleton import NTU25
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.export import Exported, export
from tg_skeleton.inference.exportable import Exportable

PERSONS = (1, 8)

NETWORKS: dict[str, tuple[dict[str, Any], BaseTransform]] = {  # arguments, and what writes their channels
    "SGN": ({"in_channels": 3, "num_frames": FRAMES}, T.Streams("joint")),
    "ESAN": ({"in_channels": 6, "num_frames": FRAMES}, T.Streams("joint", "bone")),
    "STGCN": ({"in_channels": 3}, T.Streams("joint")),
    "AGCN": ({"in_channels": 3, "num_persons": 1}, T.Streams("joint")),
    "CTRGCN": ({"in_channels": 3, "num_persons": 1}, T.Streams("joint")),
    "MSG3D": ({"in_channels": 3, "num_persons": 1}, T.Streams("joint")),
    "AMANet": ({"in_channels": 12}, T.ms_ds(NTU25)["joint"].transform),
}


def run() -> list[Table]:
    """Networks of full size on whole recordings of 128 frames with one person each."""
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NETWORKS:
            start = time.perf_counter()
            made = export(build(name), Path(folder, f"{name}.onnx"))
            seconds = Decimal(time.perf_counter() - start)
            times = [latency(made, persons) for persons in PERSONS]
            values = [value for part in times for value in (*map(Decimal, part), Ratio(part[0] / part[1]))]
            rows.append((name, Decimal(made.megabytes), *values, f"{made.difference:.1e}", seconds))
    title = f"ONNX files from recordings to probabilities, clips of {FRAMES} frames"
    header = [f"{what}, {persons}" for persons in PERSONS for what in ("eager ms", "onnxruntime ms", "gain")]
    return [Table(title, ("", "MB", *header, "largest difference of logits", "seconds to export"), rows)]


def build(name: str) -> ActionRecognizer:
    """An untrained network with the initial statistics of its norms."""
    arguments, channels = NETWORKS[name]
    card = ModelCard(
        network=name,
        arguments={**arguments, "num_classes": CLASSES},
        topology=NTU25,
        class_names=tuple(map(str, range(CLASSES))),
        num_frames=FRAMES,
        transform=Compose([T.CenterOnFirstFrame(1), T.SampleSegments(FRAMES, mode="center")]),
        batch_transform=channels,
    )
    torch.manual_seed(0)
    return ActionRecognizer(card.build(), card)


def latency(made: Exported, persons: int) -> tuple[float, float]:
    """Milliseconds of eager torch and of onnxruntime for a batch of the given size."""
    inputs = made.module.example(persons)
    found = milliseconds({"eager": partial(eager, made.module, inputs), "onnx": partial(made.runner(), inputs)})
    return found["eager"], found["onnx"]


def eager(module: Exportable, inputs: tuple[Tensor, ...]) -> object:
    with torch.no_grad():
        return module(*inputs)
