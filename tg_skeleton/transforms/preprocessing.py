"""The transforms of training, validation and test as a frozen table of values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from torch_geometric.transforms import Compose

from tg_skeleton.transforms.crop_resize import CropResize
from tg_skeleton.transforms.fill_missing import FillMissing
from tg_skeleton.transforms.remove_strays import RemoveStrays
from tg_skeleton.transforms.replay_pad import ReplayPad
from tg_skeleton.transforms.sample_segments import SampleSegments
from tg_skeleton.transforms.streams import Streams

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

    def with_frames(self, num_frames: int) -> Preprocessing:
        """The same with clips of another length: `SampleSegments`, `CropResize` and `ReplayPad` are changed.

        >>> from tg_skeleton.transforms import ReplayPad, Streams
        >>> from tg_skeleton.transforms.preprocessing import Preprocessing
        >>> Preprocessing.unchanging(300, ReplayPad(300), Streams("joint")).with_frames(100).test_transform
        ReplayPad(100)

        Raises:
            ValueError: ``num_frames`` is below 1, or none of these transforms is there.
        """
        at_least("num_frames", num_frames, 1)
        if not any(
            isinstance(step, SampleSegments | CropResize | ReplayPad) for step in steps_of(self.train_transform)
        ):
            raise ValueError(
                "num_frames: expected SampleSegments, CropResize or ReplayPad in train_transform, got "
                f"{self.train_transform!r}; build the preprocessing with {num_frames} frames"
            )

        def change(step: Transform) -> Transform:
            if isinstance(step, SampleSegments):
                return SampleSegments(num_frames, step.mode, step.clips, seed=step.seed)
            if isinstance(step, CropResize | ReplayPad):
                step = copy.copy(step)
                step.num_frames = num_frames
            return step

        return replace(
            self,
            num_frames=num_frames,
            train_transform=walked(self.train_transform, change),
            val_transform=walked(self.val_transform, change),
            test_transform=walked(self.test_transform, change),
        )

    def with_clips(self, clips: int) -> Preprocessing:
        """The same with another number of clips per recording in the test, and in validation if they are the same.

        Raises:
            ValueError: ``clips`` is below 1, or the clips of a test are not drawn by `SampleSegments`.
        """
        at_least("clips", clips, 1)
        if not any(isinstance(step, SampleSegments) for step in steps_of(self.test_transform)):
            raise ValueError(f"clips: expected SampleSegments in the test, got {self.test_transform!r}")

        def change(step: Transform) -> Transform:
            if isinstance(step, SampleSegments) and step.clips == self.test_clips:
                return SampleSegments(step.num_frames, step.mode, clips, seed=step.seed)
            if isinstance(step, Streams) and step.clips == self.test_clips:
                return step.with_clips(clips)
            return step

        out = replace(self, test_clips=clips, test_transform=walked(self.test_transform, change))
        if self.val_clips != self.test_clips:
            return out
        return replace(
            out,
            val_clips=clips,
            val_transform=walked(self.val_transform, change),
            eval_batch_transform=walked(self.eval_batch_transform, change),
        )

    def augmented(self, *transforms: Transform) -> Preprocessing:
        """The same with transforms of batches in training, in front of those that are there."""
        if not transforms:
            return self
        return replace(self, train_batch_transform=Compose([*transforms, *steps_of(self.train_batch_transform)]))

    def on_batches(self, transform: Transform) -> Preprocessing:
        """The same with a transform of all batches, in training and evaluation, in front of those that are there."""
        evaluate = Compose([transform, *steps_of(self.eval_batch_transform)])
        return replace(self.augmented(transform), eval_batch_transform=evaluate)


REMOVE_STRAYS = RemoveStrays(4)
"""What recipes take for joints astray."""


def mended(*steps: Transform) -> Compose:
    """Transforms behind the two with which recipes begin: joints astray become missing, and missing ones are filled in.

    >>> from tg_skeleton.transforms import SampleSegments
    >>> from tg_skeleton.transforms.preprocessing import mended
    >>> mended(SampleSegments(20)).transforms[:2]
    [RemoveStrays(4), FillMissing(limit=None, causal=False)]
    """
    return Compose([REMOVE_STRAYS, FillMissing(), *steps])


def steps_of(transform: Transform | None) -> Iterator[Transform]:
    """The single transforms of a transform, in order."""
    if isinstance(transform, Compose):
        for step in transform.transforms:
            yield from steps_of(step)
    elif transform is not None:
        yield transform


def walked(transform: Transform | None, change: Callable[[Transform], Transform]) -> Transform | None:
    """A transform whose single transforms are changed, each by a function."""
    if isinstance(transform, Compose):
        return Compose([walked(step, change) for step in transform.transforms])
    return None if transform is None else change(transform)


def at_least(key: str, value: float, least: int) -> None:
    """Refuse a value below a bound.

    Raises:
        ValueError: ``value`` is below ``least``.
    """
    if not value >= least:
        raise ValueError(f"{key}: expected at least {least}, got {value}")
