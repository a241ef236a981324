"""What a body is: joints, parents, parts and left/right pairs, and the graph quantities that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import SupportsIndex

import networkx as nx
import torch
from torch import Tensor

from tg_skeleton.part import Joint, Part
from tg_skeleton.topology_mapping import JointMapping

__all__ = ["Joint", "Part", "Topology"]


@dataclass(frozen=True, init=False)
class Topology:
    r"""A kind of skeleton: a rooted tree over named joints.

    Only facts are stored; everything else is derived from them. A topology of your own takes five lines:

    >>> from tg_skeleton import Topology
    >>> arm = Topology(
    ...     name="arm",
    ...     joints=("shoulder", "elbow", "left_finger", "right_finger"),
    ...     parents=("shoulder", "shoulder", "elbow", "elbow"),
    ...     pairs=(("left_finger", "right_finger"),),
    ... )
    >>> arm.num_joints, arm.bones
    (4, ((1, 0), (2, 1), (3, 1)))

    Args:
        name: What the topology is called.
        joints: Names of the joints, in the order in which recordings store them.
        parents: The parent of each joint (index or name); the root is its own parent.
        pairs: ``(left, right)`` joints that a mirror exchanges (indices or names).
        parts: A partition of the joints. Left out: one part, the whole body, seen from the root.
        source: Where the facts come from.

    Raises:
        ValueError: The parents are no tree with one root, a joint is unknown, named twice or out of range, the pairs
            are no involution that maps bones onto bones, or the parts do not hold each joint exactly once. The message
            names the joint.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    parts: tuple[Part[int], ...] = ()
    source: str = field(default="", compare=False)

    def __init__(
        self,
        name: str,
        joints: Sequence[str],
        parents: Sequence[Joint],
        *,
        pairs: Iterable[tuple[Joint, Joint]] = (),
        parts: Iterable[Part[Joint]] = (),
        source: str = "",
    ) -> None:
        def store(key: str, value: object) -> None:
            object.__setattr__(self, key, value)

        store("name", name)
        store("joints", tuple(joints))
        twice = next((joint for joint in self.joints if self.joints.count(joint) > 1), None)
        if twice is not None or not self.joints:
            said = f"joint '{twice}' is named twice" if twice is not None else "there is no joint"
            raise ValueError(f"Topology '{name}': {said}; expected at least one joint, each with a name of its own")
        if len(parents) != len(self.joints):
            raise ValueError(
                f"Topology '{name}': expected one parent per joint ({len(self.joints)}), got {len(parents)}; "
                "the root is its own parent"
            )
        store("parents", tuple(self.index(p, f"parent of '{j}'") for j, p in zip(self.joints, parents, strict=True)))
        store("pairs", tuple((self.index(a, f"pair {(a, b)}"), self.index(b, f"pair {(a, b)}")) for a, b in pairs))
        store("source", source)
        self._check_tree()
        self._check_pairs()
        store("parts", tuple(self._indexed(part) for part in parts) or (self._whole_body(),))
        self._check_parts()

    @property
    def num_joints(self) -> int:
        """V, the number of joints."""
        return len(self.joints)

    @property
    def root(self) -> int:
        """The joint that is its own parent."""
        return next(joint for joint, parent in enumerate(self.parents) if joint == parent)

    def index(self, joint: Joint, role: str = "joint") -> int:
        """The index of a joint given by index or by name; ``role`` says in the error what the joint was meant for.

        Raises:
            ValueError: There is no such joint.
        """
        if isinstance(joint, str) and joint in self.joints:
            return self.joints.index(joint)
        if isinstance(joint, SupportsIndex) and 0 <= joint < self.num_joints:
            return int(joint)
        raise ValueError(
            f"Topology '{self.name}': {role}: there is no joint {joint!r}; expected an index 0..{self.num_joints - 1} "
            f"or a name of {self.joints}"
        )

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """``(child, parent)`` of every joint but the root, in the order of the children."""
        return tuple((joint, parent) for joint, parent in enumerate(self.parents) if joint != parent)

    @property
    def edge_index(self) -> Tensor:
        """The bones as a PyG ``edge_index`` ``[2, 2 (V - 1)]`` (source, target), each in both directions."""
        child, parent = torch.tensor(self.bones, dtype=torch.long, device="cpu").view(-1, 2).unbind(1)
        return torch.stack([torch.cat([parent, child]), torch.cat([child, parent])])

    @property
    def mirror(self) -> tuple[int, ...]:
        """The permutation of the joints that exchanges left and right."""
        swap = {a: b for pair in self.pairs for a, b in (pair, pair[::-1])}
        return tuple(swap.get(joint, joint) for joint in range(self.num_joints))

    @property
    def hops(self) -> Tensor:
        """The number of bones between any two joints, ``[V, V]`` int64."""
        lengths = dict(nx.all_pairs_shortest_path_length(self.to_networkx()))
        joints = range(self.num_joints)
        return torch.tensor([[lengths[target][source] for source in joints] for target in joints], device="cpu")

    @property
    def normalized_adjacency(self) -> Tensor:
        r"""Å, the symmetrically normalised adjacency with self-loops, ``[V, V]`` in torch's default dtype.

        .. math:: Å = \tilde D^{-1/2} (A + I) \tilde D^{-1/2}, \qquad \tilde D = \mathrm{diag}((A + I) 1)

        >>> from tg_skeleton import Topology
        >>> Topology("stick", ("a", "b"), ("a", "a")).normalized_adjacency
        tensor([[0.5000, 0.5000],
                [0.5000, 0.5000]])
        """
        adjacency = (self.hops <= 1).to(torch.get_default_dtype())
        scale = adjacency.sum(1).rsqrt()
        return scale[:, None] * adjacency * scale

    def to_networkx(self) -> nx.Graph:
        """The skeleton as an undirected networkx graph whose nodes carry their joint's ``name``."""
        graph = nx.Graph(name=self.name)
        graph.add_nodes_from((joint, {"name": name}) for joint, name in enumerate(self.joints))
        graph.add_edges_from(self.bones)
        return graph

    def rooted_at(self, root: Joint) -> Topology:
        """The same joints and bones, with every bone pointing away from another root.

        >>> from tg_skeleton import NTU25
        >>> NTU25.rooted_at("spine_shoulder").parents[:3]
        (1, 20, 20)
        """
        top = self.index(root)
        parents = {top: top} | {child: parent for parent, child in nx.bfs_edges(self.to_networkx(), top)}
        return replace(self, parents=tuple(parents[joint] for joint in range(self.num_joints)))

    def mapping(self, other: Topology) -> JointMapping:
        """Which joints of this skeleton the joints of ``other`` are: exact, approximate or missing.

        >>> from tg_skeleton.topologies import COCO17, OPENPOSE18
        >>> COCO17.mapping(OPENPOSE18), COCO17.mapping(OPENPOSE18).approximate
        (JointMapping('COCO17' -> 'OPENPOSE18': 17 exact, 1 approximate, 0 missing), ('neck',))

        Raises:
            ValueError: The two have no joint in common.
        """
        return JointMapping.between(self, other)

    def contract(self, groups: Sequence[Sequence[Joint]], name: str | None = None) -> Topology:
        """The coarser skeleton whose joint ``i`` stands for all joints of ``groups[i]``.

        Two groups are linked where a bone links them. Pairs are kept if the mirror maps every group onto a group, parts
        if no group lies in two of them and none has its origin and its reference in one group.

        >>> from tg_skeleton import Topology
        >>> arm = Topology("arm", ("shoulder", "elbow", "wrist", "hand"), (0, 0, 1, 2))
        >>> arm.contract([["shoulder", "elbow"], ["wrist", "hand"]]).bones
        ((1, 0),)

        Raises:
            ValueError: A joint is in no group or in two, or a group is not connected. The message names the joint.
        """
        members = [tuple(self.index(joint, f"group {i}") for joint in group) for i, group in enumerate(groups)]
        self._check_each_once(members, "contract: joint", "groups")
        group_of = {joint: number for number, group in enumerate(members) for joint in group}
        return Topology(
            name or f"{self.name}/{len(members)}",
            ["+".join(self.joints[joint] for joint in group) for group in members],
            [self._parent_group(group, number, group_of) for number, group in enumerate(members)],
            pairs=self._group_pairs(members),
            parts=self._group_parts(members, group_of),
            source=f"{self.source}; contracted" if self.source else "contracted",
        )

    def _parent_group(self, group: tuple[int, ...], number: int, group_of: dict[int, int]) -> int:
        tops = [joint for joint in group if self.parents[joint] == joint or group_of[self.parents[joint]] != number]
        if len(tops) != 1:
            said = " and ".join(self._say(joint) for joint in tops) or "no joint"
            raise ValueError(
                f"contract: group {number}: expected one connected piece, got {len(tops)}, topped by {said}"
            )
        return group_of[self.parents[tops[0]]]

    def _group_pairs(self, groups: list[tuple[int, ...]]) -> list[tuple[int, int]]:
        number = {frozenset(group): i for i, group in enumerate(groups)}
        mirror = self.mirror
        images = [number.get(frozenset(mirror[joint] for joint in group), -1) for group in groups]
        if -1 in images:
            return []
        lefts = {left for left, _ in self.pairs}
        return [(i, j) if groups[i][0] in lefts else (j, i) for i, j in enumerate(images) if i < j]

    def _group_parts(self, groups: list[tuple[int, ...]], group_of: dict[int, int]) -> list[Part[int]]:
        parts: list[Part[int]] = []
        for part in self.parts:
            inside = tuple(number for number, group in enumerate(groups) if set(group) <= set(part.joints))
            if sum(len(groups[number]) for number in inside) < len(part.joints):
                return []
            parts.append(Part(part.name, inside, group_of[part.origin], group_of[part.reference]))
        return [] if any(part.origin == part.reference for part in parts) else parts

    def _indexed(self, part: Part[Joint]) -> Part[int]:
        origin, reference, *joints = (
            self.index(joint, f"part '{part.name}'") for joint in (part.origin, part.reference, *part.joints)
        )
        return Part(part.name, tuple(joints), origin, reference)

    def _say(self, joint: int) -> str:
        return f"{joint} ('{self.joints[joint]}')"

    def _whole_body(self) -> Part[int]:
        neighbours = [joint for joint, parent in self.bones if parent == self.root]
        return Part("body", tuple(range(self.num_joints)), self.root, neighbours[0] if neighbours else self.root)

    def _check_tree(self) -> None:
        roots = [joint for joint, parent in enumerate(self.parents) if joint == parent]
        if len(roots) > 1:
            said = ", ".join(self._say(joint) for joint in roots)
            raise ValueError(
                f"Topology '{self.name}': expected one root, got {len(roots)}: {said} are their own parents; "
                "give all but one of them a parent"
            )
        for joint in range(self.num_joints):
            path = [joint]
            while (parent := self.parents[path[-1]]) != path[-1]:
                if parent in path:
                    raise ValueError(
                        f"Topology '{self.name}': joint {self._say(parent)} is its own ancestor; "
                        "the parents must lead from every joint to the root without a cycle"
                    )
                path.append(parent)

    def _check_pairs(self) -> None:
        members = [joint for pair in self.pairs for joint in pair]
        if twice := [self._say(joint) for joint in members if members.count(joint) > 1]:
            raise ValueError(f"Topology '{self.name}': joint {twice[0]} is paired twice; expected once")
        mirror = self.mirror
        for child, parent in self.bones:
            left, right = mirror[child], mirror[parent]
            if self.parents[left] != right and self.parents[right] != left:
                raise ValueError(
                    f"Topology '{self.name}': the pairs map the bone {self._say(child)} - {self._say(parent)} onto "
                    f"{self._say(left)} - {self._say(right)}, which is no bone; pair the joints of both ends alike"
                )

    def _check_parts(self) -> None:
        self._check_each_once([part.joints for part in self.parts], f"Topology '{self.name}': joint", "parts")
        for part in self.parts:
            if part.origin == part.reference and self.num_joints > 1:
                raise ValueError(
                    f"Topology '{self.name}': part '{part.name}' has joint {self._say(part.origin)} as its origin and "
                    "as its reference; expected two joints"
                )

    def _check_each_once(self, sets: Sequence[tuple[int, ...]], subject: str, what: str) -> None:
        for joint in range(self.num_joints):
            count = sum(joints.count(joint) for joints in sets)
            if count != 1:
                raise ValueError(f"{subject} {self._say(joint)} is in {count} {what}; expected exactly one")
