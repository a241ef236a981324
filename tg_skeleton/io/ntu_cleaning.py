"""From all bodies that the Kinect saw to the persons of an NTU RGB+D recording: one function per step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tg_skeleton.io.ntu_skeleton import NTUBodies, parse_ntu_name
from tg_skeleton.io.recording import Recording


@dataclass(frozen=True)
class NTUCleaning:
    """The thresholds of `clean_ntu`; the defaults are those that the field uses.

    >>> from tg_skeleton.io import NTUCleaning
    >>> NTUCleaning(persons=1)
    NTUCleaning(max_short=11, spread=0.8, noisy=0.69754, persons=1)

    Args:
        max_short: Of several bodies, those seen in at most this many frames are dropped (`drop_short`).
        spread: A frame is noisy if the body is wider than this many times its height (`drop_wide`).
        noisy: Of several bodies, those with at least this part of noisy frames are dropped (`drop_wide`).
        persons: Number of tracks to keep (`clean_ntu`).

    Raises:
        ValueError: A threshold is out of its range.
    """

    max_short: int = 11
    spread: float = 0.8
    noisy: float = 0.69754
    persons: int = 2

    def __post_init__(self) -> None:
        if not self.max_short >= 0:
            raise ValueError(f"max_short: expected a number of frames from 0 (drops none), got {self.max_short}")
        if not self.spread > 0:
            raise ValueError(f"spread: expected a ratio above 0 (inf: no frame is noisy), got {self.spread}")
        if not self.noisy > 0:
            raise ValueError(f"noisy: expected a part above 0 (inf: drops none), got {self.noisy}")
        if not self.persons >= 1:
            raise ValueError(f"persons: expected at least 1, got {self.persons}")


@dataclass(frozen=True, eq=False)
class Track:
    """One body over time; after `join_tracks` one person under several ids.

    Args:
        frame: The frames in which it was seen ``[F]`` int64, ascending.
        pos: Coordinates ``[F, 25, 3]`` float32.
        body_ids: The sensor's ids of it, in the order in which they were joined.
    """

    frame: np.ndarray
    pos: np.ndarray
    body_ids: tuple[int, ...]

    @property
    def motion(self) -> float:
        """The sum of the variances of x, y and z over all joints and frames, in square meters."""
        return float(self.pos.reshape(-1, self.pos.shape[-1]).var(axis=0, dtype=np.float64).sum())


def tracks_by_id(bodies: NTUBodies) -> list[Track]:
    """One track per body id, in the order in which the ids appear."""
    ids, first = np.unique(bodies.body_id, return_index=True)
    rows = [np.flatnonzero(bodies.body_id == body_id) for body_id in ids[first.argsort()]]
    return [Track(bodies.frame[row], bodies.pos[row], (int(bodies.body_id[row[0]]),)) for row in rows]


def drop_short(tracks: Sequence[Track], max_short: int = 11) -> list[Track]:
    """The tracks of more than ``max_short`` frames; if there is none, the longest."""
    kept = [track for track in tracks if len(track.frame) > max_short]
    return kept or sorted(tracks, key=lambda track: -len(track.frame))[:1]


def noisy_part(track: Track, spread: float = 0.8) -> float:
    """The part of a track's frames in which max x - min x exceeds ``spread`` times max y - min y."""
    width, height = np.ptp(track.pos[:, :, :2], axis=1).T  # [F] each
    return float((width > spread * height).mean())


def drop_wide(tracks: Sequence[Track], spread: float = 0.8, noisy: float = 0.69754) -> list[Track]:
    """The tracks whose `noisy_part` is below ``noisy``, for furniture is wider than it is high; never none of them.

    If all are noisy, the least noisy one stays.
    """
    kept = [track for track in tracks if noisy_part(track, spread) < noisy]
    return kept or sorted(tracks, key=lambda track: noisy_part(track, spread))[:1]


def sort_by_motion(tracks: Sequence[Track]) -> list[Track]:
    """The tracks, the one with the most motion first."""
    return sorted(tracks, key=lambda track: -track.motion)


def join_tracks(tracks: Sequence[Track]) -> list[Track]:
    """Tracks of one person who got a new id: each one goes to the first before it that it doesn't overlap in time.

    Assumption: two tracks overlap if they share a frame of their spans, first to last frame, gaps included.
    """
    joined: list[Track] = []
    for track in tracks:
        place = next((i for i, other in enumerate(joined) if not _overlap(track, other)), None)
        if place is None:
            joined.append(track)
        else:
            joined[place] = _join(joined[place], track)
    return joined


def stack_tracks(tracks: Sequence[Track]) -> np.ndarray:
    """Coordinates ``[T, M, 25, 3]`` from the first frame with a track to the last; zero where a track is absent."""
    first = min(int(track.frame[0]) for track in tracks)
    last = max(int(track.frame[-1]) for track in tracks)
    pos = np.zeros((last + 1 - first, len(tracks), *tracks[0].pos.shape[1:]), np.float32)
    for person, track in enumerate(tracks):
        pos[track.frame - first, person] = track.pos
    return pos


def clean_ntu(bodies: NTUBodies, cleaning: NTUCleaning | None = None) -> Recording:
    """The recording of the persons among all bodies that the sensor saw.

    Steps: `tracks_by_id`; of several bodies `drop_short`, then `drop_wide`; `sort_by_motion`; `join_tracks`; the first
    ``persons`` tracks are kept; `stack_tracks`, which strips frames at both ends in which nobody is.

    Assumption: the motion that sorts is that of all frames of a body, the noisy ones included. All labels are cleaned
    alike: an action of one person may keep two, one of two persons may keep one.

    >>> import numpy as np
    >>> from tg_skeleton.io import NTUBodies, clean_ntu
    >>> frame, ids = np.arange(5, 25), np.full(20, 72057594037931101)
    >>> arrays = np.zeros((20, 9), np.float32), np.ones((20, 25, 12), np.float32)
    >>> recording = clean_ntu(NTUBodies("S001C002P003R002A013", 30, frame, ids, *arrays))
    >>> recording.pos.shape, recording.label, recording.facts["camera"]
    ((20, 1, 25, 3), 12, 2)

    Args:
        bodies: What `read_ntu_skeleton` gives; its name says label and facts.
        cleaning: Other thresholds than the usual ones.

    Shapes:
        - ``pos``: ``[T, M, 25, 3]`` float32, M at most ``persons``, most motion first

    Units:
        Meters in camera space, y up.

    Raises:
        ValueError: No frame has a body, or the name is none of NTU RGB+D.

    Source: the rules that SGN, CTR-GCN and PYSKL agree on.
    """
    cleaning = cleaning or NTUCleaning()
    facts = parse_ntu_name(bodies.name)
    tracks = tracks_by_id(bodies)
    if not tracks:
        raise ValueError(
            f"{bodies.name}: expected a body in at least one frame, got none in {bodies.num_frames}; leave it out"
        )
    tracks = drop_wide(drop_short(tracks, cleaning.max_short), cleaning.spread, cleaning.noisy)
    tracks = join_tracks(sort_by_motion(tracks))[: cleaning.persons]
    return Recording(bodies.name, stack_tracks(tracks), facts["action"] - 1, facts=facts)


def _overlap(one: Track, other: Track) -> bool:
    return bool(one.frame[0] <= other.frame[-1] and other.frame[0] <= one.frame[-1])


def _join(one: Track, other: Track) -> Track:
    parts = sorted((one, other), key=lambda track: int(track.frame[0]))
    frame = np.concatenate([part.frame for part in parts])
    return Track(frame, np.concatenate([part.pos for part in parts]), one.body_ids + other.body_ids)
