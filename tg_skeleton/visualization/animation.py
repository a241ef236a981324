"""A recording as an animation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.files import atomic_write
from tg_skeleton.visualization._matplotlib import (
    AbstractMovieWriter,
    Axes,
    FFMpegWriter,
    Figure,
    PillowWriter,
    rc_context,
)
from tg_skeleton.visualization.body import View, draw_bodies, frame_view, see
from tg_skeleton.visualization.style import Style, dress, palette

FORMATS = (".gif", ".mp4")
DPI = 100


def animate_sequence(
    sequence: SkeletonSequence,
    path: str | Path,
    *,
    fps: float = 30.0,
    view: View = "xy",
    turn: float = 0.0,
    y_down: bool = False,
    size: float = 4.0,
    title: str | None = None,
    style: Style = "light",
) -> Path:
    """Write a recording as a GIF or an MP4.

    MP4 (H.264) needs ffmpeg, on the path or from the package ``imageio-ffmpeg``. A GIF stores durations in hundredths
    of a second, so 30 frames per second become 33. After an interrupted write, an earlier file is unchanged.

    >>> import numpy as np, tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.visualization import animate_sequence
    >>> walk = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(3, 1, 25, 3)), NTU25)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animate_sequence(walk, Path(folder) / "walk.gif", view=(0, 15), turn=90).name
    'walk.gif'

    Args:
        sequence: One recording with ``pos``.
        path: The file, with the suffix ``.gif`` or ``.mp4``.
        fps: Frames per second.
        view: The two coordinates to draw, or azimuth and elevation of a camera in degrees; see `plot_sequence`.
        turn: Degrees by which the camera moves around the bodies during the animation; needs a view of two angles.
        y_down: Whether y points down, as in images.
        size: The longer side of the figure, in inches of 100 pixels.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Raises:
        ValueError: As for `plot_sequence`; or ``path`` has another suffix, ``fps`` or ``size`` is not positive, or
            ``turn`` is given with a flat view.
        ImportError: The file is an MP4, and there is no ffmpeg.
        OSError: The file can't be written.
    """
    path = Path(path)
    colors = palette(style)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"path: expected a file name ending in .gif or .mp4, got '{path}'")
    for name, value in (("fps", fps), ("size", size)):
        if not value > 0:
            raise ValueError(f"{name}: expected a number above 0, got {value}")
    if turn and isinstance(view, str):
        raise ValueError(f"turn: expected a view of two angles to turn, such as (0, 15), got view={view!r}")
    viewed = [see(sequence, one, y_down=y_down) for one in _views(view, turn, sequence.num_frames)]
    corners = [bodies.limits() for bodies in viewed]
    limits = np.min([low for low, _ in corners], axis=0), np.max([high for _, high in corners], axis=0)

    figure, axes = _canvas(limits, size, title, style)
    with (
        atomic_write(path, keep_suffix=True) as part,
        _writing(path.suffix.lower(), fps) as writer,
        writer.saving(figure, str(part), DPI),
    ):
        for frame in range(sequence.num_frames):
            for artist in (*axes.lines, *axes.collections):
                artist.remove()
            draw_bodies(axes, viewed[frame % len(viewed)], frame, colors, width=3.0)
            # A progress bar along the lower edge.
            progress = (frame + 1) / sequence.num_frames
            axes.plot([0.0, progress], [0.0, 0.0], transform=axes.transAxes, color=colors.faint, linewidth=3.0)
            writer.grab_frame(facecolor=colors.background)
    return path


def _views(view: View, turn: float, frames: int) -> list[View]:
    """The view of each frame, or a single one for all frames."""
    if isinstance(view, str) or not turn:
        return [view]
    azimuth, elevation = view
    return [(azimuth + turn * frame / frames, elevation) for frame in range(frames)]


def _canvas(limits: tuple[np.ndarray, np.ndarray], size: float, title: str | None, style: Style) -> tuple[Figure, Axes]:
    """A figure with an even number of pixels per side, as H.264 requires, and its axes."""
    width, height = limits[1] - limits[0]
    head = 0.4 if title is not None else 0.0
    scale = (size - head) / max(width, height)
    across, up = (2 * round(DPI * side / 2) / DPI for side in (max(scale * width, 0.5 * size), scale * height + head))
    figure = Figure(figsize=(across, up))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0 - head / up))
    frame_view(axes, limits)
    if title is not None:
        figure.suptitle(title, fontsize=11, y=1.0 - 0.5 * head / up, va="center")
    return dress(figure, style), axes


@contextmanager
def _writing(suffix: str, fps: float) -> Iterator[AbstractMovieWriter]:
    """The movie writer of a file format."""
    if suffix == ".gif":
        yield PillowWriter(fps=fps)  # type: ignore[arg-type]  # floats work
        return
    with rc_context({"animation.ffmpeg_path": _ffmpeg()}):
        yield FFMpegWriter(fps=fps, codec="h264")  # type: ignore[arg-type]


def _ffmpeg() -> str:
    """The path of the ffmpeg program.

    Raises:
        ImportError: There is none.
    """
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        import imageio_ffmpeg  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError(
            "writing an MP4 needs ffmpeg, which was found neither on the path nor in this environment; pip install "
            "imageio-ffmpeg, or give a file name ending in .gif"
        ) from error
    program: str = imageio_ffmpeg.get_ffmpeg_exe()
    return program
