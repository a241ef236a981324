"""A network and a data set from outside, by the steps of CONTRIBUTING, from the command line to a loaded checkpoint."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import tg_skeleton
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import RecordingIndex, SkeletonDataset
from tg_skeleton.datasets.preprocessing import own_preprocessing
from tg_skeleton.datasets.table import DATASETS, DataSet
from tg_skeleton.inference import StreamingRecognizer
from tg_skeleton.io import Recording
from tg_skeleton.topology import Topology
from tg_skeleton.training import Network, Preprocessing, Recipe
from tg_skeleton.training.recipe import small_course, streams
from tg_skeleton.training.recipes import NETWORKS

MINE = """
import torch
from torch import nn

class Mine(nn.Module):
    def __init__(self, topology, in_channels, num_classes):
        super().__init__()
        self.linear = nn.Linear(in_channels, num_classes)

    def forward(self, x, batch=None, batch_size=None):
        batch = torch.zeros(x.size(1), dtype=torch.long, device=x.device) if batch is None else batch
        size = 1 if batch_size is None else batch_size
        ones = torch.ones_like(batch, dtype=x.dtype)
        count = torch.zeros(size, dtype=x.dtype, device=x.device).index_add(0, batch, ones)
        sums = torch.zeros(size, x.size(-1), dtype=x.dtype, device=x.device).index_add(0, batch, x.mean(0))
        return self.linear(sums / count[:, None])
"""

ARM = Topology("arm", ("shoulder", "elbow", "hand"), ("shoulder", "shoulder", "elbow"))


class ToyNetwork(nn.Module):
    """The mean over frames, through one linear layer of all joints of the first person."""

    def __init__(self, topology: Topology, in_channels: int, num_classes: int, *, num_frames: int) -> None:
        super().__init__()
        self.num_frames = num_frames
        self.linear = nn.Linear(topology.num_joints * in_channels, num_classes)

    def forward(self, x: Tensor, batch: Tensor, batch_size: int) -> Tensor:
        assert x.size(0) == self.num_frames
        return self.linear(x.mean(0).view(batch_size, -1))


def toy_toyset(stream: str = "joint") -> Recipe:
    """A recipe of its own on one data set."""
    prepare = own_preprocessing(streams(stream, ("joint", "bone")), ARM, 3)
    return small_course(prepare, "sgd", learning_rate=0.05, weight_decay=0.0).with_epochs(2)


def toy_small(preprocessing: Preprocessing) -> Recipe:
    """Its recipe on the others."""
    return small_course(preprocessing, "adam", learning_rate=1e-3, weight_decay=0.0)


TOY = Network(
    name="toy",
    model=ToyNetwork,
    streams=("joint", "bone"),
    weights=(3.0, 1.0),
    recipes={"toyset": toy_toyset},
    small=toy_small,
    paper="Nobody, A toy",
    year=2024,
)


class ToyDataset(SkeletonDataset):
    """Twelve recordings of an arm, raised or not."""

    topology = ARM
    class_names = ("down", "up")

    def recording_names(self) -> list[str]:
        return [f"r{number:02}" for number in range(12)]

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        def read(name: str) -> Recording:
            number = int(name[1:])
            pos = np.random.default_rng(number).normal(size=(9, 1, 3, 3))
            pos[:, :, 2, 1] += 5 * (number % 2)
            return Recording(name, pos, number % 2)

        yield read

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        parts = {"train": range(4), "val": range(4, 8), "test": range(8, 12), "trainval": range(8)}
        return np.array(parts[self.split])


TOYSET = DataSet(
    name="toyset",
    cls=ToyDataset,
    description="Arms, raised or not",
    folder="toyset",
    protocols={"": {}},
    options=("on_error", "num_workers", "force_reload"),
    preprocessing=own_preprocessing,
)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both rows in their tables."""
    monkeypatch.setitem(NETWORKS, "toy", TOY)  # type: ignore[arg-type]
    monkeypatch.setitem(DATASETS, "toyset", TOYSET)  # type: ignore[arg-type]


def where(tmp_path: Path) -> tuple[str, ...]:
    return ("--dataset", "toyset", "--root", str(tmp_path / "data"))


@pytest.mark.usefixtures("rows")
def test_a_data_set_s_row_is_all_that_its_commands_need(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ("--root", str(tmp_path / "data"))
    assert main(["data", "prepare", "toyset", *root]) == 0
    assert capsys.readouterr().out.startswith("toyset: 12 recordings in ")
    assert main(["data", "info", "toyset", *root]) == 0
    out = capsys.readouterr().out
    assert "toyset: Arms, raised or not, " in out and "joints:    3 (arm); 2 classes" in out
    assert main(["data", "check", "toyset", *root]) == 0


@pytest.mark.usefixtures("rows")
def test_a_network_s_row_is_all_that_its_commands_need(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--out", str(tmp_path / "runs"))
    assert main(["networks"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == ["toy", "2024", *["-"] * 6]
    assert main(["networks", "toy"]) == 0
    assert "recipes:  toyset, nw_ucla, sbu, simulated, own" in capsys.readouterr().out
    for stream in ("joint", "bone"):
        train = ["train", "--model", "toy", *where(tmp_path), "--stream", stream, "--device", "cpu", *out]
        assert main(train) == 0
    assert "2 epochs" in capsys.readouterr().out
    assert main(["fuse", "--model", "toy", *where(tmp_path), "--weights", "published", *out]) == 0
    assert "0.750" in capsys.readouterr().out


@pytest.mark.usefixtures("rows")
def test_the_other_networks_train_on_it_by_their_small_recipe(tmp_path: Path) -> None:
    given = ["--model", "sgn", "toy", *where(tmp_path), "--device", "cpu", "--fast-dev-run", "--out", str(tmp_path)]
    assert main(["compare", *given]) == 0


@pytest.mark.usefixtures("rows")
def test_a_published_network_has_no_other_recipes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--model", "hdgcn", *where(tmp_path)]) == 1
    assert ", toy, everyday, or a class of your own as package.module:Class, got hdgcn" in capsys.readouterr().err
    assert main(["train", "--model", "toy", "--dataset", "kinetics"]) == 1
    assert "dataset: there is no recipe for toy on kinetics; it has recipes on toyset, " in capsys.readouterr().err


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a package of one network."""
    (tmp_path / "ideas").mkdir()
    (tmp_path / "ideas" / "__init__.py").touch()
    (tmp_path / "ideas" / "nets.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "ideas"]:
        del sys.modules[name]


@pytest.fixture
def checkpoint(mine: Path, prepared: Path) -> Path:
    """A checkpoint of the network, trained from the command line."""
    given = ["--dataset", "nw_ucla", "--root", str(prepared), "--out", "runs", "--device", "cpu", "--fast-dev-run"]
    assert main(["train", "--model", "ideas.nets:Mine", *given]) == 0
    return mine / "runs" / "fast_dev_run" / "Mine_nw_ucla" / "joint" / "seed0" / "model.safetensors"


def test_a_network_of_one_s_own_is_trained_loaded_and_streamed(checkpoint: Path) -> None:
    from ideas.nets import Mine  # type: ignore[import-not-found]

    recognizer = tg_skeleton.load(checkpoint, networks=[Mine])
    assert (recognizer.card.network, type(recognizer.model)) == ("ideas.nets:Mine", Mine)
    recording = torch.randn(9, 1, 20, 3)
    assert recognizer(recording).probabilities.shape == (10,)
    stream = StreamingRecognizer(recognizer, window=20, every=1)
    assert stream.push(recording[0], ids=[4]).person(4).label in recognizer.card.class_names


def test_its_checkpoint_is_of_use_to_the_commands(
    checkpoint: Path, mine: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(mine / "a.npy", np.random.default_rng(0).normal(size=(9, 20, 3)))
    assert main(["predict", str(checkpoint), "a.npy"]) == 1
    assert "--network package.module:Class on the command line" in capsys.readouterr().err
    network = ("--network", "ideas.nets:Mine")
    assert main(["predict", str(checkpoint), "a.npy", *network]) == 0
    assert main(["export", str(checkpoint), "--format", "torch-export", "--threads", "1", *network]) == 0
    assert main(["play", "a.npy", "--checkpoint", str(checkpoint), *network]) == 0
    assert main(["report", str(checkpoint.parent), "--root", str(prepared), *network]) == 0


def test_nothing_is_imported_because_a_file_names_it(checkpoint: Path) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ideas"]:
        del sys.modules[name]
    with pytest.raises(ValueError, match="network: 'ideas.nets:Mine' is a class of your own; .* got none: load"):
        tg_skeleton.load(checkpoint)
    assert "ideas.nets" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ideas.nets:Yours", "ideas.nets:Yours: expected package.module:Class, the name of a class to import"),
        ("nowhere:Mine", "nowhere:Mine: expected package.module:Class, the name of a class to import"),
        ("ideas.nets:torch", "ideas.nets:torch: expected a class derived from torch.nn.Module"),
    ],
)
def test_a_class_that_is_none_is_named(mine: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--model", name, "--dataset", "nw_ucla"]) == 1
    assert message in capsys.readouterr().err
