"""A training setting as a frozen table of values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

Transform = Callable[[Any], Any]
"""A transform of `tg_skeleton.transforms`, or a PyG ``Compose`` of several."""


class Channels(Protocol):
    """Makes the transform that writes ``x``, for recordings of so many clips one after another in time.

    ``functools.partial(Streams, "joint", "bone")`` is one.
    """

    def __call__(self, *, clips: int) -> Transform:
        """The transform."""


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """What happens to a recording on its way to the network.

    The first three are handed to data sets and see single recordings, in the loader's workers. The last two are applied
    by the `Recognizer` to whole batches, on the device. ``None`` changes nothing.

    Args:
        num_frames: T, the frames of a clip; the network's own argument where it has one.
        test_clips: How many clips of a recording are tested; their logits are averaged. ``test_transform`` must put
            that many one after another, ``num_frames`` each: ``SampleSegments(num_frames, clips=test_clips)``.
        val_clips: The same for the validation split. The fewer recordings it has, the more of them keep the choice of
            an epoch from being one of luck.
        train_transform: For the training split.
        val_transform: For the validation split.
        test_transform: For the test split.
        train_batch_transform: For batches of the training split.
        eval_batch_transform: For batches of the validation and test split.

    Raises:
        ValueError: ``num_frames``, ``test_clips`` or ``val_clips`` is below 1.
    """

    num_frames: int
    test_clips: int = 1
    val_clips: int = 1
    train_transform: Transform | None = None
    val_transform: Transform | None = None
    test_transform: Transform | None = None
    train_batch_transform: Transform | None = None
    eval_batch_transform: Transform | None = None

    def __post_init__(self) -> None:
        _at_least("num_frames", self.num_frames, 1)
        _at_least("test_clips", self.test_clips, 1)
        _at_least("val_clips", self.val_clips, 1)

    @classmethod
    def unchanging(cls, num_frames: int, prepare: Transform, channels: Transform) -> Preprocessing:
        """Training, validation and test see recordings alike, one clip of each.

        Args:
            num_frames: T, the frames of a clip.
            prepare: For single recordings.
            channels: For batches.
        """
        return cls(
            num_frames=num_frames,
            train_transform=prepare,
            val_transform=prepare,
            test_transform=prepare,
            train_batch_transform=channels,
            eval_batch_transform=channels,
        )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training setting: preprocessing, optimiser and learning rate schedule.

    Change single values with ``dataclasses.replace(recipe, learning_rate=5e-4)``.

    Args:
        preprocessing: What the network sees.
        epochs: Passes over the training split.
        batch_size: Recordings per step and device.
        optimizer: Adam, or SGD with Nesterov momentum 0.9.
        learning_rate: The rate after the warm-up.
        weight_decay: The L2 penalty, added to the gradient by both optimisers.
        milestones: Epochs at whose start the rate is multiplied by ``gamma``.
        gamma: The factor.
        warmup_epochs: Epochs over which the rate rises linearly.
        label_smoothing: Of the training loss; spread over all classes, as torch does.

    Raises:
        ValueError: A value is out of its range.
    """

    preprocessing: Preprocessing
    epochs: int
    batch_size: int
    optimizer: Literal["adam", "sgd"]
    learning_rate: float
    weight_decay: float = 0.0
    milestones: tuple[int, ...] = ()
    gamma: float = 0.1
    warmup_epochs: int = 0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        _at_least("epochs", self.epochs, 1)
        _at_least("batch_size", self.batch_size, 1)
        _at_least("warmup_epochs", self.warmup_epochs, 0)
        _at_least("weight_decay", self.weight_decay, 0)
        if self.optimizer not in ("adam", "sgd"):
            raise ValueError(f"optimizer: expected 'adam' or 'sgd', got {self.optimizer!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate: expected a number above 0, got {self.learning_rate}")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing: expected a number in [0, 1), got {self.label_smoothing}")
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones: expected rising epochs, got {self.milestones}")

    def with_epochs(self, epochs: int) -> Recipe:
        """The same course in another number of epochs: warm-up and milestones move in proportion.

        Raises:
            ValueError: ``epochs`` is below 1.
        """
        _at_least("epochs", epochs, 1)
        moved = {round(milestone * epochs / self.epochs) for milestone in self.milestones}
        return replace(
            self,
            epochs=epochs,
            milestones=tuple(sorted(moved)),
            warmup_epochs=round(self.warmup_epochs * epochs / self.epochs),
        )

    def with_batch_size(self, batch_size: int) -> Recipe:
        """The same course in batches of another size: SGD's learning rate goes in proportion, Adam's stays.

        Raises:
            ValueError: ``batch_size`` is below 1.
        """
        _at_least("batch_size", batch_size, 1)
        ratio = batch_size / self.batch_size if self.optimizer == "sgd" else 1.0
        return replace(self, batch_size=batch_size, learning_rate=self.learning_rate * ratio)

    def rate_factor(self, epoch: int) -> float:
        """The learning rate of an epoch (counted from 0) as a multiple of ``learning_rate``.

        Warm-up of W epochs: ``(epoch + 1) / (W + 1)``; then ``gamma`` to the number of milestones passed.
        """
        rise = min(1.0, (epoch + 1) / (self.warmup_epochs + 1))
        return rise * self.gamma ** sum(epoch >= milestone for milestone in self.milestones)


def _at_least(key: str, value: float, least: int) -> None:
    if not value >= least:
        raise ValueError(f"{key}: expected at least {least}, got {value}")
