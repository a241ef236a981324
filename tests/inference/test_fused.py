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
from tg_skeleton.inference.fused import FusedRecognizer, write_fusion
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


def test_weights_are_those_of_an_ensemble():
    parts, recording = [recognizer("joint"), recognizer("bone", seed=1)], torch.randn(9, 1, 25, 3)
    one, other = (part(recording).probabilities for part in parts)
    said = FusedRecognizer(parts, weights=[3, 1])(recording).probabilities
    np.testing.assert_allclose(said, 0.75 * one + 0.25 * other, rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match=r"weights: expected 2 numbers, one per stream .*, got \[3\]"):
        FusedRecognizer(parts, weights=[1, 2, 3])


def test_a_fusion_is_one_file_that_may_move_with_its_checkpoints(tmp_path):
    parts, recording = [recognizer("joint"), recognizer("bone", seed=1)], torch.randn(9, 1, 25, 3)
    files = [part.save(tmp_path / "run" / name / "model.safetensors") for name, part in zip("ab", parts, strict=True)]
    write_fusion(tmp_path / "run" / "fusion.json", files, [3, 1])
    moved = (tmp_path / "run").rename(tmp_path / "elsewhere")
    said = FusedRecognizer.load([moved / "fusion.json"])(recording).probabilities
    np.testing.assert_array_equal(said, FusedRecognizer(parts, [3, 1])(recording).probabilities)
    third = recognizer("joint", seed=2)
    both = FusedRecognizer.load([moved / "fusion.json", third.save(tmp_path / "third.safetensors")])
    np.testing.assert_allclose(both(recording).probabilities, (said + third(recording).probabilities) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "expected a file of write_fusion, with the format 'tg_skeleton fusion'"),
        ('{"format": "tg_skeleton fusion", "checkpoints": []}', "checkpoints: expected the places of one file or more"),
        (
            '{"format": "tg_skeleton fusion", "checkpoints": ["a"], "weights": [-1]}',
            "weights: expected finite numbers >= 0",
        ),
    ],
)
def test_a_damaged_fusion_is_named(tmp_path, text, said):
    (tmp_path / "fusion.json").write_text(text)
    with pytest.raises(ValueError, match=f"fusion.json' is not a valid fusion: {said}"):
        FusedRecognizer.load([tmp_path / "fusion.json"])


def test_a_fusion_is_a_json_file(tmp_path):
    with pytest.raises(ValueError, match="path: expected a file name ending in .json, got '.*fusion.safetensors'"):
        write_fusion(tmp_path / "fusion.safetensors", [tmp_path / "a.safetensors"])
