"""What a stream's answer can be asked."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from tg_skeleton.inference import StageTimes, StreamPrediction

NO_TIME = StageTimes(1.0, 2.0, 0.0)


def said(answered: int | None = 4, *, together: bool = True, persons: bool = True) -> StreamPrediction:
    ready = answered is not None
    return StreamPrediction(
        5,
        answered,
        True,
        (3, 8) if ready else (),
        (4, 3) if ready else (),
        ("sit", "stand"),
        NO_TIME,
        torch.tensor([0.4, 0.6]) if together and ready else None,
        torch.tensor([[0.9, 0.1], [0.2, 0.8]]) if persons and ready else None,
    )


def test_together_and_each_person() -> None:
    one = said()
    assert (one.ready, one.fresh) == (True, False)
    assert (one.together.label, one.person(3).label, one.person(8).label) == ("stand", "sit", "stand")
    assert one.together.person_probabilities.shape == (2, 2)
    assert one.person(8).probability == pytest.approx(0.8)
    assert one.person_probabilities.dtype == np.float32


def test_stages_add_up() -> None:
    assert said().milliseconds.total == 3.0


def test_it_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        said().frame = 6  # type: ignore[misc]


def test_no_answer_yet() -> None:
    early = said(None)
    assert (early.ready, early.fresh) == (False, False)
    for read in (lambda: early.probabilities, lambda: early.person_probabilities, lambda: early.together):
        with pytest.raises(ValueError, match="no answer at frame 5: nobody was seen in enough frames; ask `ready`"):
            read()


def test_what_was_not_asked() -> None:
    with pytest.raises(ValueError, match=r"not asked about all persons together.*answers='both'"):
        _ = said(together=False).probabilities
    with pytest.raises(ValueError, match=r"not asked about each person alone.*answers='both'"):
        said(persons=False).person(3)
    assert said(persons=False).together.person_probabilities.shape == (0, 2)


def test_another_person() -> None:
    with pytest.raises(ValueError, match=r"number: expected one of ids, \[3, 8\], got 4"):
        said().person(4)
