"""Arguments that change the recipe of a training."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tg_skeleton.__main__ import main
from tg_skeleton.commands.options import Options
from tg_skeleton.commands.recipes import changes_of
from tg_skeleton.commands.run_folder import RunFolder
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.training import Preprocessing, Recipe
from tg_skeleton.training.recipes import NETWORKS


def train(prepared: Path, out: Path, *arguments: str, model: str = "sgn") -> int:
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(out), "--device", "cpu")
    return main(["train", "--model", model, *where, *arguments])


def options(dataset: str = "nw_ucla", **values: object) -> Options:
    row = DATASETS[dataset]
    return Options(dataset=row, protocol=next(iter(row.protocols)), location=Location("nowhere"), **values)


RECIPE = Recipe(
    preprocessing=Preprocessing(num_frames=20), epochs=50, batch_size=32, optimizer="sgd", learning_rate=0.1
)


def test_steps_are_counted_in_the_batches_of_the_command_line() -> None:
    assert options(steps=100, batch_size=8).recipe(RECIPE, 80).epochs == 10
    with pytest.raises(ValueError, match="--steps: expected --epochs or --steps, got 3 and 4"):
        options(epochs=3, steps=4).recipe(RECIPE, 80)


def test_the_learning_rate_of_the_command_line_is_not_scaled() -> None:
    recipe = options(batch_size=16, learning_rate=0.3, class_weights="balanced").recipe(RECIPE, 80)
    assert (recipe.learning_rate, recipe.class_weights) == (0.3, "balanced")
    assert options(batch_size=16).recipe(RECIPE, 80).learning_rate == 0.05


@pytest.mark.parametrize(("recordings", "epochs"), [(1000, 50), (100, 375), (60, 500), (5, 500), (960, 50), (900, 52)])
def test_own_recordings_get_enough_steps(recordings: int, epochs: int) -> None:
    assert options("own").recipe(RECIPE, recordings).epochs == epochs
    assert options("own", epochs=3).recipe(RECIPE, recordings).epochs == 3
    assert options("nw_ucla").recipe(RECIPE, recordings).epochs == 50


def test_a_dry_run_prints_the_recipe_and_trains_nothing(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path / "out", "--dry-run", "--recipe", "strong", "--frames", "24", "--steps", "90") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "--recipe strong has not been measured on nw_ucla; it changes:"
    assert "  optimizer: 'adam' -> 'adamw'" in said
    assert "  preprocessing.num_frames: 20 -> 24" in said
    assert "arguments.num_frames: 24" in said
    assert "skeleton.topology: 'NWUCLA20'" in said
    assert "skeleton.root: 'shoulder_center'" in said
    assert any(line.startswith("skeleton.graph: 'none; ") for line in said)
    assert "epochs: 23" in said  # of 4 steps: 60 recordings in batches of 16
    assert not (tmp_path / "out").exists()


def test_what_was_measured_of_the_strong_recipe_is_said() -> None:
    body = DATASETS["sbu"].body(Location("nowhere"))
    setting = NETWORKS["esan"].setting(body, "fold1", "joint+bone")

    def first(model: str) -> str:
        return changes_of(Namespace(model=model, recipe="strong"), setting, setting, body).splitlines()[0]

    assert first("esan") == (
        "--recipe strong was no better than the published recipe in three folds of SBU, with half of its epochs; "
        "it changes:"
    )
    assert first("sgn") == "--recipe strong has not been measured on sbu; it changes:"


def test_a_published_recipe_has_no_differences(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--dry-run") == 0
    assert "->" not in capsys.readouterr().out


def test_augmentations_are_added_to_the_recipe(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("--augment", "mirror", "noise", "mixup", "--class-weights", "balanced", "--lr", "0.002")
    assert train(prepared, tmp_path, "--fast-dev-run", "--trainval", *chosen) == 0
    said = capsys.readouterr().out
    assert "preprocessing.train_batch_transform: Streams('joint', clips=1, start='zero') -> Compose([" in said
    assert "MixUp(2.0, p=0.5)" in said
    assert "sgn joint: 50 epochs of 3 steps of 32 recordings, adam with learning rate 0.002" in said
    facts = json.loads((tmp_path / "fast_dev_run" / "sgn_nw_ucla" / "joint" / "seed0" / "run.json").read_text())
    assert (facts["recipe.class_weights"], facts["recipe.learning_rate"]) == ("'balanced'", "0.002")


def test_a_strong_training_has_a_folder_of_its_own(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--fast-dev-run", "--trainval", "--recipe", "strong", model="esan") == 0
    assert (tmp_path / "fast_dev_run" / "esan_nw_ucla_strong" / "joint+bone" / "seed0" / "model.safetensors").is_file()


def test_a_narrow_network_has_a_name_and_a_folder_of_its_own(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--epochs", "1", "--trainval", "--widths", "8", "12", model="esan") == 0
    assert "  arguments.widths: (64, 128, 256, 512) -> (8, 12)\n" in capsys.readouterr().out
    run = RunFolder.read(tmp_path / "esan_nw_ucla_8_12" / "joint+bone" / "seed0")
    assert run.facts["name"] == "esan 8-12 joint+bone"
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(tmp_path), "--device", "cpu")
    assert main(["test", "--model", "esan", "--widths", "8", "12", *where]) == 0
    assert main(["train", "--model", "hcn", "--widths", "8", "--dry-run", *where]) == 1
    assert "--widths: HCN has no argument widths; leave it out" in capsys.readouterr().err


def test_clips_of_another_length_need_the_same_in_a_test(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--epochs", "1", "--frames", "8", model="esan") == 0
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(tmp_path), "--device", "cpu")
    assert main(["test", "--model", "esan", "--frames", "8", *where]) == 0
    assert main(["test", "--model", "esan", *where]) == 1
    assert "holds another network than the one that was named" in capsys.readouterr().err


def test_a_training_starts_from_a_checkpoint(
    prepared: Path, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, "--epochs", "1", "--trainval", "--stream", "bone") == 0
    run = tmp_path / "sgn_nw_ucla" / "bone" / "seed0"
    start = run / "model.safetensors"
    more = ("--init", str(start), "--epochs", "1", "--trainval", "--freeze", "backbone", "--augment", "rotate")
    out = tmp_path / "more"
    assert train(prepared, out, *more) == 0
    before, after = (
        ActionRecognizer.load(path) for path in (start, out / "sgn_nw_ucla" / "bone" / "seed0" / start.name)
    )
    changed = {
        name
        for name, value in after.model.state_dict().items()
        if not torch.equal(value, before.model.state_dict()[name])
    }
    assert changed and all(name.startswith("classifier") for name in changed)
    facts = json.loads((out / "sgn_nw_ucla" / "bone" / "seed0" / "run.json").read_text())
    assert "kept head" in facts["start"]
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(out), "--device", "cpu")
    assert main(["test", "--model", "sgn", "--init", str(start), *where]) == 0
    where = ("--dataset", "own", "--root", str(own), "--out", str(out), "--device", "cpu")
    assert main(["train", "--model", "sgn", "--init", str(start), "--fast-dev-run", *where]) == 1
    assert "reads 3 coordinates of a joint, the recordings have 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--freeze", "backbone"), "--freeze, --lr-backbone: expected --init FILE"),
        (("--lr-backbone", "0.1"), "--freeze, --lr-backbone: expected --init FILE"),
        (("--init", "x.safetensors", "--frames", "9"), "--frames: expected none with --init"),
        (("--init", "x.safetensors", "--widths", "9"), "--widths: expected none with --init"),
        (("--init", "x.safetensors", "--recipe", "strong"), "--recipe: expected paper with --init"),
        (("--init", "x.safetensors"), "'x.safetensors': no such file"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    prepared: Path, tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(prepared, tmp_path, *arguments) == 1
    assert message in capsys.readouterr().err


def test_a_checkpoint_of_another_network_is_refused(
    prepared: Path, tmp_path: Path, save_checkpoint: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = save_checkpoint(tmp_path / "esan.safetensors")
    assert train(prepared, tmp_path, "--init", str(path)) == 1
    assert "is a ESAN, expected --model sgn" in capsys.readouterr().err
