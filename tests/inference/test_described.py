"""Transforms and topologies written as JSON and built back: the same repr, the same output."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor
from torch_geometric.data import Batch
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.topologies
import tg_skeleton.transforms as T
from tg_skeleton import NTU25, Part, SkeletonSequence, Topology
from tg_skeleton.inference.described import TRANSFORMS, build, describe

ARM = Topology(
    "arm",
    ("hand", "elbow", "shoulder"),
    ("elbow", "shoulder", "shoulder"),
    parts=(Part("upper", (1, 2), 2, 1), Part("lower", (0,), 1, 0)),
    source="made up",
)
LONG = Topology("long", ("shoulder", "elbow", "hand", "finger"), (0, 0, 1, 2))
SIDES = Topology("sides", ("trunk", "left", "right"), (0, 0, 0), pairs=(("left", "right"),))
KNOWN = [value for value in vars(tg_skeleton.topologies).values() if isinstance(value, Topology)]

TRANSFORMS_OF_ALL_KINDS: list[BaseTransform] = [
    T.AlignBody(0, (0, 1), shoulders=(1, 2)),
    T.Barycenter(ARM, [("hand", 1), [2]]),
    T.Barycenter(NTU25),
    T.CenterOnFirstFrame(joint=2),
    T.CropResize(5, 0.25, 0.75, mode="center"),
    T.CropResize(5),
    T.DescribeJoints(NTU25),
    T.FaceFront(NTU25),
    T.FillMissing(),
    T.FillMissing(5, causal=True),
    T.Flip(1),
    T.JointNoise(0.1, per_frame=True),
    T.MinMaxNormalize(),
    T.Mirror(ARM),
    T.MixUp(2.0, p=0.5),
    T.PadPersons(3, drop=True),
    T.PartMix(NTU25),
    T.RandomAxisDrop(0.5),
    T.RandomFrameDrop(0.25),
    T.RandomJointDrop(0.5),
    T.RandomMirror(NTU25, 0.25, classes=((0, 1),)),
    T.RandomRotate(17.5),
    T.RandomRotate((15, 120, 0)),
    T.RandomScale(0.5, 1.5),
    T.RandomScale(0.5, 1.5, per_axis=True),
    T.RandomShear(0.25),
    T.RandomTemporalCrop(0.5),
    T.RandomTemporalStretch(0.5, 2.0, warp=0.25),
    T.RelativeCoordinates(ARM, scale=2.5),
    T.RelativeCoordinates(NTU25, "frame"),
    T.RelativeCoordinates(ARM, "center", center="hand"),
    T.RemoveStrays(3.0),
    T.ReplayPad(7),
    T.Resample(12.5, source=25),
    T.SampleSegments(4, clips=2),
    T.SampleSegments(4, clips=2, seed=3),
    T.SplitPersons(),
    T.Streams("joint", T.RelativeCoordinates(ARM), "score", "joint_velocity", clips=2, start="keep"),
    T.SwapPersons(0.25),
    T.ToSpatioTemporalGraph(2),
    T.ToTopology(ARM, LONG),
    Compose([T.CenterOnFirstFrame(), Compose([T.Barycenter(ARM, [[0, 1], [2]])]), T.Streams("joint", "bone")]),
    Compose([]),
]


def batch(topology: Topology) -> SkeletonSequence:
    """Two recordings of six frames and one person each, with scores."""
    generator = torch.Generator().manual_seed(0)
    sequences = [
        SkeletonSequence.from_array(
            torch.randn(6, 1, topology.num_joints, 3, generator=generator),
            topology,
            score=torch.rand(6, 1, topology.num_joints, generator=generator),
        )
        for _ in range(2)
    ]
    return Batch.from_data_list(sequences)


def assert_same_output(one: BaseTransform, two: BaseTransform, data: SkeletonSequence) -> None:
    outputs = []
    for transform in (one, two):
        torch.manual_seed(0)
        outputs.append(transform(data))
    assert outputs[0].keys() == outputs[1].keys()
    for key, value in outputs[0]:
        assert torch.equal(value, outputs[1][key]) if isinstance(value, Tensor) else value == outputs[1][key], key


def by_json(value: Any) -> Any:
    return build(json.loads(json.dumps(describe(value))))


@pytest.mark.parametrize("transform", TRANSFORMS_OF_ALL_KINDS, ids=repr)
def test_a_transform_comes_back(transform: BaseTransform) -> None:
    back = by_json(transform)
    assert (type(back), repr(back)) == (type(transform), repr(transform))
    assert describe(back) == describe(transform)
    assert_same_output(transform, back, batch(NTU25 if "'NTU25'" in repr(transform) else ARM))


def test_no_transform_is_left_out() -> None:
    assert {type(transform).__name__ for transform in TRANSFORMS_OF_ALL_KINDS} == set(TRANSFORMS)
    assert {
        name for name in T.__all__ if isinstance(vars(T)[name], type) and issubclass(vars(T)[name], BaseTransform)
    } - {"BodyTransform", "Stream"} == set(TRANSFORMS) - {"Compose"}


@pytest.mark.parametrize("topology", [*KNOWN, ARM, LONG, SIDES], ids=lambda topology: topology.name)
def test_a_topology_comes_back(topology: Topology) -> None:
    back = by_json(topology)
    assert (back, back.source) == (topology, topology.source)


@pytest.mark.parametrize(
    "value", [None, True, 3, 0.5, "x", [1, [2]], (1, (2, "x"), [3]), (), [()], {"a": (1,)}], ids=repr
)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert by_json(value) == value


class Own(BaseTransform):
    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        return data


class SplitPersons(T.SplitPersons):
    """One's own, under a name that is known."""


@pytest.mark.parametrize("transform", [Own(), SplitPersons(), Compose([T.SplitPersons(), Own()])], ids=repr)
def test_a_transform_of_one_s_own_is_refused(transform: BaseTransform) -> None:
    with pytest.raises(ValueError, match=r"carries no transform of your own: leave it out \(None\), and apply it to"):
        describe(transform)


@pytest.mark.parametrize("value", [{1: 2}, {1, 2}, torch.zeros(1), float("nan"), print, [print]], ids=repr)
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"expected a transform of tg_skeleton, a topology or a plain value, got"):
        describe(value)


@pytest.mark.parametrize(
    ("description", "said"),
    [
        ({"transform": "Blur", "arguments": {}}, "there is no transform 'Blur' in this version, which has Compose"),
        ({"transform": "Stream", "arguments": {}}, "there is no transform 'Stream' in this version"),
        ({"transform": "RandomRotate", "arguments": {"angle": 3}}, "expected the arguments degrees, got angle"),
        ({"transform": "RandomRotate", "arguments": {}}, "RandomRotate: its arguments don't go together: "),
        ({"transform": "RandomRotate", "arguments": {"degrees": -1}}, "none negative, got -1"),
        ({"transform": "RandomRotate", "arguments": {"degrees": None}}, "its arguments don't go together"),
        ({"transform": "Streams", "arguments": {"names": 3}}, "Streams: its arguments don't go together"),
        ({"transform": "SplitPersons"}, "expected a description of a transform, a topology, a tuple or values"),
        ({"topology": {"name": "x"}}, "expected a description of a topology"),
        ({"topology": {}, "more": 1}, "expected a description of a transform, a topology, a tuple or values"),
        ({"tuple": 3}, "expected a description of a transform, a topology, a tuple or values"),
        ({"__import__": "os"}, "expected a description of a transform, a topology, a tuple or values"),
    ],
    ids=str,
)
def test_what_can_t_be_built_is_named(description: Any, said: str) -> None:
    with pytest.raises(ValueError) as error:
        build(description)
    assert said in str(error.value)
    assert "update tg_skeleton if a newer version wrote it" in str(error.value)
