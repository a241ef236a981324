"""Several networks that answer as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton import NTU25
from tg_skeleton.evaluation import Scores, ensemble
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.fused import FusedRecognizer
from tg_skeleton.topologies import NWUCLA20
from tg_skeleton.transforms import SampleSegments, Streams


def recognizer(stream="joint", seed=0, **changes):
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 3, "num_frames": 8, "widths": (8, 8)},
        topology=NTU25,
        class_names=("sit", "stand", "jump"),
        num_frames=8,
        transform=SampleSegments(8, mode="center"),
        batch_transform=Streams(stream),
    )
    card = replace(card, **changes)
    torch.manual_seed(seed)
    model = card.build()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return ActionRecognizer(model, card)


def test_the_mean_of_probabilities_is_what_an_ensemble_gives():
    parts = [recognizer("joint"), recognizer("bone", seed=1)]
    recordings = [torch.randn(frames, 2, 25, 3) for frames in (9, 20)]
    said = FusedRecognizer(parts).predict(recordings)
    alone = [part.predict(recordings) for part in parts]
    scores = [Scores(["a", "b"], np.log([one.probabilities for one in answers]), [0, 0]) for answers in alone]
    expected = torch.tensor(ensemble(scores).logits).softmax(1)
    assert_equal_up_to_rounding([one.probabilities for one in said], expected, depth=parts[0].model)
    persons = np.mean([[one.person_probabilities for one in answers] for answers in alone], axis=0)
    assert_equal_up_to_rounding([one.person_probabilities for one in said], persons, depth=parts[0].model)


def test_one_network_answers_as_it_does_alone():
    one, recording = recognizer(), torch.randn(12, 1, 25, 3)
    np.testing.assert_array_equal(FusedRecognizer([one])(recording).probabilities, one(recording).probabilities)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"class_names": ("a", "b", "c")}, r"got class_names \('sit', .*\) and, of number 1, \('a', 'b', 'c'\)"),
        ({"topology": NWUCLA20}, "got topology NTU25 and, of number 1, NWUCLA20"),
        ({"dims": 2}, "got dims 3 and, of number 1, 2"),
    ],
)
def test_networks_of_other_recordings_are_refused(changes, reason):
    with pytest.raises(
        ValueError, match=f"recognizers: expected networks of the same recordings and classes, {reason}"
    ):
        FusedRecognizer([recognizer(), recognizer(**changes)])


def test_none_is_refused():
    with pytest.raises(ValueError, match="recognizers: expected at least one, got none"):
        FusedRecognizer([])


def test_repr():
    said = "ActionRecognizer(ESAN, 3 classes, NTU25)"
    assert repr(FusedRecognizer([recognizer(), recognizer("bone")])) == f"FusedRecognizer({said}, {said})"
