"""Transforms and topologies as plain JSON values, and back; no other class than these is ever built."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite, prod
from pathlib import Path
from reprlib import repr as short
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton.files import printable
from tg_skeleton.topology import Part, Topology

TRANSFORMS: Mapping[str, type[BaseTransform]] = {
    kind.__name__: kind
    for kind in (Compose, *(getattr(T, name) for name in T.__all__))
    if inspect.isclass(kind) and issubclass(kind, BaseTransform) and not inspect.isabstract(kind)
}
"""The classes that a description may name: PyG's ``Compose`` and the transforms of this package."""

GROWTH = 8
"""A network takes at most this multiple of the size of its checkpoint, in bytes, while it is built."""

ROOM = 1 << 26
"""Bytes that a network may take in any case."""

MOST = 100_000
"""The largest number, except of a seed, that a description may hold: lengths, widths, numbers of frames."""

FIX = "update tg_skeleton if a newer version wrote it"


def describe(value: Any) -> Any:
    """A transform, a topology, a plain value or values by name as a JSON value that `build` brings back.

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
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"values": {key: describe(item) for key, item in value.items()}}
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    raise ValueError(
        f"expected a transform of tg_skeleton, a topology or a plain value, got {value!r}; a checkpoint carries nothing"
        " else: leave a transform of your own out of it (None), and apply it to recordings before they are recognized"
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
        case {"values": dict(values), **rest} if not rest:
            return {key: build(item) for key, item in values.items()}
        case {"topology": dict(facts), **rest} if not rest:
            return _build_topology(facts)
        case {"transform": str(name), "arguments": dict(arguments), **rest} if not rest:
            return _build_transform(name, arguments)
    raise ValueError(
        f"expected a description of a transform, a topology, a tuple or values, got {short(description)}; {FIX}"
    )


def call(function: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> Any:
    """``function(**arguments)``; the values of one that is gathered (``*names``) are given by position.

    Raises:
        ValueError: There is no such argument, or one is missing or refused.
    """
    for key, value in arguments.items():
        if key != "seed" and not isinstance(value, Topology):
            check_numbers(f"{name}: {key}", value)
    parameters = inspect.signature(function).parameters
    if unknown := [key for key in arguments if key not in parameters]:
        raise ValueError(f"{name}: expected the arguments {', '.join(parameters) or 'none'}, got {unknown[0]}; {FIX}")
    gathered = [key for key, parameter in parameters.items() if parameter.kind is parameter.VAR_POSITIONAL]
    by_name = {key: value for key, value in arguments.items() if key not in gathered}
    try:
        return function(*(item for key in gathered for item in arguments.get(key, ())), **by_name)
    except Exception as error:  # the arguments are a stranger's, and go to any of many classes
        raise ValueError(f"{name}: its arguments don't go together: {error}; {FIX}") from error


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Within it, a network that is much larger than its checkpoint is refused before its tensors are made.

    Args:
        size: The size of the file in bytes.

    Raises:
        ValueError: The tensors that are made take more than `GROWTH` times as many bytes, and more than `ROOM`.
    """
    with _Limited(max(GROWTH * size, ROOM), size):
        yield


class _Limited(TorchFunctionMode):
    """Adds up what torch's factories are asked for."""

    FACTORIES = (torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.full, torch.eye)

    def __init__(self, most: int, size: int) -> None:
        super().__init__()
        self.most, self.size, self.taken = most, size, 0

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in self.FACTORIES:
            given = args[0] if args else (kwargs or {}).get("size", ())
            lengths = given if isinstance(given, list | tuple) else args
            count = prod(length for length in lengths if isinstance(length, int))
            self.taken += 4 * (count**2 if func is torch.eye and len(args) < 2 else count)
            if self.taken > self.most:
                raise ValueError(f"it describes a network of more than {self.most:,} bytes in a file of {self.size:,}")
        return func(*args, **(kwargs or {}))


def check_numbers(place: str, value: Any) -> None:
    """Raise at a number, also in lists and dicts, by which a small file could ask for all memory.

    Raises:
        ValueError: A number is beyond `MOST`.
    """
    if isinstance(value, int | float) and not -MOST <= value <= MOST:
        raise ValueError(f"{place}: expected a number of at most {MOST:,}, got {value:.6g}; is it damaged?")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        check_numbers(place, one)


def check_finite(model: nn.Module, path: Path) -> None:
    """Raise if weights of a network that was read from a file are not finite.

    Raises:
        ValueError: Some are NaN or infinite.
    """
    for name, tensor in model.state_dict().items():
        if not bool(tensor.isfinite().all()):
            raise ValueError(
                f"'{printable(path)}': expected finite weights, got NaN or infinite ones in {name}; its training "
                "failed: train again with a lower learning rate or higher precision"
            )


def _describe_transform(transform: BaseTransform) -> dict[str, Any]:
    name = type(transform).__name__
    if TRANSFORMS.get(name) is not type(transform):
        raise ValueError(
            f"expected a transform of tg_skeleton, got {transform!r}; a checkpoint carries no transform of your own: "
            "leave it out (None), and apply it to recordings before they are recognized"
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
        raise ValueError(
            f"expected a description of a topology, got {short(dict(facts))} ({error!r}); {FIX}"
        ) from error
