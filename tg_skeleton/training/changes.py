"""Single changes of a published training: `strong` is made of them, and the command ``select`` tries each alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.datasets.table import Body
from tg_skeleton.nn.blocks.drop_path import has_attention
from tg_skeleton.training.network import Setting
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.transforms.augmentations import AUGMENTATIONS
from tg_skeleton.transforms.preprocessing import Preprocessing, Transform, steps_of, walked

Change = Callable[[Setting, Body], Setting]
"""A setting on a data set becomes another one; what it does not apply to stays as it is."""

MOST_YAW = 45.0
"""The largest turn about the vertical, in degrees, of recordings that face front."""


def is_small(body: Body) -> bool:
    """Whether a data set has a thousand recordings or fewer."""
    return body.dataset.preprocessing is not None


def has(prepare: Preprocessing, kind: type) -> bool:
    """Whether recordings meet a transform in training."""
    return any(isinstance(step, kind) for step in steps_of(prepare.train_transform))


# -- optimization ------------------------------------------------------------------------------------------------------


def of_batch_size(setting: Setting, body: Body) -> Setting:
    """Batches of 16 on small data sets, of 64 on large ones."""
    return _with(setting, setting.recipe.with_batch_size(16 if is_small(body) else 64))


def adamw(setting: Setting, body: Body) -> Setting:
    """AdamW in place of Adam, with weight decay 0.05 and gradients of norm 1 at most."""
    if setting.recipe.optimizer != "adam":
        return setting
    return _with(setting, replace(setting.recipe, optimizer="adamw", weight_decay=0.05, gradient_clip=1.0))


def cosine(setting: Setting, body: Body) -> Setting:
    """Five epochs of warm-up, then a cosine by step."""
    return _with(setting, replace(setting.recipe, milestones=(), decay="cosine", warmup_epochs=5))


def averaged(setting: Setting, body: Body) -> Setting:
    """The average of the weights is tested, over about 1,000 steps on small data sets, 10,000 on large ones."""
    return _with(setting, replace(setting.recipe, ema=0.999 if is_small(body) else 0.9999))


def longer(setting: Setting, body: Body) -> Setting:
    """Four times the epochs on small data sets, five thirds of them and at least 120 on large ones."""
    epochs = setting.recipe.epochs
    return _with(setting, setting.recipe.with_epochs(4 * epochs if is_small(body) else max(120, round(5 * epochs / 3))))


# -- regularization ----------------------------------------------------------------------------------------------------


def smoothed(setting: Setting, body: Body) -> Setting:
    """Label smoothing 0.1."""
    return _with(setting, replace(setting.recipe, label_smoothing=0.1))


def dropped_out(setting: Setting, body: Body) -> Setting:
    """Attention dropout 0.2, drop-path 0.1 and dropout 0.3, of networks that have attention."""
    with torch.random.fork_rng(devices=[]):
        if not has_attention(setting.build(2)):
            return setting
    dropout = {"dropout": 0.3} if "dropout" in inspect.signature(setting.model).parameters else {}
    recipe = replace(setting.recipe, attention_dropout=0.2, drop_path=0.1)
    return replace(setting, recipe=recipe, arguments={**setting.arguments, **dropout})


# -- recordings --------------------------------------------------------------------------------------------------------


def augmented(setting: Setting, body: Body, *names: str) -> Setting:
    """Augmentations of batches by their names, in this order, in front of those that are there."""
    steps = [step for name in names for step in steps_of(AUGMENTATIONS[name](body.topology))]
    return prepared(setting, setting.recipe.preprocessing.augmented(*steps))


def cropped(setting: Setting, body: Body) -> Setting:
    """A random stretch of a recording in training, in front of its sampling: 0.6 of it or more; 0.5 on large sets."""
    return _before_sampling(setting, T.RandomTemporalCrop(0.6 if is_small(body) else 0.5))


def warped(setting: Setting, body: Body) -> Setting:
    """Another speed at either end of a recording in training, in front of its sampling: half of it more or less."""
    return _before_sampling(setting, T.RandomTemporalStretch(warp=0.5))


def facing_front(setting: Setting, body: Body) -> Setting:
    """Every recording is turned to the front, in a test too; in training it then turns by 45 degrees at most.

    Raises:
        ValueError: The skeleton has no shoulders and hips, or recordings have two coordinates.
    """
    if body.dims != 3:
        raise ValueError(f"front: expected recordings in space, got {body.dims} coordinates; leave this change out")
    prepare, front = setting.recipe.preprocessing, T.FaceFront(body.topology)
    if has(prepare, T.AlignBody):  # it turns them already
        return setting

    def narrowed(step: Transform) -> Transform:
        if not isinstance(step, T.RandomRotate) or step.bounds[1] <= MOST_YAW:
            return step
        return T.RandomRotate((step.bounds[0], MOST_YAW, step.bounds[2]))

    def turned(transform: Transform | None) -> Transform:
        steps = list(steps_of(transform))
        mended = sum(isinstance(step, T.RemoveStrays | T.FillMissing) for step in steps[:2])
        return Compose([*steps[:mended], front, *steps[mended:]])

    return prepared(
        setting,
        replace(
            prepare,
            train_transform=walked(turned(prepare.train_transform), narrowed),
            val_transform=turned(prepare.val_transform),
            test_transform=turned(prepare.test_transform),
            train_batch_transform=walked(prepare.train_batch_transform, narrowed),
        ),
    )


def longer_clips(setting: Setting, body: Body) -> Setting:
    """32 frames of small data sets for networks that halve time; 64 of large ones, or 100 in place of a replay."""
    prepare = setting.recipe.preprocessing
    if is_small(body):
        halves = "num_frames" not in setting.arguments and has(prepare, T.SampleSegments)
        return prepared(setting, prepare.with_frames(32)) if halves else setting
    if has(prepare, T.ReplayPad):
        return prepared(setting, _sampled(prepare, 100))
    return prepared(setting, prepare.with_frames(64)) if has(prepare, T.SampleSegments) else setting


def more_clips(setting: Setting, body: Body) -> Setting:
    """Ten clips in a test, where clips are drawn."""
    prepare = setting.recipe.preprocessing
    drawn = prepare.test_clips > 1 if is_small(body) else has(prepare, T.SampleSegments)
    return prepared(setting, prepare.with_clips(10)) if drawn else setting


def prepared(setting: Setting, prepare: Preprocessing) -> Setting:
    """A setting with another preprocessing."""
    frames = {"num_frames": prepare.num_frames} if "num_frames" in setting.arguments else {}
    recipe = replace(setting.recipe, preprocessing=prepare)
    return replace(setting, recipe=recipe, arguments={**setting.arguments, **frames})


def _before_sampling(setting: Setting, transform: Transform) -> Setting:
    """A transform in training, in front of each sampling of segments."""
    steps = list[Transform]()
    for step in steps_of(setting.recipe.preprocessing.train_transform):
        steps += [transform, step] if isinstance(step, T.SampleSegments) else [step]
    return prepared(setting, replace(setting.recipe.preprocessing, train_transform=Compose(steps)))


def _with(setting: Setting, recipe: Recipe) -> Setting:
    return replace(setting, recipe=recipe)


def _sampled(prepare: Preprocessing, num_frames: int) -> Preprocessing:
    """A frame of each of equal segments, in place of a replayed recording."""

    def put(transform: Transform | None, sample: T.SampleSegments) -> Transform:
        return Compose([sample if isinstance(step, T.ReplayPad) else step for step in steps_of(transform)])

    drawn = T.SampleSegments(num_frames, "random", seed=0)
    return replace(
        prepare,
        num_frames=num_frames,
        train_transform=put(prepare.train_transform, T.SampleSegments(num_frames)),
        val_transform=put(prepare.val_transform, drawn),
        test_transform=put(prepare.test_transform, drawn),
    )


def _augmentation(name: str) -> Change:
    return lambda setting, body: augmented(setting, body, name)


CHANGES: Mapping[str, Change] = {
    **{name: _augmentation(name) for name in AUGMENTATIONS},
    "crop": cropped,
    "stretch": warped,
    "front": facing_front,
    "length": longer_clips,
    "clips": more_clips,
    "batch": of_batch_size,
    "adamw": adamw,
    "cosine": cosine,
    "average": averaged,
    "longer": longer,
    "smoothing": smoothed,
    "dropout": dropped_out,
}
"""The changes by the name of ``--change``; augmentations have the values of ``--augment``."""


def changed(setting: Setting, body: Body, names: str) -> Setting:
    """A setting with a change, or with several one after another, ``"mirror+noise"``.

    An augmentation comes in front of those that are there.

    >>> from tg_skeleton.datasets.table import DATASETS, Location
    >>> from tg_skeleton.training import changed, difference
    >>> from tg_skeleton.training.recipes import NETWORKS
    >>> body = DATASETS["nw_ucla"].body(Location("datasets/nw_ucla"))
    >>> paper = NETWORKS["esan"].setting(body, "xview", "joint")
    >>> difference(paper, changed(paper, body, "batch+smoothing"))
    ['batch_size: 32 -> 16']

    Args:
        setting: The setting.
        body: The data set and the skeleton of its recordings.
        names: Names of `CHANGES`, with a plus between two.

    Raises:
        ValueError: There is no such change, or it can't be made.
    """
    for name in names.split("+"):
        if name not in CHANGES:
            raise ValueError(
                f"change: expected one of {', '.join(CHANGES)}, or several as in mirror+noise, got {name!r}"
            )
        setting = CHANGES[name](setting, body)
    return setting
