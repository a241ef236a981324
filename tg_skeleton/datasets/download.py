"""Downloads that survive cuts, and never leave half a file under its name."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import sys
import time
from dataclasses import asdict, dataclass
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from filelock import FileLock
from tqdm import tqdm

from tg_skeleton.files import write_json, write_text
from tg_skeleton.folders import writing_into

_CHUNK = 1 << 18
_HASH = re.compile("[0-9a-f]{64}")
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""HTTP codes that a later attempt may not meet again."""


class _Cut(Exception):
    """A transfer ended early; another attempt can go on from there."""


class _Refused(Exception):
    """An answer that another attempt would get again."""


@dataclass
class _Progress:
    """Facts about a ``.part`` file, kept next to it, by which another attempt decides whether to continue it."""

    url: str
    validator: str | None = None
    total: int | None = None


def download(
    url: str,
    path: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    size: int | None = None,
    retries: int = 4,
    backoff: float = 1.0,
    timeout: float = 30.0,
) -> Path:
    """Bring a file from an http(s) or file address to ``path``, whole or not at all.

    The bytes go to ``<path>.part`` first; a cut transfer is resumed there, in this call or in a later one, if the
    server says by a strong ETag or a Last-Modified that the content is still the same, else begun anew. The SHA-256 is
    recorded in ``<path>.sha256``. A file that is there already is not downloaded again: it is checked by `verify`.
    An address of Google Drive (``https://drive.google.com/uc?id=...``) needs gdown: ``tg_skeleton[data]``.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.datasets import download
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "original.txt").write_text("skeletons")
    >>> download((folder / "original.txt").as_uri(), folder / "copy.txt").read_text()
    'skeletons'

    Args:
        url: The address.
        path: Where the file shall be.
        sha256: Its hash, in hexadecimal, where it is known.
        size: Its size in bytes, where it is known.
        retries: How many further attempts follow a failed one.
        backoff: Seconds before the second attempt; doubled from attempt to attempt.
        timeout: Seconds without an answer until an attempt counts as failed.

    Raises:
        ValueError: The address is neither http(s) nor file.
        RuntimeError: The file can't be had, or has another size or hash; nothing lies at ``path`` then.
        OSError: The disk is full; what has arrived is kept.
    """
    path = Path(path)
    if urlsplit(url).scheme not in ("http", "https", "file"):
        raise ValueError(f"url: expected an http, https or file address, got '{url}'")
    with writing_into(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if path.exists():
                return verify(path, sha256)
            part = _part(path)
            if is_drive(url):
                fetch_from_drive(url, part, retries=retries, timeout=timeout)
            else:
                _with_retries(url, path, retries, backoff, timeout)
            try:
                found = part.stat().st_size
                if size not in (None, found):
                    raise RuntimeError(f"{url}: expected {size} bytes for {path}, got {found}; use another mirror")
                _check(part, path, sha256)
            except RuntimeError:
                _forget(path)
                raise
            os.replace(part, path)
            _forget(path)
    return path


def verify(path: str | os.PathLike[str], sha256: str | None = None) -> Path:
    """Hold a file against a hash, and against that recorded in ``<path>.sha256``, which the first use writes.

    Args:
        path: The file.
        sha256: Its hash, in hexadecimal, where it is known.

    Raises:
        RuntimeError: The file has another hash.
    """
    return _check(Path(path), Path(path), sha256)


def hash_record(path: Path) -> Path:
    """Where the SHA-256 of a file is recorded, in the form of the command ``sha256sum``."""
    return path.with_name(path.name + ".sha256")


def _check(file: Path, path: Path, sha256: str | None) -> Path:
    found = _digest(file)
    record = hash_record(path)
    words = record.read_text(encoding="utf-8", errors="replace").split() if record.exists() else []
    recorded = words[0] if words and _HASH.fullmatch(words[0]) else None  # a full disk left an empty or a cut record
    fix = "delete it, and it will be downloaded again"
    if sha256 is not None and found != sha256.lower():
        raise RuntimeError(f"{path}: expected SHA-256 {sha256.lower()}, got {found}; {fix}")
    if recorded not in (None, found):
        raise RuntimeError(
            f"{path}: expected SHA-256 {recorded} as at its first use, got {found}; {fix}; if the publisher replaced "
            f"the file, delete {record} too"
        )
    if recorded is None:
        write_text(record, f"{found}  {path.name}\n")
    return path


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _with_retries(url: str, path: Path, retries: int, backoff: float, timeout: float) -> None:
    for attempt in range(retries + 1):
        if attempt:
            time.sleep(backoff * 2 ** (attempt - 1))
        try:
            _transfer(url, path, timeout)
            return
        except HTTPError as error:
            reason = f"HTTP {error.code} {error.reason}"
            if error.code == 416:  # the part is no beginning of what the server has now
                _forget(path)
            elif error.code not in _PASSING:
                break
        except URLError as error:
            reason = str(error.reason)
            if urlsplit(url).scheme == "file":
                break
        except (_Refused, ValueError) as error:  # ValueError: an address to which the server redirects
            reason = str(error)
            break
        except (_Cut, HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(error) or type(error).__name__
    raise RuntimeError(
        f"{url}: can't be downloaded ({reason}) after {attempt + 1} attempts; try again later (what has arrived is "
        f"kept), use another address, or place the file at {path} by hand"
    )


def _transfer(url: str, path: Path, timeout: float) -> None:
    part = _part(path)
    progress = _resumable(url, path)
    start = part.stat().st_size if progress and part.exists() else 0
    headers = {"User-Agent": "tg_skeleton"}
    if progress and start:
        headers |= {"Range": f"bytes={start}-", "If-Range": str(progress.validator)}
    with urlopen(Request(url, headers=headers), timeout=timeout) as response:
        length = response.headers.get("Content-Length")
        if length is not None and not (length.isascii() and length.isdigit()):
            raise _Refused(f"expected a length in bytes, and the server states {length!r:.60}")
        kind = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        if kind == "text/html" and path.suffix.lower() not in (".html", ".htm"):
            raise _Refused("the server sent a web page instead of the file, perhaps a login; open it in a browser")
        total = None if length is None else int(length)
        if response.status == 206:
            total = _continued(response.headers, start, progress, path)
        else:  # the server ignores ranges, or has another file now
            start = 0
            write_json(_notes(path), asdict(_Progress(url, _validator(response.headers), total)))
        with (
            part.open("ab" if start else "wb") as file,
            tqdm(total=total, initial=start, desc=path.name, unit="B", unit_scale=True, disable=None) as bar,
        ):
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    found = part.stat().st_size
    if total is not None and found < total:
        raise _Cut(f"the connection ended after {found} of {total} bytes")
    if total is not None and found > total:
        _forget(path)
        raise _Cut(f"expected {total} bytes, got {found}")


def _validator(headers: Message) -> str | None:
    """The mark by which a server tells whether its content is still the same; None where it has none for sure."""
    tag = headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")


def _continued(headers: Message, start: int, progress: _Progress | None, path: Path) -> int | None:
    """The size of the whole file, of an answer that holds the rest of it (``Content-Range: bytes 5-9/10``)."""
    content_range = headers.get("Content-Range", "")
    if progress is None or not start:
        raise _Refused(f"asked for the whole file, and the server sent a part of it, '{content_range:.60}'")
    span, _, whole = content_range.removeprefix("bytes ").partition("/")
    total = int(whole) if whole.isascii() and whole.isdigit() else None
    other = progress.total is not None and total is not None and total != progress.total
    if span.split("-")[0] != str(start) or other:
        _forget(path)
        raise _Cut(f"asked for bytes from {start} on, got '{content_range:.60}'")
    if _validator(headers) not in (None, progress.validator):
        _forget(path)
        raise _Cut("the server sent the rest of another content, in spite of If-Range")
    return total if total is not None else progress.total


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _notes(path: Path) -> Path:
    return path.with_name(path.name + ".part.json")


def _resumable(url: str, path: Path) -> _Progress | None:
    try:
        saved: dict[str, Any] = json.loads(_notes(path).read_text(encoding="utf-8"))
        progress = _Progress(**saved)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return progress if progress.url == url and isinstance(progress.validator, str) else None


def _forget(path: Path) -> None:
    _part(path).unlink(missing_ok=True)
    _notes(path).unlink(missing_ok=True)


def is_drive(url: str) -> bool:
    """Whether an address is on Google Drive."""
    return urlsplit(url).hostname in ("drive.google.com", "docs.google.com")


def fetch_from_drive(url: str, path: Path, *, retries: int, timeout: float) -> None:
    """Download from Google Drive, whose large files come only after a confirmation page, with gdown; resumes."""
    try:
        gdown = importlib.import_module("gdown")
    except ImportError as error:
        raise RuntimeError(
            f"{url}: a file on Google Drive is downloaded with gdown, which is not installed; "
            "pip install 'tg_skeleton[data]'"
        ) from error
    # a name of its own: gdown takes what lies at its output for complete, and a .part of ours is not
    arrived = path.with_name(path.name + ".drive")
    try:
        gdown.download(
            url=url,
            output=str(arrived),
            quiet=not sys.stderr.isatty(),
            use_cookies=False,
            resume=True,
            retries=retries,
            timeout=timeout,
        )
    except (gdown.exceptions.DownloadError, OSError) as error:  # those of requests are OSErrors
        reason = " ".join(str(error).split())
        raise RuntimeError(
            f"{url}: can't be downloaded from Google Drive ({reason}); try again later (what has arrived is kept), or "
            "open the address in a browser and place the file by hand"
        ) from error
    os.replace(arrived, path)
