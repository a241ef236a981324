"""Recordings that do not look like those of the training are warned of."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from tests.inference.test_streaming import recognizer
from tg_skeleton import NTU25
from tg_skeleton.datasets import simulate
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.fused import FusedRecognizer
from tg_skeleton.plausibility import BodyStatistics

POS = simulate("wave").pos
DOWN = POS * [1, -1, 1]


@pytest.fixture(scope="module")
def asked() -> ActionRecognizer:
    bodies = BodyStatistics.measure([(simulate("kick").pos, None)], NTU25)
    made = recognizer()
    return ActionRecognizer(made.model, replace(made.card, bodies=bodies))


def test_bodies_like_those_of_the_training_are_not(asked: ActionRecognizer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asked(POS).findings == ()
        asked.predict([DOWN], check=False)


def test_a_call_and_a_prediction_of_many_warn_once_for_each_kind(asked: ActionRecognizer) -> None:
    for one in (asked, FusedRecognizer([asked, asked])):
        with pytest.warns(UserWarning, match=r"1 of 1 recordings \(recording 0\): looks upside down") as caught:
            prediction = one(DOWN)
        assert [finding.kind for finding in prediction.findings] == ["upside_down", "mirrored"]
        assert {warning.filename for warning in caught} == {__file__}
        with pytest.warns(UserWarning, match=r"2 of 3 recordings \(recording 1, …\): looks upside down") as caught:
            one.predict([POS, DOWN, DOWN])
        assert len(caught) == 2 and caught[0].filename == __file__


def test_a_card_of_an_older_version_compares_nothing(asked: ActionRecognizer) -> None:
    text = asked.card.to_json()
    values = json.loads(text)
    again = ModelCard.from_json(text)
    assert again.bodies is not None and again.bodies.up == (1, 1)
    np.testing.assert_array_equal(again.bodies.bones, asked.card.bodies.bones)  # type: ignore[union-attr]
    del values["bodies"]
    old = ModelCard.from_json(json.dumps(values))
    assert old.bodies is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ActionRecognizer(asked.model, old)(DOWN).findings == ()


def test_statistics_that_are_none_are_refused(asked: ActionRecognizer) -> None:
    values = json.loads(asked.card.to_json())
    values["bodies"] = {"up": [1, 1], "bones": "long"}
    with pytest.raises(ValueError, match="bodies: expected statistics of bodies as to_dict writes them, got"):
        ModelCard.from_json(json.dumps(values))
