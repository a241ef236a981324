"""From files and folders to recordings: what is there, of which form it is, and its content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io.forms import FORMS, Form, ReadOptions, Source, titles
from tg_skeleton.io.recording import Recording


@dataclass(frozen=True)
class Skipped:
    """A file that is no recording, and why."""

    path: str
    reason: str


def find_recordings(
    paths: Iterable[str | os.PathLike[str]], forms: Sequence[Form] = FORMS
) -> tuple[list[Source], list[Skipped]]:
    """The recordings among files and folders, in this order and folders walked by name, and the files that are none.

    A file counts by its name; its content is checked when it is read. Hidden files and folders are skipped.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.io import find_recordings
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.npy", "a.skeleton", "notes.txt"):
    ...     (folder / name).touch()
    >>> found, skipped = find_recordings([folder])
    >>> [source.path.name for source in found], [skip.reason for skip in skipped]
    (['a.skeleton', 'b.npy'], ["expected a recording, got a file that ends in '.txt'"])

    Args:
        paths: Files and folders.
        forms: The forms that count.

    Raises:
        FileNotFoundError: A path does not exist.
    """
    found: list[Source] = []
    skipped: list[Skipped] = []
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"'{path}': no such file or folder")
        for item in _walk(path, forms) if path.is_dir() else [Source(path)]:
            if item.path.is_dir() or any(form.may_be(item.path) for form in forms):
                found.append(item)
            else:
                suffix = item.path.suffix.lower()
                skipped.append(Skipped(str(item), f"expected a recording, got a file that ends in '{suffix}'"))
    return found, skipped


def _walk(folder: Path, forms: Sequence[Form]) -> Iterator[Source]:
    frames: set[Path] = set()
    for form in forms:
        parts = {} if form.parts is None else form.parts(folder)
        for part, files in parts.items():
            yield Source(folder, part if len(parts) > 1 else None)
            frames.update(files)
    for path in sorted(folder.iterdir()):
        if path in frames or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from () if path.is_symlink() else _walk(path, forms)  # a link may lead back
        else:
            yield Source(path)


def nothing_found(
    paths: Sequence[str | os.PathLike[str]], skipped: Sequence[Skipped], forms: Sequence[Form] = FORMS
) -> ValueError:
    """The error for paths without a recording."""
    where = ", ".join(map(str, paths))
    return ValueError(f"expected recordings in {where}, found none. Known forms: {titles(forms)}.{_reasons(skipped)}")


def nothing_read(skipped: Sequence[Skipped]) -> ValueError:
    """The error for recordings of which none can be used."""
    if len(skipped) == 1:
        return ValueError(f"{skipped[0].path}: {skipped[0].reason}")
    return ValueError(f"expected recordings that can be used, got none among {len(skipped)}:{_reasons(skipped)}")


def _reasons(skipped: Sequence[Skipped]) -> str:
    lines = "".join(f"\n  {skip.path}: {skip.reason}" for skip in skipped[:5])
    return f"{lines}\n  and {len(skipped) - 5} more" if len(skipped) > 5 else lines


def form_of(path: Path, forms: Sequence[Form] = FORMS) -> Form:
    """The form of a file or folder, by its name and, where several forms share an ending, by its content.

    Raises:
        ValueError: It is of no form.
        OSError: It can't be read.
    """
    if path.is_dir():
        found = next((form for form in forms if form.parts is not None and form.parts(path)), None)
        if found is None:
            raise ValueError(f"expected a recording ({titles(forms)}), got a folder without the files of one")
        return found
    fitting = [form for form in forms if form.may_be(path)]
    if not fitting:
        raise ValueError(f"expected a recording ({titles(forms)}), got a file that ends in '{path.suffix.lower()}'")
    if not any(form.marks for form in fitting):
        return fitting[0]
    content = path.read_bytes()
    for form in fitting:
        if all(mark in content for mark in form.marks):
            return form
    expected = " or ".join(form.title for form in fitting if form.parts is None)
    raise ValueError(f"expected {expected}, got {content[:40]!r}")


def read_file(
    source: Source, options: ReadOptions | None = None, forms: Sequence[Form] = FORMS
) -> tuple[Form, Recording]:
    """The form of a recording, and the recording with the skeleton and the rate that its form states.

    Raises:
        ValueError: It is damaged, or of no known form. The message names the file.
        ImportError: It needs a package that is not installed.
        OSError: It can't be read.
    """
    with reading(source.path):
        form = form_of(source.path, forms)
        recording = form.read(source, options or ReadOptions())
        topology = recording.topology
        if topology is None and form.topologies:
            joints = np.shape(recording.pos)[2]
            topology = next((one for one in form.topologies if one.num_joints == joints), None)
            if topology is None:
                expected = " or ".join(f"{one.num_joints} joints ({one.name})" for one in form.topologies)
                raise ValueError(f"expected {expected}, got {joints}")
        fps = form.fps if recording.fps is None else recording.fps
        return form, replace(recording, topology=topology, fps=fps)
