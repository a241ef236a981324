"""A coarser skeleton, whose joints are the means of groups of joints."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform
from torch_geometric.utils import scatter

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topologies import BARYCENTER_GROUPS
from tg_skeleton.topology import Joint, Topology
from tg_skeleton.transforms._graphs import check_topology, graph_ptr, set_batch, time_major


@functional_transform("barycenter")
class Barycenter(BaseTransform):
    r"""Puts one joint in the place of each group of joints, at their barycentre.

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
        groups: The joints of each group, connected, each joint in one group. Left out: those of
            `tg_skeleton.topologies.BARYCENTER_GROUPS`.

    Shapes:
        ``[T, P V, ...]`` -> ``[T, P V', ...]``, V' the number of groups.

    Units:
        Those of the attributes.

    Raises:
        ValueError: The groups are left out and there are none for this topology; a joint is in no group or in two, or a
            group is not connected; the data have persons of another topology.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import Barycenter
    >>> arm = Topology("arm", ("shoulder", "elbow", "wrist"), (0, 0, 1))
    >>> barycenter = Barycenter(arm, [["shoulder"], ["elbow", "wrist"]])
    >>> out = barycenter(SkeletonSequence.from_array(torch.tensor([[[1.0], [3.0], [4.0]]]), arm))
    >>> out.pos.tolist(), out.edge_index.tolist(), barycenter.topology.joints
    ([[[1.0], [3.5]]], [[0, 1], [1, 0]], ('shoulder', 'elbow+wrist'))

    Source: the AMANet paper (2023), Overall framework: the barycentre data of the streams J-F and B-F.
    """

    topology: Topology
    """The skeleton of the result, ``source.contract(groups)``."""

    def __init__(self, source: Topology, groups: Sequence[Sequence[Joint]] | None = None) -> None:
        if groups is None and source not in BARYCENTER_GROUPS:
            raise ValueError(
                f"groups: there are none for '{source.name}', only for "
                f"{', '.join(known.name for known in BARYCENTER_GROUPS)}; give groups=, the joints of each group"
            )
        chosen = BARYCENTER_GROUPS[source] if groups is None else groups
        self.source = source
        self.groups = groups
        self.topology = source.contract(chosen)
        self._edges = self.topology.edge_index
        self._parents = torch.tensor(self.topology.parents)
        self._group = torch.empty(source.num_joints, dtype=torch.long)
        for number, group in enumerate(chosen):
            self._group[[source.index(joint) for joint in group]] = number

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.source)
        values, device = time_major(data), data.joint.device
        before, after = self.source.num_joints, self.topology.num_joints
        persons = data.joint.numel() // before
        start = torch.arange(persons, device=device)[:, None] * after  # each person's first new node
        if data.batch is not None:
            ptr = graph_ptr(data) // before * after
            set_batch(data, data.batch[::before].repeat_interleave(after), ptr)

        node = (self._group.to(device) + start).flatten()  # [P V], the new node of each node
        for key, value in values.items():
            data[key] = scatter(value, node, dim=1, dim_size=persons * after, reduce="mean")
        data.edge_index = (self._edges.to(device)[:, None] + start).flatten(1)
        data.parent_index = (self._parents.to(device) + start).flatten()
        data.joint = torch.arange(after, device=device).repeat(persons)
        data.person = data.person[::before].repeat_interleave(after)
        return data

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.source.name!r}, groups={self.groups!r})"
