"""Skeletons, classes and their course drawn into the pictures of a video."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from tg_skeleton.files import atomic_write
from tg_skeleton.pose.opencv import opencv
from tg_skeleton.pose.pictures import VideoFile
from tg_skeleton.pose.video import VideoRecording
from tg_skeleton.topology import Topology

LARGEST = 1280
"""Pixels of the longer side of what is written; larger pictures are scaled down."""

_COLORS = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2", "#999999")
_DARK, _LIGHT = (20, 18, 18), (240, 242, 245)
_FONT = 2  # FONT_HERSHEY_DUPLEX
_HEAD = ("head", "head_top", "nose")
_PALEST = 0.3  # of a class's color, where it is hardly probable


def draw_persons(
    image: np.ndarray, points: np.ndarray, score: np.ndarray, topology: Topology, *, ids: Sequence[int] = ()
) -> np.ndarray:
    """Draw the persons of a picture into it, each in a color of its own and with its number; returns the picture.

    Args:
        image: The picture (uint8; blue, green, red), which is changed.
        points: Joints in image units (parts of the picture's width and height from its middle, y up).
        score: The confidence of each joint; bones of joints that were not seen are not drawn, of doubtful ones thin.
        topology: The skeleton.
        ids: The number of each person. Default: their place.

    Shapes:
        ``[H, W, 3]``, ``[M, V, 2]``, ``[M, V]``

    Raises:
        ImportError: OpenCV is not installed.

    >>> import numpy as np
    >>> from tg_skeleton.pose import draw_persons
    >>> from tg_skeleton.topologies import COCO17
    >>> points = np.linspace(-0.4, 0.4, 34).reshape(1, 17, 2)
    >>> bool(draw_persons(np.zeros((48, 64, 3), np.uint8), points, np.ones((1, 17)), COCO17).any())
    True
    """
    cv2 = opencv()
    height, width = image.shape[:2]
    pixels = np.rint((points * (1, -1) + 0.5) * (width, height)).astype(int).clip(-(1 << 14), 1 << 14)
    thick = max(round(min(height, width) / 240), 1)
    for row in range(len(points)):
        seen = score[row] > 0
        if not seen.any():
            continue
        number = ids[row] if len(ids) else row
        color = _bgr(_COLORS[number % len(_COLORS)])
        for child, parent in topology.bones:
            if seen[child] and seen[parent]:
                sure = min(score[row, child], score[row, parent]) > 0.5
                ends = tuple(pixels[row, child].tolist()), tuple(pixels[row, parent].tolist())
                width = thick if sure else max(thick // 2, 1)
                cv2.line(image, *ends, _DARK, width + 2, cv2.LINE_AA)
                cv2.line(image, *ends, color, width, cv2.LINE_AA)
        for x, y in pixels[row, seen].tolist():
            cv2.circle(image, (x, y), thick, color, -1, cv2.LINE_AA)
        x, y = _above(pixels[row], seen, topology)
        _label(image, str(number), (x, y - 4 * thick), color, middle=True)
    return image


def _above(pixels: np.ndarray, seen: np.ndarray, topology: Topology) -> tuple[int, int]:
    """Where the number of a person goes: over the head, or over the highest joint where that was not seen."""
    head = [joint for joint, name in enumerate(topology.joints) if name in _HEAD or name.endswith(("_eye", "_ear"))]
    shown = [joint for joint in head if seen[joint]] or np.flatnonzero(seen).tolist()
    x, y = pixels[min(shown, key=lambda joint: int(pixels[joint, 1]))].tolist()
    return x, y


def draw_video(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    recording: VideoRecording,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    *,
    progress: bool = False,
) -> Path:
    """Write a video again with its persons, their numbers, the class with its probability, and the course of classes.

    It is read once more, picture by picture, so memory does not grow with its length. The strip below shows the class
    of each frame in a color, paler where it is less probable, and a mark where the picture is.

    Args:
        path: The video.
        out: The file to write, H.264 in ``.mp4``.
        recording: What `read_video` made of it.
        probabilities: Of each class in each frame of the recording.
        class_names: K names.
        progress: Whether to show a progress bar.

    Shapes:
        ``probabilities`` ``[T, K]``

    Raises:
        ImportError: OpenCV or imageio-ffmpeg is not installed.
        ValueError: The file name does not end in ``.mp4``, or the probabilities are not those of the recording.
        OSError: The file can't be written.

    >>> from tg_skeleton.pose import draw_video, mediapipe_estimator, read_video
    >>> recording = read_video("walk.mp4", mediapipe_estimator())  # doctest: +SKIP
    >>> draw_video("walk.mp4", "out.mp4", recording, probabilities, ["sit", "walk"])  # doctest: +SKIP
    """
    out = Path(out)
    if out.suffix.lower() != ".mp4":
        raise ValueError(f"out: expected a file name ending in .mp4, got '{out}'")
    if probabilities.shape != (len(recording.pos), len(class_names)):
        raise ValueError(
            f"probabilities: expected {[len(recording.pos), len(class_names)]}, those of each frame, got "
            f"{list(probabilities.shape)}"
        )
    strip = _Strip(probabilities, class_names)
    with VideoFile(path) as video, atomic_write(out, keep_suffix=True) as part:
        writer, row, last = None, 0, len(recording.times) - 1
        bar = tqdm(video, f"drawing {out.name}", video.count or None, disable=not progress)
        for image, time in bar:
            if row > last:
                break
            image = _scaled(image)
            while row <= last and recording.times[row] <= time + 0.5 / recording.fps:
                drawn = _frame(image.copy(), recording, row, strip)
                if writer is None:
                    writer = _writer(part, drawn, recording.fps)
                    writer.send(None)
                writer.send(np.ascontiguousarray(drawn))
                row += 1
        if writer is None:
            raise ValueError(f"{path}: expected pictures to draw into, got none")
        writer.close()
    return out


def _frame(image: np.ndarray, recording: VideoRecording, row: int, strip: _Strip) -> np.ndarray:
    assert recording.score is not None
    draw_persons(image, recording.picture[row], recording.score[row], recording.topology, ids=recording.ids)
    return strip.onto(image, row)


class _Strip:
    """The class of each frame, and their course over the whole video."""

    def __init__(self, probabilities: np.ndarray, class_names: Sequence[str]) -> None:
        self.names = class_names
        self.best = probabilities.argmax(1)
        self.sure = probabilities.max(1)
        shown = np.bincount(self.best, minlength=len(class_names)).argsort(kind="stable")[::-1]
        color = np.full((len(class_names), 3), _bgr(_COLORS[-1]), float)
        for place, index in enumerate(shown[: len(_COLORS) - 1].tolist()):
            color[index] = _bgr(_COLORS[place])
        self.color = color
        share = _PALEST + (1 - _PALEST) * self.sure[:, None]
        self.course = (share * color[self.best] + (1 - share) * np.array(_DARK)).astype(np.uint8)[None]  # [1, T, 3]

    def onto(self, image: np.ndarray, row: int) -> np.ndarray:
        cv2 = opencv()
        height, width = image.shape[:2]
        band = max(height // 36, 8)
        image[-band:] = cv2.resize(self.course, (width, band), interpolation=cv2.INTER_NEAREST)
        x = round((row + 0.5) / self.course.shape[1] * width)
        cv2.line(image, (x, height - band - 3), (x, height), _LIGHT, 2)
        color = tuple(self.color[self.best[row]].tolist())
        text = f"{_plain(self.names[self.best[row]])}  {self.sure[row]:.2f}"
        _label(image, text, (band, 2 * band), color, size=1.5)
        return image


def _label(
    image: np.ndarray,
    text: str,
    place: tuple[int, int],
    color: tuple[float, ...],
    *,
    size: float = 1.0,
    middle: bool = False,
) -> None:
    cv2 = opencv()
    scale = size * max(min(image.shape[:2]) / 1000, 0.35)
    (wide, high), base = cv2.getTextSize(text, _FONT, scale, 1)
    x, y = place[0] - wide // 2 if middle else place[0], max(place[1], high + base)
    pad = max(round(8 * scale), 2)
    cv2.rectangle(image, (x - pad, y - high - pad), (x + wide + pad, y + base + pad // 2), _DARK, -1)
    cv2.putText(image, text, (x, y), _FONT, scale, color, max(round(1.6 * scale), 1), cv2.LINE_AA)


def _plain(text: str) -> str:
    """What OpenCV's letters can write."""
    return text.encode("ascii", "replace").decode()


def _bgr(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return blue, green, red


def _scaled(image: np.ndarray) -> np.ndarray:
    """A picture of even sides, as H.264 requires, and not too large."""
    height, width = image.shape[:2]
    scale = min(LARGEST / max(height, width), 1)
    size = (max(round(width * scale) // 2 * 2, 2), max(round(height * scale) // 2 * 2, 2))
    if size == (width, height):
        return image
    cv2 = opencv()
    out: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return out


def _writer(path: Path, image: np.ndarray, fps: float) -> Any:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise ImportError(
            "videos are written with imageio-ffmpeg, which is not installed; pip install 'tg_skeleton[video]' or "
            "imageio-ffmpeg"
        ) from error
    height, width = image.shape[:2]
    return imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=fps,
        codec="libx264",
        pix_fmt_in="bgr24",
        macro_block_size=2,
        quality=None,
        output_params=["-crf", "21", "-preset", "veryfast", "-movflags", "+faststart"],
        ffmpeg_log_level="error",
    )
