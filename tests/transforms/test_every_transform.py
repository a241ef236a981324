"""What holds for every transform: batch = batched sequences, inputs untouched, repr, devices, edge cases."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton import Part, SkeletonSequence, Topology

STICK = Topology("stick", ("a", "b"), ("a", "a"))
ARM = Topology("arm", ("elbow", "shoulder", "hand"), ("shoulder", "shoulder", "elbow"))
LIMBS = Topology(
    "limbs", ARM.joints, ARM.parents, parts=(Part("upper", (0, 1), 1, 0), Part("lower", (2,), 2, "shoulder"))
)
HAND = Topology("hand", ("elbow", "wrist", "hand", "tail"), ("elbow", "elbow", "wrist", "elbow"))

CASES: list[tuple[Callable[[], BaseTransform], str]] = [
    (lambda: T.CenterOnFirstFrame(), "CenterOnFirstFrame(joint=1)"),
    (lambda: T.SplitPersons(), "SplitPersons()"),
    (lambda: T.SampleSegments(4), "SampleSegments(4, mode='random', clips=1)"),
    (lambda: T.SampleSegments(9, "random", clips=2), "SampleSegments(9, mode='random', clips=2)"),
    (lambda: T.SampleSegments(5, clips=2, seed=1), "SampleSegments(5, mode='random', clips=2, seed=1)"),
    (lambda: T.SampleSegments(4, mode="center", clips=3), "SampleSegments(4, mode='center', clips=3)"),
    (lambda: T.CropResize(4), "CropResize(4, 0.5, 1.0, mode='random')"),
    (lambda: T.CropResize(9, 0.2, 0.9, mode="center"), "CropResize(9, 0.2, 0.9, mode='center')"),
    (lambda: T.Resample(30, source=20), "Resample(30, source=20)"),
    (lambda: T.Resample(12.5, source=29.97), "Resample(12.5, source=29.97)"),
    (lambda: T.RandomRotate(17), "RandomRotate(17)"),
    (lambda: T.RandomRotate((0, 0, 30.5)), "RandomRotate((0, 0, 30.5))"),
    (lambda: T.RandomScale(0.5, 1.5), "RandomScale(0.5, 1.5)"),
    (lambda: T.MinMaxNormalize(), "MinMaxNormalize()"),
    (lambda: T.Streams("joint", "bone"), "Streams('joint', 'bone', clips=1, start='zero')"),
    (
        lambda: T.Streams("score", "bone_velocity", "joint_velocity", clips=1),
        "Streams('score', 'bone_velocity', 'joint_velocity', clips=1, start='zero')",
    ),
    (
        lambda: T.Streams("joint_acceleration", "bone_acceleration", start="keep"),
        "Streams('joint_acceleration', 'bone_acceleration', clips=1, start='keep')",
    ),
    (
        lambda: T.RelativeCoordinates(LIMBS),
        "RelativeCoordinates('limbs', mode='pinv', scale=1.2, center=None)",
    ),
    (
        lambda: T.RelativeCoordinates(ARM, "center", scale=2, center="hand"),
        "RelativeCoordinates('arm', mode='center', scale=2, center='hand')",
    ),
    (lambda: T.Barycenter(ARM, [(0, 2), (1,)]), "Barycenter('arm', groups=[(0, 2), (1,)])"),
    (lambda: T.AlignBody(0, (0, 1), (1, 0)), "AlignBody(center=0, spine=(0, 1), shoulders=(1, 0))"),
    (lambda: T.PadPersons(3), "PadPersons(3, drop=False)"),
    (lambda: T.PadPersons(1, drop=True), "PadPersons(1, drop=True)"),
    (lambda: T.ReplayPad(10), "ReplayPad(10)"),
    (lambda: T.ReplayPad(4), "ReplayPad(4)"),
    (lambda: T.ToSpatioTemporalGraph(1), "ToSpatioTemporalGraph(1)"),
    (lambda: T.ToSpatioTemporalGraph(3), "ToSpatioTemporalGraph(3)"),
    (lambda: T.ToTopology(ARM, HAND), "ToTopology('arm', 'hand')"),
    (lambda: T.FillMissing(), "FillMissing(limit=None, causal=False)"),
    (lambda: T.FillMissing(2, causal=True), "FillMissing(limit=2, causal=True)"),
    (lambda: T.RemoveStrays(1.5), "RemoveStrays(1.5)"),
    (lambda: T.RandomJointDrop(0.4), "RandomJointDrop(0.4)"),
    (lambda: T.RandomFrameDrop(0.4), "RandomFrameDrop(0.4)"),
    (lambda: T.Flip(1), "Flip(1)"),
    (lambda: T.Mirror(ARM), "Mirror('arm')"),
    (lambda: T.RandomMirror(ARM), "RandomMirror('arm', 0.5)"),
    (lambda: T.RandomMirror(ARM, 0.4, classes=[(0, 1)]), "RandomMirror('arm', 0.4, classes=[(0, 1)])"),
    (lambda: T.RandomAxisDrop(0.7), "RandomAxisDrop(0.7)"),
    (lambda: T.JointNoise(0.3), "JointNoise(0.3)"),
    (lambda: T.JointNoise(0.3, per_frame=True), "JointNoise(0.3, per_frame=True)"),
    (lambda: T.RandomTemporalCrop(0.5, 0.5), "RandomTemporalCrop(0.5, 0.5)"),
    (lambda: T.RandomTemporalStretch(1.5, 1.5), "RandomTemporalStretch(1.5, 1.5, warp=0.5)"),
    (lambda: T.RandomShear(0.5), "RandomShear(0.5)"),
    (lambda: T.RandomScale(0.5, 1.5, per_axis=True), "RandomScale(0.5, 1.5, per_axis=True)"),
    (lambda: T.FaceFront(ARM, [(0, 2)]), "FaceFront('arm', pairs=[(0, 2)])"),
    (lambda: T.SwapPersons(0.6), "SwapPersons(0.6)"),
    (lambda: T.MixUp(2.0, p=0.5), "MixUp(2.0, p=0.5)"),
    (lambda: T.PartMix(ARM, groups=[["hand"]], p=0.5), "PartMix('arm', groups=[[2]], p=0.5)"),
]
EVERY = pytest.mark.parametrize("make", [make for make, _ in CASES], ids=[text for _, text in CASES])


def recording(seed: int, present: list[list[int]], dims: int = 3, topology: Topology = ARM) -> SkeletonSequence:
    """A random recording of ``present[t][m]`` persons, with scores and x."""
    there = torch.tensor(present)[:, :, None]
    frames, persons = there.shape[:2]
    generator = torch.Generator().manual_seed(seed)
    pos = torch.randn(frames, persons, topology.num_joints, dims, generator=generator) * there[..., None]
    score = torch.rand(frames, persons, topology.num_joints, generator=generator) * there
    sequence = SkeletonSequence.from_array(
        pos, topology, score=score, y=seed, name=f"recording {seed}", keep_absent=True, extra={"subject": seed}
    )
    sequence.x = torch.randn(frames, persons * topology.num_joints, 5, generator=generator)
    return sequence


def recordings(dims: int = 3) -> list[SkeletonSequence]:
    """Ragged persons, two topologies, absences, a recording with nobody in it; six frames each."""
    return [
        recording(0, [[1], [1], [1], [1], [1], [1]], dims),
        recording(1, [[0, 0], [0, 1], [1, 1], [0, 0], [1, 0], [1, 1]], dims),
        recording(2, [[1, 0, 1]] * 6, dims, STICK),
        recording(3, [[0], [0], [0], [0], [0], [0]], dims),
    ]


def recordings_for(transform: BaseTransform, dims: int = 3) -> list[SkeletonSequence]:
    """Those that the transform takes: of one topology, in space, or coming to six one-person frames."""
    if isinstance(transform, T.AlignBody):
        return recordings(dims=3)
    if isinstance(transform, T.FaceFront):
        return [sequence for sequence in recordings(dims=3) if sequence.joint.max() == 2]
    if isinstance(transform, T.MixUp | T.PartMix):  # which change with the rest of the batch
        return [recording(1, [[0, 0], [0, 1], [1, 1], [0, 0], [1, 0], [1, 1]], dims)]
    if isinstance(transform, T.RelativeCoordinates | T.Barycenter | T.ToTopology | T.Mirror | T.RandomMirror):
        return [sequence for sequence in recordings(dims) if sequence.joint.max() == 2]
    if isinstance(transform, T.SplitPersons):
        six = [[[1]] * 6, [[0, 0], [0, 1], [1, 1], [0, 0], [1, 0], [1, 1]], [[1, 0, 0]] * 6]
        return [recording(0, six[0], dims), recording(1, six[1], dims), recording(2, six[2], dims, STICK)]
    return recordings(dims)


def assert_same(got: Data, expected: Data) -> None:
    assert set(got.keys()) == set(expected.keys())
    for key in expected.keys():  # noqa: SIM118 - iterating a Data gives pairs
        if isinstance(expected[key], Tensor):
            torch.testing.assert_close(got[key].cpu(), expected[key], msg=f"{key} differs")
        else:
            assert got[key] == expected[key], key


def with_draws(transform: BaseTransform, draws: Tensor | None) -> BaseTransform:
    """The same transform, drawing ``draws``."""
    fed = copy.copy(transform)
    if draws is not None:
        fed.draw = lambda *args: draws.to(args[-1])
    return fed


def draws_for(transform: BaseTransform, batch: Batch, frames: int = 6) -> Tensor | None:
    graphs = batch.num_graphs
    if isinstance(transform, T.RandomJointDrop):
        return transform.draw(batch.num_nodes, 1, torch.device("cpu"))
    if isinstance(transform, T.JointNoise):
        times = frames if transform.per_frame else 1
        return transform.draw(batch.num_nodes, 1, times, batch.pos.size(-1), torch.device("cpu"))
    one_each = (T.RandomRotate, T.RandomScale, T.CropResize, T.RandomMirror, T.RandomAxisDrop, T.RandomTemporalCrop)
    others = (T.RandomTemporalStretch, T.RandomShear, T.SwapPersons, T.MixUp, T.PartMix)
    if isinstance(transform, (*one_each, *others)):
        return transform.draw(graphs, torch.device("cpu"))
    if isinstance(transform, T.RandomFrameDrop | T.SampleSegments):
        return transform.draw(graphs, frames, torch.device("cpu"))
    return None


@EVERY
@pytest.mark.parametrize("dims", [2, 3])
def test_a_batch_gives_what_its_sequences_give(make: Callable[[], BaseTransform], dims: int) -> None:
    transform = make()
    sequences = recordings_for(transform, dims)
    draws = draws_for(transform, Batch.from_data_list(sequences))
    of_nodes = isinstance(transform, T.RandomJointDrop | T.JointNoise)
    sizes = [sequence.num_nodes if of_nodes else 1 for sequence in sequences]
    parts = [None] * len(sequences) if draws is None else draws.split(sizes)
    apart = [with_draws(transform, part)(sequence) for part, sequence in zip(parts, sequences, strict=True)]
    together = with_draws(transform, draws)(Batch.from_data_list(sequences))
    assert_same(together, Batch.from_data_list(apart))


@EVERY
def test_a_batch_without_ptr_gives_the_same(make: Callable[[], BaseTransform]) -> None:
    transform = make()
    batch = Batch.from_data_list(recordings_for(transform))
    fed = with_draws(transform, draws_for(transform, batch))
    bare = copy.copy(batch)
    del bare.ptr
    expected, got = fed(batch), fed(bare)
    got.ptr = expected.ptr
    assert_same(got, expected)


@EVERY
def test_the_input_stays_as_it_was(make: Callable[[], BaseTransform]) -> None:
    transform = make()
    for data in (recordings()[1], Batch.from_data_list(recordings_for(transform))):
        before = {key: (value, value.clone(), value._version) for key, value in data if isinstance(value, Tensor)}
        keys = list(data.keys())
        transform(data)
        assert list(data.keys()) == keys
        for key, (value, copied, version) in before.items():
            assert data[key] is value, key
            assert value._version == version, key
            assert torch.equal(value, copied), key


@pytest.mark.parametrize(("make", "text"), CASES, ids=[text for _, text in CASES])
def test_repr_names_every_argument(make: Callable[[], BaseTransform], text: str) -> None:
    assert repr(make()) == text


@EVERY
@pytest.mark.parametrize("present", [[[1]], [[0]], [[1, 0]], [[0, 0]], [[0], [1], [0]]], ids=str)
def test_one_frame_and_empty_frames_give_finite_values(
    make: Callable[[], BaseTransform], present: list[list[int]]
) -> None:
    sequence = recording(0, present)
    for data in (sequence, Batch.from_data_list([sequence, sequence])):
        out = make()(data)
        for key, value in out:
            assert not isinstance(value, Tensor) or bool(torch.isfinite(value).all()), key
        assert out.num_nodes > 0


@pytest.mark.parametrize(
    "transform",
    [
        T.CenterOnFirstFrame(),
        T.RandomRotate(17),
        T.RandomScale(0.5, 1.5),
        T.MinMaxNormalize(),
        T.PadPersons(2),
        T.Barycenter(ARM, [(0, 2), (1,)]),
        T.AlignBody(0, (0, 1), (1, 2)),
        T.ToTopology(ARM, HAND),
    ],
    ids=repr,
)
def test_absent_persons_stay_absent(transform: BaseTransform) -> None:
    out = transform(recording(0, [[1, 0], [1, 1], [0, 1]]))
    assert out.to_dense("pos").ne(0).any(3).any(2).t().tolist() == [[True, False], [True, True], [False, True]]


class OnlyOnCPU(TorchDispatchMode):
    """Raises where an operation makes a tensor elsewhere than on the CPU."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        devices = {value.device.type for value in tree_leaves(out) if isinstance(value, Tensor)}
        assert devices <= {"cpu"}, f"{func} made a tensor without saying where"
        return out


@EVERY
def test_every_tensor_is_made_where_the_data_lie(make: Callable[[], BaseTransform]) -> None:
    transform = make()
    sequences = recordings_for(transform)
    batch = Batch.from_data_list(sequences)
    with torch.device("meta"), OnlyOnCPU():  # a tensor made without a device would land on meta
        transform(sequences[len(sequences) > 1])
        transform(batch)


@EVERY
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_batch_on_the_gpu_gives_what_the_cpu_gives(make: Callable[[], BaseTransform]) -> None:
    transform = make()
    batch = Batch.from_data_list(recordings_for(transform))
    fed = with_draws(transform, draws_for(transform, batch))
    on_gpu = fed(batch.to("cuda"))
    assert on_gpu.edge_index.is_cuda
    assert_same(on_gpu, fed(batch.cpu()))


@pytest.mark.parametrize(
    "make",
    [
        T.SplitPersons,
        T.CenterOnFirstFrame,
        T.MinMaxNormalize,
        T.AlignBody,
        lambda: T.CropResize(9),
        lambda: T.Resample(9, source=3),
        lambda: T.RandomRotate(9),
        lambda: T.RelativeCoordinates(LIMBS),
    ],
)
def test_a_sequence_without_coordinates_is_refused(make: Callable[[], BaseTransform]) -> None:
    sequence = recording(0, [[1]])
    del sequence.pos
    with pytest.raises(
        ValueError, match=r"pos: expected coordinates \[T, N, D\], got a sequence without them; build it"
    ):
        make()(sequence)


def test_a_pipeline_runs_in_a_loader() -> None:
    pipeline = Compose([T.CenterOnFirstFrame(), T.SplitPersons(), T.SampleSegments(5), T.Streams("joint", "bone")])
    (batch,) = DataLoader([pipeline(sequence) for sequence in recordings()], batch_size=4)
    assert batch.x.shape == (5, 3 + 3 + 2 + 3, 6)
    assert batch.person.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3]
