"""How to come by the messages of ``docs/symptoms.md``: one function a symptom, called in an empty folder."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GATConv

import tg_skeleton
from tg_skeleton import COCO17, NTU25, SkeletonSequence
from tg_skeleton.__main__ import main
from tg_skeleton.commands.self_test import recognizer
from tg_skeleton.datasets import ArrayDataset, simulate
from tg_skeleton.evaluation import Scores, ensemble
from tg_skeleton.inference import StreamingRecognizer
from tg_skeleton.nn import SpatialSelfAttention, StaticGraph
from tg_skeleton.pose import VideoFile

WAVE = simulate("wave", noise=False).pos
KICK = simulate("kick", noise=False).pos


def own(arrays, labels=(0, 1), topology=NTU25, **options) -> ArrayDataset:
    return ArrayDataset.from_arrays("datasets/mine", list(arrays), list(labels)[: len(arrays)], topology, **options)


def run(*words: str) -> None:
    main(list(words))


@contextmanager
def without(package: str, *readers: str) -> Iterator[None]:
    """As if a package were not installed; its readers are imported anew."""
    before = dict(sys.modules)
    for name in [name for name in before if name.startswith(readers)] if readers else []:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.clear()
        sys.modules.update(before)


def nan() -> None:
    wave = WAVE.copy()
    wave[3, 0, 7] = np.nan
    own([wave, KICK], names=["anna_wave", "ben_kick"])


def joints() -> None:
    own([np.ones((40, 17, 3)), KICK], names=["anna_wave", "ben_kick"])


def labels() -> None:
    own([WAVE, KICK], [0, 5], class_names=["wave", "kick"])


def counts() -> None:
    own([WAVE, KICK], [0])


def pixels() -> None:
    own([np.random.default_rng(0).uniform(100, 400, (40, 17, 2))], [0], COCO17)


def upside_down() -> None:
    own([WAVE * [1, -1, 1], KICK * [1, -1, 1]])


def millimeters() -> None:
    own([1000 * WAVE, 1000 * KICK])


def nobody() -> None:
    own([np.zeros((40, 25, 3)), KICK])


def skeleton_of_an_array() -> None:
    np.save("wave.npy", WAVE)
    run("play", "wave.npy", "--out", "player.html")


def no_classes() -> None:
    np.save("wave.npy", WAVE)
    run("data", "import", "wave.npy", "--to", "datasets/mine", "--skeleton", "NTU25")


def unknown_files() -> None:
    Path("recordings/wave").mkdir(parents=True)
    Path("recordings/wave/a.docx").write_text("x")
    run("data", "import", "recordings", "--to", "datasets/mine", "--skeleton", "NTU25")


def object_array() -> None:
    Path("recordings/wave").mkdir(parents=True)
    np.save("recordings/wave/a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    run("data", "import", "recordings", "--to", "datasets/mine", "--skeleton", "NTU25", "--on-error", "raise")


def damaged_skeleton_file() -> None:
    Path("S001C001P001R001A001.skeleton").write_text("3\n1\n")
    recognizer().save("model.safetensors")
    run("predict", "model.safetensors", "S001C001P001R001A001.skeleton", "--on-error", "raise")


def no_own_data() -> None:
    run("train", "--model", "sgn", "--dataset", "own", "--root", "datasets/none")


def no_raw() -> None:
    run("data", "prepare", "nw_ucla", "--raw", "none.zip")


def trained(*options: str) -> None:
    own([WAVE, KICK] * 3, [0, 1] * 3, splits=["train"] * 4 + ["test"] * 2)
    run("train", "--model", "sgn", "--dataset", "own", "--root", "datasets/mine", "--epochs", "2", *options)


def run_exists() -> None:
    trained("--device", "cpu")
    trained("--device", "cpu")


def loss() -> None:
    trained("--device", "cpu", "--lr", "1e30")


def no_gpu() -> None:
    trained("--device", "cuda")


def bad_checkpoint() -> None:
    Path("model.safetensors").write_bytes(b"x" * 100)
    tg_skeleton.load("model.safetensors")


def no_checkpoint() -> None:
    run("predict", "model.safetensors", "wave.npy")


def other_joints() -> None:
    recognizer()(np.ones((40, 17, 3)))


def other_dims() -> None:
    recognizer()(WAVE[..., :2])


def unlike_training() -> None:
    trained("--device", "cpu")
    tg_skeleton.load("runs/sgn_mine/joint/seed0/model.safetensors")(1000 * WAVE)


def stream_shape() -> None:
    StreamingRecognizer(recognizer(), window=30).push(WAVE[0], ids=[1, 2])


def unequal_lengths() -> None:
    two = [SkeletonSequence.from_array(array, NTU25) for array in (WAVE, KICK[:30])]
    next(iter(DataLoader(two, batch_size=2)))


def static_graph() -> None:
    StaticGraph(GATConv(3, 16), NTU25.edge_index)(torch.randn(2, 20, 25, 3))


def edges() -> None:
    SpatialSelfAttention(3, 8)(torch.randn(20, 3), NTU25.edge_index)


def features() -> None:
    SpatialSelfAttention(64, 64)(torch.randn(25, 3), NTU25.edge_index)


def fused_names() -> None:
    logits = [[2.0, 0.0], [0.0, 1.0]]
    ensemble({"joint": Scores(["a", "b"], logits, [0, 1]), "bone": Scores(["a", "c"], logits, [0, 1])})


def no_lightning() -> None:
    with without("lightning", "tg_skeleton.training", "tg_skeleton.commands.train"):
        run("train", "--model", "sgn", "--dataset", "nw_ucla")


def no_mediapipe() -> None:
    Path("walk.mp4").write_bytes(b"")
    recognizer().save("model.safetensors")
    with without("mediapipe"):
        run("predict", "model.safetensors", "walk.mp4", "--estimator", "mediapipe")


def cut_video() -> None:
    Path("walk.mp4").write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\1\0\0mdat")
    VideoFile("walk.mp4")


def no_test() -> None:
    own([WAVE, KICK])
    run("train", "--model", "sgn", "--dataset", "own", "--root", "datasets/mine", "--epochs", "1", "--device", "cpu")


def own_network() -> None:
    run("train", "--model", "mine:Mine", "--dataset", "nw_ucla", "--dry-run")


def untracked_seconds() -> None:
    np.save("long.npy", WAVE)
    recognizer().save("model.safetensors")
    run("predict", "model.safetensors", "long.npy", "--window", "2s")


def export_path() -> None:
    recognizer().save("model.safetensors")
    run("export", "model.safetensors", "--out", "model.bin")


SYMPTOMS: tuple[Callable[[], None], ...] = (
    *(no_lightning, no_mediapipe, cut_video, no_gpu),
    *(nan, joints, labels, counts, nobody, upside_down, millimeters, pixels),
    *(skeleton_of_an_array, no_classes, unknown_files, object_array, damaged_skeleton_file),
    *(no_own_data, no_raw, no_test, run_exists, loss, own_network, fused_names),
    *(no_checkpoint, bad_checkpoint, other_joints, other_dims, unlike_training, untracked_seconds, stream_shape),
    *(export_path, unequal_lengths, static_graph, edges, features),
)


def said_by(symptom: Callable[[], None], errors: Callable[[], str]) -> str:
    """The message of a symptom: its exception, else its warning, else what it printed as an error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            symptom()
        except (ValueError, RuntimeError) as error:
            return f"{type(error).__name__}: {error}"
    printed = re.search(r"^(train|predict|play|import|prepare|export): .*", errors(), re.MULTILINE | re.DOTALL)
    warned = [str(one.message) for one in caught if one.category is UserWarning]
    ours = [text for text in warned if text.startswith("ArrayDataset.") or "recordings" in text]
    text = printed[0].strip() if printed else "\n".join(dict.fromkeys(ours))
    return text.replace(f"{Path.cwd()}/", "").replace(f"{Path.cwd()}", ".")
