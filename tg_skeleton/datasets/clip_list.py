"""A list of clips: a table of paths, classes, times, splits and subjects."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tg_skeleton.datasets.collection import Collection, read_source
from tg_skeleton.files import reading
from tg_skeleton.io import ReadOptions, Source, time_range

_SPLITS = ("train", "val", "test")
COLUMNS = ("path", "class", "start", "end", "split", "subject")
"""The columns that are known; ``path`` and ``class`` must be there."""


@dataclass(frozen=True)
class Clip:
    """A row of a list.

    Args:
        name: A name of its own.
        source: The file, and which part of it.
        label: The class.
        split: ``"train"``, ``"val"`` or ``"test"``, where the list has them.
        subject: Who is seen, where the list has it.
    """

    name: str
    source: Source
    label: str
    split: str | None = None
    subject: str | None = None


def is_clip_list(path: Path) -> bool:
    """Whether a file is such a list, by its first line."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header = [cell.strip().lower() for cell in next(csv.reader(file), [])]
    return {"path", "class"} <= set(header)


def read_clip_list(path: Path) -> list[Clip]:
    """The clips of a ``.csv`` file with the columns path, class, and where they are wanted start, end, split, subject.

    Paths are relative to the file; start and end are seconds, or minutes:seconds, of a video.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.datasets.clip_list import read_clip_list
    >>> path = Path(tempfile.mkdtemp(), "clips.csv")
    >>> path.with_name("day 1.mp4").touch()
    >>> _ = path.write_text("path,class,start,end\\nday 1.mp4,walk,0,2.5\\nday 1.mp4,sit,1:10,1:14\\n")
    >>> [(clip.name, clip.label, clip.source.part) for clip in read_clip_list(path)]
    [('day 1 0-2.5', 'walk', '0-2.5'), ('day 1 70-74', 'sit', '70-74')]

    Raises:
        ValueError: A column is unknown, or a row has no path, no class, times that are none, or another split.
        FileNotFoundError: A file of the list does not exist.
    """
    with reading(path, "list of clips") as there, there.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise ValueError(f"'{path}': expected the columns {', '.join(COLUMNS)}, got '{unknown[0]}'")
    clips: list[Clip] = []
    names: set[str] = set()
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            given = {key: cell.strip() for key, cell in zip(header, row, strict=False)}
            clip = _clip(given, path.parent, f"'{path}', line {number}", names)
            names.add(clip.name)
            clips.append(clip)
    if not clips:
        raise ValueError(f"'{path}': expected a clip a line, got none")
    if any(clip.split for clip in clips) and not all(clip.split for clip in clips):
        missing = next(clip.name for clip in clips if not clip.split)
        raise ValueError(f"'{path}': expected a split for all clips or for none, got none for '{missing}'")
    return clips


def _clip(given: dict[str, str], folder: Path, place: str, names: set[str]) -> Clip:
    for key in ("path", "class"):
        if not given.get(key):
            raise ValueError(f"{place}: expected a {key}, got none")
    path = folder / given["path"]
    if not path.exists():
        raise FileNotFoundError(f"{place}: there is no '{path}'")
    split = given.get("split", "").lower() or None
    if split is not None and split not in _SPLITS:
        raise ValueError(f"{place}: split: expected {', '.join(_SPLITS)}, got '{split}'")
    part = None
    if given.get("start") or given.get("end"):
        start = _seconds(given.get("start") or "0", f"{place}: start")
        end = _seconds(given["end"], f"{place}: end") if given.get("end") else None
        if end is not None and end <= start:
            raise ValueError(f"{place}: expected an end after the start, got {start:g} to {end:g} seconds")
        part = f"{start:g}-" + ("" if end is None else f"{end:g}")
        time_range(part)
    stem = path.stem if part is None else f"{path.stem} {part}"
    name, again = stem, 2
    while name in names:
        name, again = f"{stem} ({again})", again + 1
    return Clip(name, Source(path, part), given["class"], split, given.get("subject") or None)


def _seconds(text: str, place: str) -> float:
    """``12.5`` or ``1:02.5``."""
    try:
        numbers = [float(part) for part in text.split(":")]
        if len(numbers) > 3 or any(not 0 <= number < float("inf") for number in numbers):
            raise ValueError
    except ValueError:
        raise ValueError(f"{place}: expected seconds or minutes:seconds, got '{text}'") from None
    total = 0.0
    for number in numbers:
        total = 60 * total + number
    return total


def clip_collection(path: Path, options: ReadOptions) -> Collection:
    """The clips of a list as recordings to read."""
    clips = read_clip_list(path)
    return Collection(
        [clip.name for clip in clips],
        [clip.label for clip in clips],
        lambda row: read_source(clips[row].source, clips[row].name, options),
        [clip.split or "train" for clip in clips] if any(clip.split for clip in clips) else None,
        sources=[clip.source for clip in clips],
        facts=[{} if clip.subject is None else {"subject": clip.subject} for clip in clips],
    )
