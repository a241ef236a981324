"""Every reader of files, with a valid file of its own that the fuzzer damages."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.fuzz import originals
from tests.fuzz.originals import POS, RANDOM, STICK
from tg_skeleton import NTU25
from tg_skeleton.commands.run_folder import NEEDED, RunFolder
from tg_skeleton.commands.selection import HEAD as SELECTION
from tg_skeleton.commands.selection import TABLE, selection_page
from tg_skeleton.datasets.check import check_store
from tg_skeleton.datasets.journal import Entry, Journal, Part
from tg_skeleton.datasets.members import ZipMembers
from tg_skeleton.datasets.store import About, SequenceStore
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.evaluation import Scores
from tg_skeleton.files import csv_text
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.fused import read_fusion, write_fusion
from tg_skeleton.io import (
    Recording,
    Source,
    load_plain,
    read_file,
    read_openmmlab_pickle,
    stored_array,
)
from tg_skeleton.io.forms import ReadOptions
from tg_skeleton.pose import Estimate, PoseEstimator
from tg_skeleton.topologies import OPENPOSE18, find
from tg_skeleton.training import load_checkpoint
from tg_skeleton.transforms import SampleSegments, Streams


@dataclass(frozen=True)
class Reader:
    """A reader under attack.

    Args:
        name: Its name in the counts.
        make: Writes a valid file into a folder, and names it.
        read: Reads the file.
        errors: The exceptions of its contract; their messages name the file.
        packages: The packages without which it is left out.
    """

    name: str
    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    errors: tuple[type[Exception], ...] = (ValueError,)
    packages: tuple[str, ...] = field(default=())


def _form(path: Path) -> Recording:
    topology = OPENPOSE18 if path.suffix == ".json" else STICK
    source = Source(path.parent if path.name.endswith("_keypoints.json") else path)
    return read_file(source, ReadOptions(topology=topology, image_size=(640, 480)))[1]


def _bytes(name: str, content: bytes | Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content() if callable(content) else content)
        return folder / name

    return make


class _Estimator(PoseEstimator):
    """Sees the same person in every picture."""

    topology = STICK

    def __call__(self, image: np.ndarray) -> Estimate:
        return Estimate(np.zeros((1, 3, 2), np.float32), np.ones((1, 3), np.float32))


def _read_video(path: Path) -> Recording:
    from tg_skeleton.pose.video import read_video

    options = ReadOptions(topology=STICK, video=lambda found: read_video(found, _Estimator()))
    return read_file(Source(path), options)[1]


def _pickle(protocol: int) -> Callable[[], bytes]:
    def made() -> bytes:
        keypoint = RANDOM.normal(size=(1, 4, 17, 2)).astype(np.float16)
        clip = {"label": 3, "total_frames": 4, "img_shape": (480, 640), "keypoint": abs(keypoint)}
        scored = clip | {"keypoint_score": np.ones((1, 4, 17), np.float16)}
        clips = [{"frame_dir": "a", **clip}, {"frame_dir": "b", **scored}]
        return pickle.dumps({"split": {"train": ["a"], "val": ["b"]}, "annotations": clips}, protocol)

    return made


def _read_pickle(path: Path) -> list[Recording]:
    records = read_openmmlab_pickle(path).records
    return [records[row] for row in range(len(records))]


def _scores(folder: Path) -> Path:
    return Scores(["a", "b"], RANDOM.normal(size=(2, 3)), [0, 2]).save(folder / "test.npz")


def _checkpoint(folder: Path) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        arguments = {"in_channels": 3, "num_classes": 2, "num_frames": 8, "widths": (8, 8)}
        card = ModelCard(
            network="ESAN",
            arguments=arguments,
            topology=NTU25,
            class_names=("sit", "stand"),
            num_frames=8,
            transform=SampleSegments(8, mode="center"),
            batch_transform=Streams("joint"),
        )
        return ActionRecognizer(card.build(), card).save(folder / "model.safetensors")


def _last(folder: Path) -> Path:
    weights = {"model.weight": torch.ones(3, 4), "model.bias": torch.zeros(3)}
    torch.save({"epoch": 3, "state_dict": weights, "callbacks": {"Reseed": {"seed": 0}}}, folder / "last.ckpt")
    return folder / "last.ckpt"


def _run(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        numbers = {"seconds": 1.5, "epochs": 2, "parameters": 100, "macs": 2000, "seed": 0}
        texts = dict.fromkeys((key for key in NEEDED if key not in numbers), "x")
        (folder / "run.json").write_text(json.dumps({**texts, **numbers}))
        _scores(folder)
        (folder / "logs" / "version_0").mkdir(parents=True)
        log = folder / "logs" / "version_0" / "metrics.csv"
        log.write_text("epoch,step,train/loss,val/top1\n0,3,1.5,\n0,3,,0.5\n1,6,1.25,\n")
        return log if name == "metrics.csv" else folder / name

    return make


def _read_run(path: Path) -> RunFolder:
    return RunFolder.read(path.parents[2] if path.name == "metrics.csv" else path.parent)


def _selection() -> bytes:
    rows = [("mirror", "camera 2", 504, 4, 71.25, 1.5, "+2.00", 0.5, "undecided")] * 3
    return csv_text(SELECTION, rows).encode()


def _store(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        about = About(STICK, ("sit", "walk"))
        with SequenceWriter.locked(folder / "store"), SequenceWriter(folder / "store", about) as writer:
            for row in range(3):
                writer.write(Recording(f"r{row}", POS.astype(np.float32), row % 2, facts={"subject": row}))
        return folder / "store" / name

    return make


def _read_store(path: Path) -> Any:
    check_store(path.parent)
    store = SequenceStore(path.parent)
    return store.issues(), [store.pos(row) for row in range(len(store.index.names))] and None


def _journal(folder: Path) -> Path:
    journal = Journal(folder / "journal.jsonl", "job")
    journal.open(0)
    for done in (1, 2):
        journal.add(Entry(done, [("r", 0, 3, 1, {"subject": 1})], [], 0, {"pos.npy": Part((3, 3), 128 + done, 7)}))
    journal.close()
    return folder / "journal.jsonl"


def _archive(folder: Path) -> Path:
    import zipfile

    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "skeletons" * 40)
        archive.writestr("b.txt", "more")
    return folder / "set.zip"


def _read_archive(path: Path) -> list[bytes]:
    with ZipMembers([path], lambda name: name) as members:
        return [members.read(name) for name in members.names]


READERS = (
    Reader("ntu", _bytes("S001C001P001R001A001.skeleton", originals.ntu), _form),
    Reader("nw_ucla", _bytes("a01_s01_e00_v01.json", originals.nw_ucla), _form),
    Reader("kinetics", _bytes("clip.json", originals.kinetics), _form),
    Reader("openpose", originals.openpose, _form),
    Reader("sbu", _bytes("s01s02_03_001.txt", originals.sbu), _form),
    Reader("array npy", originals.npy, _form),
    Reader("array npz", originals.npz, _form),
    Reader("table wide", _bytes("walk.csv", originals.wide), _form),
    Reader("table long", _bytes("walk.tsv", originals.long), _form),
    Reader("mat", originals.mat, _form, packages=("scipy",)),
    Reader("c3d", originals.c3d, _form, packages=("ezc3d",)),
    Reader("bvh", _bytes("walk.bvh", originals.BVH), _form, packages=("pybvh",)),
    Reader("video", originals.video, _read_video, packages=("cv2",)),
    Reader("pickle 2", _bytes("set.pkl", _pickle(2)), _read_pickle),
    Reader("pickle 4", _bytes("set.pkl", _pickle(4)), _read_pickle),
    Reader("pickle any", _bytes("any.pkl", _pickle(3)), lambda path: load_plain(path, str(path))),
    Reader("stored array", originals.npz, lambda path: np.asarray(stored_array(path, "pos")).sum()),
    Reader("topology", _bytes("stick.json", STICK.to_json().encode()), find),
    Reader("scores", _scores, Scores.load),
    Reader("checkpoint", _checkpoint, ActionRecognizer.load),
    Reader("fusion.json", lambda folder: write_fusion(folder / "fusion.json", [folder / "a.safetensors"]), read_fusion),
    Reader("last.ckpt", _last, load_checkpoint),
    Reader("run.json", _run("run.json"), _read_run),
    Reader("run's test.npz", _run("test.npz"), _read_run),
    Reader("metrics.csv", _run("metrics.csv"), _read_run),
    Reader("select.csv", _bytes(TABLE, _selection), lambda path: selection_page(path.parent)),
    *(
        Reader(name, _store(name), _read_store, (RuntimeError, ValueError))
        for name in ("meta.json", "index.npz", "pos.npy", "report.csv")
    ),
    Reader("journal", _journal, lambda path: list(Journal(path, "job").read())),
    Reader("zip archive", _archive, _read_archive, (RuntimeError, ValueError)),
)
"""All of them."""
