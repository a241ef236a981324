"""Lengths of time in frames or in seconds, and windows that are given by them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_TEXT = re.compile(r"(?P<number>\d+(?:\.\d*)?|\.\d+) ?(?P<unit>s|ms)?", re.ASCII)


@dataclass(frozen=True)
class Length:
    """A length of time, in frames or in seconds.

    >>> from tg_skeleton.inference.lengths import Length
    >>> Length.parse("60").frames(None), Length.parse("2s").frames(29.97), Length.parse("500 ms").frames(30)
    (60, 60, 15)
    >>> Length.parse("2s").frames(None)
    Traceback (most recent call last):
        ...
    ValueError: length: expected frames, because the frame rate is not known, got 2s; give the rate with --fps

    Args:
        number: Frames, or seconds.
        text: As it was written.
        in_seconds: Whether ``number`` counts seconds.
    """

    number: float
    text: str
    in_seconds: bool = False

    @classmethod
    def parse(cls, text: str) -> Length:
        """The length in a text such as ``"60"``, ``"2s"``, ``"0.5 s"`` or ``"500ms"``.

        Raises:
            ValueError: The text is none.
        """
        found = _TEXT.fullmatch(text.strip())
        if found is None or (found["unit"] is None and not found["number"].isdecimal()):
            raise ValueError(f"expected whole frames such as 60, or seconds such as 2s or 0.5s, got {text!r}")
        seconds = {"s": 1.0, "ms": 1e-3, None: 1.0}[found["unit"]]
        return cls(float(found["number"]) * seconds, text, found["unit"] is not None)

    @classmethod
    def of_frames(cls, frames: int) -> Length:
        """A length in frames."""
        return cls(frames, str(frames))

    def frames(self, fps: float | None, argument: str = "length") -> int:
        """The nearest number of frames, at least 1 of a length in seconds.

        Args:
            fps: Frames a second; None: not known.
            argument: The name of the length in an error.

        Raises:
            ValueError: The length is in seconds, and the rate is not known.
        """
        if not self.in_seconds:
            return int(self.number)
        if fps is None:
            raise ValueError(
                f"{argument}: expected frames, because the frame rate is not known, got {self.text}; give the rate "
                "with --fps"
            )
        return max(1, round(self.number * fps))


_ONE_FRAME = Length(1, "1")


class FrameWindows(NamedTuple):
    """The numbers of frames of `Windows`."""

    window: int
    stride: int
    smooth: int
    min_length: int


@dataclass(frozen=True)
class Windows:
    """How a long recording is taken apart, whatever its frame rate.

    >>> from tg_skeleton.inference.lengths import Length, Windows
    >>> two_seconds = Windows(Length.parse("2s"), min_length=Length.parse("1s"))
    >>> two_seconds.at(30.0), two_seconds.at(25.0)  # doctest: +NORMALIZE_WHITESPACE
    (FrameWindows(window=60, stride=30, smooth=1, min_length=30),
     FrameWindows(window=50, stride=25, smooth=1, min_length=25))

    Args:
        window: The length of a window.
        stride: The step from window to window. Default: half a window.
        smooth: The width of the smoothing filter; in seconds, the nearest odd number of frames.
        min_length: The least length of a segment.
    """

    window: Length
    stride: Length | None = None
    smooth: Length = _ONE_FRAME
    min_length: Length = _ONE_FRAME

    def at(self, fps: float | None) -> FrameWindows:
        """The numbers of frames at a rate.

        Raises:
            ValueError: A length is in seconds, and the rate is not known.
        """
        window, smooth = self.window.frames(fps, "window"), self.smooth.frames(fps, "smooth")
        return FrameWindows(
            window,
            max(window // 2, 1) if self.stride is None else self.stride.frames(fps, "stride"),
            2 * (smooth // 2) + 1 if self.smooth.in_seconds else smooth,
            self.min_length.frames(fps, "min_length"),
        )
