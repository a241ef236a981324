"""The gallery, from runs of untrained networks that are written here."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.datasets import SimulatedActions
from tg_skeleton.evaluation import Scores
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.topologies import NTU25
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes import NETWORKS
from tg_skeleton.training.recipes.amanet import amanet_simulated
from tg_skeleton.training.recipes.esan import esan_simulated

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "gallery.py"
RESULTS, PAGE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("results.md", "gallery.md"))
METRICS = "epoch,train/loss,train/top1,val/loss,val/top1\n0,2.1,0.2,2.0,0.3\n1,1.4,0.6,1.5,0.5\n"
FIGURES = {"film", "body", "saliency", "graph", "frames", "curves", "confusion", "cost"}


def write_run(folder: Path, network: str, channels: int, widths: list[int], recipe: Recipe) -> Path:
    prepare = recipe.preprocessing
    frames = {"num_frames": prepare.num_frames} if network == "ESAN" else {}
    card = ModelCard(
        network=network,
        arguments={"in_channels": channels, "num_classes": 16, "widths": widths, **frames},
        topology=NTU25,
        class_names=SimulatedActions.class_names,
        num_frames=prepare.num_frames,
        clips=prepare.test_clips,
        transform=prepare.test_transform,
        batch_transform=prepare.eval_batch_transform,
    )
    ActionRecognizer(card.build(), card).save(folder / "model.safetensors")
    (folder / "logs" / "version_0").mkdir(parents=True)
    (folder / "logs" / "version_0" / "metrics.csv").write_text(METRICS)
    Scores(np.arange(16).astype(str), np.eye(16), np.arange(16)).save(folder / "test.npz")
    return folder


def test_draws_what_the_readme_shows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    esan = write_run(tmp_path / "esan", "ESAN", 6, [8, 8], esan_simulated())
    amanet = write_run(tmp_path / "amanet", "AMANet", 12, [12, 12], amanet_simulated())
    out, page = tmp_path / "out", tmp_path / "player.html"
    arguments = ["--esan", esan, "--amanet", amanet, "--root", tmp_path / "data", "--out", out, "--page", page]
    monkeypatch.setattr(sys, "argv", ["gallery.py", *map(str, arguments)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert {path.name for path in out.iterdir()} == {*(f"{name}.png" for name in FIGURES), "turning.gif"}
    assert all((out / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in FIGURES)
    assert "ESAN: " in page.read_text(encoding="utf-8")

    monkeypatch.setattr(sys, "argv", [*sys.argv, "--style", "dark", "--only", "cost"])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert (out / "cost_dark.png").is_file() and not (out / "film_dark.png").exists()


def test_the_player_needs_one_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    esan = write_run(tmp_path / "esan", "ESAN", 6, [8, 8], esan_simulated())
    arguments = ["--esan", esan, "--amanet", tmp_path / "none", "--root", tmp_path / "data", "--out", tmp_path / "out"]
    arguments += ["--page", tmp_path / "player.html", "--only", "player"]
    monkeypatch.setattr(sys, "argv", ["gallery.py", *map(str, arguments)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert (tmp_path / "player.html").is_file() and not [*(tmp_path / "out").iterdir()]


def test_reads_the_table_of_results() -> None:
    costs = runpy.run_path(str(EXAMPLE), run_name="imported")["costs"](RESULTS)
    assert set(costs) == {name for name, row in NETWORKS.items() if "nw_ucla/xview" in row.measured}
    assert costs["sgn"] == (0.9073, 665_018, 135_000_000.0)


def test_the_page_s_pictures_are_there_and_small() -> None:
    shown = {ROOT / name for name in re.findall(r'(?:src|srcset)="\.\./(examples/gallery/[\w.]+)"', PAGE)}
    assert {path.name for path in shown} >= {*(f"{name}.png" for name in FIGURES), "turning.gif", "player.png"}
    assert sum(path.stat().st_size for path in shown) < 1_200_000
