"""Today's training of a published network: one function, which changes its published setting field by field."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.datasets.table import Body
from tg_skeleton.nn.blocks.drop_path import has_attention
from tg_skeleton.training.network import Setting
from tg_skeleton.transforms.preprocessing import Preprocessing, Transform, steps_of


def strong(setting: Setting, body: Body) -> Setting:
    """A setting with what published trainings of later years have, whatever its network and data set.

    - Optimizer: AdamW in place of Adam, with weight decay 0.05 and gradients of norm 1 at most; SGD stays. Batches of
      16 on small data sets, of 64 on large ones.
    - Schedule: four times the epochs on small data sets, five thirds of them and at least 120 on large ones; five
      epochs of warm-up, then a cosine by step; the weights are averaged.
    - Regularization: label smoothing, and, of networks that have them, attention dropout, drop-path and dropout.
    - Recordings: mirrored, joints and axes missing, noise, per data set; more frames for networks that halve time; ten
      clips in a test, where clips are drawn.

    Every value is an assumption, taken from published recipes of other networks. It has not been measured on any data
    set.

    >>> from tg_skeleton.datasets.table import DATASETS, Location
    >>> from tg_skeleton.training import difference, strong
    >>> from tg_skeleton.training.recipes import NETWORKS
    >>> body = DATASETS["nw_ucla"].body(Location("datasets/nw_ucla"))
    >>> paper = NETWORKS["esan"].setting(body, "xview", "joint+bone")
    >>> print("\\n".join(difference(paper, strong(paper, body))[:3]))
    arguments.dropout: 0.0 -> 0.3
    attention_dropout: 0.0 -> 0.2
    batch_size: 32 -> 16

    Args:
        setting: The published setting.
        body: The data set and the skeleton of its recordings.
    """
    small = body.dataset.preprocessing is not None
    adam = setting.recipe.optimizer == "adam"
    recipe = replace(
        setting.recipe.with_batch_size(16 if small else 64),
        milestones=(),
        optimizer="adamw" if adam else setting.recipe.optimizer,
        weight_decay=0.05 if adam else setting.recipe.weight_decay,
        decay="cosine",
        gradient_clip=1.0 if adam else setting.recipe.gradient_clip,
        ema=0.999 if small else 0.9999,
        label_smoothing=0.1,
    )
    epochs = recipe.epochs
    recipe = recipe.with_epochs(4 * epochs if small else max(120, round(5 * epochs / 3)))
    prepare = _small(setting, body) if small else _large(setting, body, recipe.epochs)
    frames = {"num_frames": prepare.num_frames} if "num_frames" in setting.arguments else {}
    recipe = replace(recipe, preprocessing=prepare, warmup_epochs=5)
    dropout = {}
    if _attends(setting):
        recipe = replace(recipe, attention_dropout=0.2, drop_path=0.1)
        dropout = {"dropout": 0.3} if "dropout" in inspect.signature(setting.model).parameters else {}
    return replace(setting, recipe=recipe, arguments={**setting.arguments, **frames, **dropout})


def difference(before: Setting, after: Setting) -> list[str]:
    """A line for each value that two settings of one network have differently.

    Args:
        before: A setting.
        after: Another one.
    """
    old, new = dict(_values(before)), dict(_values(after))
    defaults = inspect.signature(after.model).parameters
    lines = []
    for key, value in sorted(new.items()):
        name = key.removeprefix("arguments.")
        was = old.get(key, defaults[name].default if key.startswith("arguments.") and name in defaults else None)
        if repr(was) != repr(value):
            lines.append(f"{key}: {_text(was)} -> {_text(value)}")
    return lines


def described(setting: Setting) -> list[str]:
    """A line for each value of a setting, those of the skeleton first."""
    return [f"{key}: {_text(value)}" for key, value in _values(setting)]


# -- preprocessing -----------------------------------------------------------------------------------------------------


def _small(setting: Setting, body: Body) -> Preprocessing:
    """Data sets of a thousand recordings or fewer, whose training has 1,500 steps or more."""
    prepare = setting.recipe.preprocessing
    if "num_frames" not in setting.arguments and _has(prepare, T.SampleSegments):
        prepare = prepare.with_frames(32)
    if body.dataset.name == "sbu":
        prepare = _cropped(prepare, 0.6)
    changes: list[Transform] = []
    if body.dataset.dims is not None:  # classes of one's own may name a side
        changes.append(T.RandomMirror(body.topology))
    changes += [T.SwapPersons(), T.RandomJointDrop(0.1), T.FillMissing()]
    if body.dims == 3 and 4 * setting.recipe.epochs >= 300:  # a short training does not learn to do without an axis
        changes.append(T.RandomAxisDrop(0.25))
    if _has(prepare, T.MinMaxNormalize):  # a body is two units high, so this is three centimeters
        changes.append(T.JointNoise(0.03))
    prepare = prepare.augmented(*changes)
    return prepare.with_clips(10) if prepare.test_clips > 1 else prepare


def _large(setting: Setting, body: Body, epochs: int) -> Preprocessing:
    """NTU RGB+D and Kinetics."""
    prepare = setting.recipe.preprocessing
    if _has(prepare, T.ReplayPad):
        prepare = _sampled(prepare, 100)
    elif _has(prepare, T.SampleSegments):
        prepare = _cropped(prepare.with_frames(64), 0.5)
    changes: list[Transform] = [T.RandomMirror(body.topology), T.SwapPersons()]
    if not any(isinstance(step, T.RandomRotate) for step in steps_of(prepare.train_batch_transform)):
        changes.append(T.RandomRotate(17))
    changes.append(T.RandomScale(0.9, 1.1))
    if epochs >= 150:
        changes += [T.RandomJointDrop(0.1), T.FillMissing()]
        changes += [T.RandomAxisDrop(0.25)] if body.dims == 3 else []
    prepare = prepare.augmented(*changes)
    return prepare.with_clips(10) if _has(prepare, T.SampleSegments) else prepare


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


def _cropped(prepare: Preprocessing, low: float) -> Preprocessing:
    """A random stretch of a recording in training, in front of its sampling."""
    steps: list[Transform] = []
    for step in steps_of(prepare.train_transform):
        steps += [T.RandomTemporalCrop(low), step] if isinstance(step, T.SampleSegments) else [step]
    return replace(prepare, train_transform=Compose(steps))


def _has(prepare: Preprocessing, kind: type) -> bool:
    return any(isinstance(step, kind) for step in steps_of(prepare.train_transform))


# -- values ------------------------------------------------------------------------------------------------------------


def _attends(setting: Setting) -> bool:
    """Whether a network has attention in it."""
    with torch.random.fork_rng(devices=[]):
        return has_attention(setting.build(2))


def _values(setting: Setting) -> Iterator[tuple[str, Any]]:
    yield "skeleton.topology", setting.topology.name
    yield "skeleton.root", setting.topology.joints[setting.topology.root]
    yield "skeleton.graph", setting.graph
    for name, value in setting.arguments.items():
        yield f"arguments.{name}", value
    for item in fields(setting.recipe):
        value = getattr(setting.recipe, item.name)
        if not is_dataclass(value):
            yield item.name, value
            continue
        for part in fields(value):
            yield f"preprocessing.{part.name}", getattr(value, part.name)


def _text(value: Any) -> str:
    return " ".join(repr(value).split())
