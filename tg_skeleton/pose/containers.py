"""Why a file can't be opened as a video, as far as its own bytes tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_CONVERT = "convert it to H.264 (ffmpeg -i IN out.mp4)"
_MARKS = (b"RIFF", b"\x1a\x45\xdf\xa3", b"OggS", b"FLV", b"\x30\x26\xb2\x75", b"\x00\x00\x01", b"\x47", b"GIF8")
_INDEX = 1 << 26  # bytes; an index is smaller


def unopened(path: Path) -> str:
    """What was got in place of a video that can be opened, and the fix."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _movie(path)
    if not head.startswith(_MARKS):
        return f"got a file that begins with {head!r}, as no video does; look where it comes from, and fetch it again"
    return (
        f"got a file that OpenCV can't open: it is damaged, or its codec is unknown; play it elsewhere, or {_CONVERT}"
    )


def _movie(path: Path) -> str:
    """The same of an .mp4 or .mov: boxes, one of which is the index of its tracks."""
    index = _index(path)
    if index is None:
        return (
            "got one without its index, which is written at the end: it was cut off as it was recorded or copied; copy "
            "it again, or record it again"
        )
    tracks = [index[start:end] for kind, start, end in _boxes(index) if kind == b"trak"]
    pictures = [track for track in tracks if track[track.find(b"hdlr") + 12 :][:4] == b"vide"]
    if not pictures:
        return "got a file without a track of pictures; export it again with them"
    place = pictures[0].find(b"stsd")
    codec = pictures[0][place + 16 : place + 20].decode("latin-1") if place >= 0 else "unknown"
    return f"got pictures of codec {codec!r}, which OpenCV can't decode; {_CONVERT}"


def _index(path: Path) -> bytes | None:
    with path.open("rb") as file:
        place, size = 0, path.stat().st_size
        while place + 8 <= size:
            file.seek(place)
            length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
            length = int.from_bytes(file.read(8), "big") if length == 1 else length or size - place
            if length < 8:
                return None
            if kind == b"moov":
                file.seek(place + 8)
                return file.read(min(length - 8, _INDEX)) if place + length <= size else None
            place += length
    return None


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each box."""
    place = 0
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if length < 8:
            return
        yield data[place + 4 : place + 8], place + 8, place + length
        place += length
