"""A coarser skeleton, whose joints are the means of groups of joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topologies import BARYCENTER_GROUPS
from tg_skeleton.topology import Joint, Topology
from tg_skeleton.transforms._graphs import check_topology, set_topology
from tg_skeleton.transforms.bodies import Bodies, BodyTransform

_LONELY = 4
"""Bones from the origin of a part from which a tip joins the pair before it."""


@functional_transform("barycenter")
class Barycenter(BodyTransform):
    r"""Puts one joint in the place of each group of joints, at their barycenter.

    .. math:: p'_{t,i} = \frac{1}{|G_i|} \sum_{j \in G_i} p_{t,j}

    The bones that link two groups are the bones of the result, which `topology` describes: the graph of the skeleton,
    contracted. Networks and transforms after this one take ``transform.topology``; its bone stream is ``"bone"`` of
    `Streams`. A person who is absent from a frame (all zero) stays absent. A joint that is zero on its own counts as
    standing there.

    Reads and writes ``pos``, ``x``, ``score``; writes ``edge_index``, ``parent_index``, ``joint``, ``person`` (and
    ``batch``, ``ptr``). Make streams after it, for the bone of two means is not the mean of bones. The result of a
    batch can't be taken apart again by PyG's ``to_data_list``.

    Assumption: the groups, which the paper does not list, are those of ``BARYCENTER_GROUPS``.

    Args:
        source: The skeleton of the data.
        groups: The joints of each group, connected, each joint in one group. Default: those of
            `tg_skeleton.topologies.BARYCENTER_GROUPS`; `groups_of` derives some of any other skeleton.

    Shapes:
        ``[T, P V, ...]`` -> ``[T, P V', ...]``, V' the number of groups.

    Units:
        Those of the attributes.

    Raises:
        ValueError: No groups are given, and there are none for this topology; a joint is in no group or in two, or a
            group is not connected; the data have persons of another topology.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import Barycenter
    >>> arm = Topology("arm", ("shoulder", "elbow", "wrist"), (0, 0, 1))
    >>> barycenter = Barycenter(arm, [["shoulder"], ["elbow", "wrist"]])
    >>> out = barycenter(SkeletonSequence.from_array(torch.tensor([[[1.0], [3.0], [4.0]]]), arm))
    >>> out.pos.tolist(), out.edge_index.tolist(), barycenter.topology.joints
    ([[[1.0], [3.5]]], [[0, 1], [1, 0]], ('shoulder', 'elbow+wrist'))

    Source: the AMANet paper (2023), Overall framework: the barycenter data of the streams J-F and B-F.
    """

    topology: Topology
    """The skeleton of the result, ``source.contract(groups)``."""

    def __init__(self, source: Topology, groups: Sequence[Sequence[Joint]] | None = None) -> None:
        if groups is None and source not in BARYCENTER_GROUPS:
            raise ValueError(
                f"groups: there are none for '{source.name}', only for "
                f"{', '.join(known.name for known in BARYCENTER_GROUPS)}; give groups=, the joints of each group, such "
                "as those of tg_skeleton.transforms.groups_of(topology)"
            )
        chosen = BARYCENTER_GROUPS[source] if groups is None else groups
        self.source = source
        self.groups = groups
        self.topology = source.contract(chosen)
        self._parents = torch.tensor(self.topology.parents)
        self._group = torch.empty(source.num_joints, dtype=torch.long)
        for number, group in enumerate(chosen):
            self._group[[source.index(joint) for joint in group]] = number

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.source)
        coarse = self.apply(Bodies.of(data))
        set_topology(data, self.source, self.topology)
        return coarse.onto(data)

    def apply(self, bodies: Bodies) -> Bodies:
        device = next(iter(bodies.values.values())).device
        group, parent = self._group.to(device), self._parents.to(device)
        size = torch.bincount(self._group).to(device)

        def total(value: Tensor) -> Tensor:
            out = value.new_zeros((*value.shape[:2], self.topology.num_joints, *value.shape[3:]))
            return out.index_add(2, group, value)

        def mean(value: Tensor) -> Tensor:
            return total(value) / size.view(-1, *[1] * (value.dim() - 3))

        if bodies.pos is None or bodies.score is None:
            return replace(bodies.with_values(mean), parent=parent)
        seen = bodies.seen[..., None]
        found = total(seen.to(bodies.pos.dtype))
        pos = total(torch.where(seen, bodies.pos, 0.0)) / found.clamp(min=1)
        return replace(bodies.with_values(mean), parent=parent, pos=pos)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.source.name!r}, groups={self.groups!r})"


def groups_of(topology: Topology) -> list[tuple[int, ...]]:
    """Groups of joints for `Barycenter`: the typed ones of a known skeleton, else derived from the tree.

    Derived groups are pairs of joints along each part from its origin on (of a skeleton without parts, along
    `Topology.limbs`): a joint at an even number of bones from the part's origin, with those of its children that are in
    the part. A tip that would be alone joins the group of its parent, unless that one begins the part.

    >>> from dataclasses import replace
    >>> from tg_skeleton import COCO17, Topology
    >>> from tg_skeleton.transforms import groups_of
    >>> arm = Topology("arm", ("shoulder", "elbow", "wrist", "hand", "finger"), (0, 0, 1, 2, 3))
    >>> groups_of(Topology("arm", arm.joints, arm.parents, parts=[arm.parts[0]]))
    [(0,), (1, 2), (3, 4)]
    >>> [[COCO17.joints[joint] for joint in group] for group in groups_of(replace(COCO17, parts=()))][3:5]
    [['left_shoulder', 'left_elbow'], ['right_shoulder', 'right_elbow']]

    Args:
        topology: The skeleton.
    """
    for known, groups in BARYCENTER_GROUPS.items():  # whatever its root, for groups have none
        if (known.joints, known.parts) == (topology.joints, topology.parts):
            return list(groups)
    part_of = {joint: number for number, part in enumerate(topology.with_limbs().parts) for joint in part.joints}
    above = {joint: parent for joint, parent in topology.bones if part_of[joint] == part_of[parent]}
    depth: dict[int, int] = {}
    for joint in part_of:
        path = [joint]
        while path[-1] in above:
            path.append(above[path[-1]])
        depth[joint] = len(path) - 1
    members: dict[int, list[int]] = {}
    for joint in range(topology.num_joints):
        first = above[joint] if depth[joint] % 2 else joint
        if depth[joint] >= _LONELY and depth[joint] % 2 == 0 and joint not in above.values():
            first = above[above[joint]]
        members.setdefault(first, []).append(joint)
    return [tuple(group) for _, group in sorted(members.items())]
