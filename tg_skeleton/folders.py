"""Folders that several files are written into: a full disk is one line that names the folder and the remedy."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tg_skeleton.files import os_error, write_error

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The errors of a disk without room."""


@contextmanager
def writing_into(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Turn an error about a disk without room into one line that names the file or the folder, and what to do.

    >>> import errno
    >>> from tg_skeleton.folders import writing_into
    >>> with writing_into("runs"):
    ...     raise OSError(errno.ENOSPC, "No space left on device")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    OSError: 'runs' can't be written: No space left on device; free some space or choose another folder, then run ...

    Args:
        folder: The folder.

    Raises:
        OSError: The disk has no room.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = error.errno if isinstance(error, OSError) else os_error(error, folder)
        if number not in FULL or "can't be written" in str(error):
            raise
        named = error.filename if isinstance(error, OSError) else None
        raise write_error(folder if named is None else named, number) from error
