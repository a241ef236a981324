"""Topologies as plain values and as JSON."""

from __future__ import annotations

import json

import pytest

from tg_skeleton import Part, Topology
from tg_skeleton.topologies import TOPOLOGIES

FACTS = {"name": "arm", "joints": ["shoulder", "elbow", "hand"], "parents": ["shoulder", "shoulder", "elbow"]}


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_json_and_back(topology):
    back = Topology.from_json(topology.to_json())
    assert back == topology and back.source == topology.source
    assert Topology.from_dict(topology.to_dict()) == topology


def test_hand_typed_dict():
    arm = Topology.from_dict(FACTS)
    assert arm == Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))
    assert arm.to_dict() == {
        "name": "arm",
        "joints": ["shoulder", "elbow", "hand"],
        "parents": [0, 0, 1],
        "pairs": [],
        "parts": [{"name": "body", "joints": [0, 1, 2], "origin": 0, "reference": 1}],
        "source": "",
    }


def test_parts_and_pairs_by_name():
    facts = {
        "name": "fork",
        "joints": ["neck", "left_ear", "right_ear"],
        "parents": ["neck", 0, "neck"],
        "pairs": [["left_ear", "right_ear"]],
        "parts": [{"name": "head", "joints": ["neck", 1, 2], "origin": "neck", "reference": 1}],
        "source": "typed",
    }
    fork = Topology.from_dict(facts)
    assert (fork.pairs, fork.parts, fork.source) == (((1, 2),), (Part("head", (0, 1, 2), 0, 1),), "typed")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({}, r"expected the keys name, joints .* got \{\} \(KeyError\('joints'\)\)"),
        ([1], r"expected the keys name, .* got \[1\]"),
        ({**FACTS, "joints": "abc"}, "expected strings for names"),
        ({**FACTS, "joints": [1, 2, 3]}, "expected strings for names"),
        ({**FACTS, "name": 3}, "expected strings for names"),
        ({**FACTS, "parents": 3}, "expected the keys name"),
        ({**FACTS, "parents": [False, False, True]}, "got a truth value"),
        ({**FACTS, "pairs": [[0, 1, 2]]}, "expected the keys name"),
        ({**FACTS, "parts": [{"name": "all"}]}, r"expected the keys name, .*KeyError\('joints'\)"),
        ({**FACTS, "parents": [0, 0, 9]}, "Topology 'arm': parent of 'hand': there is no joint 9"),
        ({**FACTS, "parents": [0, 0, None]}, "parent of 'hand': there is no joint None"),
    ],
)
def test_wrong_facts_are_named(facts, message):
    with pytest.raises(ValueError, match=message):
        Topology.from_dict(facts)
    with pytest.raises(ValueError, match=message):
        Topology.from_json(json.dumps(facts))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_wrong_json(text):
    with pytest.raises(ValueError, match="topology: expected"):
        Topology.from_json(text)
