"""All that writes files, each with what must be true of its files whenever it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.transforms import BaseTransform

from tests.fuzz.readers import READERS
from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import SimulatedActions, check_store, download
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.evaluation import Scores
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.inference.fused import read_fusion, write_fusion
from tg_skeleton.training import Preprocessing, Recipe, Recognizer, SkeletonDataModule, fit_and_test, make_trainer
from tg_skeleton.training.fit import checkpoint_to_resume

STICK = Topology("stick", ("a", "b"), ("a", "a"))


class Tiny(nn.Module):
    """The mean over frames and nodes of each clip, through one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)

    def forward(self, x: Tensor, batch: Tensor, batch_size: int) -> Tensor:
        """``[B, 3]``."""
        return self.linear(x.new_zeros(batch_size, x.size(-1)).index_add_(0, batch, x.mean(0)))


class PosToX(BaseTransform):
    """The coordinates as the network's input."""

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        """The same sequence with ``x``."""
        data.x = data.pos
        return data


@dataclass(frozen=True)
class Operation:
    """Something that writes files into a folder.

    Args:
        name: Its name in the counts.
        run: Does it, with the folder of what it reads, and the folder that it writes into. Raises, or gives an exit
            status other than 0, where it failed.
        whole: Whether its files, where there are any under their final names, are whole; the number of them.
        points: How often the campaigns stop it.
    """

    name: str
    run: Callable[[Path, Path], Any]
    whole: Callable[[Path, Path], int]
    points: int = 6


def prepare(given: Path) -> None:
    """Make what the operations read."""
    given.mkdir(parents=True, exist_ok=True)
    (given / "original.bin").write_bytes(bytes(range(256)) * 1200)
    by_name = {reader.name: reader for reader in READERS}
    by_name["checkpoint"].make(given)
    (given / "run").mkdir()
    by_name["run.json"].make(given / "run")
    by_name["checkpoint"].make(given / "run")
    facts = json.loads((given / "run" / "run.json").read_text())
    (given / "run" / "run.json").write_text(
        json.dumps({**facts, "dataset": "nw_ucla", "protocol": "xview", "source": "raw"})
    )
    np.save(given / "walk.npy", np.random.default_rng(0).normal(size=(60, 1, 25, 3)).astype(np.float32))


# -- the operations ----------------------------------------------------------------------------------------------------


def _command(*words: object) -> None:
    if main([str(word) for word in words]):
        raise OSError("the command failed")  # it has printed why


def _download(given: Path, out: Path) -> None:
    download((given / "original.bin").as_uri(), out / "file.bin")


def _downloaded(given: Path, out: Path) -> int:
    path, record = out / "file.bin", out / "file.bin.sha256"
    if path.exists():
        assert path.read_bytes() == (given / "original.bin").read_bytes()
    if record.exists():
        digest = hashlib.sha256((given / "original.bin").read_bytes()).hexdigest()
        assert record.read_text() == f"{digest}  file.bin\n"
    return int(path.exists())


def _process(given: Path, out: Path) -> None:
    SimulatedActions(out, "test", subjects=2, repetitions=1)


def _processed(given: Path, out: Path) -> int:
    folders = [path for path in out.glob("processed/*") if not path.name.startswith(".")]
    for folder in folders:
        assert check_store(folder) == []
    return len(folders)


def _module() -> SkeletonDataModule:
    generator = torch.Generator().manual_seed(0)
    made = [
        SkeletonSequence.from_array(torch.randn(4, 1, 2, 2, generator=generator), STICK, y=row % 3, name=f"r{row}")
        for row in range(8)
    ]
    return SkeletonDataModule(made, made[:4], made[4:], batch_size=4)


def _train(given: Path, out: Path) -> None:
    prepared = Preprocessing(num_frames=4, train_batch_transform=PosToX(), eval_batch_transform=PosToX())
    recipe = Recipe(
        preprocessing=prepared, epochs=3, batch_size=4, optimizer="adam", learning_rate=0.05, milestones=(2,)
    )
    trainer = make_trainer(recipe, out / "run", accelerator="cpu", devices=1, progress_bar=False)
    recognizer = Recognizer(Tiny(), 3, recipe)
    scores = fit_and_test(trainer, recognizer, _module(), resume=checkpoint_to_resume(out / "run"))
    scores.save(out / "run" / "test.npz")


def _trained(given: Path, out: Path) -> int:
    from tg_skeleton.training import load_checkpoint

    found = list((out / "run").glob("checkpoints/*.ckpt"))
    for path in found:
        assert load_checkpoint(path)["state_dict"]
    done = (out / "run" / "test.npz").exists()
    if done:
        assert len(Scores.load(out / "run" / "test.npz")) == 4
        assert load_checkpoint(out / "run" / "checkpoints" / "last.ckpt")["epoch"] == 2
    return int(done)


def _export(given: Path, out: Path) -> None:
    from tg_skeleton.inference.export import export

    export(ActionRecognizer.load(given / "model.safetensors"), out / "model.pt2", "torch-export", source="x")


def _exported(given: Path, out: Path) -> int:
    path = out / "model.pt2"
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
    return int(path.exists())


def _page(out: Path, name: str) -> int:
    path = out / name
    if path.exists():
        assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return int(path.exists())


def _play(given: Path, out: Path) -> None:
    _command("play", given / "walk.npy", "--skeleton", "NTU25", "--out", out / "player.html")


def _report(given: Path, out: Path) -> None:
    _command("report", given / "run", "--root", given / "none", "--out", out / "report.html")


def _release(given: Path, out: Path) -> None:
    _command("release", given / "run", "--out", out / "network.zip")


def _released(given: Path, out: Path) -> int:
    path = out / "network.zip"
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None and "model.safetensors" in archive.namelist()
    return int(path.exists())


def _predict(given: Path, out: Path) -> None:
    _command("predict", given / "model.safetensors", given / "walk.npy", "--format", "json", "--out", out / "a.json")


def _predicted(given: Path, out: Path) -> int:
    path = out / "a.json"
    if path.exists():
        assert json.loads(path.read_text())[0]["recording"] == "walk"
    return int(path.exists())


def _save_scores(given: Path, out: Path) -> None:
    names = [f"r{row}" for row in range(2000)]
    Scores(names, np.ones((2000, 10)), np.zeros(2000, int)).save(out / "test.npz")


def _saved_scores(given: Path, out: Path) -> int:
    path = out / "test.npz"
    if path.exists():
        assert len(Scores.load(path)) == 2000
    return int(path.exists())


def _save_model(given: Path, out: Path) -> None:
    ActionRecognizer.load(given / "model.safetensors").save(out / "model.safetensors")


def _saved_model(given: Path, out: Path) -> int:
    path = out / "model.safetensors"
    if path.exists():
        ActionRecognizer.load(path)
    return int(path.exists())


def _figure(given: Path, out: Path) -> None:
    from tg_skeleton.visualization import plot_confusion, save_figure

    save_figure(plot_confusion(np.eye(3, dtype=int), ["a", "b", "c"]), out / "confusion.png")


def _drawn(given: Path, out: Path) -> int:
    path = out / "confusion.png"
    if path.exists():
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    return int(path.exists())


def _raw(given: Path, out: Path) -> None:
    export_ntu(out / "raw.zip", subjects=1, repetitions=1)


def _raw_whole(given: Path, out: Path) -> int:
    path = out / "raw.zip"
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None and len(archive.namelist()) == 48
    return int(path.exists())


OPERATIONS = (
    Operation("download", _download, _downloaded, 8),
    Operation("processing", _process, _processed, 12),
    Operation("training and test", _train, _trained, 12),
    Operation("export", _export, _exported, 3),
    Operation("play", _play, lambda given, out: _page(out, "player.html")),
    Operation("report", _report, lambda given, out: _page(out, "report.html")),
    Operation("release", _release, _released, 3),
    Operation("predict", _predict, _predicted, 4),
    Operation("scores", _save_scores, _saved_scores),
    Operation("checkpoint", _save_model, _saved_model),
    Operation(
        "fusion",
        lambda given, out: write_fusion(out / "fusion.json", [out / "a.safetensors"]),
        lambda given, out: sum(len(read_fusion(path)) for path in out.glob("fusion.json")),
    ),
    Operation("figure", _figure, _drawn, 4),
    Operation("raw NTU files", _raw, _raw_whole, 4),
)
"""All of them."""


def size_of(folder: Path) -> int:
    """The bytes that the files of a folder take."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def quiet() -> None:
    """No bars and no remarks of Lightning's."""
    import logging
    import warnings

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (it stays open)


def cleared(folder: Path) -> Path:
    """The folder, empty."""
    for path in folder.iterdir() if folder.exists() else ():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
