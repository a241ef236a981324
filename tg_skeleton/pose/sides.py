"""Left and right that an estimator exchanges for a while, noticed by continuity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tg_skeleton.topology import Topology

_STEP = 0.05  # meters that joints move from frame to frame without surprise
_TURN = 2.0  # what an exchange costs, in such steps
_DOUBT = 3.0  # what a second of exchanged sides costs: an estimator is right in the long run
_TWIST = 60.0  # what a second costs in which knees and hips point to opposite sides
_MEMORY = 0.5  # seconds without a person after which continuity says nothing
_NOISE = 0.01  # square meters; below it the direction of hips and knees says little
_LOW = ("knee", "ankle", "heel", "toe", "foot")

_STATES = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
"""Readings of a frame: whether the upper joints are exchanged, and the lower ones."""


@dataclass
class _Sides:
    """The last joints of a person as the estimator gave them, and what each reading has cost so far."""

    joints: np.ndarray  # [V, D]
    seen: np.ndarray  # [V]
    time: float
    cost: np.ndarray  # [4]


class SideKeeper:
    r"""Says for each person of one frame after another whether the estimator has exchanged left and right.

    Two groups of joints may be exchanged (:math:`s_g = 1`) or not: knees and below, and all others. With :math:`d_{g0}`
    the mean way of a group's paired joints since the frame before, and :math:`d_{g1}` the same when one of the two
    frames is exchanged, the cheapest reading s of

    .. math:: c_t(s) = \min_{r} \Big( c_{t-1}(r) + \sum_g \frac{d_{g|s_g - r_g|}}{\sigma} + \kappa\, |s_g - r_g| \Big)
        + \Big( \lambda \sum_g s_g + \tau \max(0, -\cos(h_s, k_s)) \Big) \Delta t

    is taken: the best path through the frames so far (Viterbi), which needs no frame to come. A body that really turns
    moves its joints little by little; an exchange moves them at once, there and back. Knees that lie on the other side
    than their hips, by the cosine of the vectors from right to left, are unlikely; and :math:`\lambda` lets the
    estimator be right in the long run, so that a mistake of this does not stay.

    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.pose import SideKeeper
    >>> arms = Topology("arms", ("neck", "left_hand", "right_hand"), (0, 0, 0), pairs=[("left_hand", "right_hand")])
    >>> keeper, given = SideKeeper(arms), np.array([[[0.0, 1.0], [-0.3, 0.0], [0.3, 0.0]]])
    >>> turned = given[:, [0, 2, 1]]
    >>> score = np.ones((1, 3))
    >>> [keeper.order([7], frame, score, row / 30)[0].tolist() for row, frame in enumerate((given, turned, given))]
    [[0, 1, 2], [0, 2, 1], [0, 1, 2]]

    Args:
        topology: The skeleton; one without pairs has nothing to exchange.
    """

    def __init__(self, topology: Topology) -> None:
        names = topology.joints
        pairs = np.array(topology.pairs, np.int64).reshape(-1, 2)
        low = np.array([any(word in names[left] for word in _LOW) for left, _ in pairs.tolist()], bool)
        self._joints = topology.num_joints
        self._groups = (pairs[~low], pairs[low])
        self._mirror = np.arange(self._joints)
        self._mirror[pairs] = pairs[:, ::-1]
        wanted = ("left_hip", "right_hip", "left_knee", "right_knee")
        self._twist = [names.index(name) for name in wanted] if all(name in names for name in wanted) else []
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._persons: dict[int, _Sides] = {}

    def order(self, ids: list[int], joints: np.ndarray, score: np.ndarray, time: float) -> np.ndarray:
        """The order of the joints ``[M, V]`` that puts exchanged sides right.

        Args:
            ids: The number of each person.
            joints: Meters about the body's own origin; of a picture, parts of a body that count as meters.
            score: 0 for joints that were not seen.
            time: Seconds since the stream began.

        Shapes:
            - ``joints``: ``[M, V, D]``
            - ``score``: ``[M, V]``
        """
        self._persons = {number: one for number, one in self._persons.items() if time - one.time <= _MEMORY}
        order = np.tile(np.arange(self._joints), (len(ids), 1))
        for row, number in enumerate(ids):
            exchanged = self._read(number, joints[row], score[row] > 0, time)
            for group, turned in zip(self._groups, exchanged, strict=True):
                if turned:
                    order[row, group] = group[:, ::-1]
        return order

    def _read(self, number: int, joints: np.ndarray, seen: np.ndarray, time: float) -> np.ndarray:
        """Which groups ``[2]`` of a person are exchanged."""
        last = self._persons.get(number)
        passed = 1.0 if last is None else time - last.time
        cost = passed * (_DOUBT * _STATES.sum(1) + _TWIST * self._twisted(joints, seen))
        if last is not None:
            way = self._ways(last, joints, seen)  # [2, 2]: group, exchanged
            changed = _STATES[:, None] != _STATES  # [4, 4, 2]
            steps = np.where(changed, way[:, 1] + _TURN, way[:, 0]).sum(-1)
            cost = cost + (last.cost + steps).min(1)
        cost -= cost.min()
        self._persons[number] = _Sides(joints, seen, time, cost)
        exchanged: np.ndarray = _STATES[cost.argmin()] > 0
        return exchanged

    def _twisted(self, joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """How far knees and hips point to opposite sides, 0-1, in each reading."""
        if not self._twist or not seen[self._twist].all():
            return np.zeros(len(_STATES))
        hips, knees = joints[self._twist[0::2]] - joints[self._twist[1::2]]
        cosine = float(hips @ knees) / (float(np.linalg.norm(hips) * np.linalg.norm(knees)) + _NOISE)
        return np.maximum(0.0, np.where(_STATES[:, 0] == _STATES[:, 1], -cosine, cosine))

    def _ways(self, last: _Sides, joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """The mean way of each group's joints, in steps; 0 where none was seen in both frames."""

        def mean(way: np.ndarray, both: np.ndarray, group: np.ndarray) -> float:
            used = both[group]
            return float(way[group][used].mean()) / _STEP if used.any() else 0.0

        ways = []
        for order in (np.arange(self._joints), self._mirror):
            way, both = np.linalg.norm(joints[order] - last.joints, axis=-1), seen[order] & last.seen
            ways.append([mean(way, both, group) for group in self._groups])
        return np.array(ways).T
