"""Files on Google Drive, whose large ones come only after a page that asks for a confirmation; by gdown."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit


def is_drive(url: str) -> bool:
    """Whether an address is one of Google Drive.

    >>> from tg_skeleton.datasets.drive import is_drive
    >>> is_drive("https://drive.google.com/uc?id=1CUZnBtYwifVXS21yVg62T-vrPVayso5H"), is_drive("https://example.org")
    (True, False)
    """
    return urlsplit(url).hostname in ("drive.google.com", "docs.google.com")


def fetch_from_drive(url: str, path: Path, *, retries: int, timeout: float) -> None:
    """Bring a file from Google Drive to ``path``; what has arrived of a cut transfer is kept beside it, and resumed.

    Args:
        url: ``https://drive.google.com/uc?id=...``.
        path: Where the file shall be.
        retries: How many further attempts follow one that the network ended.
        timeout: Seconds without an answer until an attempt counts as failed.

    Raises:
        RuntimeError: gdown is not installed, or Google Drive does not hand the file out.
    """
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
        said = " ".join(str(error).split())
        raise RuntimeError(
            f"{url}: can't be downloaded from Google Drive ({said}); try again later (what has arrived is kept), or "
            "open the address in a browser and place the file by hand"
        ) from error
    os.replace(arrived, path)
