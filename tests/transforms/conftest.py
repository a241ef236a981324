"""Bodies small enough to type every expected value by hand."""

import pytest

from tg_skeleton import Topology


@pytest.fixture
def dot() -> Topology:
    return Topology("dot", ("a",), ("a",))


@pytest.fixture
def stick() -> Topology:
    return Topology("stick", ("a", "b"), ("a", "a"))


@pytest.fixture
def arm() -> Topology:
    """Three joints whose root stands in the middle of the order: shoulder <- elbow <- hand."""
    return Topology("arm", ("elbow", "shoulder", "hand"), ("shoulder", "shoulder", "elbow"))
