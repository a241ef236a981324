"""Where the archive of a data set comes from: placed by hand, a mirror, or its public address."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tg_skeleton.datasets.download import download, hash_record, verify
from tg_skeleton.files import printable

MIRROR_VARIABLE = "TG_SKELETON_MIRROR"


@dataclass(frozen=True)
class Archive:
    """A published zip archive, or a published pickle.

    Args:
        filename: What it is called below ``<root>/raw``; ``.zip`` or ``.pkl``.
        url: Its public address; None where there is no address that hands it out without further ado.
        terms: On what terms, and where, it is published; quoted when it can't be had.
        sha256: Its hash, where the publisher states one.
        others: Further public addresses of the same content, tried when the first one fails.
    """

    filename: str
    url: str | None
    terms: str
    sha256: str | None = None
    others: tuple[str, ...] = ()


def fetch_archive(archive: Archive, raw: str | os.PathLike[str], mirror: str | os.PathLike[str] | None = None) -> Path:
    """The path of a verified archive: the one placed at ``<raw>/<filename>``, else a download.

    The download is made from ``mirror``, else from the environment variable ``TG_SKELETON_MIRROR``, else from the
    public address. A mirror is an http(s) or file address or a plain path, of the archive or of a folder that holds it.

    Args:
        archive: The archive.
        raw: The folder in which it lies, or shall lie.
        mirror: Where to take it from instead of the public address.

    Raises:
        FileNotFoundError: The archive can't be had; the message says where to place it by hand, and its terms.
        RuntimeError: The file is no zip archive (or pickle), or has another hash than at its first use.
    """
    path = Path(raw, archive.filename)
    if path.exists():
        if reason := _unlike(path):
            raise damaged(path, reason)
        return verify(path, archive.sha256)
    address = mirror or os.environ.get(MIRROR_VARIABLE)
    public = (*([archive.url] if archive.url else []), *archive.others)
    url = _download(archive, path, (_address(os.fspath(address), archive.filename),) if address else public)
    if reason := _unlike(path):
        with path.open("rb") as file:
            start = file.read(16)
        path.unlink()
        hash_record(path).unlink()
        kind = "pickle" if path.suffix == ".pkl" else "zip archive"
        raise RuntimeError(
            f"{url}: expected a {kind}, got a file that starts with {start!r} ({reason}); use another mirror"
        )
    return path


def _download(archive: Archive, path: Path, urls: tuple[str, ...]) -> str:
    """The first of some addresses that gave the archive."""
    failed = []
    for url in urls:
        try:
            download(url, path, sha256=archive.sha256)
            return url
        except RuntimeError as error:
            failed.append(str(error))
    known = f"public address: {archive.url}" if archive.url else "no public address hands it out without further ado"
    reason = "\n".join(failed) or f"{path}: the archive is not there"
    raise FileNotFoundError(
        f"{reason}\nThe archive can also be placed at {path.absolute()} by hand ({known}), or "
        f"taken from a mirror (mirror=, or the environment variable {MIRROR_VARIABLE}).\n{archive.terms}"
    )


def _unlike(path: Path) -> str | None:
    """Why a file can't be the zip archive or the pickle that its name says, by its ends."""
    if path.suffix != ".pkl":
        return None if zipfile.is_zipfile(path) else "it is no zip archive, or its end is missing"
    with path.open("rb") as file:
        start = file.read(1)
        file.seek(-min(1, path.stat().st_size), os.SEEK_END)
        end = file.read(1)
    return None if (start, end) == (b"\x80", b".") else "it is no pickle, or its end is missing"


def damaged(path: Path, reason: str) -> RuntimeError:
    """The error for an archive that can't be read; forgets its recorded hash, so that a good one is accepted."""
    hash_record(path).unlink(missing_ok=True)
    return RuntimeError(
        f"{path}: the archive is damaged ({printable(reason)}); delete it, and it will be downloaded again"
    )


def _address(mirror: str, filename: str) -> str:
    if urlsplit(mirror).scheme in ("http", "https", "file"):
        names_file = mirror.split("?")[0].endswith(Path(filename).suffix)
        return mirror if names_file else f"{mirror.rstrip('/')}/{filename}"
    path = Path(mirror).expanduser().absolute()
    return (path / filename if path.is_dir() else path).as_uri()
