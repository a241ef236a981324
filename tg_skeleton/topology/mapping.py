"""The joints of one skeleton in terms of another's: exact, by a documented approximation, or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor


class NamedTree(Protocol):
    """The attributes of a `Topology` that a mapping reads."""

    @property
    def name(self) -> str: ...

    @property
    def joints(self) -> tuple[str, ...]: ...

    @property
    def parents(self) -> tuple[int, ...]: ...


_MEANINGS = {
    **dict.fromkeys(("spine_base", "hip_center", "pelvis", "hip"), "mid_hip"),
    **dict.fromkeys(("spine_shoulder", "shoulder_center", "thorax", "neck"), "mid_shoulder"),
    **dict.fromkeys(("spine", "torso"), "spine_mid"),
}
"""The anatomical place of a name; a name that is not listed is its own place."""

_MEANINGS_WITH = {
    ("neck", "spine_shoulder"): "upper_neck",  # Kinect v2
    ("neck", "thorax"): "upper_neck",  # Human3.6M
    ("spine", "hip_center"): "waist",  # Kinect v1
    ("head", "thorax"): "head_top",  # Human3.6M
    ("head", "left_ear"): "head_top",  # Halpe
}
"""The place of a name in a skeleton that also has the second joint."""

Kind = Literal["exact", "approximate", "missing"]
Sum = Mapping[str, float]

_RULES: dict[str, tuple[Sum, ...]] = {
    "mid_hip": ({"left_hip": 1 / 2, "right_hip": 1 / 2},),
    "mid_shoulder": ({"left_shoulder": 1 / 2, "right_shoulder": 1 / 2},),
    "spine_mid": ({"mid_hip": 1 / 2, "mid_shoulder": 1 / 2},),
    "waist": ({"mid_hip": 3 / 4, "mid_shoulder": 1 / 4},),
    "upper_neck": ({"mid_shoulder": 2 / 3, "head": 1 / 3}, {"mid_shoulder": 1}),
    "head": ({"left_ear": 1 / 2, "right_ear": 1 / 2}, {"upper_neck": 1 / 2, "head_top": 1 / 2}, {"nose": 1}),
    "head_top": ({"head": 1},),
    "nose": ({"left_eye": 1 / 2, "right_eye": 1 / 2}, {"head": 1}),
}
"""Places on the midline as weighted sums of others, which may be sums themselves; the first possible one is used."""

_SIDED_RULES: dict[str, tuple[Sum, ...]] = {
    "eye_inner": ({"eye": 1},),
    "eye_outer": ({"eye": 1},),
    "wrist": ({"hand": 1},),
    "hand": ({"wrist": 1 / 3, "index": 1 / 3, "pinky": 1 / 3}, {"wrist": 1}),
    "hand_tip": ({"index": 1},),
    "index": ({"hand_tip": 1},),
    "ankle": ({"foot": 1},),
    "foot": ({"ankle": 1 / 2, "big_toe": 1 / 2}, {"ankle": 1 / 2, "foot_index": 1 / 2}, {"ankle": 1}),
    "big_toe": ({"foot_index": 1}, {"foot": 1}),
    "foot_index": ({"big_toe": 1}, {"foot": 1}),
}
"""Places on one side as weighted sums of joints of that side."""


@dataclass(frozen=True)
class MappedJoint:
    """One joint of the target in terms of the source.

    Args:
        name: The joint of the target.
        kind: ``"exact"``: a joint of the source; ``"approximate"``: a weighted sum of its joints; ``"missing"``.
        weights: Indices of joints of the source and their weights, which sum to 1. A missing joint has the weights of
            its substitute position.
    """

    name: str
    kind: Kind
    weights: tuple[tuple[int, float], ...]


@dataclass(frozen=True, repr=False)
class JointMapping:
    """Each joint of a target topology in terms of the joints of a source, as returned by `Topology.mapping`.

    A joint is **exact** where the source has one at the same anatomical place, whatever its name: ``spine_base``,
    ``hip_center``, ``pelvis`` and ``mid_hip`` are one place. It is **approximate** where a rule derives it from others:

    ==========================  =====================================================================================
    place                       the first of these that the source allows
    ==========================  =====================================================================================
    middle of the hips          mean of the hips
    middle of the shoulders     mean of the shoulders
    ``spine_mid``               mean of the middles of hips and shoulders
    ``spine`` of Kinect v1      3/4 middle of the hips, 1/4 middle of the shoulders
    ``neck`` above a            2/3 middle of the shoulders, 1/3 head; middle of the shoulders
    shoulder joint
    head                        mean of the ears; of upper neck and top of the head; nose
    top of the head             head
    nose                        mean of the eyes; head
    inner, outer eye            eye
    wrist                       hand
    hand                        mean of wrist, index and pinky; wrist
    hand tip, index             each other
    ankle                       foot
    foot                        mean of ankle and big toe (or foot index); ankle
    big toe, foot index         each other; foot
    ==========================  =====================================================================================

    Any other joint is **missing** and takes the position of its nearest ancestor that is not missing, so the bones
    between them have length 0, or the mean of all others if there is no such ancestor.

    Assumption: a ``neck`` without a joint between the shoulders (OpenPose, Halpe, SBU) is the middle of the shoulders;
    in a skeleton with ``spine_shoulder`` or ``thorax`` (Kinect v2, Human3.6M) it is above it. In a skeleton with
    ``thorax`` or ears, ``head`` is the top of the head (Human3.6M, Halpe), elsewhere its middle. Sensors place joints
    of the same name some centimeters apart.

    Args:
        source: The skeleton whose joints are given.
        target: The skeleton whose joints are derived.
        joints: One entry per joint of the target.
    """

    source: NamedTree
    target: NamedTree
    joints: tuple[MappedJoint, ...]

    @classmethod
    def between(cls, source: NamedTree, target: NamedTree) -> JointMapping:
        """The mapping derived from the names of the joints.

        Raises:
            ValueError: No joint of the target can be derived from the source.
        """
        have = places(source)
        exact = [_exact(source, have, name, place) for name, place in zip(target.joints, places(target), strict=True)]
        found = [
            _made(place, have) if joint is None else {joint: 1.0}
            for joint, place in zip(exact, places(target), strict=True)
        ]
        present = [weights for weights in found if weights is not None]
        if not present:
            raise ValueError(
                f"mapping: no joint of '{target.name}' {target.joints} can be derived from '{source.name}' "
                f"{source.joints}; name joints as the topologies of tg_skeleton.topologies do"
            )
        middle = _sum([(1 / len(present), weights) for weights in present])
        joints = []
        for joint, name in enumerate(target.joints):
            weights = _inherited(joint, target.parents, found) or middle
            made: Kind = "missing" if found[joint] is None else "approximate"
            joints.append(MappedJoint(name, made if exact[joint] is None else "exact", tuple(sorted(weights.items()))))
        return cls(source, target, tuple(joints))

    @property
    def exact(self) -> tuple[str, ...]:
        """The joints of the target that are joints of the source."""
        return tuple(joint.name for joint in self.joints if joint.kind == "exact")

    @property
    def approximate(self) -> tuple[str, ...]:
        """The joints of the target that are weighted sums of joints of the source."""
        return tuple(joint.name for joint in self.joints if joint.kind == "approximate")

    @property
    def missing(self) -> tuple[str, ...]:
        """The joints of the target that can't be derived from the source."""
        return tuple(joint.name for joint in self.joints if joint.kind == "missing")

    @property
    def weights(self) -> Tensor:
        """The weight of each source joint (column) in each target joint (row), ``[V', V]`` in torch's default dtype."""
        matrix = torch.zeros(len(self.target.joints), len(self.source.joints), device="cpu")
        for row, joint in enumerate(self.joints):
            for column, weight in joint.weights:
                matrix[row, column] = weight
        return matrix

    def __repr__(self) -> str:
        counts = f"{len(self.exact)} exact, {len(self.approximate)} approximate, {len(self.missing)} missing"
        return f"{self.__class__.__name__}('{self.source.name}' -> '{self.target.name}': {counts})"

    def __str__(self) -> str:
        width = max(len(name) for name in self.target.joints)
        return "\n".join([repr(self), *(f"{joint.name:<{width}}  {self._formula(joint)}" for joint in self.joints)])

    def _formula(self, joint: MappedJoint) -> str:
        names = self.source.joints
        if len(joint.weights) == 1:
            terms = names[joint.weights[0][0]]
        else:
            terms = " + ".join(f"{weight:.3g} {names[place]}" for place, weight in joint.weights)
        return {"exact": terms, "approximate": f"~ {terms}", "missing": f"missing, at {terms}"}[joint.kind]


def places(skeleton: NamedTree) -> list[str]:
    """The anatomical place of each joint."""
    plain = [_plain(name) for name in skeleton.joints]
    special = {own: place for (own, other), place in _MEANINGS_WITH.items() if other in plain}
    return [special.get(name, _MEANINGS.get(name, name)) for name in plain]


def _plain(name: str) -> str:
    """A name in lower case with its side first: ``Shoulder_Left`` becomes ``left_shoulder``."""
    rest, _, side = name.lower().rpartition("_")
    return f"{side}_{rest}" if side in ("left", "right") and rest else name.lower()


def _exact(source: NamedTree, have: list[str], name: str, place: str) -> int | None:
    """The joint of the source at a place, preferably the one of the same name."""
    found = [joint for joint, other in enumerate(have) if other == place]
    return next((joint for joint in found if source.joints[joint] == name), found[0] if found else None)


def _made(place: str, have: list[str], asked: frozenset[str] = frozenset()) -> dict[int, float] | None:
    """A place as a weighted sum of joints of the source; ``asked`` are the places in whose rules it occurs."""
    if place in have:
        return {have.index(place): 1.0}
    rules: tuple[Sum, ...]
    side, _, rest = place.partition("_")
    if side in ("left", "right"):
        if asked:
            return None
        rules = tuple(
            {f"{side}_{name}": weight for name, weight in rule.items()} for rule in _SIDED_RULES.get(rest, ())
        )
    else:
        rules = () if place in asked else _RULES.get(place, ())
    for rule in rules:
        terms = [(weight, _made(name, have, asked | {place})) for name, weight in rule.items()]
        whole = [(weight, weights) for weight, weights in terms if weights is not None]
        if len(whole) == len(terms):
            return _sum(whole)
    return None


def _sum(terms: list[tuple[float, dict[int, float]]]) -> dict[int, float]:
    total: dict[int, float] = {}
    for factor, weights in terms:
        for joint, weight in weights.items():
            total[joint] = total.get(joint, 0.0) + factor * weight
    return total


def _inherited(joint: int, parents: tuple[int, ...], found: list[dict[int, float] | None]) -> dict[int, float] | None:
    """The weights of the nearest ancestor that is not missing."""
    while found[joint] is None and parents[joint] != joint:
        joint = parents[joint]
    return found[joint]
