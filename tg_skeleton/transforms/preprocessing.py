"""The transforms of training, validation and test as a frozen table of values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Transform = Callable[[Any], Any]
"""A transform of `tg_skeleton.transforms`, or a PyG ``Compose`` of several."""


class Channels(Protocol):
    """Makes the transform that writes ``x`` for recordings of ``clips`` clips concatenated in time.

    ``functools.partial(Streams, "joint", "bone")`` is one.
    """

    def __call__(self, *, clips: int) -> Transform:
        """Make the transform."""


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """The transforms between a stored recording and the network.

    The first three are arguments of data sets and see single recordings, in the loader's workers. The last two are
    applied by the `Recognizer` to whole batches, on the device. ``None`` changes nothing.

    >>> from tg_skeleton.transforms import SampleSegments, Streams
    >>> from tg_skeleton.transforms.preprocessing import Preprocessing
    >>> prepare = Preprocessing.unchanging(20, SampleSegments(20, mode="center"), Streams("joint"))
    >>> prepare.test_transform, prepare.test_clips
    (SampleSegments(20, mode='center', clips=1), 1)

    Args:
        num_frames: T, the frames of a clip; also the network's ``num_frames`` where its constructor has that argument.
        test_clips: Clips of a recording in the test; their logits are averaged. ``test_transform`` must concatenate
            that many in time, of ``num_frames`` each: ``SampleSegments(num_frames, clips=test_clips)``.
        val_clips: The same for the validation split. The smaller the split, the more clips reduce the variance of the
            choice of an epoch.
        train_transform: Applied to recordings of the training split.
        val_transform: Applied to recordings of the validation split.
        test_transform: Applied to recordings of the test split.
        train_batch_transform: Applied to batches of the training split.
        eval_batch_transform: Applied to batches of the validation and test split.

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
        for key in ("num_frames", "test_clips", "val_clips"):
            at_least(key, getattr(self, key), 1)

    @classmethod
    def unchanging(cls, num_frames: int, prepare: Transform, channels: Transform) -> Preprocessing:
        """The same transforms in training, validation and test, one clip per recording.

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


def at_least(key: str, value: float, least: int) -> None:
    """Refuse a value below a bound.

    Raises:
        ValueError: ``value`` is below ``least``.
    """
    if not value >= least:
        raise ValueError(f"{key}: expected at least {least}, got {value}")
