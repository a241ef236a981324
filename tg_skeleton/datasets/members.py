"""Recordings inside zip archives, read where they lie; nothing is ever unpacked to the disk."""

from __future__ import annotations

import errno
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from tg_skeleton.datasets.archive import damaged
from tg_skeleton.files import printable, reason

MEMBER_LIMIT = 64 << 20
"""Bytes; many times the largest recording of any data set here."""


class ZipMembers:
    """The members of one or several zip archives that are recordings, by the recordings' names; use it as a context.

    Args:
        paths: The archives.
        name_of: The recording that a member's path stands for; None for a member that is no recording.
        limit: How many bytes a member may declare; one that declares more is not unpacked.

    Raises:
        RuntimeError: An archive is damaged.
    """

    def __init__(
        self, paths: Sequence[Path], name_of: Callable[[str], str | None], *, limit: int = MEMBER_LIMIT
    ) -> None:
        self.paths = paths
        self.name_of = name_of
        self.limit = limit
        self._stack = ExitStack()
        self._members: dict[str, list[tuple[zipfile.ZipFile, zipfile.ZipInfo]]] = {}

    def __enter__(self) -> ZipMembers:
        with ExitStack() as stack:
            for path in self.paths:
                try:
                    archive = stack.enter_context(zipfile.ZipFile(path))
                except Exception as error:  # whatever zipfile raises
                    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                        raise
                    raise damaged(path, reason(error)) from error
                for info in archive.infolist():
                    name = None if info.filename.endswith("/") or not info.filename else self.name_of(info.filename)
                    if name is not None:
                        self._members.setdefault(name, []).append((archive, info))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._members.clear()
        self._stack.close()

    @property
    def names(self) -> list[str]:
        """The names of the recordings, sorted."""
        return sorted(self._members)

    def read(self, name: str) -> bytes:
        """The content of the one member that is the recording ``name``.

        Raises:
            ValueError: There is no such member or there are two, its path leads out of the archive, or it declares more
                bytes than the limit. The message names the archive and the member.
            RuntimeError: The archive is damaged there.
        """
        archive, info = self._only(name)
        origin = printable(f"{archive.filename}: member '{info.filename}'")
        first, *others = re.split(r"[\\/]", info.filename)
        if not first or ":" in first or ".." in (first, *others):
            raise ValueError(f"{origin}: expected a path within the archive, got one that leads out of it")
        if info.file_size > self.limit:
            raise ValueError(
                f"{origin}: expected at most {self.limit:,} bytes in a recording, and it declares {info.file_size:,}"
            )
        try:
            return archive.read(info)
        except Exception as error:  # whatever zipfile and zlib raise
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            raise damaged(Path(str(archive.filename)), printable(f"member {info.filename}: {error}")) from error

    def _only(self, name: str) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
        members = self._members.get(name, [])
        if len(members) == 1:
            return members[0]
        where = printable(" and ".join(f"'{info.filename}' of {archive.filename}" for archive, info in members))
        if where:
            raise ValueError(f"recording '{name}': expected one member, got {len(members)}: {where}")
        raise ValueError(f"recording '{name}': there is no such member in {', '.join(map(str, self.paths))}")
