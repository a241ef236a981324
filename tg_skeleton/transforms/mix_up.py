"""Recordings of a batch mixed with each other: whole, or by limbs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topology import Topology
from tg_skeleton.topology.part import Joint
from tg_skeleton.transforms._graphs import check_topology
from tg_skeleton.transforms.bodies import Bodies, BodyTransform


class _Mix(BodyTransform):
    """Mixes recordings with partners of the same batch; writes the partner's label and the recording's own share."""

    p: float

    @abstractmethod
    def _mix(self, bodies: Bodies, drawn: Tensor, partner: Tensor, person: Tensor) -> tuple[Bodies, Tensor]:
        """The mixed bodies and the own share ``[B]``; of every person the partner's, ``[P]``, its own where none is."""

    @abstractmethod
    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """For every graph its rank, by which partners are found, whether it is mixed, and how: ``[B, 3]``."""

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        bodies = Bodies.of(data)
        if "x" in data:
            del data.x
        drawn = self.draw(bodies.num_recordings, bodies.coordinates.device)
        order = drawn[:, 0].argsort()
        partner = torch.empty_like(order).scatter_(0, order, order.roll(1))  # a circle through all graphs
        mixed, share = self._mix(bodies, drawn, partner, _counterparts(bodies, partner))
        if "y" in data:
            data.other_y, data.share = data.y[partner], share
        return mixed.onto(data)

    def apply(self, bodies: Bodies) -> Bodies:
        raise ValueError(f"{self!r} mixes the recordings of a batch")

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def _check(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"p: expected a probability, 0 to 1, got {self.p}")


@functional_transform("mix_up")
class MixUp(_Mix):
    r"""Blends each recording of a batch with another one, and its label with the other's.

    .. math:: p' = \lambda\, p + (1 - \lambda)\, q, \qquad \mathrm{loss} = \lambda\, \ell(y_p) + (1 - \lambda)\,
        \ell(y_q), \qquad \lambda \sim \max(b, 1 - b), \quad b \sim \mathrm{Beta}(\alpha, \alpha)

    Person by person, in their order; joints that were not seen in both, and persons whom the other recording does not
    have, stay as they are. Differs from the paper: λ is at least one half, so that ``y`` stays the larger share.

    Reads and writes ``pos``; reads ``y``; writes ``other_y`` and ``share`` ``[B]``, by which the `Recognizer` weighs
    its loss; drops ``x``, so make streams after it. A batch of one recording stays as it is.

    Args:
        alpha: α.
        p: The probability for each recording; the others have the share 1.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: ``alpha`` is not above 0, or ``p`` not within 0 to 1.

    >>> import torch
    >>> from torch_geometric.data import Batch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import MixUp
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> one, two = (SkeletonSequence.from_array(torch.full((1, 1, 1), v), dot, y=int(v)) for v in (1.0, 2.0))
    >>> out = MixUp(2.0)(Batch.from_data_list([one, two]))
    >>> torch.allclose(out.pos.flatten(), out.share * out.y + (1 - out.share) * out.other_y)
    True

    Source: Zhang et al. 2018, mixup: beyond empirical risk minimization.
    """

    def __init__(self, alpha: float, *, p: float = 1.0) -> None:
        if not alpha > 0:
            raise ValueError(f"alpha: expected a number above 0, got {alpha}")
        self.alpha = alpha
        self.p = p
        self._check()

    def _mix(self, bodies: Bodies, drawn: Tensor, partner: Tensor, person: Tensor) -> tuple[Bodies, Tensor]:
        share = torch.maximum(drawn[:, 2], 1 - drawn[:, 2])
        share = torch.where(
            (drawn[:, 1] < self.p) & (partner != torch.arange(len(partner), device=share.device)), share, 1
        )
        pos, seen = bodies.coordinates, bodies.seen
        both = seen & seen.index_select(1, person)
        weight = bodies.per_person(share.to(pos.dtype))[:, None, None]
        blended = torch.lerp(pos.index_select(1, person), pos, weight)
        return replace(bodies, pos=torch.where(both[..., None], blended, pos)), share

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """For every graph its rank, by which partners are found, whether it is mixed, and b: ``[B, 3]``."""
        alpha = torch.full((graphs, 2), self.alpha, device=device)
        gamma = torch.distributions.Gamma(alpha, torch.ones_like(alpha), validate_args=False).sample()
        b = gamma[:, :1] / gamma.sum(1, keepdim=True)
        return torch.cat([torch.rand(graphs, 2, device=device), b], dim=1)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.alpha}, p={self.p})"


@functional_transform("part_mix")
class PartMix(_Mix):
    r"""Gives each recording of a batch the arms or the legs of another one, and a share of its label.

    .. math:: p'_j = p_a + q_j - q_a \quad (j \in G), \qquad \lambda = 1 - |G| / V

    G is one of the groups, drawn for each recording, and a the nearest ancestor of joint j that is in no group. Person
    by person, in their order; persons whom the other recording does not have stay as they are, and so do joints where j
    or a was not seen in both.

    Reads and writes ``pos``; reads ``y``; writes ``other_y`` and ``share`` ``[B]``, by which the `Recognizer` weighs
    its loss; drops ``x``, so make streams after it. A batch of one recording stays as it is.

    Assumption: the share of a label is that of its joints.

    Args:
        topology: The skeleton.
        groups: The joints of each group, by index or name. Default: `Topology.limbs`, each with its mirror image.
        p: The probability for each recording; the others have the share 1.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: There is no group, the root is in one, ``p`` is not within 0 to 1, or the data have persons of
            another topology.

    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.transforms import PartMix
    >>> [[NTU25.joints[joint] for joint in group[:2]] for group in PartMix(NTU25).groups]
    [['left_shoulder', 'left_elbow'], ['left_hip', 'left_knee']]
    """

    def __init__(self, topology: Topology, *, groups: Sequence[Sequence[Joint]] | None = None, p: float = 1.0) -> None:
        self.topology = topology
        self.p = p
        self._check()
        chosen = _limbs(topology) if groups is None else groups
        self.groups = tuple(tuple(topology.index(joint, "groups") for joint in group) for group in chosen)
        group = [
            next((g for g, joints in enumerate(self.groups) if j in joints), -1) for j in range(topology.num_joints)
        ]
        if not self.groups or group[topology.root] >= 0:
            raise ValueError(
                f"topology: expected limbs of '{topology.name}' to exchange, without its root, got {self.groups}; "
                "give groups=, or use MixUp"
            )
        anchor = list(range(topology.num_joints))
        for joint in anchor:
            while group[anchor[joint]] >= 0:
                anchor[joint] = topology.parents[anchor[joint]]
        self._anchor, self._group = torch.tensor(anchor), torch.tensor(group)

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.topology)
        out: SkeletonSequence = super().forward(data)
        return out

    def _mix(self, bodies: Bodies, drawn: Tensor, partner: Tensor, person: Tensor) -> tuple[Bodies, Tensor]:
        pos, seen = bodies.coordinates, bodies.seen
        anchor, group = self._anchor.to(pos.device), self._group.to(pos.device)
        mixed = (drawn[:, 1] < self.p) & (partner != torch.arange(len(partner), device=pos.device))
        chosen = (drawn[:, 2] * len(self.groups)).long().clamp(max=len(self.groups) - 1)
        exchanged = (group == chosen[:, None]) & mixed[:, None]  # [B, V]
        other = pos.index_select(1, person)
        both = seen & seen.index_select(1, person)
        both = both & both.index_select(2, anchor)
        taken = pos.index_select(2, anchor) + other - other.index_select(2, anchor)
        here = both & bodies.per_person(exchanged) & (person != torch.arange(len(person), device=pos.device))[:, None]
        share = 1 - exchanged.float().mean(1)
        return replace(bodies, pos=torch.where(here[..., None], taken, pos)), share

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """For every graph its rank, by which partners are found, whether it is mixed, and its group: ``[B, 3]``."""
        return torch.rand(graphs, 3, device=device)

    def __repr__(self) -> str:
        groups = [list(group) for group in self.groups]
        return f"{self.__class__.__name__}({self.topology.name!r}, groups={groups}, p={self.p})"


def _limbs(topology: Topology) -> list[list[int]]:
    """The joints of each limb with those of its mirror image."""
    trunk, mirror = set(topology.limbs[0].joints), topology.mirror
    limbs: dict[int, list[int]] = {}
    for joint in range(topology.num_joints):
        top = joint
        while top not in trunk and topology.parents[top] not in trunk:
            top = topology.parents[top]
        if top not in trunk:
            limbs.setdefault(min(top, mirror[top]), []).append(joint)
    return list(limbs.values())


def _counterparts(bodies: Bodies, partner: Tensor) -> Tensor:
    """Of every person the one of the same number in the partner, or themselves where it has fewer: ``[P]``."""
    person = torch.arange(bodies.num_persons, device=partner.device)
    number = person - bodies.per_person(bodies.first)
    counts = bodies.member.sum(1)
    found = number < bodies.per_person(counts[partner])
    return torch.where(found, bodies.per_person(bodies.first[partner]) + number, person)
