"""What a checkpoint says besides its weights: all that it takes to use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import torch
import torch_geometric
from torch import nn
from torch_geometric.transforms import BaseTransform

import tg_skeleton.models
from tg_skeleton.inference.described import FIX, build, call, describe
from tg_skeleton.topology import Topology

FORMAT = 1
"""Of the JSON text; a higher one is of a newer version."""

MODELS: Mapping[str, type[nn.Module]] = {name: getattr(tg_skeleton.models, name) for name in tg_skeleton.models.__all__}
"""The networks that a card may name."""


def versions() -> dict[str, str]:
    """The versions of what a network runs on here."""
    return {
        "tg_skeleton": tg_skeleton.__version__,
        "torch": str(torch.__version__),
        "torch_geometric": torch_geometric.__version__,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class Card:
    """What a checkpoint says besides its weights.

    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.inference import Card
    >>> from tg_skeleton.transforms import SampleSegments, Streams
    >>> card = Card(
    ...     network="ESAN",
    ...     arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": (8, 8)},
    ...     topology=NTU25,
    ...     class_names=("sit", "stand"),
    ...     num_frames=20,
    ...     transform=SampleSegments(20, mode="center"),
    ...     batch_transform=Streams("joint"),
    ... )
    >>> same = Card.from_json(card.to_json())
    >>> same.transform, same.topology == NTU25, type(same.build()).__name__
    (SampleSegments(20, mode='center', clips=1), True, 'ESAN')

    Args:
        network: The name of a class of `tg_skeleton.models`.
        arguments: Its constructor's, by name, besides ``topology``: plain values.
        topology: The skeleton of the recordings that it takes.
        network_topology: What the network's nodes are, where the transforms change it (barycentres); None: `topology`.
        class_names: One name per logit.
        num_frames: T of a clip as the network sees it.
        dims: D of the recordings' coordinates.
        clips: Clips of a recording, whose logits are averaged.
        num_persons: Persons that a clip must have, where the transforms fill them up with `PadPersons`; 1: any number.
        transform: For single recordings; brings them to ``clips * num_frames`` frames.
        batch_transform: For batches; writes ``x``. It must not draw anything at random.
        facts: Anything else that is known: data set, protocol, stream, seed, recipe, accuracy.
        versions: Of the packages that wrote it.

    Raises:
        ValueError: The number of class names is not the network's ``num_classes``, or a number is below 1.
    """

    network: str
    arguments: Mapping[str, Any]
    topology: Topology
    network_topology: Topology | None = None
    class_names: tuple[str, ...]
    num_frames: int
    dims: int = 3
    clips: int = 1
    num_persons: int = 1
    transform: BaseTransform | None = None
    batch_transform: BaseTransform | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=versions)

    def __post_init__(self) -> None:
        if self.network not in MODELS:
            raise ValueError(f"network: there is no '{self.network}' in this version, only {', '.join(MODELS)}; {FIX}")
        for key in ("num_frames", "dims", "clips", "num_persons"):
            if type(getattr(self, key)) is not int or getattr(self, key) < 1:
                raise ValueError(f"{key}: expected a whole number of 1 or more, got {getattr(self, key)!r}")
        if not all(isinstance(name, str) for name in self.class_names):
            raise ValueError(f"class_names: expected strings, got {self.class_names!r}")
        if self.arguments.get("num_classes") != len(self.class_names):
            raise ValueError(
                f"class_names: expected one for each of the network's {self.arguments.get('num_classes')} classes, got "
                f"{len(self.class_names)}; give arguments['num_classes'] and as many names"
            )

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        return len(self.class_names)

    def build(self) -> nn.Module:
        """The network, untrained, ready for the weights; random numbers stay as they were.

        Raises:
            ValueError: This version's network has other arguments.
        """
        topology = self.network_topology or self.topology
        with torch.random.fork_rng(devices=[]):
            network: nn.Module = call(MODELS[self.network], self.network, {"topology": topology, **self.arguments})
        return network.eval()

    def to_json(self) -> str:
        """The card as a JSON text.

        Raises:
            ValueError: A value is no plain one, or a transform is not of this package.
        """
        values: dict[str, Any] = {"format": FORMAT}
        for item in fields(self):
            value = getattr(self, item.name)
            try:
                if isinstance(value, Mapping):
                    values[item.name] = {str(key): describe(one) for key, one in value.items()}
                else:
                    values[item.name] = describe(value)
            except ValueError as error:
                raise ValueError(f"{item.name}: {error}") from None
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card that `to_json` wrote.

        Raises:
            ValueError: The text is no card, is of a newer format, or names what this version does not have.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"expected the JSON text of a card, got {text[:40]!r}: {error}") from None
        if not isinstance(values, dict) or type(values.get("format")) is not int:
            raise ValueError(f"expected a card with a format number, got {text[:40]!r}")
        if values["format"] > FORMAT:
            raise ValueError(
                f"format: expected {FORMAT} or lower, got {values['format']}; a newer tg_skeleton "
                f"({_version(values)}) wrote it: pip install --upgrade tg_skeleton"
            )
        names = [item.name for item in fields(cls)]
        if missing := [name for name in names if name not in values]:
            raise ValueError(f"expected the keys {', '.join(names)}; {', '.join(missing)} missing")
        return cls(**{name: _value(name, values[name]) for name in names})


def _version(values: Mapping[str, Any]) -> str:
    found = values.get("versions")
    return str(found.get("tg_skeleton", "?")) if isinstance(found, dict) else "?"


def _value(name: str, described: Any) -> Any:
    """A field from its description, and of the kind that it must have."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "network": str,
        "topology": Topology,
        "network_topology": (Topology, type(None)),
        "class_names": tuple,
        "transform": (BaseTransform, type(None)),
        "batch_transform": (BaseTransform, type(None)),
    }
    try:
        if name in ("arguments", "facts", "versions"):
            if not isinstance(described, dict):
                raise ValueError(f"expected names and values, got {described!r}")
            return {key: build(one) for key, one in described.items()}
        value = build(described)
        if not isinstance(value, kinds.get(name, object)):
            raise ValueError(f"expected another kind of value, got {described!r}")
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return value
