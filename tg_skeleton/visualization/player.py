"""An HTML page that plays recordings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization import _recordings as encode
from tg_skeleton.visualization._page import data_element, page, resource, write
from tg_skeleton.visualization._recordings import Overlay

STYLES = ("player.css",)
SCRIPTS = (
    "player_colors.js",
    "player_data.js",
    "player_names.js",
    "player_stage.js",
    "player_strip.js",
    "player_parts.js",
    "player_gestures.js",
    "player.js",
)


class Player:
    """An interactive player of recordings in a browser, without external resources.

    The page plays recordings or steps through frames, rotates 3D skeletons by mouse, touch or keys (``h`` lists them),
    shows the name and the path of the joint under the pointer, and overlays saliency (size, color, and a strip over
    time) and attention (lines whose width is the weight). The fragment of its address, such as
    ``#frame=10&yaw=30&theme=dark``, sets the initial state.

    A joint with ``score`` 0 is faint; one that is also at the origin is not drawn, nor is a person whose joints are all
    zero.

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
        joints: Names of the joints. Default: their numbers.
        titles: Names of the recordings. Default: their ``name``.
        notes: A short text after each name, such as the predicted class.
        saliency: The non-negative saliency of each node; another number of frames is stretched over the recording.
        attention: The non-negative attention of each node (row) to each node (column); frames as for ``saliency``.
        beside: Whether to show all recordings side by side, synchronized in camera and in time (at the first one's
            frame rate), instead of a selected one.
        y_down: Whether y points down, as in images.
        fps: Frames per second. Default: each recording's own, its attribute ``fps``; 30 where it has none.

    Shapes:
        saliency ``[T', N]``; attention ``[N, N]``, ``[H, N, N]`` or ``[H, T', N, N]`` for H heads and the recording's
        N nodes, person after person.

    Units:
        Any; 3D coordinates are right-handed camera coordinates with z away from the camera, and are shown from the
        camera.

    Raises:
        ValueError: There are no recordings, one is a batch, has no ``pos``, no frames, neither 2 nor 3 coordinates,
            or coordinates that are not finite; they differ in topology; the number of names, notes or maps does not
            match; a map has another shape, or negative or infinite numbers; or ``fps`` is not positive.
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
        fps: float | None = None,
    ) -> None:
        one = isinstance(sequences, SkeletonSequence)
        recordings = [sequences] if isinstance(sequences, SkeletonSequence) else list(sequences)
        count = len(recordings)
        if not count:
            raise ValueError("sequences: expected at least one recording, got none")
        for number, sequence in enumerate(recordings):
            encode.check(sequence, number)
        rates = [encode.frame_rate(sequence, fps) for sequence in recordings]
        if titles is None:
            titles = [_title(sequence, number) for number, sequence in enumerate(recordings, 1)]
        self._data: dict[str, Any] = {
            "beside": beside,
            "joints": encode.joint_names(recordings, joints),
        }
        self._titles = encode.each("titles", titles, count)
        parts = zip(
            recordings,
            rates,
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
                "fps": rate,
                **encode.geometry(sequence, y_down),
                "saliency": encode.saliency_map(heat, sequence),
                "attention": encode.attention_map(links, sequence),
            }
            for sequence, rate, title, note, heat, links in parts
        ]
        self._frames = [sequence.num_frames for sequence in recordings]

    def __repr__(self) -> str:
        count = len(self._frames)
        return f"Player({count} recording{'s' * (count > 1)}, {sum(self._frames)} frames)"

    def fragment(self, *, start: float = 0.0, alone: bool = False) -> str:
        """An element for a page of your own, which must contain `player_head` once and may contain many players.

        Args:
            start: The initial position, 0 to 1 of the length.
            alone: Whether the player is the only content of the page: it starts playing and handles keys and wheel.
        """
        label = escape(", ".join(self._titles[:2]))
        data = data_element({**self._data, "start": float(start), "autoplay": alone})
        fallback = "<noscript><p>The player needs JavaScript.</p></noscript>"
        attributes = f'class="tgs-player"{" data-alone" * alone} aria-label="Player: {label}"'
        return f"<section {attributes}>{data}{fallback}</section>"

    def page(self, title: str) -> str:
        """A complete page that contains only this player."""
        return page(title, self.fragment(alone=True), style=resource(*STYLES), script=resource(*SCRIPTS))

    def save(self, path: str | os.PathLike[str], title: str) -> Path:
        """Write the page.

        Raises:
            ValueError: The path does not end in ``.html``.
            OSError: The file can't be written.
        """
        return write(path, self.page(title))


def _title(sequence: SkeletonSequence, number: int) -> str:
    return str(sequence.name) if "name" in sequence else f"recording {number}"


def player_head() -> str:
    """Style and script that a page with fragments of players must contain once, in its head or at its end.

    The ``data-theme`` attribute of the html element selects the theme. Default: light.
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
    fps: float | None = None,
) -> Path:
    """Write a page that plays recordings; see `Player` for the arguments.

    >>> import tempfile
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.datasets import simulate
    >>> from tg_skeleton.visualization import write_player
    >>> hug = SkeletonSequence.from_array(simulate("hug").pos, NTU25)
    >>> write_player(hug, f"{tempfile.mkdtemp()}/hug.html", NTU25.joints, title="A hug").stat().st_size < 100_000
    True

    Args:
        title: The title of the page. Default: that of the first recording.
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
