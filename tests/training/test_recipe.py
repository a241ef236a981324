from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from tg_skeleton.training import Preprocessing, Recipe

RECIPE = Recipe(
    preprocessing=Preprocessing(num_frames=20),
    epochs=120,
    batch_size=64,
    optimizer="adam",
    learning_rate=1e-3,
    milestones=(60, 90, 110),
)


def test_rate_falls_at_the_milestones() -> None:
    factors = [RECIPE.rate_factor(epoch) for epoch in (0, 59, 60, 89, 90, 109, 110, 119)]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_rate_rises_in_the_warm_up() -> None:
    warm = replace(RECIPE, warmup_epochs=3)
    assert [warm.rate_factor(epoch) for epoch in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_rate_rises_and_falls_at_once() -> None:
    assert replace(RECIPE, warmup_epochs=3, milestones=(1,), gamma=0.5).rate_factor(1) == 0.25


def test_a_cosine_falls_step_by_step() -> None:
    cosine = replace(RECIPE, epochs=2, milestones=(), decay="cosine")
    factors = [cosine.rate_factor(step, steps_per_epoch=2) for step in range(4)]
    assert factors == pytest.approx([1, 0.853553, 0.5, 0.146447], abs=1e-6)


def test_a_cosine_s_warm_up_rises_step_by_step() -> None:
    cosine = replace(RECIPE, epochs=1000, milestones=(), decay="cosine", warmup_epochs=1)
    factors = [cosine.rate_factor(step, steps_per_epoch=3) for step in range(5)]
    assert factors == pytest.approx([0.25, 0.5, 0.75, 1, 1], abs=1e-4)


@pytest.mark.parametrize(
    ("steps", "recordings", "epochs"), [(100, 64, 100), (100, 65, 50), (101, 128, 51), (1, 999, 1)]
)
def test_steps_are_rounded_up_to_epochs(steps: int, recordings: int, epochs: int) -> None:
    assert RECIPE.with_steps(steps, recordings).epochs == epochs


def test_with_steps_scales_the_schedule() -> None:
    assert RECIPE.with_steps(24, 64).milestones == (12, 18, 22)
    with pytest.raises(ValueError, match="num_recordings: expected at least 1, got 0"):
        RECIPE.with_steps(24, 0)


def test_rate_follows_a_cosine() -> None:
    course = replace(RECIPE, epochs=4, milestones=(), decay="cosine")
    factors = [course.rate_factor(epoch) for epoch in range(5)]
    assert factors == pytest.approx([1.0, 0.8535533906, 0.5, 0.1464466094, 0.0])


def test_with_epochs_moves_milestones_and_warm_up() -> None:
    short = replace(RECIPE, warmup_epochs=12).with_epochs(40)
    assert (short.epochs, short.milestones, short.warmup_epochs) == (40, (20, 30, 37), 4)


def test_with_epochs_of_a_single_epoch_keeps_milestones_apart() -> None:
    assert RECIPE.with_epochs(1).milestones == (0, 1)


def test_with_batch_size_moves_the_rate_of_sgd_alone() -> None:
    adam = RECIPE.with_batch_size(16)
    assert (adam.batch_size, adam.learning_rate) == (16, RECIPE.learning_rate)
    sgd = replace(RECIPE, optimizer="sgd", batch_size=64, learning_rate=0.1).with_batch_size(16)
    assert (sgd.batch_size, sgd.learning_rate) == (16, 0.025)
    with pytest.raises(ValueError, match="batch_size: expected at least 1, got 0"):
        RECIPE.with_batch_size(0)


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        RECIPE.epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs: expected at least 1, got 0"),
        ({"batch_size": 0}, "batch_size: expected at least 1, got 0"),
        ({"warmup_epochs": -1}, "warmup_epochs: expected at least 0, got -1"),
        ({"weight_decay": -0.1}, "weight_decay: expected at least 0, got -0.1"),
        ({"optimizer": "lion"}, r"optimizer: expected one of \('adam', 'adamw', 'sgd'\), got 'lion'"),
        ({"decay": "cosine"}, r"milestones: expected none with decay='cosine', got \(60, 90, 110\); leave them out"),
        ({"learning_rate": 0.0}, "learning_rate: expected a number above 0, got 0.0"),
        ({"label_smoothing": 1.0}, r"label_smoothing: expected a number in \[0, 1\), got 1.0"),
        ({"ema": 1.0}, r"ema: expected a number in \[0, 1\), got 1.0"),
        ({"drop_path": 1.0}, r"drop_path: expected a number in \[0, 1\), got 1.0"),
        ({"gradient_clip": 0.0}, "gradient_clip: expected a number above 0, or None, got 0.0"),
        ({"decay": "line"}, r"decay: expected one of \('steps', 'cosine'\), got 'line'"),
        ({"decay": "cosine"}, r"milestones: expected none with decay='cosine', got \(60, 90, 110\)"),
        ({"class_weights": "some"}, r"class_weights: expected one of \('equal', 'balanced'\), got 'some'"),
        ({"milestones": (90, 60)}, r"milestones: expected rising epochs, got \(90, 60\)"),
    ],
)
def test_a_value_out_of_range_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(RECIPE, **change)


@pytest.mark.parametrize(("key", "value"), [("num_frames", 0), ("test_clips", 0), ("val_clips", 0)])
def test_preprocessing_out_of_range_is_refused(key: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{key}: expected at least 1, got 0"):
        Preprocessing(**{"num_frames": 20, key: value})


def test_with_epochs_refuses_none() -> None:
    with pytest.raises(ValueError, match="epochs: expected at least 1, got 0"):
        RECIPE.with_epochs(0)
