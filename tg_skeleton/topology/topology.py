"""A kind of skeleton: joints, parents, left/right pairs and parts, and the graph quantities derived from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, SupportsIndex

import networkx as nx
import torch
from torch import Tensor

from tg_skeleton.topology._contraction import contracted_pairs, contracted_parents, contracted_parts
from tg_skeleton.topology._facts import arguments_of, facts_of, parse_json
from tg_skeleton.topology._tree import check_each_once, check_pairs, check_tree, limbs_of, mirror_of
from tg_skeleton.topology.mapping import JointMapping
from tg_skeleton.topology.part import Joint, Part


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
        name: The name of the topology.
        joints: Names of the joints, in the order in which recordings store them.
        parents: The parent of each joint (index or name); the root is its own parent.
        pairs: ``(left, right)`` joints that a mirror exchanges (indices or names).
        parts: A partition of the joints; `limbs` derives one from the tree. Default: one part, the whole body, with
            the root as its origin.
        source: The source of these facts; not compared.

    Raises:
        ValueError: The parents do not form a tree with one root, a joint is unknown, named twice or out of range, the
            pairs are not an involution that maps bones onto bones, or the parts do not contain each joint exactly
            once. The message names the joint.
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
        repeated = next((joint for joint in self.joints if self.joints.count(joint) > 1), None)
        if repeated is not None or not self.joints:
            problem = f"joint '{repeated}' is named twice" if repeated is not None else "there is no joint"
            raise ValueError(f"Topology '{name}': {problem}; expected at least one joint, each with a name of its own")
        if len(parents) != len(self.joints):
            raise ValueError(
                f"Topology '{name}': expected one parent per joint ({len(self.joints)}), got {len(parents)}; "
                "the root is its own parent"
            )
        store("parents", tuple(self.index(p, f"parent of '{j}'") for j, p in zip(self.joints, parents, strict=True)))
        store("pairs", tuple((self.index(a, f"pair {(a, b)}"), self.index(b, f"pair {(a, b)}")) for a, b in pairs))
        store("source", source)
        check_tree(f"Topology '{name}'", self.parents, self._label)
        check_pairs(f"Topology '{name}'", self.parents, self.pairs, self._label)
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
        """The index of a joint given by index or by name; ``role`` names the joint's purpose in the error.

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
        # An explicit device here and below: constructors must work inside `with torch.device(...)`.
        child, parent = torch.tensor(self.bones, dtype=torch.long, device="cpu").view(-1, 2).unbind(1)
        return torch.stack([torch.cat([parent, child]), torch.cat([child, parent])])

    @property
    def mirror(self) -> tuple[int, ...]:
        """The permutation of the joints that exchanges left and right: ``pos[..., topology.mirror, :]``."""
        return mirror_of(self.num_joints, self.pairs)

    @property
    def hops(self) -> Tensor:
        """The number of bones between any two joints, ``[V, V]`` int64."""
        lengths = dict(nx.all_pairs_shortest_path_length(self.to_networkx()))
        joints = range(self.num_joints)
        return torch.tensor([[lengths[target][source] for source in joints] for target in joints], device="cpu")

    @property
    def normalized_adjacency(self) -> Tensor:
        r"""Å, the symmetrically normalized adjacency with self-loops, ``[V, V]`` in torch's default dtype.

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
        """The joints of ``other`` in terms of the joints of this skeleton: exact, approximate or missing.

        >>> from tg_skeleton.topologies import COCO17, OPENPOSE18
        >>> COCO17.mapping(OPENPOSE18), COCO17.mapping(OPENPOSE18).approximate
        (JointMapping('COCO17' -> 'OPENPOSE18': 17 exact, 1 approximate, 0 missing), ('neck',))

        Raises:
            ValueError: The two have no joint in common.
        """
        return JointMapping.between(self, other)

    @property
    def has_parts(self) -> bool:
        """Whether there are parts besides the default one, the whole body."""
        return self.parts != (self._whole_body(),)

    @property
    def limbs(self) -> tuple[Part[int], ...]:
        """Parts derived from the tree: the trunk, and limbs named after their first joint.

        The trunk consists of the joints that `mirror` leaves in place, or, without pairs, of the root, the joints at
        which three branches of at least three joints meet, and the joints between them; branches of one or two joints
        at the trunk belong to it. Every other branch is a limb, with its first joint as the origin and that joint's
        parent as the reference. Where a limb forks, the shortest branch continues it; of the others, those of at least
        three joints are limbs of their own.

        >>> from tg_skeleton import COCO17
        >>> [part.name for part in COCO17.limbs]
        ['trunk', 'left_shoulder', 'right_shoulder', 'left_hip', 'right_hip']
        >>> COCO17.limbs[1]
        Part(name='left_shoulder', joints=(5, 7, 9), origin=5, reference=0)
        """
        return limbs_of(self.joints, self.parents, self.pairs)

    def with_limbs(self) -> Topology:
        """The same skeleton with `limbs` as its parts, or itself where it has parts already."""
        return self if self.has_parts else replace(self, parts=self.limbs)

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain values, which `from_dict` reads: lists, strings and integers."""
        return facts_of(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Topology:
        """The topology whose facts `to_dict` returned; ``pairs``, ``parts`` and ``source`` are optional.

        Joints may be given by index or by name.

        Raises:
            ValueError: A fact is missing or of another type, or the facts do not form a topology.
        """
        return cls(**arguments_of(facts))

    def to_json(self) -> str:
        """The topology as a JSON text.

        >>> from tg_skeleton import Topology
        >>> arm = Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))
        >>> Topology.from_json(arm.to_json()) == arm
        True
        >>> Topology.from_json('{"name": "stick", "joints": ["top", "end"], "parents": ["top", "top"]}').bones
        ((1, 0),)
        """
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Topology:
        """The topology of a JSON text, such as `to_json` returns; see `from_dict` for the keys.

        Raises:
            ValueError: The text is not JSON or does not describe a topology.
        """
        return cls(**arguments_of(parse_json(text)))

    def contract(self, groups: Sequence[Sequence[Joint]], name: str | None = None) -> Topology:
        """The coarser skeleton whose joint ``i`` represents all joints of ``groups[i]``.

        Two groups are linked where a bone links them. Pairs are kept if the mirror maps every group onto a group, parts
        if no group lies in two of them and none has its origin and its reference in the same group.

        >>> from tg_skeleton import Topology
        >>> arm = Topology("arm", ("shoulder", "elbow", "wrist", "hand"), (0, 0, 1, 2))
        >>> arm.contract([["shoulder", "elbow"], ["wrist", "hand"]]).bones
        ((1, 0),)

        Raises:
            ValueError: A joint is in no group or in two, or a group is not connected. The message names the joint.
        """
        members = [tuple(self.index(joint, f"group {i}") for joint in group) for i, group in enumerate(groups)]
        check_each_once("contract: joint", self.num_joints, members, self._label, "groups")
        return Topology(
            name or f"{self.name}/{len(members)}",
            ["+".join(self.joints[joint] for joint in group) for group in members],
            contracted_parents(members, self.parents, self._label),
            pairs=contracted_pairs(members, self.pairs, self.mirror),
            parts=contracted_parts(members, self.parts),
            source=f"{self.source}; contracted" if self.source else "contracted",
        )

    def _indexed(self, part: Part[Joint]) -> Part[int]:
        origin, reference, *joints = (
            self.index(joint, f"part '{part.name}'") for joint in (part.origin, part.reference, *part.joints)
        )
        return Part(part.name, tuple(joints), origin, reference)

    def _label(self, joint: int) -> str:
        return f"{joint} ('{self.joints[joint]}')"

    def _whole_body(self) -> Part[int]:
        neighbors = [joint for joint, parent in self.bones if parent == self.root]
        return Part("body", tuple(range(self.num_joints)), self.root, neighbors[0] if neighbors else self.root)

    def _check_parts(self) -> None:
        sets = [part.joints for part in self.parts]
        check_each_once(f"Topology '{self.name}': joint", self.num_joints, sets, self._label, "parts")
        for part in self.parts:
            if part.origin == part.reference and self.num_joints > 1:
                raise ValueError(
                    f"Topology '{self.name}': part '{part.name}' has joint {self._label(part.origin)} as its origin "
                    "and as its reference; expected two joints"
                )
