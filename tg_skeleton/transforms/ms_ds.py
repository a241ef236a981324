"""The four streams of paper B's fusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch_geometric.transforms import BaseTransform, Compose

from tg_skeleton.topologies import BARYCENTER_GROUPS
from tg_skeleton.topology import Topology
from tg_skeleton.transforms.barycenter import Barycenter, groups_of
from tg_skeleton.transforms.relative_coordinates import RelativeCoordinates
from tg_skeleton.transforms.streams import Streams

MSDSName = Literal["joint", "bone", "joint-barycenter", "bone-barycenter"]
"""The paper's J, B, J-F and B-F."""


@dataclass(frozen=True)
class MSDSStream:
    """What one of the four networks reads.

    Args:
        name: Which one it is.
        topology: The skeleton that the network sees.
        channels: The network's ``in_channels``.
        transform: Writes ``x`` (and the coarser graph) of a sequence or a batch.
    """

    name: MSDSName
    topology: Topology
    channels: int
    transform: BaseTransform


def ms_ds(topology: Topology, dims: int = 3, *, clips: int = 1, scale: float = 1.2) -> dict[MSDSName, MSDSStream]:
    """Joints and bones at two scales, the skeleton's own and that of the barycenters of its parts.

    ====================  ==============================================================  ==================
    stream                channels                                                        skeleton
    ====================  ==============================================================  ==================
    ``joint``             position, alien relative coordinates, velocity, acceleration    ``topology``
    ``bone``              bones                                                           ``topology``
    ``joint-barycenter``  position                                                        its `Barycenter`
    ``bone-barycenter``   bones                                                           its `Barycenter`
    ====================  ==============================================================  ==================

    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.transforms import ms_ds
    >>> for stream in ms_ds(NTU25).values():
    ...     print(stream.name, stream.channels, stream.topology.num_joints)
    joint 12 25
    bone 3 25
    joint-barycenter 3 11
    bone-barycenter 3 11

    Args:
        topology: The skeleton of the recordings.
        dims: D, coordinates of a joint.
        clips: How many clips lie one after another along T; a velocity does not lead from one to the next.
        scale: s, of the alien relative coordinates.

    A topology without parts gets `Topology.limbs`, and one without `BARYCENTER_GROUPS` those of `groups_of`.

    Source: paper B (AMANet, 2023), Fig. 6, Eq. 3-8.
    """
    relative = RelativeCoordinates(topology.with_limbs(), scale=scale)
    motion = Streams("joint", relative, "joint_velocity", "joint_acceleration", clips=clips, start="keep")
    coarse = Barycenter(topology, None if topology in BARYCENTER_GROUPS else groups_of(topology))
    streams = (
        MSDSStream("joint", topology, 4 * dims, motion),
        MSDSStream("bone", topology, dims, Streams("bone")),
        MSDSStream("joint-barycenter", coarse.topology, dims, Compose([coarse, Streams("joint")])),
        MSDSStream("bone-barycenter", coarse.topology, dims, Compose([coarse, Streams("bone")])),
    )
    return {stream.name: stream for stream in streams}
