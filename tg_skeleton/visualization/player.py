"""Recordings as an HTML page that plays them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization import _recordings as encode
from tg_skeleton.visualization._page import data_element, page, resource, write
from tg_skeleton.visualization._recordings import Overlay

STYLES = ("player.css",)
SCRIPTS = (
    "player_colors.js",
    "player_data.js",
    "player_stage.js",
    "player_strip.js",
    "player_parts.js",
    "player_gestures.js",
    "player.js",
)


class Player:
    """Recordings to be played, turned and looked into in a browser, with nothing fetched from anywhere.

    The page plays, goes frame by frame, turns a 3D skeleton with the mouse, fingers or keys (``h`` tells them), names
    joints under the pointer and their path, and lays saliency (size, color, and a strip over time) and attention
    (lines as wide as the weight) over the body. ``#frame=10&yaw=30&theme=dark`` after its address chooses what it
    shows at first.

    A joint with ``score`` 0 is faint, one that is also at the origin is left out, and so is a person whose joints are
    all zero.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.visualization import Player
    >>> walk = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(60, 1, 25, 3)), NTU25, name="walk")
    >>> player = Player(walk, NTU25.joints, saliency=np.random.rand(60, 25))
    >>> player
    Player(1 recording, 60 frames)
    >>> player.page("A walk").startswith("<!doctype html>")
    True

    Args:
        sequences: One recording with ``pos``, or several of one topology.
        joints: Names of the joints; left out: their numbers.
        titles: Names of the recordings; left out: their ``name``.
        notes: A few words after each name, such as what a network took it for.
        saliency: How much each node matters, not negative; of other frames it is stretched over the recording.
        attention: How much each node (row) attends to each (column), not negative; frames as for ``saliency``.
        beside: Show all recordings side by side, on one clock and under one camera, instead of one that is chosen.
        y_down: Whether y points down, as it does in images.
        fps: Frames a second.

    Shapes:
        saliency ``[T', N]``; attention ``[N, N]``, ``[H, N, N]`` or ``[H, T', N, N]`` for H heads and the recording's
        N nodes, person after person.

    Units:
        Any; 3D coordinates are a camera's, right-handed, z away from the camera, and are seen from there.

    Raises:
        ValueError: There are no recordings, one is a batch, has no ``pos``, no frames, neither 2 nor 3 coordinates,
            or coordinates that are not finite; they differ in topology; there are more or fewer names, notes or maps
            than they are for; a map has another shape, or negative or infinite numbers; or ``fps`` is not above 0.
    """

    def __init__(
        self,
        sequences: SkeletonSequence | Iterable[SkeletonSequence],
        joints: Sequence[str] | None = None,
        *,
        titles: Sequence[str] | None = None,
        notes: Sequence[str] | None = None,
        saliency: Overlay = None,
        attention: Overlay = None,
        beside: bool = False,
        y_down: bool = False,
        fps: float = 30.0,
    ) -> None:
        one = isinstance(sequences, SkeletonSequence)
        recordings = [sequences] if isinstance(sequences, SkeletonSequence) else list(sequences)
        count = len(recordings)
        if not count:
            raise ValueError("sequences: expected at least one recording, got none")
        if not (np.isfinite(fps) and fps > 0):
            raise ValueError(f"fps: expected frames a second above 0, got {fps}")
        for number, sequence in enumerate(recordings):
            encode.check(sequence, number)
        if titles is None:
            titles = [_title(sequence, number) for number, sequence in enumerate(recordings, 1)]
        self._data: dict[str, Any] = {
            "fps": float(fps),
            "beside": beside,
            "joints": encode.joint_names(recordings, joints),
        }
        self._titles = encode.each("titles", titles, count)
        parts = zip(
            recordings,
            self._titles,
            encode.each("notes", notes if notes is not None else [""] * count, count),
            encode.maps("saliency", saliency, count, one),
            encode.maps("attention", attention, count, one),
            strict=True,
        )
        self._data["recordings"] = [
            {
                "title": title,
                "note": note,
                **encode.geometry(sequence, y_down),
                "saliency": encode.saliency_map(heat, sequence),
                "attention": encode.attention_map(links, sequence),
            }
            for sequence, title, note, heat, links in parts
        ]
        self._frames = [sequence.num_frames for sequence in recordings]

    def __repr__(self) -> str:
        count = len(self._frames)
        return f"Player({count} recording{'s' * (count > 1)}, {sum(self._frames)} frames)"

    def fragment(self, *, start: float = 0.0, alone: bool = False) -> str:
        """An element for a page of your own, which needs `player_head` once and may hold many players.

        Args:
            start: Where it stands at first, 0 to 1 of its length.
            alone: Whether the page is this player's: it begins to play, and keys and wheel are its own.
        """
        label = escape(", ".join(self._titles[:2]))
        data = data_element({**self._data, "start": float(start), "autoplay": alone})
        said = "<noscript><p>The player needs JavaScript.</p></noscript>"
        return f'<section class="tgs-player"{" data-alone" * alone} aria-label="Player: {label}">{data}{said}</section>'

    def page(self, title: str) -> str:
        """A whole page with this player alone."""
        return page(title, self.fragment(alone=True), style=resource(*STYLES), script=resource(*SCRIPTS))

    def save(self, path: str | os.PathLike[str], title: str) -> Path:
        """Writes the page.

        Raises:
            ValueError: The path does not end in ``.html``.
        """
        return write(path, self.page(title))


def _title(sequence: SkeletonSequence, number: int) -> str:
    return str(sequence.name) if "name" in sequence else f"recording {number}"


def player_head() -> str:
    """What a page of your own needs once, at its end or in its head, for the fragments of players.

    The html element's ``data-theme`` says which theme they have, light where it says nothing.
    """
    style, script = resource("colors.css", *STYLES), resource(*SCRIPTS)
    return f'<style>\n{style}\n</style>\n<script type="module">\n{script}\n</script>'


def write_player(
    sequences: SkeletonSequence | Iterable[SkeletonSequence],
    path: str | os.PathLike[str],
    joints: Sequence[str] | None = None,
    *,
    title: str | None = None,
    notes: Sequence[str] | None = None,
    saliency: Overlay = None,
    attention: Overlay = None,
    beside: bool = False,
    y_down: bool = False,
    fps: float = 30.0,
) -> Path:
    """Writes a page that plays recordings; see `Player` for the arguments.

    >>> import tempfile
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.datasets import simulate
    >>> from tg_skeleton.visualization import write_player
    >>> hug = SkeletonSequence.from_array(simulate("hug").pos, NTU25)
    >>> write_player(hug, f"{tempfile.mkdtemp()}/hug.html", NTU25.joints, title="A hug").stat().st_size < 100_000
    True

    Args:
        title: The page's; left out: that of the first recording.
    """
    player = Player(
        sequences,
        joints,
        notes=notes,
        saliency=saliency,
        attention=attention,
        beside=beside,
        y_down=y_down,
        fps=fps,
    )
    return player.save(path, title if title is not None else player._titles[0])
