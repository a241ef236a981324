"""Transforms and topologies as plain JSON values, and back; no other class than these is ever built."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton.topology import Part, Topology

TRANSFORMS: Mapping[str, type[BaseTransform]] = {
    kind.__name__: kind
    for kind in (Compose, *(getattr(T, name) for name in T.__all__))
    if inspect.isclass(kind) and issubclass(kind, BaseTransform) and not inspect.isabstract(kind)
}
"""The classes that a description may name: PyG's ``Compose`` and the transforms of this package."""

FIX = "update tg_skeleton if a newer version wrote it"


def describe(value: Any) -> Any:
    """A transform, a topology or a plain value as a JSON value that `build` brings back.

    >>> from tg_skeleton.inference.described import build, describe
    >>> from tg_skeleton.transforms import RandomRotate
    >>> describe(RandomRotate((15, 120, 0)))
    {'transform': 'RandomRotate', 'arguments': {'degrees': {'tuple': [15, 120, 0]}}}
    >>> build(describe(RandomRotate((15, 120, 0))))
    RandomRotate((15, 120, 0))

    Raises:
        ValueError: The value is, or holds, something else.
    """
    if isinstance(value, BaseTransform):
        return _describe_transform(value)
    if isinstance(value, Topology):
        return {"topology": _describe_topology(value)}
    if isinstance(value, tuple):
        return {"tuple": [describe(item) for item in value]}
    if isinstance(value, list):
        return [describe(item) for item in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    raise ValueError(
        f"expected a transform of tg_skeleton, a topology or a plain value, got {value!r}; a checkpoint carries nothing"
        " else: leave a transform of your own out of it (None), and apply it to recordings before they are recognised"
    )


def build(description: Any) -> Any:
    """The inverse of `describe`.

    Raises:
        ValueError: The description is none, or names a class or an argument that this version does not have.
    """
    if isinstance(description, list):
        return [build(item) for item in description]
    if not isinstance(description, dict):
        return description
    match description:
        case {"tuple": list(items), **rest} if not rest:
            return tuple(build(item) for item in items)
        case {"topology": dict(facts), **rest} if not rest:
            return _build_topology(facts)
        case {"transform": str(name), "arguments": dict(arguments), **rest} if not rest:
            return _build_transform(name, arguments)
    raise ValueError(f"expected a description of a transform, a topology or a tuple, got {description!r}; {FIX}")


def call(function: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> Any:
    """``function(**arguments)``; the values of one that is gathered (``*names``) are given by position.

    Raises:
        ValueError: There is no such argument, or one is missing or refused.
    """
    parameters = inspect.signature(function).parameters
    if unknown := [key for key in arguments if key not in parameters]:
        raise ValueError(f"{name}: expected the arguments {', '.join(parameters) or 'none'}, got {unknown[0]}; {FIX}")
    gathered = [key for key, parameter in parameters.items() if parameter.kind is parameter.VAR_POSITIONAL]
    by_name = {key: value for key, value in arguments.items() if key not in gathered}
    try:
        return function(*(item for key in gathered for item in arguments.get(key, ())), **by_name)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError) as error:
        raise ValueError(f"{name}: its arguments don't go together: {error}; {FIX}") from error


def _describe_transform(transform: BaseTransform) -> dict[str, Any]:
    name = type(transform).__name__
    if TRANSFORMS.get(name) is not type(transform):
        raise ValueError(
            f"expected a transform of tg_skeleton, got {transform!r}; a checkpoint carries no transform of your own: "
            "leave it out (None), and apply it to recordings before they are recognised"
        )
    parameters = inspect.signature(type(transform)).parameters
    return {"transform": name, "arguments": {key: describe(getattr(transform, key)) for key in parameters}}


def _build_transform(name: str, arguments: Mapping[str, Any]) -> BaseTransform:
    if name not in TRANSFORMS:
        raise ValueError(f"there is no transform '{name}' in this version, which has {', '.join(TRANSFORMS)}; {FIX}")
    transform: BaseTransform = call(TRANSFORMS[name], name, {key: build(value) for key, value in arguments.items()})
    return transform


def _describe_topology(topology: Topology) -> dict[str, Any]:
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


def _build_topology(facts: Mapping[str, Any]) -> Topology:
    try:
        parts = [Part(one["name"], tuple(one["joints"]), one["origin"], one["reference"]) for one in facts["parts"]]
        pairs = [(left, right) for left, right in facts["pairs"]]
        return Topology(
            facts["name"], facts["joints"], facts["parents"], pairs=pairs, parts=parts, source=facts["source"]
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"expected a description of a topology, got {dict(facts)!r} ({error!r}); {FIX}") from error
