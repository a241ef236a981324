"""Checkpoints: one file, written at once, and every way in which one can be wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import tg_skeleton
import tg_skeleton.transforms as T
from tg_skeleton import Topology
from tg_skeleton.inference import ActionRecognizer, ModelCard

ARM = Topology("arm", ("hand", "elbow", "shoulder"), ("elbow", "shoulder", "shoulder"))


def esan() -> ActionRecognizer:
    """A network whose queries and keys are one tensor."""
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 6, "num_classes": 3, "widths": (8, 8), "num_frames": 6},
        topology=ARM,
        class_names=("wave", "point", "rest"),
        num_frames=6,
        clips=2,
        transform=T.SampleSegments(6, clips=2, seed=0),
        batch_transform=T.Streams("joint", "bone", clips=2),
    )
    torch.manual_seed(0)
    return ActionRecognizer(card.build(), card)


def recordings() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.standard_normal((frames, persons, 3, 3)) for frames, persons in ((9, 1), (31, 2), (1, 1))]


def test_a_file_gives_the_same_answers(tmp_path: Path) -> None:
    recognizer = esan()
    path = recognizer.save(tmp_path / "runs" / "model.safetensors")
    loaded = tg_skeleton.load(path)
    assert repr(loaded) == repr(recognizer)
    assert not loaded.model.training
    for one, two in zip(recognizer.predict(recordings()), loaded.predict(recordings()), strict=True):
        assert np.array_equal(one.probabilities, two.probabilities)
        assert np.array_equal(one.person_probabilities, two.person_probabilities)


def test_shared_weights_stay_shared_and_are_written_once(tmp_path: Path) -> None:
    recognizer = esan()
    path = recognizer.save(tmp_path / "model.safetensors")
    assert len(load_file(path)) < len(recognizer.model.state_dict())
    assert sum(map(torch.numel, tg_skeleton.load(path).model.parameters())) == sum(
        map(torch.numel, recognizer.model.parameters())
    )


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = esan().save(tmp_path / "model.safetensors")
    before = path.read_bytes()

    def broken(model: nn.Module, name: str, metadata: dict[str, str]) -> None:
        Path(name).write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr("tg_skeleton.inference.recognizer.save_model", broken)
    with pytest.raises(OSError, match="no space left"):
        esan().save(path)
    assert path.read_bytes() == before


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path: expected a file name ending in .safetensors, got '.*model.pt'"):
        esan().save(tmp_path / "model.pt")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"'.*none.safetensors': no such file; `python -m tg_skeleton train` w"):
        tg_skeleton.load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("size", [0, 5, 100, 3000, -1])
def test_a_file_that_was_cut_off_is_named(size: int, tmp_path: Path) -> None:
    path = esan().save(tmp_path / "model.safetensors")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(
        ValueError, match=r"model.safetensors': it can't be read as a safetensors file: .* it may be dam"
    ):
        tg_skeleton.load(path)


def test_a_pickle_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": {}}, path)
    with pytest.raises(
        ValueError, match=r"last.ckpt' is the state of a training, .*; take model.safetensors in the run's folder"
    ):
        tg_skeleton.load(path)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.ones(1)}, path)
    with pytest.raises(
        ValueError, match=r"other.safetensors': the metadata have no 'tg_skeleton', so it is not a checkp"
    ):
        tg_skeleton.load(path)


def test_a_file_with_a_card_that_can_t_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "new.safetensors"
    save_file({"x": torch.ones(1)}, path, {"tg_skeleton": '{"format": 99}'})
    with pytest.raises(
        ValueError, match=r"'.*new.safetensors': format: expected 1 or lower, got 99; a newer tg_skelet"
    ):
        tg_skeleton.load(path)


@pytest.mark.parametrize("change", ["missing", "more", "shape"])
def test_weights_of_another_network_are_refused(change: str, tmp_path: Path) -> None:
    path = esan().save(tmp_path / "model.safetensors")
    weights = load_file(path)
    if change == "missing":
        del weights["classifier.weight"]
    else:
        weights["classifier.weight" if change == "shape" else "new"] = torch.ones(2)
    save_file(weights, path, {"tg_skeleton": esan().card.to_json()})
    with pytest.raises(
        ValueError, match=r"model.safetensors': its weights do not fit the ESAN that its card describes"
    ):
        tg_skeleton.load(path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_gives_what_the_cpu_gives(tmp_path: Path) -> None:
    recognizer = esan()
    on_gpu = tg_skeleton.load(recognizer.save(tmp_path / "model.safetensors"), device="cuda")
    assert on_gpu.device.type == "cuda"
    for one, two in zip(recognizer.predict(recordings()), on_gpu.predict(recordings()), strict=True):
        np.testing.assert_allclose(one.probabilities, two.probabilities, atol=1e-4)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    recognizer = esan()
    with torch.no_grad():
        next(iter(recognizer.model.parameters())).view(-1)[0] = value
    path = recognizer.save(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"model.safetensors': expected finite weights, got NaN or infinite ones in "):
        tg_skeleton.load(path)


def described(path: Path, **changes: Any) -> Path:
    """A small file whose card has other arguments than its weights."""
    card = json.loads(esan().card.to_json())
    card |= {key: value for key, value in changes.items() if key in card}
    card["arguments"] |= {key: value for key, value in changes.items() if key not in card}
    save_file({"x": torch.ones(1)}, path, {"tg_skeleton": json.dumps(card)})
    return path


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"widths": {"tuple": [30_000, 30_000]}}, r"describes a network of more than 67,108,864 bytes in a file of "),
        ({"in_channels": 10**9}, r"in_channels: expected a number of at most 100,000, got 1e\+09; is it damaged"),
        ({"num_frames": 10**6, "clips": 10**6}, r"num_frames .*: expected a number of at most 100,000, got 1e\+12"),
        ({"widths": {"tuple": [8] * 4}}, "its weights do not fit the ESAN that its card describes"),
        ({"widths": {"tuple": "x"}}, "expected a description"),
    ],
    ids=["wide", "number", "frames", "other", "kind"],
)
def test_a_small_file_makes_no_large_network(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=rf"model.safetensors': .*{reason}"):
        tg_skeleton.load(described(tmp_path / "model.safetensors", **changes))


def test_a_seed_may_be_any_number(tmp_path: Path) -> None:
    recognizer = esan()
    recognizer.card = replace(recognizer.card, transform=T.SampleSegments(6, clips=2, seed=2**40))
    loaded = tg_skeleton.load(recognizer.save(tmp_path / "model.safetensors"))
    assert loaded.card.transform.seed == 2**40
