"""Left and right that an estimator exchanges for a while, noticed by continuity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tg_skeleton.topology import Topology

_STEP = 0.05  # metres that joints move from frame to frame without surprise
_TURN = 2.0  # what an exchange costs, in such steps
_DOUBT = 3.0  # what a second of exchanged sides costs: an estimator is right in the long run
_MEMORY = 0.5  # seconds without a person after which continuity says nothing


@dataclass
class _Sides:
    """The last joints of a person as the estimator gave them, and what either reading has cost so far."""

    joints: np.ndarray  # [V, D]
    seen: np.ndarray  # [V]
    time: float
    cost: np.ndarray  # [G, 2]: as given, exchanged


class SideKeeper:
    r"""Says for each person of one frame after another whether the estimator has exchanged left and right.

    In every group of joints (the legs; all others) a frame is read as it is given, :math:`s = 0`, or exchanged,
    :math:`s = 1`. With :math:`d_{0}` the mean way of the paired joints since the frame before, and :math:`d_{1}` the
    same when one of the two frames is exchanged, the cheaper reading of

    .. math:: c_t(s) = \min_{r} \big( c_{t-1}(r) + d_{|s - r|} / \sigma + \kappa\, |s - r| \big) + \lambda s \,\Delta t

    is taken: the best path through the frames so far (Viterbi), which needs no frame to come. A body that really turns
    moves its joints little by little; an exchange moves them at once, there and back. :math:`\lambda` lets the
    estimator be right in the long run, so that a mistake of this does not stay.

    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.pose import SideKeeper
    >>> legs = Topology("legs", ("hip", "left_foot", "right_foot"), (0, 0, 0), pairs=[("left_foot", "right_foot")])
    >>> keeper, given = SideKeeper(legs), np.array([[[0.0, 1.0], [-0.3, 0.0], [0.3, 0.0]]])
    >>> turned = given[:, [0, 2, 1]]
    >>> score = np.ones((1, 3))
    >>> [keeper.order([7], frame, score, row / 30)[0].tolist() for row, frame in enumerate((given, turned, given))]
    [[0, 1, 2], [0, 2, 1], [0, 1, 2]]

    Args:
        topology: The skeleton; one without pairs has nothing to exchange.
    """

    def __init__(self, topology: Topology) -> None:
        self._joints = topology.num_joints
        legs = {joint for part in topology.parts if "leg" in part.name for joint in part.joints}
        pairs = np.array(topology.pairs, np.int64).reshape(-1, 2)
        low = np.array([left in legs for left, _ in pairs.tolist()], bool)
        self._groups = [group for group in (pairs[low], pairs[~low]) if len(group)]
        self._mirror = np.arange(self._joints)
        self._mirror[pairs] = pairs[:, ::-1]
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._persons: dict[int, _Sides] = {}

    def order(self, ids: list[int], joints: np.ndarray, score: np.ndarray, time: float) -> np.ndarray:
        """The order of the joints ``[M, V]`` that puts exchanged sides right.

        Args:
            ids: The number of each person.
            joints: Metres about the body's own origin; of a picture, parts of a body that count as metres.
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
        """Which groups ``[G]`` of a person are exchanged."""
        last = self._persons.get(number)
        cost = np.zeros((len(self._groups), 2))
        if last is not None:
            same = self._ways(last, joints, seen)
            turned = self._ways(last, joints[self._mirror], seen[self._mirror]) + _TURN
            cost = np.minimum(last.cost + same[:, None], last.cost[:, ::-1] + turned[:, None])
            cost[:, 1] += _DOUBT * (time - last.time)
        else:
            cost[:, 1] = _DOUBT
        cost -= cost.min(1, keepdims=True)
        self._persons[number] = _Sides(joints, seen, time, cost)
        exchanged: np.ndarray = cost[:, 1] < cost[:, 0]
        return exchanged

    def _ways(self, last: _Sides, joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """The mean way of each group's joints, in steps; 0 where none was seen in both frames."""
        way = np.linalg.norm(joints - last.joints, axis=-1)
        both = seen & last.seen
        return (
            np.array([way[group][both[group]].mean() if both[group].any() else 0.0 for group in self._groups]) / _STEP
        )
