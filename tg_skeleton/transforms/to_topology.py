"""The same recording on another body."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topology import Topology
from tg_skeleton.transforms._graphs import check_topology, set_topology
from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("to_topology")
class ToTopology(BodyTransform):
    r"""Carries recordings of one topology to another, joint by joint, as ``source.mapping(target)`` says.

    .. math:: p'_{t,i} = \frac{\sum_j w_{ij} s_{t,j} p_{t,j}}{\sum_j w_{ij} s_{t,j}}

    with the mapping's weights :math:`w` and :math:`s_{t,j}` 1 where the joint was seen (its score is above 0) and 0
    where not; without scores, and where none of its joints was seen, the plain sum. The score of a joint is the least
    of those that it is made of, and 0 for a missing one, which stands at its nearest ancestor. Where the data have no
    scores none are written. A person who is absent from a frame (all zero) stays absent.

    Reads and writes ``pos``, ``score``; writes ``edge_index``, ``parent_index``, ``joint``, ``person`` (and ``batch``,
    ``ptr``); drops ``x``, so make streams after it. Units and axes stay: pixels do not become meters. The result of a
    batch can't be taken apart again by PyG's ``to_data_list``.

    Args:
        source: The skeleton of the data.
        target: The skeleton wanted.

    Shapes:
        ``[T, P V, ...]`` -> ``[T, P V', ...]``

    Raises:
        ValueError: The topologies have no joint in common; the data have persons of another topology than ``source``.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.topologies import COCO17
    >>> from tg_skeleton.transforms import ToTopology
    >>> sequence = SkeletonSequence.from_array(np.random.rand(30, 2, 17, 2), COCO17, score=np.ones((30, 2, 17)))
    >>> out = ToTopology(COCO17, NTU25)(sequence)
    >>> out.pos.shape, [NTU25.joints[joint] for joint in out.joint[out.score[0] == 0].unique()]
    (torch.Size([30, 50, 2]), ['left_hand_tip', 'left_thumb', 'right_hand_tip', 'right_thumb'])
    """

    def __init__(self, source: Topology, target: Topology) -> None:
        self.source = source
        self.target = target
        self.mapping = source.mapping(target)
        rows = [joint.weights for joint in self.mapping.joints]
        most = max(map(len, rows))
        padded = [(*row, *[(row[0][0], 0.0)] * (most - len(row))) for row in rows]
        self._joints = torch.tensor([[joint for joint, _ in row] for row in padded]).t()  # [K, V']
        self._weights = torch.tensor([[weight for _, weight in row] for row in padded]).t()
        self._present = torch.tensor([joint.kind != "missing" for joint in self.mapping.joints])
        self._parents = torch.tensor(target.parents)

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.source)
        carried = self.apply(Bodies.of(data))
        if "x" in data:
            del data.x
        set_topology(data, self.source, self.target)
        return carried.onto(data)

    def apply(self, bodies: Bodies) -> Bodies:
        device = next(iter(bodies.values.values())).device
        return replace(
            bodies,
            parent=self._parents.to(device),
            pos=None if bodies.pos is None else self._carry(bodies.pos, bodies.score),
            score=None if bodies.score is None else self._least(bodies.score),
            x=None,
        )

    def _carry(self, pos: Tensor, score: Tensor | None) -> Tensor:
        """``[T, P, V, D]``, ``[T, P, V]`` -> ``[T, P, V', D]``"""
        # Sums of K terms, not a matrix product, which TF32 or autocast would round to three digits.
        terms = self._terms(pos)  # [K, T, P, V', D]
        weights = self._weights.to(pos)[:, None, None, :, None]
        plain = (weights * terms).sum(0)
        if score is None:
            return plain
        weights = weights * (self._terms(score[..., None]) > 0)
        total = weights.sum(0)
        return torch.where(total > 0, (weights * terms).sum(0) / total.where(total > 0, 1), plain)

    def _terms(self, value: Tensor) -> Tensor:
        """The joints that each joint of the target is made of, ``[T, P, V, C]`` -> ``[K, T, P, V', C]``."""
        return torch.stack([value.index_select(2, joint) for joint in self._joints.to(value.device)])

    def _least(self, score: Tensor) -> Tensor:
        """``[T, P, V]`` -> ``[T, P, V']``"""
        return self._terms(score[..., None]).amin(0)[..., 0] * self._present.to(score)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.source.name!r}, {self.target.name!r})"
