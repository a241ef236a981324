"""Where recordings are: what is among files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tg_skeleton.io import openpose_videos

ARRAYS = (".npy", ".npz")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv")
KNOWN = (
    "NTU RGB+D's .skeleton, the .json of NW-UCLA and of Kinetics-Skeleton, a folder of OpenPose's *_keypoints.json, "
    f"numpy's {' and '.join(ARRAYS)}, videos ({', '.join(VIDEOS)})"
)
"""The forms that are known, in words."""


@dataclass(frozen=True)
class Source:
    """Where a recording is.

    Args:
        path: A file, or a folder of OpenPose's.
        video: Of a folder that holds the files of several videos: which one.
    """

    path: Path
    video: str | None = None

    def __str__(self) -> str:
        return os.fspath(self.path) if self.video is None else f"{self.path} ({self.video})"


@dataclass(frozen=True)
class Skipped:
    """A file that is no recording, and why."""

    path: str
    reason: str


def find_recordings(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[Source], list[Skipped]]:
    """The recordings among files and folders, in this order and folders walked by name, and the files that are none.

    A file counts by its name; what is in it is seen when it is read. Hidden files and folders are left alone.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.inference.sources import find_recordings
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.npy", "a.skeleton", "notes.txt"):
    ...     (folder / name).touch()
    >>> found, skipped = find_recordings([folder])
    >>> [source.path.name for source in found], [skip.reason for skip in skipped]
    (['a.skeleton', 'b.npy'], ["expected a recording, got a file that ends in '.txt'"])

    Raises:
        FileNotFoundError: A path does not exist.
    """
    found: list[Source] = []
    skipped: list[Skipped] = []
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"'{path}': no such file or folder")
        for item in _walk(path) if path.is_dir() else [Source(path)]:
            suffix = item.path.suffix.lower()
            if item.path.is_dir() or suffix in (".skeleton", ".json", *ARRAYS, *VIDEOS):
                found.append(item)
            else:
                skipped.append(Skipped(str(item), f"expected a recording, got a file that ends in '{suffix}'"))
    return found, skipped


def _walk(folder: Path) -> Iterator[Source]:
    videos = openpose_videos(folder)
    for video in videos:
        yield Source(folder, video if len(videos) > 1 else None)
    frames = {file for files in videos.values() for file in files}
    for path in sorted(folder.iterdir()):
        if path in frames or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from () if path.is_symlink() else _walk(path)  # a link may lead back
        else:
            yield Source(path)


def nothing_found(paths: Sequence[str | os.PathLike[str]], skipped: Sequence[Skipped]) -> ValueError:
    """What to say where no recording is left."""
    reasons = "".join(f"\n  {skip.path}: {skip.reason}" for skip in skipped[:5])
    more = f"\n  and {len(skipped) - 5} more" if len(skipped) > 5 else ""
    return ValueError(
        f"expected recordings in {', '.join(map(str, paths))}, found none. Known forms: {KNOWN}.{reasons}{more}"
    )
