"""The base of published data sets whose recordings lie in archives."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tg_skeleton.datasets.archive import Archive, fetch_archive
from tg_skeleton.datasets.base import SkeletonDataset, Transform
from tg_skeleton.datasets.members import ZipMembers
from tg_skeleton.datasets.processing import OnError
from tg_skeleton.io import Recording
from tg_skeleton.work import Workers


class ArchiveDataset(SkeletonDataset):
    """A data set whose recordings are members of zip archives; they are read in place, and nothing is unpacked.

    An archive is the one placed at ``<root>/raw/<filename>``, else a download from ``mirror``, from the environment
    variable ``TG_SKELETON_MIRROR``, or from its public address.

    A concrete data set sets `archives` and `example` and implements `recording_of`, `read` and ``split_indices``, on
    top of the attributes that `SkeletonDataset` asks for.

    Args:
        root: The folder of the data set; ``raw/`` and ``processed/`` lie in it.
        split: One of `splits`.
        mirror: An http(s) or file address or a path, of the archive or of a folder that holds it (or them).
        transform: Applied to a sequence on every access.
        force_reload: Process again although processed data are there.
        on_error: ``"raise"`` at a recording that can't be read, or ``"skip"`` it and report it.
        num_workers: Number of processes that read recordings, or an executor. Default: 0, this process reads.

    Raises:
        FileNotFoundError: An archive can't be had; the message says where to place it by hand, and its terms.
        RuntimeError: An archive is damaged.
        ValueError: A recording is invalid, or an argument is unknown.
    """

    archives: tuple[Archive, ...]
    example: str
    """The path of a recording in an archive, for the error about an archive without recordings."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: str,
        *,
        mirror: str | os.PathLike[str] | None = None,
        transform: Transform | None = None,
        force_reload: bool = False,
        on_error: OnError = "raise",
        num_workers: Workers = 0,
    ) -> None:
        self.mirror = mirror
        super().__init__(
            root,
            split,
            transform=transform,
            force_reload=force_reload,
            on_error=on_error,
            num_workers=num_workers,
        )

    @abstractmethod
    def recording_of(self, member: str) -> str | None:
        """The name of the recording in a member of an archive; None for other members."""

    @abstractmethod
    def read(self, content: bytes, name: str) -> Recording:
        """The recording in the content of a member."""

    def fetch(self) -> None:
        """Take the archives placed in ``raw/``, or download them."""
        if self.mirror is not None and len(self.archives) > 1 and os.fspath(self.mirror).split("?")[0].endswith(".zip"):
            names = " and ".join(archive.filename for archive in self.archives)
            raise ValueError(f"mirror: expected a folder that holds {names}, got the one file '{self.mirror}'")
        for archive in self.archives:
            fetch_archive(archive, self.raw_dir, self.mirror)

    @property
    def archive_paths(self) -> list[Path]:
        """Where the archives lie."""
        return [Path(self.raw_dir, archive.filename) for archive in self.archives]

    def members(self) -> ZipMembers:
        """The recordings in the archives, as a context."""
        return ZipMembers(self.archive_paths, self.recording_of)

    def recording_names(self) -> Sequence[str]:
        """The names of the recordings in the archives, sorted."""
        with self.members() as members:
            return self.check_found(members.names)

    def check_found(self, names: list[str]) -> list[str]:
        """The names, or an error where there are none.

        Raises:
            ValueError: There are none.
        """
        if not names:
            paths = " or ".join(map(str, self.archive_paths))
            raise ValueError(
                f"{paths}: expected recordings {self.example}, found none; is it the archive of {type(self).__name__}?"
            )
        return names

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        """Reads recordings in place, inside the archives."""
        with self.members() as members:
            yield lambda name: self.read(members.read(name), name)
