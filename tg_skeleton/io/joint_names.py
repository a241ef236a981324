"""The joints of a file, by their names, as those of a skeleton."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tg_skeleton.topology import Topology


def match_joints(
    found: Sequence[str], topology: Topology, *, partial: bool = False
) -> tuple[list[int], tuple[str, ...]]:
    """The place among the names found of each joint of a skeleton, and remarks.

    Case and punctuation do not count. As many names as the skeleton has joints, of which not one is a joint of it, are
    taken in their order.

    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.io.joint_names import match_joints
    >>> arm = Topology("arm", ("left_hand", "left_elbow"), ("left_elbow", "left_elbow"))
    >>> match_joints(["head", "Left Elbow", "leftHand"], arm)
    ([2, 1], ())

    Args:
        found: The names in the file.
        topology: The skeleton.
        partial: Whether joints may be missing; their place is -1.

    Raises:
        ValueError: Joints of the skeleton are missing.
    """
    plain = [_plain(name) for name in found]
    wanted = [_plain(joint) for joint in topology.joints]
    missing = [joint for joint, name in zip(topology.joints, wanted, strict=True) if name not in plain]
    if not missing:
        return [plain.index(name) for name in wanted], ()
    if len(missing) == len(wanted) == len(plain):
        numbered = all(re.fullmatch(r"[a-z]*\d+", name) for name in plain)
        remark = f"joints {found[0]!r} to {found[-1]!r} are none of {topology.name}'s: taken in its order"
        return list(range(len(plain))), () if numbered else (remark,)
    if partial and len(missing) < len(wanted):
        remark = f"{', '.join(map(repr, missing))} of {topology.name}'s joints are not in the file"
        return [plain.index(name) if name in plain else -1 for name in wanted], (remark,)
    raise ValueError(
        f"expected the joints of {topology.name}, got {len(found)} without {', '.join(map(repr, missing[:4]))}"
        f"{', …' if len(missing) > 4 else ''} ({', '.join(map(repr, found[:4]))}, …); rename them"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
