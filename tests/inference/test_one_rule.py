"""A file, a data set, a stream and an exported file say the same about a recording with unseen joints and strays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tests.inference.test_streaming import CENTER, SAMPLE, pushed, recognizer, recording
from tg_skeleton import NTU25
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.inference import StreamingRecognizer
from tg_skeleton.inference.export import export
from tg_skeleton.inference.files import FileReader
from tg_skeleton.io import Source


def injured(unseen: float) -> np.ndarray:
    """Three empty frames at either end, a tenth of the joints unseen, a hand 10 m away in one frame."""
    pos = recording(2).copy()
    pos[np.random.default_rng(0).random(pos.shape[:3]) < 0.1] = unseen
    pos[9, 0, NTU25.index("left_hand")] = [10, 0, 3]
    pos[9, 0, NTU25.index("left_wrist")] = recording(2)[9, 0, NTU25.index("left_wrist")]
    pos[:3] = pos[-3:] = 0
    return pos


@pytest.mark.parametrize("unseen", [0.0, np.nan])
def test_file_data_set_and_stream_agree(tmp_path: Path, unseen: float) -> None:
    asked = recognizer(Compose([T.RemoveStrays(4), T.FillMissing(causal=True), CENTER, SAMPLE]))
    pos = injured(unseen)
    expected = asked(pos).probabilities
    assert np.abs(expected - asked(recording(2)[3:-3]).probabilities).max() < 0.2  # the same action, all the same

    np.save(tmp_path / "clip.npy", pos)
    file = FileReader(asked.card)(Source(tmp_path / "clip.npy")).sequence
    np.testing.assert_allclose(asked(file).probabilities, expected, atol=1e-5)

    stored = ArrayDataset.from_arrays(tmp_path / "mine", [pos], [0], NTU25, nan="missing")[0]
    np.testing.assert_allclose(asked(stored).probabilities, expected, atol=1e-5)

    *_, last = pushed(StreamingRecognizer(asked, window=len(pos)), pos[:-3])
    np.testing.assert_allclose(last.probabilities, expected, atol=1e-5)


def test_an_exported_file_agrees(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="pip install 'tg_skeleton[export]'")
    asked = recognizer(Compose([T.RemoveStrays(4), T.FillMissing(causal=True), CENTER, SAMPLE]), esan=True)
    made = export(asked, tmp_path / "network.onnx")
    for unseen in (0.0, np.nan):
        pos = injured(unseen).astype(np.float32)
        inputs = pos.transpose(1, 0, 2, 3), np.array([0, 0]), np.array([len(pos)])
        _, probabilities = made.runner(1)(tuple(map(_tensor, inputs)))
        np.testing.assert_allclose(probabilities[0], asked(pos).probabilities, atol=1e-4)


def _tensor(array: np.ndarray) -> object:
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))
