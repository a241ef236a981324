"""The networks that can be named on the command line, their streams, and their recipes on every data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

from torch import nn

import tg_skeleton.transforms as T
from tg_skeleton.commands.known import Body
from tg_skeleton.models import AGCN, CTRGCN, ESAN, MSG3D, SGN, STGCN, AMANet
from tg_skeleton.topology import Topology
from tg_skeleton.training import (
    Recipe,
    agcn_ntu60,
    amanet_kinetics,
    amanet_ntu60,
    amanet_ntu120,
    amanet_nw_ucla,
    amanet_own,
    amanet_sbu,
    amanet_simulated,
    ctrgcn_ntu60,
    esan_ntu60_xsub,
    esan_ntu60_xview,
    esan_nw_ucla,
    esan_own,
    esan_sbu,
    esan_simulated,
    gcn_small,
    msg3d_ntu60,
    msg3d_small,
    nw_ucla_preprocessing,
    own_preprocessing,
    sbu_preprocessing,
    sgn_ntu60,
    sgn_small,
    simulated_preprocessing,
    stgcn_ntu60,
)
from tg_skeleton.training.baseline_recipes import JointOrBone, JointOrBoneInMotion
from tg_skeleton.training.recipe import Channels
from tg_skeleton.training.recipes import Representation


@dataclass(frozen=True)
class Setting:
    """A network and its training, on a protocol of a data set.

    Args:
        network: Makes the network from the number of classes.
        recipe: How it is trained.
        topology: The skeleton that it reads.
        channels: How many channels it reads.
        num_persons: How many persons a clip must have; 1: any number.
        stream: Its name, where it is one that the command line knows.
    """

    network: Callable[[int], nn.Module]
    recipe: Recipe
    topology: Topology
    channels: int
    num_persons: int = 1
    stream: str = ""


Network = Callable[..., nn.Module]
"""Makes a network from topology, channels and classes: a class of `tg_skeleton.models`, or one with other arguments."""


def streams_of(model: str) -> tuple[str, ...]:
    """The streams that a network is made for; the first is the one that is meant where none is named."""
    match model:
        case "esan":
            return get_args(Representation)
        case "amanet":
            return get_args(T.MSDSName)
        case "ctrgcn":
            return get_args(JointOrBoneInMotion)
    return get_args(JointOrBone)


def setting(model: str, data: Body, protocol: str, stream: str) -> Setting:
    """The recipe of a network on a data set.

    Raises:
        ValueError: The network has no such stream, or no recipe on that data set.
    """
    if stream not in streams_of(model):
        raise ValueError(f"--stream: {model} has {', '.join(streams_of(model))}, got {stream}")
    if model == "esan":
        found = esan(data, protocol, stream)
    elif model == "amanet":
        found = amanet(data, stream)
    else:
        found = baseline(model, data, protocol, stream)
    return replace(found, stream=stream)


def esan(data: Body, protocol: str, stream: Any, network: Network = ESAN) -> Setting:
    """ESAN, or with another ``network`` what paper A compares it with.

    Raises:
        ValueError: There is no recipe on that data set.
    """
    match data.dataset, protocol:
        case "ntu60", "xview":
            recipe = esan_ntu60_xview(stream)
        case (("ntu60" | "ntu120"), _):
            recipe = esan_ntu60_xsub(stream)
        case "nw_ucla", _:
            recipe = esan_nw_ucla(stream)
        case "sbu", _:
            recipe = esan_sbu(stream)
        case "simulated", _:
            recipe = esan_simulated(stream)
        case "own", _:
            recipe = esan_own(data.topology, data.dims, stream)
        case _:
            raise _no_recipe("esan", data.dataset)
    topology, channels = data.topology, data.dims * (1 + stream.count("+"))
    made = partial(network, topology, channels, num_frames=recipe.preprocessing.num_frames)
    return Setting(made, recipe, topology, channels)


def amanet(data: Body, stream: Any, network: Network | None = None) -> Setting:
    """AMANet in a stream of MS-DS, or with another ``network`` what paper B compares it with."""
    read = T.ms_ds(data.topology, data.dims)[stream]
    return amanet_reading(data, stream, read.topology, read.channels, network)


def amanet_reading(
    data: Body, stream: Any, topology: Topology, channels: int, network: Network | None = None
) -> Setting:
    """AMANet in a stream of one's own: what makes the transform that writes ``x``, its skeleton and its channels."""
    match data.dataset:
        case "ntu60":
            recipe = amanet_ntu60(stream)
        case "ntu120":
            recipe = amanet_ntu120(stream)
        case "kinetics":
            recipe = amanet_kinetics(stream)
        case "nw_ucla":
            recipe = amanet_nw_ucla(stream)
        case "sbu":
            recipe = amanet_sbu(stream)
        case "own":
            recipe = amanet_own(data.topology, data.dims, stream)
        case _:
            recipe = amanet_simulated(stream)
    # A quarter of the widths is enough for the simulated actions.
    widths = (24, 48, 96) if data.dataset == "simulated" else (96, 192, 384)
    made = partial(AMANet if network is None else network, topology, channels, widths=widths)
    return Setting(made, recipe, topology, channels)


def baseline(model: str, data: Body, protocol: str, stream: Any) -> Setting:
    """A network that both papers compare with: its published recipe on NTU RGB+D, ours on small data sets.

    Raises:
        ValueError: There is no recipe on that data set.
    """
    published = data.dataset in ("ntu60", "ntu120")
    recipe = _published(model, protocol, stream) if published else _small(model, data, partial(T.Streams, stream))
    # On NTU RGB+D three of them tell the first person from the second.
    persons = 2 if published and model in ("agcn", "msg3d", "ctrgcn") else 1
    reads = data.topology, data.dims
    made: Network
    match model:
        case "sgn":
            made = partial(SGN, *reads, num_frames=recipe.preprocessing.num_frames)
        case "stgcn":
            made = partial(STGCN, *reads)
        case "agcn":
            made = partial(AGCN, *reads, num_persons=persons)
        case "msg3d":
            made = partial(MSG3D, *reads, num_persons=persons)
        case _:
            made = partial(CTRGCN, *reads, num_persons=persons)
    return Setting(made, recipe, *reads, persons)


def _published(model: str, protocol: str, stream: Any) -> Recipe:
    match model:
        case "sgn" if stream == "joint":
            return sgn_ntu60("xview" if protocol == "xview" else "xsub")
        case "stgcn" if stream == "joint":
            return stgcn_ntu60()
        case "agcn":
            return agcn_ntu60(stream)
        case "msg3d":
            return msg3d_ntu60(stream)
        case "ctrgcn":
            return ctrgcn_ntu60(stream)
    raise ValueError(f"--stream: the published recipe of {model} has joint alone, got {stream}")


def _small(model: str, data: Body, channels: Channels) -> Recipe:
    match data.dataset:
        case "nw_ucla":
            prepare = nw_ucla_preprocessing(channels)
        case "sbu":
            prepare = sbu_preprocessing(channels)
        case "simulated":
            prepare = simulated_preprocessing(channels)
        case "own":
            prepare = own_preprocessing(channels, data.topology, data.dims)
        case _:
            raise _no_recipe(model, data.dataset)
    make = {"sgn": sgn_small, "msg3d": msg3d_small}.get(model, gcn_small)
    return make(prepare).with_epochs(8) if data.dataset == "simulated" else make(prepare)


def _no_recipe(model: str, dataset: str) -> ValueError:
    return ValueError(f"--dataset: there is no recipe for {model} on {dataset}; amanet has one on every data set")
