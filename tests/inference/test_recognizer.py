"""Recordings in, classes out: alone or among others, by person, and by a network that came from a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.inference import ActionRecognizer, ModelCard

ARM = Topology("arm", ("hand", "elbow", "shoulder"), ("elbow", "shoulder", "shoulder"))
CLASSES = ("wave", "point", "rest")


def card(network: str = "ESAN", persons: int = 1, **arguments: Any) -> ModelCard:
    """Two random clips of six frames, joints and bones."""
    pad = [T.PadPersons(2)] if persons == 2 else []
    return ModelCard(
        network=network,
        arguments={"in_channels": 6, "num_classes": 3, **arguments},
        topology=ARM,
        class_names=CLASSES,
        num_frames=6,
        clips=2,
        num_persons=persons,
        transform=Compose([T.CenterOnFirstFrame(), T.SampleSegments(6, clips=2, seed=0), *pad]),
        batch_transform=T.Streams("joint", "bone", clips=2),
    )


def made(card: ModelCard) -> ActionRecognizer:
    """A network whose norms and weights are not those that it begins with."""
    network = card.build()
    generator = torch.Generator().manual_seed(0)
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.add_((torch.rand(value.shape, generator=generator) - 0.5) / 4)
    return ActionRecognizer(network.train(), card)


def esan() -> ActionRecognizer:
    return made(card(widths=(8, 8), num_frames=6))


def for_two() -> ActionRecognizer:
    return made(card("AGCN", 2, widths=(4, 4), num_persons=2))


def array(frames: int, persons: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((frames, persons, 3, 3)).astype(np.float32)


def recordings() -> list[SkeletonSequence]:
    """Of unequal lengths and numbers of persons; with labels, scores and other attributes, or without."""
    return [
        SkeletonSequence.from_array(array(9, 1, 1), ARM, name="one", y=2),
        SkeletonSequence.from_array(array(31, 2, 2), ARM, name="two", score=np.ones((31, 2, 3)), extra={"camera": 3}),
        SkeletonSequence.from_array(array(1, 1, 3), ARM),
        SkeletonSequence.from_array(array(12, 2, 4), ARM, name="four", y=0),
    ]


def close(one: Any, two: Any) -> None:
    assert_equal_up_to_rounding(one, two, depth=esan().model)


def test_the_answer_is_the_mean_of_the_clips_logits() -> None:
    recognizer, (recording, *_) = esan(), recordings()
    data = recognizer.card.transform(Batch.from_data_list([recording]))  # type: ignore[misc]
    x = recognizer.card.batch_transform(data).x  # type: ignore[misc]
    with torch.no_grad():
        logits = [recognizer.model(x[clip : clip + 6]) for clip in (0, 6)]
    close(recognizer(recording).probabilities, torch.stack(logits).mean(0).softmax(1)[0].numpy())


def test_a_prediction_says_what_it_says() -> None:
    prediction = esan()(recordings()[0])
    assert prediction.name == "one"
    assert prediction.label == CLASSES[int(prediction.probabilities.argmax())]
    assert prediction.probability == prediction.probabilities.max()
    assert prediction.probabilities.dtype == prediction.person_probabilities.dtype == np.float32
    assert [label for label, _ in prediction.top(9)] == [CLASSES[k] for k in np.argsort(-prediction.probabilities)]
    close(prediction.probabilities.sum(), 1)


def test_no_best_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k: expected 1 or more, got 0"):
        esan()(recordings()[0]).top(0)


@pytest.mark.parametrize("make", [esan, for_two])
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_the_answer_does_not_depend_on_the_neighbours(make: Callable[[], ActionRecognizer], batch_size: int) -> None:
    recognizer = make()
    alone = [recognizer(recording) for recording in recordings()]
    together = recognizer.predict(recordings(), batch_size=batch_size)
    assert [one.name for one in together] == ["one", "two", "recording 2", "four"]
    for one, two in zip(alone, together, strict=True):
        close(one.probabilities, two.probabilities)
        close(one.person_probabilities, two.person_probabilities)


@pytest.mark.parametrize("transform", [T.SampleSegments(12), T.CropResize(12)], ids=repr)
def test_draws_of_a_transform_without_a_seed_do_not_depend_on_the_neighbours_either(transform: Any) -> None:
    recognizer = made(replace(esan().card, transform=transform))
    before = torch.get_rng_state()
    close(recognizer(recordings()[1]).probabilities, recognizer.predict(recordings())[1].probabilities)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("make", [esan, for_two])
def test_a_person_alone_has_the_answer_of_a_recording_of_that_person(make: Callable[[], ActionRecognizer]) -> None:
    recognizer, both = make(), array(20, 2)
    expected = [recognizer(both[:, m : m + 1]).probabilities for m in (0, 1)]
    close(recognizer(both).person_probabilities, np.stack(expected))
    assert not np.allclose(expected[0], expected[1], atol=1e-4)


def test_of_one_person_alone_and_together_are_the_same() -> None:
    prediction = esan()(array(20, 1))
    assert np.array_equal(prediction.person_probabilities, prediction.probabilities[None])


class Counting(nn.Module):
    """How many clips went through a network, call by call."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.calls = model, []  # type: ignore[var-annotated]

    def forward(self, x: Tensor, batch: Tensor, batch_size: int) -> Tensor:
        self.calls.append(batch_size)
        return self.model(x, batch, batch_size)


def test_persons_go_through_the_network_once_more_and_only_where_there_are_several() -> None:
    counting = Counting(esan().model)
    recognizer = ActionRecognizer(counting, esan().card)
    recognizer(array(9, 1))
    recognizer(array(9, 3))
    recognizer.predict([array(9, 3)], per_person=False)
    assert recognizer.fused.calls == [2, 8, 2]  # two clips each


def test_without_persons_there_are_no_probabilities_of_persons() -> None:
    (prediction,) = esan().predict([array(9, 2)], per_person=False)
    assert prediction.person_probabilities.shape == (0, 3)
    close(prediction.probabilities, esan()(array(9, 2)).probabilities)


def test_arrays_of_one_person_tensors_and_sequences_are_the_same() -> None:
    recognizer, values = esan(), array(9, 1)
    expected = recognizer(SkeletonSequence.from_array(values, ARM)).probabilities
    for recording in (values, values[:, 0], torch.from_numpy(values), values.astype(np.float64)):
        assert np.array_equal(recognizer(recording).probabilities, expected)


def test_persons_of_an_array_who_are_nowhere_do_not_count() -> None:
    padded = np.concatenate([array(9, 1), np.zeros((9, 1, 3, 3), np.float32)], axis=1)
    assert np.array_equal(esan()(padded).person_probabilities, esan()(array(9, 1)).person_probabilities)


def test_recordings_stay_as_they_were() -> None:
    sequences = recordings()
    esan().predict(sequences)
    for sequence, expected in zip(sequences, recordings(), strict=True):
        assert sequence.keys() == expected.keys()
        assert torch.equal(sequence.pos, expected.pos)


def test_no_recordings_no_predictions() -> None:
    assert esan().predict([]) == []
    with pytest.raises(ValueError, match=r"recordings: expected at least one, got none"):
        esan().prepare([])


def test_without_transforms_x_is_what_the_network_reads() -> None:
    bare = ActionRecognizer(esan().model, replace(esan().card, transform=None, batch_transform=None, clips=1))
    sequence = recordings()[0]
    sequence.x = torch.randn(6, 3, 6)
    close(bare(sequence).probabilities, bare.model(sequence.x).softmax(1)[0].detach().numpy())
    with pytest.raises(ValueError, match=r"this checkpoint has no transforms; give sequences with the x"):
        bare(array(6, 1))


def test_a_recording_that_does_not_fit_is_named_by_its_place() -> None:
    with pytest.raises(ValueError, match=r"recording 1: expected arm's 3 joints, got 4"):
        esan().predict([array(9, 1), np.zeros((9, 4, 3))])


def test_a_recording_without_coordinates_is_refused() -> None:
    sequence = recordings()[0]
    sequence.x = sequence.pos
    del sequence.pos
    with pytest.raises(ValueError, match=r"one: pos: expected coordinates \[T, N, D\], got a sequence without them"):
        esan()(sequence)


def test_too_many_persons_are_named_with_the_recording() -> None:
    with pytest.raises(ValueError, match=r"recording 0: num: expected at most 2 persons in a sequence, got 3"):
        for_two()(array(9, 3))


def test_no_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"batch_size: expected 1 or more, got 0"):
        esan().predict([], batch_size=0)
