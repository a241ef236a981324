"""The facts of a topology as plain values, and as the arguments of its constructor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tg_skeleton.topology.part import Part

if TYPE_CHECKING:
    from tg_skeleton.topology.topology import Topology


def facts_of(topology: Topology) -> dict[str, Any]:
    """Lists, strings and integers, by the names of the constructor's arguments."""
    return {
        "name": topology.name,
        "joints": list(topology.joints),
        "parents": list(topology.parents),
        "pairs": [list(pair) for pair in topology.pairs],
        "parts": [
            {"name": part.name, "joints": list(part.joints), "origin": part.origin, "reference": part.reference}
            for part in topology.parts
        ],
        "source": topology.source,
    }


def arguments_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the constructor from the facts.

    Raises:
        ValueError: A fact is missing or of another type.
    """
    try:
        joints, parents = list(facts["joints"]), list(facts["parents"])
        pairs = [(left, right) for left, right in facts.get("pairs", ())]
        parts = [
            Part(part["name"], tuple(part["joints"]), part["origin"], part["reference"])
            for part in facts.get("parts", ())
        ]
        texts = [facts["name"], facts.get("source", ""), *joints, *(part.name for part in parts)]
        numbers = [*parents, *(end for pair in pairs for end in pair)]
        if isinstance(facts["joints"], str) or not all(isinstance(text, str) for text in texts):
            raise TypeError("expected strings for names and source")
        if any(isinstance(number, bool) for number in numbers):
            raise TypeError("expected indices or names of joints, got a truth value")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "topology: expected the keys name, joints (a list of names) and parents (a list of indices or names), and "
            "optionally pairs ([[left, right], ...]), parts ([{name, joints, origin, reference}, ...]) and source, got "
            f"{str(facts)[:200]} ({error!r})"
        ) from error
    return {
        "name": facts["name"],
        "joints": joints,
        "parents": parents,
        "pairs": pairs,
        "parts": parts,
        "source": facts.get("source", ""),
    }


def parse_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: The text is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"topology: expected a JSON text, got {text[:40]!r}: {error}") from error
