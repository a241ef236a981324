"""Files that can't be opened as videos: one sentence each, from their own bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tg_skeleton.pose import VideoFile
from tg_skeleton.pose.containers import unopened

TYPE = b"\0\0\0\x10ftypisom\0\0\0\0"


def box(kind: bytes, *inside: bytes) -> bytes:
    content = b"".join(inside)
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def track(handler: bytes, codec: bytes) -> bytes:
    return box(b"trak", box(b"hdlr", bytes(8), handler, bytes(12)), box(b"stsd", bytes(8), box(codec, bytes(70))))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a video, a note", "got a file that begins with b'not a video,', as no video does"),
        (
            TYPE + box(b"mdat", bytes(100)),
            "got one without its index, .* cut off .*; copy it again, or record it again$",
        ),
        (TYPE + (1 << 20).to_bytes(4, "big") + b"mdat", "got one without its index"),  # cut off within the pictures
        (TYPE + box(b"moov", track(b"vide", b"avc1"))[:-9], "got one without its index"),  # or within the index
        (TYPE + box(b"moov"), "got a file without a track of pictures; export it again with them$"),
        (TYPE + box(b"moov", track(b"soun", b"mp4a")), "got a file without a track of pictures"),
        (
            TYPE + box(b"moov", track(b"soun", b"mp4a"), track(b"vide", b"zzz1")),
            r"got pictures of codec 'zzz1', which OpenCV can't decode; convert it to H\.264 \(ffmpeg -i IN out\.mp4\)$",
        ),
        (b"RIFF" + bytes(200), "got a file that OpenCV can't open: .* convert it to H.264"),
    ],
)
def test_what_was_got_and_the_fix(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        raise ValueError(unopened(path))
    pytest.importorskip("cv2", reason="OpenCV (the extras video and pose) is not installed")
    with pytest.raises(ValueError, match=rf"walk\.mp4: expected a video, {said}"):
        VideoFile(path)
