"""Known orders of joints are recognized."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton import NTU25, Topology
from tg_skeleton.datasets import simulate
from tg_skeleton.joint_orders import ORDERS, likely_order
from tg_skeleton.plausibility import BodyStatistics, implausibilities
from tg_skeleton.topologies import NWUCLA20, OPENPOSE25, SBU15


def body(topology: Topology, action: str = "wave") -> np.ndarray:
    return NTU25.mapping(topology).weights.double().numpy() @ simulate(action).pos


@pytest.mark.parametrize("name", ORDERS)
def test_joints_in_another_data_set_s_order(name: str) -> None:
    topology = NWUCLA20 if len(ORDERS[name]) == 20 else SBU15
    expected = BodyStatistics.measure([(body(topology, "throw"), None)], topology)
    places = [topology.index(joint) for joint in ORDERS[name]]
    for action in ("wave", "kick", "squat"):
        found = likely_order(body(topology, action)[:, :, places], None, topology, expected)
        assert found is not None and found.name == name and found.gain > 1.5


def test_the_order_that_is_right_is_named_in_place_of_what_is_wrong() -> None:
    places = [NWUCLA20.index(joint) for joint in ORDERS["KINECT_V1 in MSR's order"]]
    pos = body(NWUCLA20)
    expected = BodyStatistics.measure([(body(NWUCLA20, "kick"), None)], NWUCLA20)
    (found,) = (
        one for one in implausibilities(pos[:, :, places], None, NWUCLA20, expected=expected) if one.kind == "order"
    )
    assert found.message == "joints look like KINECT_V1 in MSR's order, where NWUCLA20's order is expected"
    order = [int(place) for place in found.fix.removeprefix("reorder the joints: pos[:, :, [").rstrip("])").split(",")]
    np.testing.assert_array_equal(pos[:, :, places][:, :, order], pos)


def test_another_skeleton_of_as_many_joints() -> None:
    found = likely_order(body(OPENPOSE25), None, NTU25)
    assert found is not None and (found.name, found.fix) == ("OPENPOSE25", "--skeleton OPENPOSE25")


def test_a_body_in_its_order_looks_like_no_other() -> None:
    assert likely_order(body(NWUCLA20), None, NWUCLA20) is None
    assert likely_order(np.zeros((3, 1, 20, 3)), None, NWUCLA20) is None
