from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.collate import collate, with_scores
from tg_skeleton.datasets.preprocessing import nw_ucla_preprocessing
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.exportable import exportable
from tg_skeleton.inference.exported_transforms import chain, steps
from tg_skeleton.topologies import OPENPOSE18
from tg_skeleton.topology import Topology
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes.agcn import agcn_ntu60
from tg_skeleton.training.recipes.amanet import amanet_kinetics, amanet_ntu60, amanet_simulated
from tg_skeleton.training.recipes.ctrgcn import ctrgcn_ntu60
from tg_skeleton.training.recipes.esan import esan_ntu60_xsub
from tg_skeleton.training.recipes.sgn import sgn_ntu60
from tg_skeleton.training.recipes.stgcn import gcn_small, stgcn_ntu60
from tg_skeleton.transforms import Bodies, BodyTransform

RECIPES: dict[str, Callable[[], Recipe]] = {
    "esan, persons split": esan_ntu60_xsub,
    "esan, bones": lambda: esan_ntu60_xsub("bone"),
    "sgn": sgn_ntu60,
    "stgcn": stgcn_ntu60,
    "agcn, two persons aligned": lambda: agcn_ntu60("bone"),
    "ctrgcn, resized": lambda: ctrgcn_ntu60("bone_velocity"),
    "amanet": amanet_ntu60,
    "amanet, barycenters": lambda: amanet_ntu60("bone-barycenter"),
    "amanet, in the plane": amanet_kinetics,
    "amanet, simulated": amanet_simulated,
    "five clips, min-max": lambda: gcn_small(
        nw_ucla_preprocessing(lambda *, clips: T.Streams("joint", "joint_acceleration", clips=clips))
    ),
}


def recordings(topology: Topology, dims: int) -> list[SkeletonSequence]:
    """One to three persons who come and go; in one recording the first comes late, in one nobody is there at all."""
    torch.manual_seed(0)
    made = []
    for frames, persons in ((37, 1), (9, 2), (50, 3), (6, 1)):
        pos = torch.randn(frames, persons, topology.num_joints, dims, dtype=torch.float64)
        made.append(pos)
    made[1][:4, 0] = 0
    made[1][7:, 1] = 0
    made[2][10:20, 0] = 0
    made[2][14:, 2] = 0
    made[2][16] = 0
    made[3][:] = 0
    sequences = []
    for number, pos in enumerate(made):
        sequence = SkeletonSequence.from_array(pos, topology, name=str(number), keep_absent=True)
        sequence.pos = pos.flatten(1, 2)  # in float64
        sequences.append(sequence)
    return sequences


def centered(transform: BaseTransform | None) -> Compose:
    """The same transforms, with a seed or without draws."""
    return Compose([step.certain() if isinstance(step, BodyTransform) else step for step in steps(transform)])


def dense(sequences: list[SkeletonSequence], topology: Topology) -> Bodies:
    length = torch.tensor([one.num_frames for one in sequences])
    pos = []
    for one in sequences:
        body = one.to_dense("pos")
        pos.append(torch.cat([body, body.new_zeros(len(body), int(length.max()) - body.size(1), *body.shape[2:])], 1))
    recording = torch.arange(len(sequences)).repeat_interleave(torch.tensor([one.num_persons for one in sequences]))
    parent = torch.tensor(topology.parents)
    return Bodies(recording, len(sequences), parent, pos=torch.cat(pos).transpose(0, 1), length=length)


def through(before: list[BodyTransform], stream: T.Stream, bodies: Bodies) -> Tensor:
    for step in before:
        bodies = step.apply(bodies)
    return stream.channels(bodies).flatten(1, 2)


@pytest.mark.parametrize("name", RECIPES)
def test_does_what_the_transforms_of_a_recipe_do(name: str) -> None:
    recipe = RECIPES[name]().preprocessing
    topology, dims = (OPENPOSE18, 2) if "plane" in name else (NTU25, 3)
    sequences = recordings(topology, dims)
    if "two persons" in name or "resized" in name:  # their networks take two
        sequences = [sequences[0], sequences[1], sequences[3]]
    batch = collate(with_scores([centered(recipe.test_transform)(one) for one in sequences]))
    assert recipe.eval_batch_transform is not None
    expected = recipe.eval_batch_transform(batch).x

    x = through(*chain(recipe.test_transform, recipe.eval_batch_transform), dense(sequences, topology))
    assert x.shape == expected.shape
    torch.testing.assert_close(x, expected, rtol=0, atol=1e-6)


def test_persons_of_a_recording_may_stand_apart() -> None:
    """Only their order counts."""
    bodies = dense(recordings(NTU25, 3), NTU25)
    order = torch.tensor([6, 3, 0, 1, 4, 2, 5])
    assert bodies.recording is not None
    mixed = replace(bodies, pos=bodies.coordinates[:, order], recording=bodies.recording[order])
    two, again = (T.PadPersons(2, drop=True).apply(one) for one in (bodies, mixed))
    torch.testing.assert_close(two.pos, again.pos)
    assert two.recording is not None
    assert two.recording.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([T.RandomScale(0.9, 1.1), T.SampleSegments(4), T.Streams("joint")], r"RandomScale\(.*\) draws at random"),
        ([T.SampleSegments(4)], r"the last transform is SampleSegments.*, where one like Streams writes x"),
        ([], "the last transform is None"),
        ([T.SampleSegments(4), T.Streams("joint", "score")], "the stream 'score' reads confidences"),
        ([lambda data: data, T.SampleSegments(4), T.Streams("joint")], "<function .* is no BodyTransform"),
        ([T.Streams("joint")], "0 transforms sample frames, where one does"),
        ([T.ReplayPad(9), T.SampleSegments(4), T.Streams("joint")], "2 transforms sample frames"),
        (
            [T.SplitPersons(), T.MinMaxNormalize(), T.SampleSegments(4), T.Streams("joint")],
            "SplitPersons does not stand directly in front",
        ),
    ],
)
def test_says_what_can_not_be_exported(given: list[BaseTransform], reason: str) -> None:
    with pytest.raises(ValueError, match=f"can't be exported: {reason}.*use --from x"):
        chain(Compose(given))


def test_a_transform_of_your_own_is_exported() -> None:
    class Twice(BodyTransform):
        def apply(self, bodies: Bodies) -> Bodies:
            return replace(bodies, pos=2 * bodies.coordinates)

    steps_before, stream = chain(Compose([Twice(), T.ReplayPad(9), T.Streams("joint")]))
    sequences = recordings(NTU25, 3)
    expected = Compose([Twice(), T.ReplayPad(9), T.Streams("joint")])(sequences[1]).x
    x = through(steps_before, stream, dense(sequences, NTU25))
    torch.testing.assert_close(x[:, 25:75], expected, rtol=0, atol=0)


def test_a_seed_draws_the_same_frames_of_any_length() -> None:
    """Long ones too, of which torch's generator draws otherwise."""
    step = T.SampleSegments(20, clips=5, seed=3)
    lengths = [1, 2, 31, 201, 5000, 65536]
    frames = [torch.arange(float(length)).view(length, 1, 1) for length in lengths]
    dot = Topology("dot", ("a",), ("a",))
    expected = [step(SkeletonSequence.from_array(one, dot)).pos.flatten() for one in frames]
    longest = torch.zeros(len(lengths), max(lengths), 1)
    for row, one in zip(longest, frames, strict=True):
        row[: len(one)] = one[:, 0]
    each = torch.arange(len(lengths))
    bodies = Bodies(each, len(lengths), pos=longest.transpose(0, 1)[..., None], length=torch.tensor(lengths))
    got = step.apply(bodies).coordinates.flatten(1).t()
    torch.testing.assert_close(got, torch.stack(expected), rtol=0, atol=0)


def test_carries_bodies_over() -> None:
    """Without scores, which an exported file does not take."""
    step, sequences = T.ToTopology(NTU25, OPENPOSE18), recordings(NTU25, 3)
    moved = step.apply(dense(sequences, NTU25))
    assert moved.parent is not None and moved.parent.tolist() == list(OPENPOSE18.parents)
    torch.testing.assert_close(moved.coordinates[:37, 0], step(sequences[0]).to_dense("pos")[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", [0, 3, 2**40])
@pytest.mark.parametrize("length", [1, 7, 300, 54321])
def test_a_seed_draws_what_torch_draws(seed: int, length: int) -> None:
    """So the frames of earlier checkpoints stay."""
    expected = torch.randint(length, (1, 2, 9), generator=torch.Generator().manual_seed(seed))
    assert torch.equal(T.SampleSegments(9, clips=2, seed=seed).draw(1, length, torch.device("cpu")), expected)


@pytest.mark.parametrize("unseen", [0.0, torch.nan])
@pytest.mark.parametrize("fill", [[], [T.FillMissing()], [T.FillMissing(3, causal=True)]], ids=str)
def test_a_tenth_of_the_joints_unseen_a_file_reads_what_the_transforms_write(fill: list, unseen: float) -> None:
    """Persons who come and go, frames without anybody at both ends, and unseen joints: one rule."""
    transform = Compose([*fill, T.CenterOnFirstFrame(1), T.MinMaxNormalize(), T.CropResize(8, mode="center")])
    streams = T.Streams("joint", "bone", "bone_velocity")
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 9, "num_classes": 2, "num_frames": 8, "widths": [8, 8]},
        topology=NTU25,
        class_names=("sit", "stand"),
        num_frames=8,
        transform=transform,
        batch_transform=streams,
    )
    recognizer = ActionRecognizer(card.build(), card)
    generator = torch.Generator().manual_seed(0)
    arrays = [torch.randn(frames, persons, 25, 3, generator=generator) + 2 for frames, persons in ((12, 1), (9, 2))]
    arrays[0][:3] = 0
    arrays[1][-2:] = 0
    arrays[1][4:6, 1] = 0
    for array in arrays:
        array[torch.rand(array.shape[:3], generator=generator) < 0.1] = unseen
    expected = recognizer.prepare([SkeletonSequence.from_array(array, NTU25, nan="missing") for array in arrays])
    module = exportable(recognizer)
    pos = torch.zeros(3, 12, 25, 3)
    pos[0], pos[1:, :9] = arrays[0][:, 0], arrays[1].transpose(0, 1)
    x, recording = module.prepare(pos, torch.tensor([0, 1, 1]), torch.tensor([12, 9]))
    torch.testing.assert_close(x.flatten(1, 2), expected.x, rtol=0, atol=1e-5)
    assert recording.tolist() == [0, 1, 1] and "score" in expected
