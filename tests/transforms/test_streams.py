import pytest
import torch

from tg_skeleton import Part, SkeletonSequence, Topology
from tg_skeleton.topologies import NTU25, OPENPOSE18
from tg_skeleton.transforms import RelativeCoordinates, Streams, acceleration, bones, velocity

# elbow (parent shoulder), shoulder (root), hand (parent elbow); two frames of two persons, the second of whom leaves
POS = torch.tensor([[[2.0, 1.0, 4.0], [20.0, 10.0, 40.0]], [[3.0, 3.0, 7.0], [0.0, 0.0, 0.0]]])[..., None]
TABLES = {
    "joint": [[2, 1, 4, 20, 10, 40], [3, 3, 7, 0, 0, 0]],
    "bone": [[1, 0, 2, 10, 0, 20], [0, 0, 4, 0, 0, 0]],
    "joint_velocity": [[0, 0, 0, 0, 0, 0], [1, 2, 3, 0, 0, 0]],
    "bone_velocity": [[0, 0, 0, 0, 0, 0], [-1, 0, 2, 0, 0, 0]],
}


@pytest.mark.parametrize("name", TABLES)
def test_each_stream_is_its_table(name: str, arm: Topology) -> None:
    out = Streams(name)(SkeletonSequence.from_array(POS, arm)).x  # type: ignore[arg-type]
    assert out.shape == (2, 6, 1) and out[..., 0].tolist() == TABLES[name]


SERIES = torch.tensor([1.0, 3.0, 10.0, 20.0, 32.0, 31.0])


@pytest.mark.parametrize(
    ("clips", "start", "velocities", "accelerations"),
    [
        (1, "zero", [0, 2, 7, 10, 12, -1], [0, 2, 5, 3, 2, -13]),
        (1, "keep", [1, 2, 7, 10, 12, -1], [1, 2, 5, 3, 2, -13]),
        (2, "zero", [0, 2, 7, 0, 12, -1], [0, 2, 5, 0, 12, -13]),
        (2, "keep", [1, 2, 7, 20, 12, -1], [1, 2, 5, 20, 12, -13]),
        (3, "keep", [1, 2, 10, 10, 32, -1], [1, 2, 10, 10, 32, -1]),
        (6, "keep", [1, 3, 10, 20, 32, 31], [1, 3, 10, 20, 32, 31]),
    ],
)
def test_velocity_and_acceleration_are_their_tables(clips, start, velocities, accelerations) -> None:
    assert velocity(SERIES, clips, start=start).tolist() == velocities
    assert acceleration(SERIES, clips, start=start).tolist() == accelerations


@pytest.mark.parametrize("start", ["zero", "keep"])
def test_named_velocities_and_accelerations_are_those_of_joints_and_bones(start, arm: Topology) -> None:
    sequence = SkeletonSequence.from_array(torch.randn(6, 2, 3, 3), arm)
    bone = bones(sequence.pos, sequence.parent_index)
    for name, value in (("joint", sequence.pos), ("bone", bone)):
        out = Streams(f"{name}_velocity", f"{name}_acceleration", clips=2, start=start)(sequence).x
        expected = [velocity(value, 2, start=start), acceleration(value, 2, start=start)]
        assert torch.equal(out, torch.cat(expected, dim=-1))


@pytest.mark.parametrize(("topology", "dims", "channels"), [(NTU25, 3, 12), (OPENPOSE18, 2, 8)])
def test_the_four_inputs_of_amanet(topology, dims, channels) -> None:
    sequence = SkeletonSequence.from_array(torch.randn(7, 2, topology.num_joints, dims), topology)
    relative = RelativeCoordinates(topology)
    out = Streams("joint", relative, "joint_velocity", "joint_acceleration", start="keep")(sequence).x
    pos = sequence.pos
    speed = torch.cat([pos[:1], pos[1:] - pos[:-1]])
    change = torch.cat([speed[:2], speed[2:] - speed[1:-1]])
    assert out.shape == (7, 2 * topology.num_joints, channels)
    assert torch.equal(out, torch.cat([pos, relative(sequence).x, speed, change], dim=-1))


def test_streams_stand_among_streams(dot: Topology) -> None:
    streams = Streams("joint", Streams("joint_velocity", start="keep"), "joint_velocity")
    out = streams(SkeletonSequence.from_array(SERIES[:2].view(2, 1, 1), dot)).x
    assert out.tolist() == [[[1, 1, 0]], [[3, 2, 2]]]


def test_repr_names_the_streams_among_streams() -> None:
    body = Topology("body", ("a", "b"), (0, 0), parts=(Part("all", (0, 1), 0, 1),))
    assert repr(Streams("joint", RelativeCoordinates(body, "center"), start="keep")) == (
        "Streams('joint', RelativeCoordinates('body', mode='center', scale=1.2, center=None), clips=1, start='keep')"
    )


def test_channels_come_in_the_order_of_the_names(arm: Topology) -> None:
    sequence = SkeletonSequence.from_array(POS.expand(2, 2, 3, 2) * torch.tensor([1.0, 100.0]), arm)
    out = Streams("bone_velocity", "joint")(sequence).x
    assert out.shape == (2, 6, 4)
    assert out[1, 2].tolist() == [2, 200, 7, 700]


def test_coordinates_stay(arm: Topology) -> None:
    sequence = SkeletonSequence.from_array(POS, arm)
    assert Streams("bone")(sequence).pos is sequence.pos


def test_the_score_is_one_channel(arm: Topology) -> None:
    score = torch.arange(12.0).view(2, 2, 3)
    out = Streams("joint", "score")(SkeletonSequence.from_array(POS, arm, score=score)).x
    assert out.shape == (2, 6, 2) and out[..., 1].flatten().tolist() == [*range(9), 0, 0, 0]  # one has left


def test_a_velocity_stays_within_its_clip(dot: Topology) -> None:
    pos = torch.tensor([1.0, 3.0, 10.0, 20.0]).view(4, 1, 1)
    out = Streams("joint_velocity", clips=2)(SkeletonSequence.from_array(pos, dot)).x
    assert out.flatten().tolist() == [0, 2, 0, 10]


def test_bones_take_leading_dimensions() -> None:
    assert bones(torch.tensor([2.0, 1.0, 4.0])[:, None], torch.tensor([1, 1, 0])).flatten().tolist() == [1, 0, 2]


def test_the_velocity_and_acceleration_of_one_frame_are_zero_or_the_frame() -> None:
    frame = torch.ones(1, 5, 3)
    for derivative in (velocity, acceleration):
        assert torch.equal(derivative(frame), torch.zeros(1, 5, 3))
        assert torch.equal(derivative(frame, start="keep"), frame)


def test_no_stream_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names: expected one stream or more of \('joint', 'bone', .*\), got none"):
        Streams()


def test_an_unknown_stream_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"names: expected streams of \('joint', 'bone', .*'score'\), got 'bones'; .* from a Stream such",
    ):
        Streams("joint", "bones")  # type: ignore[arg-type]


def test_a_score_that_is_not_there_is_refused(arm: Topology) -> None:
    with pytest.raises(ValueError, match=r"'score' is asked for, and the sequence has none; leave 'score' out"):
        Streams("score")(SkeletonSequence.from_array(POS, arm))


def test_no_clips_are_refused() -> None:
    with pytest.raises(ValueError, match=r"clips: expected 1 or more, got 0"):
        Streams("joint", clips=0)


def test_clips_of_broken_length_are_refused(arm: Topology) -> None:
    with pytest.raises(ValueError, match=r"clips: 2 frames are no 3 clips of one length; give the clips of SampleSeg"):
        Streams("joint_velocity", clips=3)(SkeletonSequence.from_array(POS, arm))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Streams("joint", start="first"),  # type: ignore[arg-type]
        lambda: velocity(SERIES, start="first"),  # type: ignore[arg-type]
        lambda: acceleration(SERIES, start="first"),  # type: ignore[arg-type]
    ],
)
def test_an_unknown_start_is_refused(make) -> None:
    with pytest.raises(ValueError, match=r"start: expected one of \('zero', 'keep'\), got 'first'"):
        make()
