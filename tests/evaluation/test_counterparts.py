"""Classes of a data set and their counterparts."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from tg_skeleton.evaluation.counterparts import Counterparts, calibration_error
from tg_skeleton.io import NTU_CLASSES, NW_UCLA_CLASSES, SBU_CLASSES
from tg_skeleton.motion import CLASSES
from tg_skeleton.motion.counterparts import COUNTERPARTS, DOUBTFUL

ANSWERS = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.2, 0.6], [0.1, 0.2, 0.7]])
RESULT = Counterparts(
    ANSWERS, ["goes", "goes", "sneezes", "sits"], ("walk", "sit", "else"), {"goes": "walk", "sits": "sit"}
)


def test_shares_by_hand() -> None:
    assert RESULT.answers == ["walk", "sit", "else", "else"]
    assert RESULT.accuracy == pytest.approx(1 / 3)
    assert (RESULT.recall("goes"), RESULT.recall("sits")) == (0.5, 0.0)
    assert (RESULT.others("else"), RESULT.said("else"), RESULT.said("sit")) == (1.0, 0.5, 0.25)


def test_the_table_has_a_row_for_each_class_and_the_figures_of_all() -> None:
    lines = RESULT.table("else").splitlines()
    assert lines[0].split() == ["class", "recordings", "recognized", "counterpart", "answers"]
    assert lines[1].split() == ["goes", "2", "50.0", "%", "walk", "walk", "1,", "sit", "1"]
    assert lines[2].split() == ["sneezes", "1", "else", "1"]
    assert lines[4].startswith("recognized: 33.3 % of 3 recordings with a counterpart, among 3 classes; calibration")
    assert lines[5] == "'else' about recordings without a counterpart: 100.0 % of 1"


def test_the_calibration_error_is_torchmetrics() -> None:
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.rand(200, 4, generator=generator).softmax(1)
    labels = torch.randint(4, (200,), generator=generator)
    expected = multiclass_calibration_error(probabilities, labels, num_classes=4, n_bins=15, norm="l1")
    confidence, answer = probabilities.max(1)
    assert calibration_error(confidence.numpy(), (answer == labels).numpy()) == pytest.approx(float(expected), abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ["goes"]}, "names: expected 4, one a recording, got 1"),
        ({"counterparts": {"goes": "run"}}, "counterparts: 'run' of 'goes' is no class of the network"),
        ({"counterparts": {"jumps": "walk"}}, "names: expected recordings of a class with a counterpart, got none"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, object], message: str) -> None:
    values = {key: getattr(RESULT, key) for key in ("probabilities", "names", "class_names", "counterparts")}
    with pytest.raises(ValueError, match=message):
        Counterparts(**values | changes)


@pytest.mark.parametrize(
    ("name", "classes"), [("nw_ucla", NW_UCLA_CLASSES), ("sbu", SBU_CLASSES), ("ntu60", NTU_CLASSES[:60])]
)
def test_counterparts_are_classes_of_both(name: str, classes: tuple[str, ...]) -> None:
    assert set(COUNTERPARTS[name]) <= set(classes) and set(COUNTERPARTS[name].values()) <= set(CLASSES)


def test_doubtful_pairs_are_pairs() -> None:
    for name, doubts in DOUBTFUL.items():
        assert set(doubts) <= set(COUNTERPARTS[name])
