"""Skeletons of videos, each found once and kept, so that an import that is cut off does no video twice."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from tg_skeleton.files import atomic_write, csv_text, write_text
from tg_skeleton.pose import PoseEstimator, PoseOptions, VideoRecording, read_video
from tg_skeleton.topology import Topology

COLUMNS = ("video", "frames", "fps", "without anybody", "persons", "visibility", "remarks")
"""The columns of the report."""


class KeptVideos:
    """Reads videos, and keeps what was found in a folder, one file a video.

    A video is known by its name, size and time of change; another estimator, other options or another number of persons
    find it anew. Several processes may read at once: each video is found by one of them.

    Args:
        folder: Where the files are kept.
        maker: Makes the estimator, in every process that needs one.
        options: How persons become joints.
        persons: Maximum number of persons to keep.
    """

    def __init__(
        self, folder: Path, maker: Callable[[], PoseEstimator], options: PoseOptions | None = None, *, persons: int = 2
    ) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.maker = maker
        self.options = PoseOptions() if options is None else options
        self.persons = persons
        self._estimator: PoseEstimator | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_estimator": None}  # each process makes its own

    def __call__(self, path: Path) -> VideoRecording:
        """What was found in a video.

        Raises:
            ImportError: The estimator, or OpenCV, is not installed.
            ValueError: It is no video.
            OSError: It can't be read, or what was found can't be written.
        """
        place = self.place(path)
        found = _load(place)
        if found is not None:
            return found
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_suffix(".lock")):
            found = _load(place)  # by another process meanwhile
            if found is None:
                if self._estimator is None:
                    self._estimator = self.maker()
                found = read_video(path, self._estimator, self.options, persons=self.persons)
                _save(place, found)
        place.with_suffix(".lock").unlink(missing_ok=True)
        return found

    def place(self, path: Path) -> Path:
        """The file in which a video's skeletons are kept."""
        state = os.stat(path)
        facts = [repr(self), path.name, state.st_size, state.st_mtime_ns]
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        return self.folder / f"{path.stem}-{digest[:12]}.npz"

    def report(self, paths: Iterable[Path]) -> list[list[object]]:
        """A row of `COLUMNS` for each video that was found, in their order; also written to ``videos.csv``."""
        rows: list[list[object]] = []
        for path in dict.fromkeys(paths):
            found = _load(self.place(path))
            if found is not None:
                frames, persons = len(found.pos), len(found.ids)
                facts = [round(found.fps, 2), found.nobody, persons, round(found.visibility, 2)]
                rows.append([str(path), frames, *facts, "; ".join(found.remarks)])
        write_text(self.folder / "videos.csv", csv_text(COLUMNS, rows))
        return rows

    def __repr__(self) -> str:
        return f"KeptVideos({_name(self.maker)}, {json.dumps(asdict(self.options))}, persons={self.persons})"


def _name(maker: Callable[[], PoseEstimator]) -> str:
    """The same words for the same maker, in every process."""
    if isinstance(maker, partial):
        given = [*map(str, maker.args), *(f"{key}={value}" for key, value in sorted(maker.keywords.items()))]
        return f"{_name(maker.func)}({', '.join(given)})"
    return f"{maker.__module__}.{getattr(maker, '__qualname__', type(maker).__qualname__)}"


def _save(place: Path, found: VideoRecording) -> None:
    facts = {
        "name": found.name,
        "topology": found.topology.to_json(),
        "fps": found.fps,
        "ids": found.ids,
        "remarks": found.remarks,
    }
    assert found.score is not None
    with atomic_write(place) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            facts=np.array(json.dumps(facts)),
            pos=found.pos,
            score=found.score,
            picture=found.picture,
            times=found.times,
        )


def _load(place: Path) -> VideoRecording | None:
    """What was kept; None: nothing, or a damaged file."""
    if not place.exists():
        return None
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            facts = json.loads(str(kept["facts"]))
            arrays = {key: kept[key] for key in ("pos", "score", "picture", "times")}
    except (ValueError, KeyError, OSError, zipfile.BadZipFile):
        return None
    return VideoRecording(
        name=facts["name"],
        topology=Topology.from_json(facts["topology"]),
        fps=facts["fps"],
        ids=tuple(facts["ids"]),
        remarks=tuple(facts["remarks"]),
        **arrays,
    )
