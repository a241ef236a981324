"""A network as a row of facts, and its setting on a data set."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import nn

import tg_skeleton.transforms as T
from tg_skeleton.datasets.preprocessing import own_preprocessing
from tg_skeleton.datasets.table import Body
from tg_skeleton.joint_places import DESCRIBED
from tg_skeleton.topology import Topology
from tg_skeleton.training.recipe import Recipe, small_course, streams
from tg_skeleton.training.start import Start
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, Transform


@dataclass(frozen=True)
class Input:
    """The input of a network.

    Args:
        make: Makes the transform that writes ``x``.
        topology: The skeleton of the nodes of ``x``.
        channels: The channels of ``x``.
        remark: What was derived from the skeleton, because it does not state it; one line.
    """

    make: Channels
    topology: Topology
    channels: int
    remark: str = ""


def concatenated(stream: str, topology: Topology, dims: int) -> Input:
    """The input of a stream whose name lists what `Streams` concatenates: ``"joint+bone"``."""
    return Input(streams(stream, (stream,)), topology, dims * len(stream.split("+")))


def with_score(stream: str, topology: Topology, dims: int) -> Input:
    """As `concatenated`, with the pose estimator's score of each joint behind each of the streams: (x, y, c).

    Differs from publications: the third channel of a bone or a motion is the score, not a difference of scores.
    """
    return Input(streams(stream, (stream,), scored=True), topology, (dims + 1) * len(stream.split("+")))


def described_joints(stream: str, topology: Topology, dims: int) -> Input:
    """The input of a network for any skeleton: joints with what they are."""
    return Input(partial(_described, topology), topology, DESCRIBED)


def _described(topology: Topology, clips: int) -> Transform:
    return T.DescribeJoints(topology)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A network and its training, on a protocol of a data set.

    Args:
        model: The class of the network.
        arguments: The arguments of its constructor besides topology, ``in_channels`` and ``num_classes``.
        recipe: The training setting.
        topology: The skeleton of the network's nodes.
        channels: The channels of its input.
        stream: The name of the stream; empty for an input that has none.
        callbacks: Make the Lightning callbacks of the training.
        start: The weights that the training starts from. Default: random ones.
        remark: What was derived from the skeleton, because it does not state it; one line.
        graph: What the network makes of the bones; empty where that is not known.
    """

    model: type[nn.Module]
    arguments: Mapping[str, Any]
    recipe: Recipe
    topology: Topology
    channels: int
    stream: str = ""
    callbacks: tuple[Callable[[], Any], ...] = ()
    start: Start | None = None
    remark: str = ""
    graph: str = ""

    @property
    def num_persons(self) -> int:
        """The persons that every clip must have; 1: any number."""
        return int(self.arguments.get("num_persons", 1))

    def with_frames(self, num_frames: int) -> Setting:
        """The same with clips of another length."""
        recipe = replace(self.recipe, preprocessing=self.recipe.preprocessing.with_frames(num_frames))
        arguments = {**self.arguments, **({"num_frames": num_frames} if "num_frames" in self.arguments else {})}
        return replace(self, recipe=recipe, arguments=arguments)

    def build(self, num_classes: int) -> nn.Module:
        """The network at the start of its training."""
        network = self.model(self.topology, self.channels, num_classes, **self.arguments)
        if self.start is not None:
            self.start.load_into(network)
        return network

    def starting_from(self, start: Start) -> Setting:
        """The same from other weights.

        Raises:
            ValueError: A weight does not fit. The message names it.
        """
        with torch.random.fork_rng(devices=[]):
            start.load_into(self.build(start.num_classes))
        return replace(self, start=start)


@dataclass(frozen=True, kw_only=True)
class Network:
    """The facts about a network; see `tg_skeleton.training.recipes.NETWORKS` for the rows.

    A recipe is looked up by ``"<data set>/<protocol>"``, then by ``"<data set>"``. On a data set that is not listed,
    the recipe is ``small``, if the row of the data set has a preprocessing. A constructor with the argument
    ``num_frames`` gets the recipe's number of frames.

    Recordings on whose data set the row has a skeleton are carried to it by `ToTopology`, so that bones and edges are
    those of one tree. Joints in pictures (`NTURGBD` with ``source="openmmlab-2d"``) are trained by the recipe of their
    data set with the preprocessing of Kinetics-Skeleton.

    Args:
        name: Its name on the command line; also the name of its file of recipes.
        model: Its class: ``model(topology, in_channels, num_classes, ...)``.
        streams: The streams that it is made for; the first is the default.
        motions: Streams of motions that its paper does not have; a fusion takes them where they are named.
        recipes: The recipe on a data set (and protocol), as a function of what makes the transform that writes ``x``.
        small: The recipe on the other data sets, as a function of the data set's preprocessing.
        paper: The publication; empty: a network of a user's own, whose recipe on any other data set is ``small``.
        year: The year of the publication.
        parameters: The parameters of one stream on NTU RGB+D 60.
        accuracy: Published top-1 accuracy in percent by data set and protocol, of all streams that the paper fuses.
        measured: Top-1 accuracy in percent that this package measured with one stream and a short course, by data set
            and protocol; `docs/results.md` says how.
        weights: The published weights of the fusion of ``streams``. Default: equal ones.
        arguments: Arguments of the constructor.
        arguments_on: Arguments of the constructor on single data sets; they replace those of ``arguments``.
        callbacks: Make the Lightning callbacks that the published training needs.
        read: The input of a stream on a skeleton.
        read_scored: The same on recordings of a pose estimator, which have scores.
        skeletons: The skeleton of the published training by data set: its bones, and the root that they point away
            from. Default: the data set's own.
        graph: What the network makes of the bones; one line.
    """

    name: str
    model: type[nn.Module]
    streams: tuple[str, ...]
    recipes: Mapping[str, Callable[[Any], Recipe]]
    small: Callable[[Preprocessing], Recipe]
    paper: str = ""
    year: int | None = None
    parameters: int | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    weights: tuple[float, ...] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    arguments_on: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    callbacks: tuple[Callable[[], Any], ...] = ()
    motions: tuple[str, ...] = ()
    read: Callable[[Any, Topology, int], Input] = concatenated
    read_scored: Callable[[Any, Topology, int], Input] = with_score
    skeletons: Mapping[str, Topology] = field(default_factory=dict)
    graph: str = ""

    @property
    def all_streams(self) -> tuple[str, ...]:
        """Its streams, and those of motions."""
        return (*self.streams, *self.motions)

    def setting(self, body: Body, protocol: str, stream: str | Input) -> Setting:
        """The network and its training on a protocol of a data set.

        >>> from tg_skeleton.datasets.table import DATASETS, Location
        >>> from tg_skeleton.training.recipes import NETWORKS
        >>> body = DATASETS["nw_ucla"].body(Location("datasets/nw_ucla"))
        >>> setting = NETWORKS["esan"].setting(body, "xview", "joint+bone")
        >>> setting.channels, setting.recipe.epochs, sum(p.numel() for p in setting.build(10).parameters())
        (6, 150, 867242)

        Args:
            body: The data set and its skeleton.
            protocol: The protocol.
            stream: One of the network's streams, or an input of its own.

        Raises:
            ValueError: The network has no such stream, or no recipe on that data set.
        """
        name = stream if isinstance(stream, str) else ""
        if isinstance(stream, str):
            if stream not in self.all_streams:
                raise ValueError(f"stream: {self.name} has {', '.join(self.all_streams)}, got {stream}")
            read = self.read_scored if body.scored else self.read
            stream = read(stream, self.skeleton(body), body.dims)
        recipe = self._recipe(body, protocol, stream)
        if self.skeleton(body) != body.topology:
            carry = T.ToTopology(body.topology, self.skeleton(body))
            recipe = replace(recipe, preprocessing=recipe.preprocessing.on_batches(carry))
        arguments = {**self.arguments, **self.arguments_on.get(body.dataset.name, {})}
        if "num_frames" in inspect.signature(self.model).parameters:
            arguments.setdefault("num_frames", recipe.preprocessing.num_frames)
        return Setting(
            model=self.model,
            arguments=arguments,
            recipe=recipe,
            topology=stream.topology,
            channels=stream.channels,
            stream=name,
            callbacks=self.callbacks,
            remark=stream.remark,
            graph=self.graph,
        )

    def skeleton(self, body: Body) -> Topology:
        """The skeleton on which the network is trained; its joints are those of the recordings.

        >>> from tg_skeleton.datasets.table import DATASETS, Location
        >>> from tg_skeleton.training.recipes import NETWORKS
        >>> body = DATASETS["ntu60"].body(Location("datasets/ntu_rgbd"))
        >>> topology = NETWORKS["msg3d"].skeleton(body)
        >>> topology.name, topology.joints[topology.root]
        ('NTU25_CHAIN', 'spine_shoulder')
        """
        published = self.skeletons.get(body.dataset.name, body.topology)
        return published if published.joints == body.topology.joints else body.topology

    def _recipe(self, body: Body, protocol: str, read: Input) -> Recipe:
        dataset = body.dataset
        for key in (f"{dataset.name}/{protocol}", dataset.name):
            if key in self.recipes:
                recipe = self.recipes[key](read.make)
                if body.in_pictures:
                    recipe = replace(recipe, preprocessing=self.recipes["kinetics"](read.make).preprocessing)
                return recipe
        prepare = dataset.preprocessing or (None if self.paper else own_preprocessing)
        if prepare is None:
            raise ValueError(
                f"dataset: there is no recipe for {self.name} on {dataset.name}; it has recipes on "
                f"{', '.join(self.recipes)}, and on data sets whose row has a preprocessing"
            )
        recipe = self.small(prepare(read.make, body.topology, body.dims))
        return recipe if dataset.epochs is None else recipe.with_epochs(dataset.epochs)


def own_network(model: type[nn.Module]) -> Network:
    """The row of a network of a user's own, trained on every data set by Adam and the schedule of small data sets.

    >>> from tg_skeleton.models import STGCN
    >>> from tg_skeleton.training.network import own_network
    >>> own_network(STGCN).streams
    ('joint', 'bone', 'joint_velocity', 'bone_velocity', 'joint+bone')

    Args:
        model: Its class, called as ``model(topology, in_channels, num_classes)``, with ``num_frames`` where the
            constructor has it; ``num_persons`` is 1, any number.
    """
    takes_persons = "num_persons" in inspect.signature(model).parameters
    row = Network(
        name=model.__name__,
        model=model,
        streams=("joint", "bone", "joint_velocity", "bone_velocity", "joint+bone"),
        recipes={},
        small=partial(small_course, optimizer="adam", learning_rate=1e-3, weight_decay=1e-4),
        arguments={"num_persons": 1} if takes_persons else {},
    )
    if getattr(model, "any_skeleton", False):
        return replace(row, streams=("described",), read=described_joints, read_scored=described_joints)
    return row
