from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.topologies import BARYCENTER_GROUPS, NTU25, OPENPOSE18, TOPOLOGIES
from tg_skeleton.transforms import Barycenter, RelativeCoordinates, ms_ds


def sequence(topology: Topology, dims: int = 3, frames: int = 6, persons: int = 2) -> SkeletonSequence:
    torch.manual_seed(persons)
    return SkeletonSequence.from_array(torch.randn(frames, persons, topology.num_joints, dims), topology)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("topology", BARYCENTER_GROUPS, ids=lambda topology: topology.name)
def test_every_stream_writes_what_it_says(topology: Topology, dims: int) -> None:
    batch = Batch.from_data_list([sequence(topology, dims, persons=1), sequence(topology, dims, persons=2)])
    for name, stream in ms_ds(topology, dims).items():
        out = stream.transform(batch)
        assert stream.name == name
        assert out.x.shape == (6, 3 * stream.topology.num_joints, stream.channels)
        assert out.x.isfinite().all()


def test_the_joint_stream_is_equation_8() -> None:
    data = sequence(NTU25)
    position, relative, velocity, acceleration = ms_ds(NTU25)["joint"].transform(data).x.split(3, dim=-1)
    pos = data.pos
    assert torch.equal(position, pos)
    assert torch.equal(relative, RelativeCoordinates(NTU25)(data).x)
    assert torch.equal(velocity[0], pos[0])
    assert torch.equal(velocity[1:], pos[1:] - pos[:-1])
    assert torch.equal(acceleration[:2], velocity[:2])
    assert torch.equal(acceleration[2:], velocity[2:] - velocity[1:-1])


def test_s_is_that_of_the_relative_coordinates() -> None:
    data = sequence(NTU25)
    relative = ms_ds(NTU25, scale=0.6)["joint"].transform(data).x[..., 3:6]
    torch.testing.assert_close(2 * relative, RelativeCoordinates(NTU25)(data).x)


def test_the_coarse_streams_are_those_of_the_barycenters() -> None:
    data, coarse = sequence(NTU25), Barycenter(NTU25)
    pos = coarse(data).pos
    streams = ms_ds(NTU25)
    assert torch.equal(streams["joint-barycenter"].transform(data).x, pos)
    parents = torch.tensor(coarse.topology.parents)
    parents = torch.cat([parents, parents + 11])
    assert torch.equal(streams["bone-barycenter"].transform(data).x, pos - pos[:, parents])


def test_a_velocity_does_not_lead_from_one_clip_to_the_next() -> None:
    data = sequence(OPENPOSE18, dims=2)
    velocity = ms_ds(OPENPOSE18, 2, clips=2)["joint"].transform(data).x[..., 4:6]
    assert torch.equal(velocity[3], data.pos[3])


@pytest.mark.parametrize(
    "topology",
    [
        *(replace(topology, name="mine", parts=()) for topology in TOPOLOGIES),
        NTU25.rooted_at("spine_shoulder"),
        Topology("star", ("a", "b", "c"), (0, 0, 0)),
        Topology("stick", tuple("abcdef"), (0, 0, 1, 2, 3, 4)),
        Topology("point", ("a",), (0,)),
    ],
    ids=lambda topology: topology.name,
)
def test_parts_and_groups_are_derived_from_the_tree(topology: Topology) -> None:
    batch = Batch.from_data_list([sequence(topology, persons=1), sequence(topology, persons=2)])
    for stream in ms_ds(topology).values():
        out = stream.transform(batch)
        assert out.x.shape == (6, 3 * stream.topology.num_joints, stream.channels)
        assert out.x.isfinite().all()
    data = sequence(topology)
    x = ms_ds(topology)["joint"].transform(data).x
    assert torch.equal(x[..., 3:6], RelativeCoordinates(topology.with_limbs())(data).x)
