"""Figures as files."""

from __future__ import annotations

import os
from pathlib import Path

from tg_skeleton.files import atomic_write
from tg_skeleton.visualization._matplotlib import Figure


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 150) -> Path:
    """Write a figure whole or not at all; the ending of the path is the format.

    >>> import tempfile
    >>> from tg_skeleton.visualization import plot_confusion, save_figure
    >>> save_figure(plot_confusion([[3, 1], [0, 4]], ["sit", "stand"]), f"{tempfile.mkdtemp()}/confusion.png").name
    'confusion.png'

    Args:
        figure: The figure.
        path: The file.
        dpi: Dots per inch of a picture.

    Raises:
        ValueError: matplotlib does not know the format.
        OSError: The file can't be written.
    """
    with atomic_write(path, keep_suffix=True) as part:
        figure.savefig(part, dpi=dpi)
    return Path(path)
