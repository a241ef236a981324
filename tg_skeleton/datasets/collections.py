"""Sources of many recordings with their classes: the archives of other packages, and folders of files."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.datasets.clip_list import clip_collection, is_clip_list
from tg_skeleton.datasets.collection import Collection, read_source
from tg_skeleton.files import reading
from tg_skeleton.io import (
    PickledArray,
    ReadOptions,
    Recording,
    Source,
    as_coordinates,
    find_recordings,
    load_plain,
    nothing_found,
    read_openmmlab_pickle,
    stored_array,
)
from tg_skeleton.npz import map_npy
from tg_skeleton.topology import Topology

_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
}


def open_collection(
    sources: Sequence[str | os.PathLike[str]], options: ReadOptions, *, class_names: Sequence[str] | None = None
) -> Collection:
    """The recordings of some sources, each of which may be

    - a pickle of PYSKL or MMAction2 (``.pkl``), with its classes and splits;
    - an ``.npz`` of CTR-GCN (``x_train``, ``y_train``, ``x_test``, ``y_test``);
    - an ``.npy`` of ST-GCN ``[N, C, T, V, M]`` next to its ``_label.pkl``; ``train`` or ``val`` in its name is a split;
    - a ``.csv`` list of clips with their classes, times, splits and subjects, see `read_clip_list`;
    - a folder of files of `tg_skeleton.io.FORMS` in folders named by their classes, perhaps in folders named by their
      splits (``train/walk/a.npy``); or files that state their classes themselves.

    Args:
        sources: Files and folders.
        options: Facts that the files do not state.
        class_names: The classes. Default: from the labels.

    Raises:
        FileNotFoundError: A source does not exist.
        ValueError: A source holds no recordings, or sources have classes of different kinds.
    """
    opened = [_open(Path(source), options) for source in sources]
    if not opened:
        raise ValueError("sources: expected at least one file or folder, got none")
    if len(opened) == 1:
        return replace(opened[0], class_names=class_names or opened[0].class_names)
    rows = [(one, row) for one in opened for row in range(len(one.names))]
    prefix = len({name for one in opened for name in one.names}) < len(rows)  # names that two sources share
    names = [f"{number}_{name}" if prefix else name for number, one in enumerate(opened) for name in one.names]

    def read(row: int) -> Recording:
        one, own = rows[row]
        return one.read(own)

    labeled = [one.labels for one in opened if one.labels is not None]
    if labeled and len(labeled) < len(opened):
        raise ValueError("sources: expected classes from folders or archives for all sources, or for none")
    split = any(one.splits is not None for one in opened)
    return Collection(
        names,
        [label for labels in labeled for label in labels] if labeled else None,
        read,
        [place for one in opened for place in (one.splits or ["train"] * len(one.names))] if split else None,
        class_names or next((one.class_names for one in opened if one.class_names), None),
        [skip for one in opened for skip in one.skipped],
        [source for one in opened for source in (one.sources or [None] * len(one.names))],
        [facts for one in opened for facts in (one.facts or [{}] * len(one.names))],
    )


def _open(path: Path, options: ReadOptions) -> Collection:
    if not path.exists():
        raise FileNotFoundError(f"'{path}': no such file or folder")
    if is_clip_list(path):
        return clip_collection(path, options)
    if path.suffix.lower() in (".pkl", ".pickle"):
        return _openmmlab(path)
    if path.suffix.lower() == ".npz" and (keys := _ctrgcn_keys(path)):
        return _ctrgcn(path, keys, _body(options, path))
    label = _stgcn_labels(path)
    if label is not None:
        return _stgcn(path, label, _body(options, path))
    return _files(path, options)


def _body(options: ReadOptions, path: Path) -> Topology:
    if options.topology is None:
        raise ValueError(f"'{path}': an array does not say its joints; name them with topology=, or --skeleton")
    return options.topology


# -- PYSKL, MMAction2 --------------------------------------------------------------------------------------------------


def _openmmlab(path: Path) -> Collection:
    content = read_openmmlab_pickle(path)
    names = content.records.names
    splits: list[str] | None = None
    if content.splits:
        places: dict[str, str] = {}
        for split, members in content.splits.items():
            place = next((_SPLITS[word] for word in reversed(split.lower().split("_")) if word in _SPLITS), None)
            if place is not None:
                places.update((name, place) for name in members if name not in places)
        if "test" not in places.values():  # published files call the test split val
            places = {name: "test" if place == "val" else place for name, place in places.items()}
        names = [name for name in names if name in places]
        splits = [places[name] for name in names]
    rows = {name: row for row, name in enumerate(content.records.names)}
    labels = content.records.labels
    return Collection(
        names, [labels[rows[name]] for name in names], lambda row: content.records[rows[names[row]]], splits
    )


# -- CTR-GCN -----------------------------------------------------------------------------------------------------------


def _ctrgcn_keys(path: Path) -> list[str]:
    """The splits whose ``x_`` and ``y_`` the file has."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
    except Exception:  # whatever zipfile raises; the reader of arrays says what is wrong
        return []
    return [split for split in ("train", "val", "test") if {f"x_{split}", f"y_{split}"} <= names]


def _ctrgcn(path: Path, splits: list[str], topology: Topology) -> Collection:
    arrays = {split: stored_array(path, f"x_{split}") for split in splits}
    labels: list[Any] = [label for split in splits for label in stored_array(path, f"y_{split}")]
    rows = [(split, row) for split in splits for row in range(len(arrays[split]))]
    if len(labels) != len(rows):
        raise ValueError(f"'{path}': expected one label per recording ({len(rows)}), got {len(labels)}")
    names = [f"{split}_{row:06d}" for split, row in rows]

    def read(row: int) -> Recording:
        split, own = rows[row]
        return _padded(names[row], np.asarray(arrays[split][own]), topology)

    return Collection(names, labels, read, [split for split, _ in rows])


def _padded(name: str, array: np.ndarray, topology: Topology) -> Recording:
    """A recording of CTR-GCN, ``[T, M V C]`` or ``[C, T, V, M]``, or of ST-GCN, ``[C, T, V, M]``."""
    joints = topology.num_joints
    try:
        if array.ndim == 2:
            persons = next((m for m in (2, 1) for c in (3, 2) if array.shape[1] == m * joints * c), 0)
            if not persons:
                raise ValueError(
                    f"expected the {joints} joints of one or two persons in each frame, got {array.shape[1]} numbers"
                )
            array = array.reshape(len(array), persons, joints, -1)
            layout = "T M V C"
        else:
            layout = "C T V M"
        pos, score, remarks = as_coordinates(array, joints, layout=layout)
    except ValueError as error:
        raise ValueError(f"recording '{name}': {error}") from error
    return Recording(name, pos, -1, score, topology=topology, remarks=remarks)


# -- ST-GCN ------------------------------------------------------------------------------------------------------------


def _stgcn_labels(path: Path) -> Path | None:
    """The file of labels next to an array: ``train_data.npy`` (or ``train_data_joint.npy``) and ``train_label.pkl``."""
    if path.suffix.lower() != ".npy":
        return None
    start = path.stem.partition("_data")[0]
    return next((one for one in (path.with_name(f"{start}_label.pkl"),) if one.exists()), None)


def _stgcn(path: Path, label: Path, topology: Topology) -> Collection:
    with reading(path, "array [N, C, T, V, M]"):
        arrays = map_npy(path)
    if arrays.ndim != 5:
        raise ValueError(f"'{path}': expected an array [N, C, T, V, M], got shape {list(arrays.shape)}")
    content = load_plain(label, str(label))
    if not isinstance(content, list | tuple) or len(content) < 2:
        raise ValueError(f"'{label}': expected (names, labels), got {type(content).__name__}")
    names, labels = (_values(part) for part in content[:2])
    if not len(names) == len(labels) == len(arrays):
        raise ValueError(
            f"'{label}': expected {len(arrays)} names and labels, as '{path}' has, got {len(names)} and {len(labels)}"
        )
    names = [str(name).removesuffix(".skeleton") for name in names]
    word = next((word for word in path.stem.lower().split("_") if word in _SPLITS), None)
    split = {"train": "train", "val": "test", "test": "test"}[_SPLITS[word]] if word else None
    return Collection(
        names,
        labels,
        lambda row: _padded(names[row], np.asarray(arrays[row]), topology),
        None if split is None else [split] * len(names),
    )


def _values(part: Any) -> list[Any]:
    return list(part.array if isinstance(part, PickledArray) else part)


# -- files -------------------------------------------------------------------------------------------------------------


def _files(path: Path, options: ReadOptions) -> Collection:
    found, skipped = find_recordings([path])
    if not found:
        raise nothing_found([path], skipped)
    parts = [_relative(source, path) for source in found]
    first = {words[0].lower() for words in parts if words}
    splits = None
    if first and first <= _SPLITS.keys() and all(parts):  # train/walk/a.npy
        splits = [_SPLITS[words[0].lower()] for words in parts]
        parts = [words[1:] for words in parts]
    labels = [words[-1] for words in parts] if all(parts) else None
    names = _unique(found, path)
    return Collection(
        names,
        labels,
        lambda row: read_source(found[row], names[row], options),
        splits,
        skipped=[(skip.path, skip.reason) for skip in skipped],
        sources=found,
    )


def _relative(source: Source, root: Path) -> tuple[str, ...]:
    """The folders between a source and the folder that was named."""
    if source.path == root:
        return ()
    return source.path.parent.relative_to(root).parts if root.is_dir() else ()


def _unique(found: Sequence[Source], root: Path) -> list[str]:
    """The stems of the files, or their paths where two are alike."""
    stems = [source.part or source.path.stem for source in found]
    if len(set(stems)) == len(stems) and "skeleton_pos" not in stems:
        return stems
    base = root if root.is_dir() else root.parent
    paths = [source.path.relative_to(base).with_suffix("") for source in found]
    return [
        "_".join(path.parts) + (f"_{source.part}" if source.part else "")
        for path, source in zip(paths, found, strict=True)
    ]
