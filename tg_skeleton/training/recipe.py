"""A training setting as a frozen table of values, and the parts that recipes share."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import tg_skeleton.transforms as T
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, at_least

Optimizer = Literal["adam", "sgd"]
"""Adam, or SGD with Nesterov momentum 0.9."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training setting: preprocessing, optimizer and learning rate schedule.

    Change single values with ``dataclasses.replace(recipe, learning_rate=5e-4)``.

    Args:
        preprocessing: The transforms between a stored recording and the network.
        epochs: Passes over the training split.
        batch_size: Recordings per step and device.
        optimizer: See `Optimizer`.
        learning_rate: The learning rate after the warm-up.
        weight_decay: The L2 penalty, added to the gradient by both optimizers.
        milestones: Epochs at whose start the learning rate is multiplied by ``gamma``.
        gamma: The factor.
        warmup_epochs: Epochs over which the learning rate rises linearly.
        decay: ``"steps"``: at the milestones; ``"cosine"``: half a period of a cosine, from 1 to 0 over all epochs.
        label_smoothing: Label smoothing of the training loss, spread over all classes as in torch.

    Raises:
        ValueError: A value is out of its range.
    """

    preprocessing: Preprocessing
    epochs: int
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    weight_decay: float = 0.0
    milestones: tuple[int, ...] = ()
    gamma: float = 0.1
    warmup_epochs: int = 0
    decay: Literal["steps", "cosine"] = "steps"
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        at_least("epochs", self.epochs, 1)
        at_least("batch_size", self.batch_size, 1)
        at_least("warmup_epochs", self.warmup_epochs, 0)
        at_least("weight_decay", self.weight_decay, 0)
        if self.optimizer not in ("adam", "sgd"):
            raise ValueError(f"optimizer: expected 'adam' or 'sgd', got {self.optimizer!r}")
        if self.decay not in ("steps", "cosine"):
            raise ValueError(f"decay: expected 'steps' or 'cosine', got {self.decay!r}")
        if self.decay == "cosine" and self.milestones:
            raise ValueError(f"milestones: expected none with decay='cosine', got {self.milestones}; leave them out")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate: expected a number above 0, got {self.learning_rate}")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing: expected a number in [0, 1), got {self.label_smoothing}")
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones: expected rising epochs, got {self.milestones}")

    def with_epochs(self, epochs: int) -> Recipe:
        """The same recipe with another number of epochs: warm-up and milestones are scaled in proportion.

        Raises:
            ValueError: ``epochs`` is below 1.
        """
        at_least("epochs", epochs, 1)
        moved = {round(milestone * epochs / self.epochs) for milestone in self.milestones}
        return replace(
            self,
            epochs=epochs,
            milestones=tuple(sorted(moved)),
            warmup_epochs=round(self.warmup_epochs * epochs / self.epochs),
        )

    def with_batch_size(self, batch_size: int) -> Recipe:
        """The same recipe with another batch size: SGD's learning rate is scaled in proportion, Adam's is kept.

        Raises:
            ValueError: ``batch_size`` is below 1.
        """
        at_least("batch_size", batch_size, 1)
        ratio = batch_size / self.batch_size if self.optimizer == "sgd" else 1.0
        return replace(self, batch_size=batch_size, learning_rate=self.learning_rate * ratio)

    def rate_factor(self, epoch: int) -> float:
        """The learning rate of an epoch (counted from 0) as a multiple of ``learning_rate``.

        Warm-up of W epochs: ``(epoch + 1) / (W + 1)``; then ``gamma`` to the number of milestones passed, or the
        cosine ``(1 + cos(π epoch / epochs)) / 2``.
        """
        rise = min(1.0, (epoch + 1) / (self.warmup_epochs + 1))
        if self.decay == "cosine":
            return rise * (1 + math.cos(math.pi * epoch / self.epochs)) / 2
        return rise * self.gamma ** sum(epoch >= milestone for milestone in self.milestones)


def small_course(
    preprocessing: Preprocessing, optimizer: Optimizer, *, learning_rate: float, weight_decay: float
) -> Recipe:
    """The schedule that all networks share on data sets of a thousand recordings or fewer; ours.

    Args:
        preprocessing: The preprocessing of the data set.
        optimizer: The optimizer of the network.
        learning_rate: Its learning rate for batches of 32.
        weight_decay: Its L2 penalty.
    """
    return Recipe(
        preprocessing=preprocessing,
        epochs=50,
        batch_size=32,
        optimizer=optimizer,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        milestones=(30, 40),
        gamma=0.1,
        warmup_epochs=3,
        label_smoothing=0.1,
    )


def streams(stream: str, names: tuple[str, ...]) -> Channels:
    """The transform of a stream whose name lists what `Streams` concatenates: ``"joint+bone"``.

    Args:
        stream: The name.
        names: The names that the recipe has.

    Raises:
        ValueError: The stream is not one of them.
    """
    if stream not in names:
        raise ValueError(f"stream: expected one of {names}, got {stream!r}")
    return partial(T.Streams, *stream.split("+"))  # type: ignore[arg-type]
