"""Two paths, one result: a batch of a recording and its persons, at once and one sequence after another."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.recordings import persons_alone
from tg_skeleton.inference.side_by_side import SideBySide

CENTER = T.CenterOnFirstFrame(1)


def recognizer(transform: BaseTransform | None, *, batch_transform: BaseTransform | None = None) -> ActionRecognizer:
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "num_frames": 8, "widths": [4]},
        topology=NTU25,
        class_names=("a", "b"),
        num_frames=8,
        transform=transform,
        batch_transform=batch_transform or T.Streams("joint", "bone_velocity"),
    )
    return ActionRecognizer(card.build(), card)


def window(persons: int, *, gaps: bool) -> torch.Tensor:
    """Twelve frames; with ``gaps``, everybody is there in another number of them, the first one least."""
    generator = torch.Generator().manual_seed(persons)
    pos = torch.randn(12, persons, 25, 3, generator=generator)
    for person in range(persons if gaps else 0):
        pos[: 2 * (persons - person), person] = 0
    return pos


def one_by_one(asked: ActionRecognizer, pos: torch.Tensor, *, together: bool, alone: bool) -> SkeletonSequence:
    recording = SkeletonSequence.from_array(pos, NTU25, name="window")
    return asked.prepare([recording] * together + (persons_alone(recording, NTU25) if alone else []))


def clips(batch: SkeletonSequence) -> list[torch.Tensor]:
    return [batch.x[:, batch.batch == clip] for clip in range(batch.num_graphs)]


class FlipsFirst(BaseTransform):
    """One of the user's own, which does not take batches."""

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        pos = data.pos.clone()
        pos[:, 0] *= -1
        data.pos = pos
        return data


CASES = {
    "center": (Compose([CENTER, T.SampleSegments(8, "center")]), True),
    "split": (Compose([CENTER, T.SplitPersons(), T.SampleSegments(8, "center")]), True),
    "seeded": (Compose([T.SampleSegments(8, seed=0)]), True),
    "two clips": (Compose([T.MinMaxNormalize(), T.SampleSegments(8, "center", clips=2)]), True),
    "aligned": (Compose([T.AlignBody(), T.SampleSegments(8, "center")]), True),
    "none": (None, True),
    "random": (Compose([CENTER, T.SampleSegments(8)]), False),
    "own": (Compose([FlipsFirst(), T.SampleSegments(8, "center")]), False),
}


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "gaps"])
@pytest.mark.parametrize("persons", [1, 3])
@pytest.mark.parametrize(("together", "alone"), [(True, True), (False, True), (True, False)])
@pytest.mark.parametrize(("transform", "at_once"), list(CASES.values()), ids=list(CASES))
def test_the_batch_is_that_of_prepare(transform, at_once, together, alone, persons, gaps) -> None:
    asked = recognizer(transform)
    pos = window(persons, gaps=gaps)
    expected = clips(one_by_one(asked, pos, together=together, alone=alone))
    prepare = SideBySide(asked)
    for _ in range(2):
        batch, order = prepare(pos, together=together, alone=alone)
        got = clips(batch)
        assert sorted(order) == list(range(len(expected)))
        for place, clip in zip(order, expected, strict=True):
            torch.testing.assert_close(got[place], clip)
    assert prepare.at_once == at_once


def test_the_network_says_the_same_about_both() -> None:
    asked = recognizer(Compose([CENTER, T.SampleSegments(8, "center")]), batch_transform=T.Streams("joint"))
    pos = window(3, gaps=False)
    batch, order = SideBySide(asked)(pos, together=True, alone=True)
    expected = asked.logits(one_by_one(asked, pos, together=True, alone=True))
    torch.testing.assert_close(asked.logits(batch)[order], expected)
    assert expected.std(0).min() > 1e-4  # they differ from one another


def test_scores_go_along() -> None:
    asked = recognizer(T.SampleSegments(8, "center"), batch_transform=T.Streams("joint", "score"))
    pos, score = window(2, gaps=False), torch.rand(12, 2, 25)
    batch, _ = SideBySide(asked)(pos, score, together=True, alone=True)
    frames = T.SampleSegments(8, "center").frames_of([12])[0]
    sampled = score[frames].flatten(1)
    torch.testing.assert_close(batch.x[..., 3], torch.cat([sampled, sampled], 1))


def test_padding_and_other_nodes_pass() -> None:
    for transform in (T.PadPersons(3), T.Barycenter(NTU25, [part.joints for part in NTU25.parts])):
        asked = recognizer(Compose([transform, T.SampleSegments(8, "center")]), batch_transform=T.Streams("joint"))
        pos = window(2, gaps=False)
        expected = one_by_one(asked, pos, together=True, alone=True)
        batch, order = SideBySide(asked)(pos, together=True, alone=True)
        assert order == [0, 1, 2]
        torch.testing.assert_close(batch.x, expected.x)
        assert torch.equal(batch.batch, expected.batch)


@pytest.mark.parametrize("mode", ["random", "center"])
def test_torch_s_generator_stays_as_it_was(mode) -> None:
    before = torch.get_rng_state()
    SideBySide(recognizer(T.SampleSegments(8, mode)))(window(2, gaps=False), together=True, alone=True)
    assert torch.equal(before, torch.get_rng_state())


def test_clips_of_different_lengths_are_refused() -> None:
    prepare = SideBySide(recognizer(T.SplitPersons()))
    with pytest.raises(ValueError, match="make clips of 12 to 24 frames of one window.*SampleSegments"):
        prepare(window(2, gaps=False), together=True, alone=True)
