"""The metadata of a checkpoint: everything besides the weights that is needed to use a trained network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
import torch_geometric
from safetensors import safe_open
from torch import nn
from torch_geometric.transforms import BaseTransform

import tg_skeleton.models
from tg_skeleton.body_statistics import BodyStatistics
from tg_skeleton.inference.described import FIX, build, call, describe
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import DescribeJoints
from tg_skeleton.transforms.preprocessing import Transform, steps_of, walked

_ANY_RATE = 30.0
"""Frames a second of a stream that does not say how many it has."""

KEY = "tg_skeleton"
"""The key of the card in the metadata of a file."""

FORMAT = 1
"""The number of the JSON format; a newer version may write a higher one."""

MODELS: Mapping[str, type[nn.Module]] = {
    network.__name__: network for network in (*tg_skeleton.models.NETWORKS, tg_skeleton.models.AnyESAN)
}
"""The networks of this package, by the names that cards have for them."""


def versions() -> dict[str, str]:
    """The versions of the packages that a network runs on."""
    return {
        "tg_skeleton": tg_skeleton.__version__,
        "torch": str(torch.__version__),
        "torch_geometric": torch_geometric.__version__,
    }


def network_name(model: type[nn.Module]) -> str:
    """The name of a network's class in a card: its own for one of this package, else ``package.module:Class``.

    >>> from tg_skeleton.inference import network_name
    >>> from tg_skeleton.models import ESAN
    >>> network_name(ESAN), network_name(type("Mine", (ESAN,), {"__module__": "my.networks"}))
    ('ESAN', 'my.networks:Mine')
    """
    return model.__name__ if MODELS.get(model.__name__) is model else f"{model.__module__}:{model.__qualname__}"


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelCard:
    """The metadata of a checkpoint.

    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.inference import ModelCard
    >>> from tg_skeleton.transforms import SampleSegments, Streams
    >>> card = ModelCard(
    ...     network="ESAN",
    ...     arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": (8, 8)},
    ...     topology=NTU25,
    ...     class_names=("sit", "stand"),
    ...     num_frames=20,
    ...     transform=SampleSegments(20, mode="center"),
    ...     batch_transform=Streams("joint"),
    ... )
    >>> same = ModelCard.from_json(card.to_json())
    >>> same.transform, same.topology == NTU25, type(same.build()).__name__
    (SampleSegments(20, mode='center', clips=1), True, 'ESAN')

    Args:
        network: The class of the network, see `network_name`.
        arguments: The arguments of its constructor by name, besides ``topology``: plain values.
        topology: The skeleton of the recordings.
        network_topology: The skeleton of the network's nodes, if the transforms change it (barycenters). Default:
            ``topology``.
        class_names: One name per logit.
        num_frames: T, the frames of a clip at the network's input.
        dims: D, coordinates of a joint in recordings.
        clips: Clips per recording, whose logits are averaged.
        num_persons: Persons that every clip must have, where the transforms pad them (`PadPersons`); 1: any number.
        transform: For single recordings; its output has ``clips * num_frames`` frames.
        batch_transform: For batches; writes ``x``. It must be deterministic.
        facts: Other facts: data set, protocol, stream, seed, recipe, accuracy.
        versions: The versions of the packages that wrote it.
        bodies: How bodies of the training data stand in their coordinates; recordings that differ are warned of.
            Default: nothing is compared, as with checkpoints of older versions.

    Raises:
        ValueError: The network is unknown, the number of class names is not its ``num_classes``, or a number is below
            1.
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
    bodies: BodyStatistics | None = None

    def __post_init__(self) -> None:
        if self.network not in MODELS and ":" not in self.network:
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

    @property
    def any_skeleton(self) -> bool:
        """Whether the network takes recordings of any skeleton, in 2-D and 3-D: its input describes the joints."""
        return any(isinstance(step, DescribeJoints) for step in steps_of(self.batch_transform))

    @property
    def estimated(self) -> tuple[Topology | None, int | None]:
        """The skeleton and the coordinates that an estimator of poses should give; None: any."""
        return (None, None) if self.any_skeleton else (self.topology, self.dims)

    def window(self, fps: float | None) -> int:
        """Frames of a recording that an answer about a stream is from: the fact ``seconds``, else those of a clip."""
        seconds = self.facts.get("seconds")
        return self.num_frames if seconds is None else max(round(seconds * (fps or _ANY_RATE)), 1)

    def on(self, topology: Topology, dims: int = 3) -> ModelCard:
        """The same for recordings of another skeleton.

        Args:
            topology: Their skeleton.
            dims: D, their coordinates.

        Raises:
            ValueError: The network is made for one skeleton.
        """
        if (topology, dims) == (self.topology, self.dims):
            return self
        if not self.any_skeleton:
            raise ValueError(
                f"topology: expected {self.topology.name} in {self.dims}-D, for which the {self.network} was trained, "
                f"got {topology.name} in {dims}-D; carry recordings over with "
                "tg_skeleton.transforms.ToTopology(source, target)"
            )

        def described(step: Transform) -> Transform:
            return DescribeJoints(topology) if isinstance(step, DescribeJoints) else step

        return replace(
            self, topology=topology, dims=dims, batch_transform=walked(self.batch_transform, described), bodies=None
        )

    def build(self, networks: Sequence[type[nn.Module]] = ()) -> nn.Module:
        """The network, untrained; the states of random number generators are left unchanged.

        Args:
            networks: Classes of networks of your own; nothing is imported because a card names it.

        Raises:
            ValueError: The class is not of this package and not given, or has other arguments.
        """
        topology = self.network_topology or self.topology
        with torch.random.fork_rng(devices=[]):
            model = self._class(networks)
            network: nn.Module = call(model, self.network, {"topology": topology, **self.arguments})
        return network.eval()

    def _class(self, networks: Sequence[type[nn.Module]]) -> type[nn.Module]:
        if self.network in MODELS:
            return MODELS[self.network]
        # A class may have moved to another module since, so its name alone may identify it.
        found = [one for one in networks if one.__qualname__ == self.network.partition(":")[2]]
        exact = [one for one in found if network_name(one) == self.network]
        if len(exact or found) != 1:
            given = ", ".join(network_name(one) for one in networks) or "none"
            raise ValueError(
                f"network: '{self.network}' is a class of your own; expected it among the given classes, got {given}: "
                "load(path, networks=[Class]), or --network package.module:Class on the command line"
            )
        return (exact or found)[0]

    def to_json(self) -> str:
        """The card as a JSON text.

        Raises:
            ValueError: A value is not a plain one, or a transform is not of this package.
        """
        values: dict[str, Any] = {"format": FORMAT}
        for item in fields(self):
            value = getattr(self, item.name)
            try:
                if isinstance(value, BodyStatistics):
                    values[item.name] = value.to_dict()
                elif isinstance(value, Mapping):
                    values[item.name] = {str(key): describe(one) for key, one in value.items()}
                else:
                    values[item.name] = describe(value)
            except ValueError as error:
                raise ValueError(f"{item.name}: {error}") from None
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def of_file(cls, path: Path) -> ModelCard:
        """Read the card in the metadata of a checkpoint.

        Raises:
            ValueError: The file can't be read, or is no checkpoint of this package.
        """
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
        except Exception as error:  # safetensors' own, and those of the operating system
            raise ValueError(
                f"it can't be read as a safetensors file: {error}; it may be damaged or cut off: fetch or write it anew"
            ) from error
        if KEY not in metadata:
            raise ValueError(
                f"the metadata have no '{KEY}', so it is not a checkpoint of this package; write one with "
                "ActionRecognizer(model, card).save(path)"
            )
        return cls.from_json(metadata[KEY])

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Read the text that `to_json` wrote.

        Raises:
            ValueError: The text is not a card, has a newer format, or names a class that this version does not have.
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
        values.setdefault("bodies", None)  # versions before 0.2 did not measure them
        names = [item.name for item in fields(cls)]
        if missing := [name for name in names if name not in values]:
            raise ValueError(f"expected the keys {', '.join(names)}; {', '.join(missing)} missing")
        return cls(**{name: _value(name, values[name]) for name in names})


def _version(values: Mapping[str, Any]) -> str:
    found = values.get("versions")
    return str(found.get("tg_skeleton", "?")) if isinstance(found, dict) else "?"


def _value(name: str, described: Any) -> Any:
    """A field from its description, checked to be of the right type."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "network": str,
        "topology": Topology,
        "network_topology": (Topology, type(None)),
        "class_names": tuple,
        "transform": (BaseTransform, type(None)),
        "batch_transform": (BaseTransform, type(None)),
    }
    try:
        if name == "bodies":
            return None if described is None else BodyStatistics.from_dict(described)
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
