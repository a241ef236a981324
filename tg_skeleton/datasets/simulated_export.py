"""Simulated recordings as NTU RGB+D raw files, to try on the raw format what has no real file at hand."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from tg_skeleton.datasets._simulation.sensor import CAMERAS
from tg_skeleton.datasets.simulated import SimulatedActions, simulate
from tg_skeleton.files import atomic_write, write_bytes
from tg_skeleton.io import NTUBodies, Recording, write_ntu_skeleton

_FIRST_ID = 72057594037930000  # as large as the sensor's
_TRACKED = 2
_FOLDER = "nturgb+d_skeletons"
_DATE = (2000, 1, 1, 0, 0, 0)  # so that the bytes of an archive depend on the recordings only


def to_ntu_bodies(recording: Recording) -> NTUBodies:
    """A recording of the 25-joint NTU body as the raw format has it; frames in which a person is zero lack the body.

    Of the other fields of the format, ids are numbered and everything is tracked; what the simulation does
    not know (pixels, orientations, hands, lean) is zero.

    >>> from tg_skeleton.datasets import simulate
    >>> from tg_skeleton.datasets.simulated_export import to_ntu_bodies
    >>> bodies = to_ntu_bodies(simulate("handshake", subject=3, camera=1))
    >>> bodies.name, bodies.num_frames, sorted(set(bodies.body_id.tolist()))
    ('S001C001P003R001A013', 75, [72057594037930000, 72057594037930001])

    Raises:
        ValueError: The recording is not ``[T, M, 25, 3]``.
    """
    if recording.pos.ndim != 4 or recording.pos.shape[2:] != (25, 3):
        raise ValueError(
            f"recording '{recording.name}': expected pos [T, M, 25, 3], got {list(recording.pos.shape)}; the raw "
            "format holds the 25 joints of NTU RGB+D only"
        )
    frame, person = np.nonzero(recording.pos.any(axis=(2, 3)))
    body = np.zeros((len(frame), 9), np.float32)
    joints = np.zeros((len(frame), 25, 12), np.float32)
    joints[..., :3] = recording.pos[frame, person]
    body[:, -1] = joints[..., -1] = _TRACKED
    return NTUBodies(recording.name, len(recording.pos), frame, _FIRST_ID + person, body, joints)


def export_ntu(
    target: str | os.PathLike[str], *, seed: int = 0, subjects: int = 12, repetitions: int = 2, noise: bool = True
) -> Path:
    """Write the recordings of `SimulatedActions` as NTU RGB+D raw files, into a folder or into a zip archive.

    An archive has the layout of the authors', so that `NTURGBD` reads one that is placed at
    ``<root>/raw/nturgbd_skeletons_s001_to_s017.zip``; the classes are then NTU's numbers 1 to 16, without their
    meaning, and NTU's protocols part the subjects. An archive appears under its name only when it is complete.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.datasets.simulated_export import export_ntu
    >>> folder = export_ntu(Path(tempfile.mkdtemp(), "files"), subjects=1, repetitions=1)
    >>> files = sorted(folder.iterdir())
    >>> len(files), files[0].name  # 16 actions, 3 cameras
    (48, 'S001C001P001R001A001.skeleton')

    Args:
        target: A path that ends with ``.zip``, or a folder.
        seed: That of `SimulatedActions`.
        subjects: The number of subjects.
        repetitions: How often each subject performs each action.
        noise: False leaves out all errors of the sensor, and lists the actor first.

    Raises:
        ValueError: A number is out of range.
    """
    for argument, value in (("subjects", subjects), ("repetitions", repetitions)):
        if not 1 <= value <= 999:
            raise ValueError(f"{argument}: expected a number from 1 to 999, got {value}")
    target = Path(target)
    numbers = range(1, subjects + 1), range(1, repetitions + 1), sorted(CAMERAS)
    recordings = (
        simulate(action, subject, camera=camera, repetition=repetition, seed=seed, noise=noise)
        for action, subject, repetition, camera in product(SimulatedActions.class_names, *numbers)
    )
    files = ((f"{one.name}.skeleton", write_ntu_skeleton(to_ntu_bodies(one))) for one in recordings)
    if target.suffix == ".zip":
        _write_archive(target, files)
    else:
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files:
            write_bytes(target / name, content)
    return target


def _write_archive(target: Path, files: Iterator[tuple[str, bytes]]) -> None:
    with atomic_write(target) as part, zipfile.ZipFile(part, "w") as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(f"{_FOLDER}/{name}", _DATE), content, zipfile.ZIP_DEFLATED)
