"""The forms of files that are read: one row each, and how a file is recognized."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tg_skeleton.io._poses import Tracks
from tg_skeleton.io.arrays import read_array
from tg_skeleton.io.coordinates import Channels
from tg_skeleton.io.kinetics import read_kinetics_json
from tg_skeleton.io.kinetics_classes import KINETICS_CLASSES
from tg_skeleton.io.mocap import read_bvh, read_c3d, read_mat
from tg_skeleton.io.ntu_classes import NTU_CLASSES
from tg_skeleton.io.ntu_cleaning import NTUCleaning, clean_ntu
from tg_skeleton.io.ntu_skeleton import parse_ntu_name, read_ntu_skeleton
from tg_skeleton.io.nw_ucla import NW_UCLA_CLASSES, read_nw_ucla_json
from tg_skeleton.io.openpose import openpose_videos, read_openpose_folder
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.sbu import SBU_CLASSES, read_sbu_text
from tg_skeleton.io.tables import read_table
from tg_skeleton.topologies import NTU25, NWUCLA20, OPENPOSE18, OPENPOSE25, SBU15
from tg_skeleton.topology import Topology

_NTU_NAME = "S001C001P001R001A001"


@dataclass(frozen=True)
class Source:
    """Where a recording is.

    Args:
        path: A file, or a folder that holds one file per frame.
        part: Of a folder or file that holds several recordings: which one; of a video the seconds of a clip, such as
            ``"1.5-4"`` or ``"7-"``.
    """

    path: Path
    part: str | None = None

    def __str__(self) -> str:
        return os.fspath(self.path) if self.part is None else f"{self.path} ({self.part})"


@dataclass(frozen=True)
class ReadOptions:
    """Facts that files do not state.

    Args:
        topology: The skeleton of arrays.
        persons: Maximum number of persons to keep per recording, where the file has more.
        tracks: How persons are told apart where the file does not say, see `read_kinetics_json`.
        image_size: (W, H) of the pictures in pixels, of 2-D coordinates in pixels.
        layout: The order of the axes of arrays, see `as_coordinates`. Default: recognized.
        channels: The channels of arrays, see `as_coordinates`. Default: recognized.
        video: Reads a video. Default: none, videos are an error.
    """

    topology: Topology | None = None
    persons: int = 2
    tracks: Tracks = "position"
    image_size: tuple[float, float] | None = None
    layout: str | None = None
    channels: Channels | None = None
    video: Callable[[Path], Recording] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Form:
    """A form of files: how it is recognized, what reads it, and what all its recordings have in common.

    A form of your own is one value; functions here take it as ``forms=(*FORMS, mine)``:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.io import FORMS, Form, Recording, Source, read_file
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> def read(source, options):
    ...     return Recording(source.path.stem, np.loadtxt(source.path).reshape(-1, 1, 2, 2).astype(np.float32), -1)
    >>> mine = Form(name="sticks", title="sticks (.stick)", read=read, suffixes=(".stick",), topologies=(stick,))
    >>> path = Path(tempfile.mkdtemp(), "walk.stick")
    >>> _ = path.write_text("0 1 1 1")
    >>> form, recording = read_file(Source(path), forms=(*FORMS, mine))
    >>> form.name, recording.name, recording.pos.shape, recording.topology.name
    ('sticks', 'walk', (1, 1, 2, 2), 'stick')

    Args:
        name: What the form is called.
        title: What it is, in words for lists and errors.
        read: The reader of one recording.
        suffixes: File endings, in lower case.
        filename: A regular expression that whole file names match, for a form that its ending does not tell.
        marks: Bytes that a file of this form holds, all of them; tells forms of one ending apart.
        parts: Of a folder with one file per frame: the recordings in it, and their files.
        topologies: The skeletons that a recording may have; the number of joints selects one. Default: none, the file
            or `ReadOptions` states it.
        fps: Frames per second. Default: the file's, where it states them.
        classes: The names of the classes that labels count. Default: none, they depend on the file.
    """

    name: str
    title: str
    read: Callable[[Source, ReadOptions], Recording]
    suffixes: tuple[str, ...] = ()
    filename: str | None = None
    marks: tuple[bytes, ...] = ()
    parts: Callable[[Path], Mapping[str, Sequence[Path]]] | None = None
    topologies: tuple[Topology, ...] = ()
    fps: float | None = None
    classes: tuple[str, ...] = ()

    def may_be(self, path: Path) -> bool:
        """Whether a file may be of this form, judged by its name."""
        if self.filename is not None:
            return re.fullmatch(self.filename, path.name) is not None
        return path.suffix.lower() in self.suffixes


def _ntu(source: Source, options: ReadOptions) -> Recording:
    """A ``.skeleton`` file; one with another name than NTU RGB+D's has no label."""
    bodies = read_ntu_skeleton(source.path)
    if not len(bodies.frame):
        raise ValueError(f"expected a body in at least one frame, got none in {bodies.num_frames}")
    cleaning = NTUCleaning(persons=options.persons)
    try:
        parse_ntu_name(bodies.name)
    except ValueError:  # cleaning takes label and facts from the name, so it gets a valid one
        cleaned = clean_ntu(replace(bodies, name=_NTU_NAME), cleaning)
        return Recording(bodies.name, cleaned.pos, -1, cleaned.score)
    return clean_ntu(bodies, cleaning)


def _openpose(source: Source, options: ReadOptions) -> Recording:
    if source.path.is_file():
        raise ValueError("it is one frame of OpenPose's; give the folder of all of them")
    return read_openpose_folder(
        source.path, options.image_size, source.part, persons=options.persons, tracks=options.tracks
    )


def _video(source: Source, options: ReadOptions) -> Recording:
    if options.video is None:
        raise ValueError("expected skeletons, got a video, whose persons a pose estimator finds; give a checkpoint")
    recording = options.video(source.path)
    if source.part is None:
        return recording
    start, end = time_range(source.part)
    rate = recording.fps or 1.0
    part = slice(round(start * rate), None if end is None else round(end * rate))
    if part.start >= len(recording.pos):
        raise ValueError(f"expected a clip within its {len(recording.pos) / rate:.2f} seconds, got {source.part}")
    score = None if recording.score is None else recording.score[part]
    return replace(recording, pos=recording.pos[part], score=score)


def time_range(part: str) -> tuple[float, float | None]:
    """The seconds of a clip from ``"1.5-4"`` or ``"7-"``, which goes to the end.

    >>> from tg_skeleton.io import time_range
    >>> time_range("1.5-4"), time_range("7-")
    ((1.5, 4.0), (7.0, None))

    Raises:
        ValueError: It is none.
    """
    start, _, end = part.partition("-")
    try:
        return float(start), float(end) if end else None
    except ValueError:
        raise ValueError(f"part: expected seconds such as '1.5-4' or '7-', got '{part}'") from None


FORMS: tuple[Form, ...] = (
    Form(
        name="ntu",
        title="NTU RGB+D's .skeleton",
        read=_ntu,
        suffixes=(".skeleton",),
        topologies=(NTU25,),
        fps=30.0,
        classes=NTU_CLASSES,
    ),
    Form(
        name="nw_ucla",
        title="the JSON of NW-UCLA ('skeletons', 'label')",
        read=lambda source, options: read_nw_ucla_json(source.path),
        suffixes=(".json",),
        marks=(b'"skeletons"',),
        topologies=(NWUCLA20,),
        classes=NW_UCLA_CLASSES,
    ),
    Form(
        name="kinetics",
        title="the JSON of Kinetics-Skeleton ('data', 'label_index')",
        read=lambda source, options: read_kinetics_json(source.path, persons=options.persons, tracks=options.tracks),
        suffixes=(".json",),
        marks=(b'"label_index"', b'"skeleton"'),
        topologies=(OPENPOSE18,),
        fps=30.0,
        classes=KINETICS_CLASSES,
    ),
    Form(
        name="openpose",
        title="a folder of OpenPose's *_keypoints.json",
        read=_openpose,
        suffixes=(".json",),
        marks=(b'"pose_keypoints_2d"',),
        parts=openpose_videos,
        topologies=(OPENPOSE18, OPENPOSE25),
    ),
    Form(
        name="sbu",
        title="SBU's skeleton_pos.txt",
        read=lambda source, options: read_sbu_text(source.path),
        filename=r"skeleton_pos\.txt|s\d\ds\d\d_\d\d_\d\d\d\.txt",
        topologies=(SBU15,),
        fps=15.0,
        classes=SBU_CLASSES,
    ),
    Form(
        name="array",
        title="numpy's .npy and .npz",
        read=lambda source, options: read_array(
            source.path,
            options.topology,
            layout=options.layout,
            channels=options.channels,
            image_size=options.image_size,
        ),
        suffixes=(".npy", ".npz"),
    ),
    Form(
        name="table",
        title="tables (.csv, .tsv)",
        read=lambda source, options: read_table(source.path, options.topology, image_size=options.image_size),
        suffixes=(".csv", ".tsv"),
    ),
    Form(
        name="mat",
        title="Matlab's .mat",
        read=lambda source, options: read_mat(
            source.path,
            options.topology,
            layout=options.layout,
            channels=options.channels,
            image_size=options.image_size,
        ),
        suffixes=(".mat",),
    ),
    Form(
        name="c3d",
        title="motion capture (.c3d)",
        read=lambda source, options: read_c3d(source.path, options.topology),
        suffixes=(".c3d",),
    ),
    Form(
        name="bvh",
        title="motion capture (.bvh)",
        read=lambda source, options: read_bvh(source.path, options.topology),
        suffixes=(".bvh",),
    ),
    Form(
        name="video",
        title="videos (.mp4, .avi, .mov, .mkv, .webm, .m4v, .mpg, .mpeg, .wmv)",
        read=_video,
        suffixes=(".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"),
    ),
)
"""Every form that is read; of several that may fit, the first."""


def is_video(path: Path) -> bool:
    """Whether a file is a video by its name, which a pose estimator has to look at."""
    return next(form for form in FORMS if form.name == "video").may_be(path)


def titles(forms: Iterable[Form] = FORMS) -> str:
    """The forms in words, for help texts and errors."""
    return ", ".join(form.title for form in forms)
