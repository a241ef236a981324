"""What a network takes of a recording, and recordings that it does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.data import body_graph
from tg_skeleton.inference import ModelCard
from tg_skeleton.inference.recordings import as_sequence, persons_alone

ARM = Topology("arm", ("hand", "elbow", "shoulder"), ("elbow", "shoulder", "shoulder"))
CARD = ModelCard(
    network="SGN",
    arguments={"in_channels": 3, "num_classes": 2},
    topology=ARM,
    class_names=("wave", "rest"),
    num_frames=20,
    transform=T.SampleSegments(20, mode="center"),
    batch_transform=T.Streams("joint"),
)


def array(frames: int, persons: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((frames, persons, 3, 3)).astype(np.float32)


def test_what_no_network_reads_is_left_out() -> None:
    score = np.random.default_rng(1).random((9, 2, 3))
    sequence = SkeletonSequence.from_array(array(9, 2), ARM, y=1, score=score, name="clip 7", extra={"camera": 2})
    kept = as_sequence(sequence, CARD)
    assert set(kept.keys()) == {"pos", "score", "edge_index", "parent_index", "joint", "person", "name"}
    assert (kept.name, "y" in sequence) == ("clip 7", True)
    assert torch.equal(kept.pos, sequence.pos)


def test_a_recording_without_a_name_has_its_place() -> None:
    assert as_sequence(array(9, 1), CARD, 5).name == "recording 5"


def test_persons_alone_are_recordings_of_one() -> None:
    values = array(9, 3)
    sequence = as_sequence(SkeletonSequence.from_array(values, ARM, score=np.abs(values[..., 0])), CARD)
    for m, one in enumerate(persons_alone(sequence, ARM)):
        assert torch.equal(one.pos, torch.from_numpy(values[:, m]))
        assert torch.equal(one.score, torch.from_numpy(np.abs(values[:, m, :, 0])))
        for key, value in body_graph(ARM).items():
            assert torch.equal(one[key], value)


def named(values: np.ndarray, topology: Topology = ARM) -> SkeletonSequence:
    return SkeletonSequence.from_array(values, topology, name="clip 7")


def without_frames() -> SkeletonSequence:
    sequence = named(array(3, 1))
    sequence.pos = sequence.pos[:0]
    return sequence


def with_nan() -> SkeletonSequence:
    sequence = named(array(9, 1))
    sequence.pos[4, 1, 2] = np.nan
    return sequence


def without_skeleton() -> SkeletonSequence:
    sequence = named(array(3, 1))
    del sequence.parent_index
    return sequence


LEG = Topology("leg", ("a", "b", "c", "d"), (0, 0, 1, 2))
BENT = Topology("bent", ("a", "b", "c"), (0, 0, 0))
JOINTS = r"expected arm's 3 joints, got 4; carry them over with tg_skeleton.transforms.ToTopology\(source, target\)"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: np.zeros((9, 4, 3)), rf"recording 1: {JOINTS}"),
        (lambda: named(np.ones((9, 1, 4, 3)), LEG), rf"clip 7: {JOINTS}"),
        (
            lambda: named(array(9, 1), BENT),
            r"clip 7: expected arm's joints in arm's order, got a skeleton with other p",
        ),
        (lambda: array(9, 1)[..., :2], r"recording 1: expected 3 coordinates of each joint, got 2; take a network"),
        (
            lambda: np.zeros((9, 3)),
            r"recording 1: expected coordinates \[T, M, V, D\] or, of one person, .* got \[9, 3\]",
        ),
        (lambda: array(0, 1), r"recording 1: expected at least one frame, got none"),
        (without_frames, r"clip 7: expected at least one frame, got none"),
        (
            with_nan,
            r"clip 7: pos: expected finite numbers, got others in frame 4; give joints that were not seen score 0",
        ),
        (without_skeleton, r"clip 7: expected a recording with a skeleton; build it with SkeletonSequence.from_array"),
        (
            lambda: Batch.from_data_list([named(array(9, 1))]),
            r"expected a single recording, got a batch; take it apart",
        ),
        (lambda: SkeletonSequence(pos=torch.ones(1, 3, 3)), r"recording 1: expected a recording with a skeleton"),
    ],
)
def test_a_recording_that_does_not_fit_is_named(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_sequence(make(), CARD, 1)


def test_what_is_no_recording_is_refused() -> None:
    with pytest.raises(TypeError, match=r"recording 0: expected a SkeletonSequence or an array .*, got list"):
        as_sequence([[1.0]], CARD)  # type: ignore[arg-type]
