"""Folders as the Hugging Face Hub keeps them; uploads and downloads go to stand-ins, for tests use no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("huggingface_hub", reason="needs huggingface_hub: pip install 'tg_skeleton[hub]'")

import tg_skeleton.transforms as T
from tg_skeleton import NTU25
from tg_skeleton.inference import ModelCard
from tg_skeleton.inference.hub import HubRecognizer


@pytest.fixture(scope="module")
def recognizer() -> HubRecognizer:
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "widths": (8,), "num_frames": 6},
        topology=NTU25,
        class_names=("sit", "stand"),
        num_frames=6,
        transform=T.SampleSegments(6, mode="center"),
        batch_transform=T.Streams("joint"),
        facts={"dataset": "made up"},
    )
    return HubRecognizer(card.build(), card)


def assert_same_answer(one: HubRecognizer, two: HubRecognizer) -> None:
    recording = np.random.default_rng(0).standard_normal((9, 1, 25, 3))
    assert np.array_equal(one(recording).probabilities, two(recording).probabilities)


def test_a_folder_holds_weights_and_a_readme_and_gives_the_same_answer(
    recognizer: HubRecognizer, tmp_path: Path
) -> None:
    recognizer.save_pretrained(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "model.safetensors"]
    assert_same_answer(HubRecognizer.from_pretrained(tmp_path), recognizer)
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith("---\nlibrary_name: tg_skeleton\n")
    for said in ("# ESAN: 2 actions, from skeletons of 25 joints", "Classes: sit, stand.", "- dataset: `made up`"):
        assert said in readme


def test_a_readme_of_one_s_own_stays(recognizer: HubRecognizer, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    recognizer.save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_push_uploads_the_folder(recognizer: HubRecognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hub:
        """Stands in for the Hub: keeps what is uploaded in a folder."""

        def __init__(self, token: str | None = None) -> None:
            pass

        def create_repo(self, repo_id: str, private: bool | None, exist_ok: bool) -> Any:
            return SimpleNamespace(repo_id=repo_id)

        def upload_folder(self, *, folder_path: Path, **options: Any) -> str:
            shutil.copytree(folder_path, tmp_path / "hub")
            return f"uploaded to {options['repo_id']}"

    monkeypatch.setattr("huggingface_hub.hub_mixin.HfApi", Hub)
    assert recognizer.push_to_hub("me/esan") == "uploaded to me/esan"
    assert_same_answer(HubRecognizer.from_pretrained(tmp_path / "hub"), recognizer)


def test_a_repository_is_downloaded(recognizer: HubRecognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(repo_id: str, filename: str, **options: Any) -> str:
        asked.append((repo_id, filename, options["revision"]))
        return str(tmp_path / filename)

    recognizer.save_pretrained(tmp_path)
    monkeypatch.setattr("tg_skeleton.inference.hub.hf_hub_download", download)
    assert_same_answer(HubRecognizer.from_pretrained("me/esan", revision="v1"), recognizer)
    assert asked == [("me/esan", "model.safetensors", "v1")]


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model.safetensors': no such file"):
        HubRecognizer.from_pretrained(tmp_path)


def test_without_the_package_the_extra_is_named() -> None:
    code = "import sys; sys.modules['huggingface_hub'] = None; import tg_skeleton.inference.hub"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: tg_skeleton.inference.hub talks to the Hugging Face Hub with huggingface_hub" in done.stderr
    assert "pip install 'tg_skeleton[hub]'" in done.stderr


def test_it_moves_like_any_recognizer(recognizer: HubRecognizer) -> None:
    assert recognizer.to("cpu") is recognizer
    assert recognizer.device == torch.device("cpu")
