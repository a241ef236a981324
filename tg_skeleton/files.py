"""Reading and writing files safely: whole files or none, errors that name the file, and text safe for its target."""

from __future__ import annotations

import csv
import errno
import io
import json
import math
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STALE = 24 * 3600.0  # seconds after which the next write of a file removes the temporary ones of killed processes
NEARLY_FULL = 1 << 16  # free bytes below which a library's unexplained error while writing is reported as a full disk
LONGEST = 300  # characters to which the text of an error is cut

REMEDIES = {
    errno.ENOSPC: "free some space or choose another folder, then run it again",
    errno.EDQUOT: "your disk quota is used up: free some space or choose another folder, then run it again",
    errno.EFBIG: "the file system does not take files of this size: choose another folder",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that is not read-only",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EISDIR: "choose another name, or remove that folder",
    errno.ENOTDIR: "a part of the path is a file: choose another folder",
    errno.EEXIST: "a part of the path is a file: choose another folder",
    errno.EMFILE: "too many files are open: raise the limit with `ulimit -n`",
}
"""The advice for an error of the operating system."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OS_ERROR = re.compile(r"os error (\d+)|Os \{ code: (\d+)|Errno (\d+)")


# -- writing -----------------------------------------------------------------------------------------------------------


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, keep_suffix: bool = False) -> Iterator[Path]:
    """Write a whole file or leave everything as it was: a context that gives a temporary path to write to.

    Missing folders are created. When the block ends, the temporary file, which is in the same folder, is flushed to
    the disk and renamed to ``path``; after an error it is removed, and an earlier file at ``path`` is unchanged. A
    device or a pipe, such as ``/dev/stdout``, is written directly.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.files import atomic_write
    >>> path = Path(tempfile.mkdtemp()) / "results" / "notes.txt"
    >>> with atomic_write(path) as part:
    ...     _ = part.write_text("whole")
    >>> path.read_text(), [file.name for file in path.parent.iterdir()]
    ('whole', ['notes.txt'])

    Args:
        path: The file to write.
        keep_suffix: Whether the temporary path must have the suffix of ``path``, for writers that choose the format by
            it. Default: it ends in ``.part``, which no reader of a folder takes for a result.

    Raises:
        OSError: The file can't be written. The message is one line with the path and the remedy.
    """
    path = Path(os.path.realpath(path))  # the target of a link is replaced, not the link
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        yield path
        return
    start = f".{path.name[:40]}."
    part = path.with_name(f"{start}{secrets.token_hex(4)}.part{path.suffix if keep_suffix else ''}")
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path.parent, start)
        yield part
        _sync(part)
        os.replace(part, path)
        sync_folder(path.parent)
    except Exception as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if (number := os_error(error, part)) is not None:
            raise write_error(path, number) from error
        raise
    except BaseException:  # KeyboardInterrupt, SystemExit
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file by `atomic_write`."""
    with atomic_write(path) as part:
        part.write_bytes(content)
    return Path(path)


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write UTF-8 text by `atomic_write`, with line ends as given.

    The undecodable bytes of a file name, which Python keeps as lone surrogates, are written as ``\\udcXX``.
    """
    return write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_json(path: str | os.PathLike[str], value: Any, *, indent: int | None = None) -> Path:
    """Write a value as JSON by `atomic_write`; see `json_text`."""
    return write_text(path, json_text(value, indent=indent) + "\n")


def _remove_stale(folder: Path, start: str) -> None:
    """Remove the temporary files that killed processes left for the same file."""
    oldest = time.time() - STALE
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.name.startswith(start) and ".part" in entry.name and entry.stat().st_mtime < oldest:
                os.unlink(entry.path)


def _sync(path: Path) -> None:
    """Wait until the file is on the disk, so that a rename never survives a crash that its content does not."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until a rename is on the disk, where the system can do so."""
    if os.name == "posix":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def os_error(error: Exception, part: str | os.PathLike[str]) -> int | None:
    """The number of the operating system's error behind an exception; None if there is none, or of another file."""
    if isinstance(error, OSError) and error.errno is not None:
        concerned = error.filename is None or str(error.filename) in map(str, (part, *Path(part).parents))
        return error.errno if concerned else None
    if isinstance(error, ValueError | TypeError | ImportError | LookupError):
        return None
    # Writers in other languages put the system's error into their text, or only say that they failed.
    if (found := _OS_ERROR.search(str(error))) is not None:
        return int(next(group for group in found.groups() if group))
    with suppress(OSError):
        if shutil.disk_usage(Path(part).parent).free < NEARLY_FULL:
            return errno.ENOSPC
    return None


def write_error(path: str | os.PathLike[str], number: int) -> OSError:
    """The error for a file that can't be written: one line with the path and the remedy."""
    advice = REMEDIES.get(number, "check the disk and the folder")
    error = OSError(f"'{printable(path)}' can't be written: {os.strerror(number)}; {advice}")
    error.errno = number
    return error


# -- reading -----------------------------------------------------------------------------------------------------------


@contextmanager
def reading(path: str | os.PathLike[str], kind: str = "", fix: str = "") -> Iterator[Path]:
    """Turn whatever a parser raises into a ValueError that names the file and the reason.

    >>> from tg_skeleton.files import reading
    >>> with reading("run.json", "record of a run"):
    ...     {}["epochs"]
    Traceback (most recent call last):
        ...
    ValueError: 'run.json' is not a valid record of a run: there is no 'epochs' in it

    Args:
        path: The file; the context gives it as a `Path`.
        kind: The expected kind of file. Default: the message is the path and the reason.
        fix: The advice at the end of the message.

    Raises:
        ValueError: Anything was raised except an error of the operating system (missing file, permission) or a missing
            package, which pass. A ValueError that already names the file passes, too.
    """
    path, name = Path(path), printable(path)
    try:
        yield path
    except Exception as error:
        if isinstance(error, ImportError) or (isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)):
            raise
        if type(error) is ValueError and (str(error).startswith((str(path), name)) or f"'{name}'" in str(error)):
            raise ValueError(printable(error, keep="\n")) from error
        start = f"'{name}' is not a valid {kind}" if kind else name
        raise ValueError(f"{start}: {reason(error)}{f'; {fix}' if fix else ''}") from error


def reason(error: BaseException) -> str:
    """An exception as one line for users."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} ({error.object[error.start]:#04x}) is not {error.encoding} text"
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]!r} in it" if error.args else "a key is missing"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it declares more data than fits into memory"
    if isinstance(error, EOFError):
        return "it ends too early"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]  # a C++ parser adds its stack
    text = lines[0] if isinstance(error, ValueError) and lines else ": ".join([type(error).__name__, *lines[:1]])
    if len(text) > LONGEST:  # the end has what was got
        text = f"{text[: 2 * LONGEST // 3]} ... {text[5 - LONGEST // 3 :]}"
    return printable(text)


# -- text for its target -----------------------------------------------------------------------------------------------


def printable(text: object, *, keep: str = "") -> str:
    """Text for a terminal or a message: characters that control it, or can't be encoded, are escapes, except ``keep``.

    >>> from tg_skeleton.files import printable
    >>> print(printable("walk\\x1b[2J\\n.npy"))
    walk\\x1b[2J\\n.npy
    """
    return "".join(
        letter
        if letter.isprintable() or letter in keep or unicodedata.category(letter) == "Zs"
        else letter.encode("unicode_escape").decode("ascii")
        for letter in str(text)
    )


def csv_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: text that begins like one is preceded by an apostrophe.

    Numbers, and text that is a number, stay as they are.

    >>> from tg_skeleton.files import csv_cell
    >>> csv_cell("=1+1"), csv_cell(-0.5), csv_cell("-0.5"), csv_cell("walk")
    ("'=1+1", -0.5, '-0.5', 'walk')

    Source: OWASP, "CSV Injection".
    """
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        float(value)
        return value
    return f"'{value}" if value.startswith(_FORMULA) else value


def csv_plain(cell: str) -> str:
    """The text of which `csv_cell` made a cell."""
    return cell[1:] if cell[:1] == "'" and csv_cell(cell[1:]) == cell else cell


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV whose cells are safe by `csv_cell`; None is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (header, *rows):
        writer.writerow([csv_cell(value) for value in row])
    return buffer.getvalue()


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON that every parser reads: numbers that are not finite become null.

    Arrays and scalars of numpy and torch become lists and numbers.

    >>> from tg_skeleton.files import json_text
    >>> json_text({"loss": float("nan"), "top1": (0.5, float("inf"))})
    '{"loss": null, "top1": [0.5, null]}'
    """
    return json.dumps(_plain(value), indent=indent, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if callable(getattr(value, "tolist", None)):
        return _plain(value.tolist())
    return value  # json.dumps names its type in a TypeError
