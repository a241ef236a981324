"""What joints are, whatever the skeleton: their side, limb and place along it."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from tg_skeleton.topology import Topology
from tg_skeleton.topology.mapping import places

LIMBS = ("trunk", "head", "arm", "leg")
"""The limbs that a joint may belong to."""

PLACE_CHANNELS = 3 + len(LIMBS)
"""The numbers that describe a joint: side, the limbs, along, ahead."""

PLACE = slice(4, 5 + PLACE_CHANNELS)
"""The channels of ``x`` that describe a joint: its place, and whether it has a depth (`DescribeJoints`)."""

DESCRIBED = PLACE.stop + 1
"""The channels of ``x`` that `DescribeJoints` writes."""

_ALONG: dict[str, tuple[str, float, float]] = {
    **{"mid_hip": ("trunk", 0.0, 0.0), "waist": ("trunk", 0.25, 0.0), "spine_mid": ("trunk", 0.5, 0.0)},
    **{"mid_shoulder": ("trunk", 1.0, 0.0), "upper_neck": ("head", 0.1, 0.0), "head": ("head", 0.6, 0.0)},
    **{"head_top": ("head", 1.0, 0.0), "nose": ("head", 0.5, 1.0), "eye": ("head", 0.65, 0.8)},
    **{"eye_inner": ("head", 0.65, 0.9), "eye_outer": ("head", 0.65, 0.7), "ear": ("head", 0.6, 0.1)},
    **{"mouth": ("head", 0.35, 0.9), "shoulder": ("arm", 0.0, 0.0), "elbow": ("arm", 0.45, 0.0)},
    **{"wrist": ("arm", 0.85, 0.0), "hand": ("arm", 0.93, 0.0), "thumb": ("arm", 0.95, 0.8)},
    **{"index": ("arm", 1.0, 0.4), "hand_tip": ("arm", 1.0, 0.1), "pinky": ("arm", 0.98, -0.4)},
    **{"hip": ("leg", 0.0, 0.0), "knee": ("leg", 0.5, 0.0), "ankle": ("leg", 0.93, 0.0), "heel": ("leg", 1.0, -0.5)},
    **{"foot": ("leg", 0.98, 0.5), "big_toe": ("leg", 1.0, 1.0), "small_toe": ("leg", 1.0, 0.8)},
    **{"foot_index": ("leg", 1.0, 1.0)},
}
"""Limb, place along it (0 at the body, 1 at its end) and how far ahead of its axis: what no tree can say."""


@lru_cache(maxsize=256)
def joint_places(topology: Topology) -> Tensor:
    """Each joint of a skeleton by what it is, so that joints of different skeletons can be compared.

    Names that the topologies of this package know have their place in a table; another joint lies between its nearest
    ancestor and its nearest descendant that are known. Its side is its name's, or the pair's that it stands in.

    >>> from tg_skeleton.topologies import COCO17, NTU25
    >>> from tg_skeleton.joint_places import joint_places
    >>> one, two = joint_places(COCO17), joint_places(NTU25)
    >>> bool((one[COCO17.index("left_elbow")] == two[NTU25.index("left_elbow")]).all())
    True

    Args:
        topology: The skeleton.

    Shapes:
        - output ``[V, PLACE_CHANNELS]``: side (-1 left, 0 middle, 1 right), one of `LIMBS` as zeros and a one, along,
          ahead
    """
    named = [_named(place) for place in places(topology)]
    rows = []
    for joint, found in enumerate(named):
        near = [found] if found is not None else _neighbors(topology, joint, named)
        row = torch.zeros(PLACE_CHANNELS)
        row[0] = _side(topology, joint)
        for limb, along, ahead in near:
            row[1 + LIMBS.index(limb)] += 1.0 / len(near)
            row[-2] += along / len(near)
            row[-1] += ahead / len(near)
        rows.append(row)
    return torch.stack(rows)


def _named(place: str) -> tuple[str, float, float] | None:
    side, _, rest = place.partition("_")
    return _ALONG.get(rest if side in ("left", "right") else place)


def _side(topology: Topology, joint: int) -> float:
    for sign, pair in ((-1.0, 0), (1.0, 1)):
        if joint in (ends[pair] for ends in topology.pairs):
            return sign
    name = topology.joints[joint].lower().split("_")
    return 1.0 * ("right" in name) - 1.0 * ("left" in name)


def _neighbors(
    topology: Topology, joint: int, named: list[tuple[str, float, float] | None]
) -> list[tuple[str, float, float]]:
    """The places of the nearest known ancestor and the nearest known descendant; of the trunk where there are none."""
    up, found = joint, []
    while named[up] is None and topology.parents[up] != up:
        up = topology.parents[up]
    found.append(named[up])
    level = [joint]
    while level:
        level = [child for child, parent in topology.bones if parent in level]
        known = [named[child] for child in level if named[child] is not None]
        if known:
            found.append(known[0])
            break
    return [place for place in found if place is not None] or [("trunk", 0.5, 0.0)]
