"""Draw each skeleton with the numbers of its joints: ``python docs/draw_skeletons.py`` writes ``docs/skeletons/*.svg``.

The body looks at the reader, so its left is at the right of the picture. Faces, hands and feet are drawn large.
"""

from __future__ import annotations

from pathlib import Path

from tg_skeleton import Topology
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology.mapping import places

FOLDER = Path(__file__).resolve().parent / "skeletons"

PLACES = {
    **{"mid_hip": (0, 310), "waist": (0, 262), "spine_mid": (0, 214), "mid_shoulder": (0, 138), "upper_neck": (0, 108)},
    **{"head": (0, 66), "head_top": (0, 22), "nose": (0, 72), "eye_inner": (22, 50), "eye": (44, 44)},
    **{"eye_outer": (66, 50), "ear": (84, 74), "mouth": (21, 100), "shoulder": (76, 146), "elbow": (118, 226)},
    **{"wrist": (156, 302), "hand": (170, 332), "hand_tip": (192, 372), "thumb": (146, 360), "index": (176, 384)},
    **{"pinky": (206, 366), "hip": (46, 318), "knee": (60, 436), "ankle": (70, 548), "heel": (48, 584)},
    **{"foot": (94, 588), "foot_index": (94, 604), "big_toe": (84, 612), "small_toe": (118, 598)},
}
"""Where joints are drawn, by their anatomical place: to the left of the body's middle, and below the top."""

MIDDLE, HEIGHT, NAMES, STEP = 225, 630, 480, 18
COLORS = {"left": "#0072b2", "right": "#c25500", "": "#4d5561"}


def side_of(place: str) -> str:
    """``"left"``, ``"right"``, or nothing."""
    side = place.partition("_")[0]
    return side if side in ("left", "right") else ""


def point_of(place: str) -> tuple[int, int]:
    """Where a place is in the picture."""
    side = side_of(place)
    across, down = PLACES[place.removeprefix(f"{side}_")]
    return MIDDLE + (-across if side == "right" else across), down


def drawn(topology: Topology) -> str:
    """A skeleton as SVG: bones, joints with their numbers, and their names."""
    named = places(topology)
    points = [point_of(place) for place in named]
    colors = [COLORS[side_of(place)] for place in named]
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 {HEIGHT}" font-family="sans-serif">',
        f'<rect width="700" height="{HEIGHT}" rx="6" fill="#fff"/>',
    ]
    for child, parent in topology.bones:
        (x1, y1), (x2, y2) = points[parent], points[child]
        rows.append(f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{colors[child]}" stroke-width="3" opacity=".55"/>')
    for number, ((x, y), color) in enumerate(zip(points, colors, strict=True)):
        rows.append(f'<circle cx="{x}" cy="{y}" r="9.5" fill="{color}"/>')
        rows.append(f'<text x="{x}" y="{y + 4}" font-size="11" text-anchor="middle" fill="#fff">{number}</text>')
    for number, (joint, color) in enumerate(zip(topology.joints, colors, strict=True)):
        y = 26 + STEP * number
        rows.append(f'<text x="{NAMES - 6}" y="{y}" font-size="13" text-anchor="end" fill="{color}">{number}</text>')
        root = " (root)" if number == topology.root else ""
        rows.append(f'<text x="{NAMES}" y="{y}" font-size="13" fill="#1f2329">{joint}{root}</text>')
    return "\n".join([*rows, "</svg>", ""])


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for topology in TOPOLOGIES:
        (FOLDER / f"{topology.name}.svg").write_text(drawn(topology), encoding="utf-8")


if __name__ == "__main__":
    main()
