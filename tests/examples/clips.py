"""Cuts clips from videos: ``python clips.py VIDEOS OUT`` makes twenty in two classes from the shared videos."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from tg_skeleton.pose import VideoFile

TWENTY = (
    *(("walk_and_jump", "train/walk", first, 48) for first in range(60, 110, 6)),
    ("walk_and_jump", "test/walk", 138, 48),
    *(("balance_camera1", "train/balance", first, 60) for first in (0, 12, 24, 36)),
    *(("balance_camera3", "train/balance", first, 60) for first in (0, 12, 24, 36, 40)),
    ("balance_camera4", "test/balance", 20, 60),
)
"""Video, folder, first frame, number of frames."""


def cut(source: Path, out: Path, first: int, count: int) -> Path:
    """Write some frames of a video."""
    with VideoFile(source) as video:
        pictures = [picture.image for picture in islice(video, first, first + count)]
        fps = video.fps
    out.parent.mkdir(parents=True, exist_ok=True)
    write(out, pictures, fps)
    return out


def write(out: Path, pictures: Iterable[np.ndarray], fps: float) -> None:
    """Write pictures as H.264."""
    writer = None
    for image in pictures:
        height, width = (side // 2 * 2 for side in image.shape[:2])
        if writer is None:
            writer = imageio_ffmpeg.write_frames(
                str(out),
                (width, height),
                fps=fps,
                pix_fmt_in="bgr24",
                macro_block_size=2,
                output_params=["-preset", "ultrafast"],
            )
            writer.send(None)
        writer.send(np.ascontiguousarray(image[:height, :width]))
    if writer is not None:
        writer.close()


def twenty(videos: Path, out: Path) -> list[Path]:
    """The twenty clips."""
    return [
        cut(videos / f"{name}.mp4", out / folder / f"{name}_{first:03}.mp4", first, count)
        for name, folder, first, count in TWENTY
    ]


if __name__ == "__main__":
    print(f"{len(twenty(Path(sys.argv[1]), Path(sys.argv[2])))} clips")
