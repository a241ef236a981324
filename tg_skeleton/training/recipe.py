"""A training setting as a frozen table of values, and the parts that recipes share."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

import tg_skeleton.transforms as T
from tg_skeleton.training.sampling import Sampling
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, at_least

Optimizer = Literal["adam", "adamw", "sgd"]
"""Adam, AdamW (decoupled weight decay, of the matrices alone), or SGD with Nesterov momentum 0.9."""

Decay = Literal["steps", "cosine"]
"""The learning rate after the warm-up: lower at milestones, or along half a period of a cosine."""

ClassWeights = Literal["equal", "balanced"]
"""The weights of the classes in the training loss: all 1, or S / (K n) for a class with n of S recordings."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training setting: preprocessing, optimizer and learning rate schedule.

    Change single values with ``dataclasses.replace(recipe, learning_rate=5e-4)``.

    Args:
        preprocessing: The transforms between a stored recording and the network.
        epochs: Passes over the training split.
        batch_size: Recordings per step, of all devices together, as publications state it.
        optimizer: See `Optimizer`.
        learning_rate: The learning rate after the warm-up.
        weight_decay: The L2 penalty, added to the gradient by Adam and SGD. AdamW shrinks the parameters themselves,
            except biases and the weights of norms (parameters of one axis).
        milestones: Epochs at whose start the learning rate is multiplied by ``gamma``.
        gamma: The factor.
        warmup_epochs: Epochs over which the learning rate rises linearly.
        decay: See `Decay`. A cosine and its warm-up change the learning rate at each step.
        gradient_clip: The largest norm of the gradient. Default: any.
        ema: Decay of the exponential moving average of the weights, which is validated, saved and tested in place of
            the weights themselves; see `AverageWeights`. 0: no average.
        label_smoothing: Label smoothing of the training loss, spread over all classes as in torch.
        class_weights: See `ClassWeights`.
        sampling: See `tg_skeleton.training.sampling.Sampling`; also an argument of `SkeletonDataModule`.
        attention_dropout: Dropout of the weights of all attention operators (ESAN, AMANet). Default: the network's.
        drop_path: Probability with which an attention branch is dropped, for each clip of a person (`DropPath`).

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
    decay: Decay = "steps"
    gradient_clip: float | None = None
    ema: float = 0.0
    label_smoothing: float = 0.0
    class_weights: ClassWeights = "equal"
    sampling: Sampling = "uniform"
    attention_dropout: float = 0.0
    drop_path: float = 0.0

    def __post_init__(self) -> None:
        at_least("epochs", self.epochs, 1)
        at_least("batch_size", self.batch_size, 1)
        at_least("warmup_epochs", self.warmup_epochs, 0)
        at_least("weight_decay", self.weight_decay, 0)
        closed = {"optimizer": Optimizer, "decay": Decay, "class_weights": ClassWeights, "sampling": Sampling}
        for key, choices in closed.items():
            if getattr(self, key) not in get_args(choices):
                raise ValueError(f"{key}: expected one of {get_args(choices)}, got {getattr(self, key)!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate: expected a number above 0, got {self.learning_rate}")
        if self.gradient_clip is not None and not self.gradient_clip > 0:
            raise ValueError(f"gradient_clip: expected a number above 0, or None, got {self.gradient_clip}")
        for key in ("ema", "label_smoothing", "attention_dropout", "drop_path"):
            if not 0 <= getattr(self, key) < 1:
                raise ValueError(f"{key}: expected a number in [0, 1), got {getattr(self, key)}")
        if self.decay == "cosine" and self.milestones:
            raise ValueError(f"milestones: expected none with decay='cosine', got {self.milestones}; leave them out")
        if self.class_weights == self.sampling == "balanced":
            raise ValueError(
                "sampling: expected 'uniform' with class_weights='balanced', got 'balanced', and rare classes would "
                "count twice; choose one of the two"
            )
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

    def with_steps(self, steps: int, num_recordings: int) -> Recipe:
        """The same recipe with as many whole epochs as it takes to make at least ``steps`` steps of the optimizer.

        >>> from tg_skeleton.training import Preprocessing, Recipe
        >>> prepare = Preprocessing(num_frames=20)
        >>> recipe = Recipe(preprocessing=prepare, epochs=50, batch_size=32, optimizer="adam", learning_rate=1e-3)
        >>> recipe.with_steps(1500, num_recordings=100).epochs  # of 4 steps each
        375

        Args:
            steps: Steps of the optimizer.
            num_recordings: Recordings of the training split.

        Raises:
            ValueError: ``steps`` or ``num_recordings`` is below 1.
        """
        at_least("steps", steps, 1)
        at_least("num_recordings", num_recordings, 1)
        return self.with_epochs(math.ceil(steps / math.ceil(num_recordings / self.batch_size)))

    def with_batch_size(self, batch_size: int) -> Recipe:
        """The same recipe with another batch size: SGD's learning rate is scaled in proportion, Adam's is kept.

        Raises:
            ValueError: ``batch_size`` is below 1.
        """
        at_least("batch_size", batch_size, 1)
        ratio = batch_size / self.batch_size if self.optimizer == "sgd" else 1.0
        return replace(self, batch_size=batch_size, learning_rate=self.learning_rate * ratio)

    def rate_factor(self, step: int, steps_per_epoch: int = 1) -> float:
        """The learning rate of a step (counted from 0) as a multiple of ``learning_rate``.

        With S steps an epoch, step s is in epoch e = s / S. Warm-up of W epochs: ``(s + 1) / (W S + 1)``; then
        ``gamma`` to the number of milestones passed, or the cosine ``(1 + cos(π e / epochs)) / 2``.

        Args:
            step: The step, or (``decay="steps"``) the epoch.
            steps_per_epoch: S; 1 where epochs are counted.
        """
        epoch = step / steps_per_epoch
        rise = min(1.0, (step + 1) / (self.warmup_epochs * steps_per_epoch + 1))
        if self.decay == "cosine":
            return rise * (1 + math.cos(math.pi * min(1.0, epoch / self.epochs))) / 2
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


def streams(stream: str | Channels, names: tuple[str, ...], *, scored: bool = False) -> Channels:
    """What makes the transform of a stream whose name lists what `Streams` concatenates: ``"joint+bone"``.

    Args:
        stream: The name, or what makes the transform itself.
        names: The names that the recipe has.
        scored: Whether each of the concatenated streams is followed by the joints' scores.

    Raises:
        ValueError: The stream is not one of them.
    """
    if not isinstance(stream, str):
        return stream
    if stream not in names:
        raise ValueError(f"stream: expected one of {names}, got {stream!r}")
    parts = [name for part in stream.split("+") for name in ((part, "score") if scored else (part,))]
    return partial(T.Streams, *parts)  # type: ignore[arg-type]
