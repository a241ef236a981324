"""Recordings from files of any known form, one after another; a bad one is told with its reason."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.inference.card import ModelCard
from tg_skeleton.inference.pose import PoseEstimator, rtmlib_estimator
from tg_skeleton.inference.recordings import as_sequence
from tg_skeleton.inference.sources import ARRAYS, KNOWN, VIDEOS, Skipped, Source
from tg_skeleton.inference.video import read_video
from tg_skeleton.io import (
    Recording,
    clean_ntu,
    parse_ntu_name,
    read_kinetics_json,
    read_ntu_skeleton,
    read_nw_ucla_json,
    read_openpose_folder,
)
from tg_skeleton.io.ntu_cleaning import NTUCleaning
from tg_skeleton.topologies import COCO17, HALPE26, NTU25, NWUCLA20, OPENPOSE18, OPENPOSE25
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import ToTopology

Form = Literal["ntu", "nw_ucla", "kinetics", "openpose", "array", "video"]
"""What a file is."""

OnError = Literal["raise", "skip"]

_FRAMES_A_SECOND: dict[Form, float] = {"ntu": 30.0, "kinetics": 30.0}
_NTU_NAME = "S001C001P001R001A001"
_NO_ARRAY = (ValueError, OSError, EOFError, KeyError, TypeError, MemoryError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class FileRecording:
    """A recording that a network can take, with what its file says besides.

    Args:
        source: Where it is.
        form: What the file is.
        sequence: The recording, in the network's topology.
        fps: Frames a second, where that is known.
        label: The class, as the file has it: its number (0-based, in the data set's order) or its name.
    """

    source: Source
    form: Form
    sequence: SkeletonSequence
    fps: float | None = None
    label: int | str | None = None


class FileReader:
    """Reads recordings for a network.

    ============================  =========================================================================
    ``.skeleton``                 NTU RGB+D, cleaned as usual; any name
    ``.json``                     NW-UCLA, or a clip of Kinetics-Skeleton
    folder of ``*_keypoints``     OpenPose, see `tg_skeleton.io.read_openpose_folder`
    ``.npy``                      coordinates ``[T, M, V, D]`` or ``[T, V, D]``
    ``.npz``                      ``pos`` (or the only array) as above; if there are: ``score``, the shape of
                                  ``pos`` without D, ``name``, ``label`` (a class's name or number), ``fps``
    videos                        persons found by a pose estimator
    ============================  =========================================================================

    A recording comes in its file's topology, arrays in the network's. Where that is not the network's, ``origin`` must
    say that it shall be carried over.

    Args:
        card: Of the network.
        origin: The topology of recordings to carry over to the network's, and of arrays. Left out: none is.
        image_size: (W, H) of the pictures in pixels, of OpenPose's files.
        persons: At most so many are kept, where the file has more.
        estimator: Of videos. Left out: `rtmlib_estimator`, made when the first video is read.
    """

    def __init__(
        self,
        card: ModelCard,
        origin: Topology | None = None,
        *,
        image_size: tuple[float, float] | None = None,
        persons: int = 2,
        estimator: PoseEstimator | None = None,
    ) -> None:
        if persons < 1:
            raise ValueError(f"persons: expected 1 or more, got {persons}")
        self.card = card
        self.origin = origin
        self.image_size = image_size
        self.persons = persons
        self.estimator = estimator

    def __call__(self, source: Source) -> FileRecording:
        """The recording of a source.

        Raises:
            ValueError: It is damaged, of no known form, or does not fit the network.
            ImportError: It needs a package that is not installed.
            OSError: It can't be read.
        """
        path, suffix = source.path, source.path.suffix.lower()
        if path.is_dir():
            size, video = self.image_size, source.video
            recording = read_openpose_folder(path, size, video, persons=self.persons)
            joints = OPENPOSE18 if recording.pos.shape[2] == OPENPOSE18.num_joints else OPENPOSE25
            return self._made(source, "openpose", recording, joints)
        if suffix == ".skeleton":
            return self._made(source, "ntu", _ntu(path, self.persons), NTU25)
        if suffix == ".json":
            return self._json(source)
        if suffix in VIDEOS:
            return self._video(source)
        if suffix in ARRAYS:
            return self._array(source)
        raise ValueError(f"expected a recording ({KNOWN}), got a file that ends in '{suffix}'")

    def _json(self, source: Source) -> FileRecording:
        content = source.path.read_bytes()
        if b'"skeletons"' in content:
            return self._made(source, "nw_ucla", read_nw_ucla_json(source.path), NWUCLA20)
        if b'"label_index"' in content and b'"skeleton"' in content:
            return self._made(source, "kinetics", read_kinetics_json(source.path, persons=self.persons), OPENPOSE18)
        if b'"pose_keypoints_2d"' in content:
            raise ValueError("it is one frame of OpenPose's; give the folder of all of them")
        raise ValueError(
            "expected the JSON of NW-UCLA ('skeletons', 'label') or of Kinetics-Skeleton ('data', 'label_index'), got "
            f"{content[:40]!r}"
        )

    def _video(self, source: Source) -> FileRecording:
        given = self.estimator
        topology = estimated_topology(self.card, self.origin) if given is None else given.topology
        carries(self.card, self.origin, topology, 2)  # before the estimator is at work for minutes
        self.estimator = rtmlib_estimator(topology) if given is None else given
        video = read_video(source.path, self.estimator, persons=self.persons)
        return replace(self._made(source, "video", video, topology), fps=video.fps)

    def _array(self, source: Source) -> FileRecording:
        values = _load(source.path)
        pos = values["pos"]
        if pos.ndim not in (3, 4) or pos.dtype.kind not in "fiu":
            raise ValueError(
                f"expected coordinates [T, M, V, D] or [T, V, D], got {pos.dtype} of shape {list(pos.shape)}"
            )
        topology = self.origin or self.card.topology
        if pos.shape[-2] != topology.num_joints:
            raise ValueError(
                f"expected coordinates [T, M, V, D] or [T, V, D] of {topology.name}'s {topology.num_joints} "
                f"joints, got shape {list(pos.shape)}; where it is of another skeleton, name that with --from"
            )
        score = values.get("score")
        if score is not None and (score.shape != pos.shape[:-1] or score.dtype.kind not in "fiu"):
            raise ValueError(
                f"score: expected numbers of shape {list(pos.shape[:-1])}, got {score.dtype} of shape "
                f"{list(score.shape)}"
            )
        if pos.ndim == 3:  # [T, V, D]
            pos, score = pos[:, None], None if score is None else score[:, None]
        name = str(values["name"].item()) if "name" in values else source.path.stem
        made = self._made(source, "array", Recording(name, pos, -1, score), topology)
        label, fps = (values[key].item() if key in values else None for key in ("label", "fps"))
        if fps is not None and not (isinstance(fps, int | float) and fps > 0):
            raise ValueError(f"fps: expected a number of frames a second above 0, got {fps!r}")
        return replace(made, label=label, fps=fps)

    def _made(self, source: Source, form: Form, recording: Recording, topology: Topology) -> FileRecording:
        """The recording, carried over where it is to be, and checked."""
        carry = carries(self.card, self.origin, topology, recording.pos.shape[-1])
        sequence = SkeletonSequence.from_array(
            recording.pos, topology if carry else self.card.topology, score=recording.score, name=recording.name
        )
        if carry:
            sequence = ToTopology(topology, self.card.topology)(sequence)
        label = recording.label if recording.label >= 0 else None
        return FileRecording(source, form, as_sequence(sequence, self.card), _FRAMES_A_SECOND.get(form), label)


def estimated_topology(card: ModelCard, origin: Topology | None) -> Topology:
    """The joints that a pose estimator shall find: those that the network takes, or that shall be carried over."""
    return COCO17 if (origin or card.topology).joints == COCO17.joints else HALPE26


def carries(card: ModelCard, origin: Topology | None, topology: Topology, dims: int) -> bool:
    """Whether recordings of a topology must be carried over to the network's; of the same joints its bones are meant.

    Args:
        card: Of the network.
        origin: The topology that was said to be carried over; None: none.
        topology: That of the recordings.
        dims: D of their coordinates.

    Raises:
        ValueError: The network takes other dimensions or joints, or ``origin`` is another topology.
    """
    if dims != card.dims:
        raise ValueError(
            f"expected {card.dims} coordinates of each joint, got {dims}; take a network that was trained on "
            f"{dims}-D recordings"
        )
    if origin is not None and origin.joints != topology.joints:
        raise ValueError(f"expected the joints of {origin.name}, as --from says, got those of {topology.name}")
    if origin is None and topology.joints != card.topology.joints:
        raise ValueError(
            f"expected the joints of {card.topology.name}, which the network takes, got those of {topology.name}; "
            f"--from {topology.name} carries them over, as far as they are there"
        )
    return topology.joints != card.topology.joints


def read_recordings(
    sources: Iterable[Source], reader: FileReader, skipped: list[Skipped], *, on_error: OnError = "skip"
) -> Iterator[FileRecording]:
    """The recordings of sources, each read when it is asked for; bad ones are added to ``skipped`` and left out.

    Args:
        sources: What `find_recordings` found.
        reader: Reads one.
        skipped: Where the bad ones go.
        on_error: ``"raise"`` at the first bad one instead.

    Raises:
        ValueError: There is no such ``on_error``, or it is ``"raise"`` and a recording can't be read.
        ImportError: A recording needs a package that is not installed.
    """
    if on_error not in get_args(OnError):
        raise ValueError(f"on_error: expected 'raise' or 'skip', got {on_error!r}")
    for source in sources:
        try:
            yield reader(source)
        except (ValueError, OSError) as error:
            reason = str(error).removeprefix(f"{source.path}: ")
            if on_error == "raise":
                raise ValueError(f"{source}: {reason}") from error
            skipped.append(Skipped(str(source), reason))


def _ntu(path: Path, persons: int) -> Recording:
    """A ``.skeleton`` file; one that is not named as NTU RGB+D's has no label."""
    bodies = read_ntu_skeleton(path)
    if not len(bodies.frame):
        raise ValueError(f"expected a body in at least one frame, got none in {bodies.num_frames}")
    cleaning = NTUCleaning(persons=persons)
    try:
        parse_ntu_name(bodies.name)
    except ValueError:  # cleaning takes label and facts from the name, so it is lent one
        lent = clean_ntu(replace(bodies, name=_NTU_NAME), cleaning)
        return Recording(bodies.name, lent.pos, -1)
    return clean_ntu(bodies, cleaning)


def _load(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file by their names; ``pos`` is among them."""
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"pos": loaded}
            values = {key: np.asarray(loaded[key]) for key in loaded.files}
    except _NO_ARRAY as error:
        raise ValueError(f"expected numbers as np.save or np.savez writes them, got something else: {error}") from error
    if "pos" not in values and len(values) == 1:
        return {"pos": next(iter(values.values()))}
    if "pos" not in values:
        raise ValueError(f"expected an array 'pos', got {', '.join(map(repr, values)) or 'no array'}")
    for key in ("name", "label", "fps"):
        if key in values and values[key].size != 1:
            raise ValueError(f"{key}: expected one value, got shape {list(values[key].shape)}")
    return values
