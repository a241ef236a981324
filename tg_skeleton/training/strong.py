"""Today's training of a published network: one function, which changes its published setting field by field."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import tg_skeleton.transforms as T
from tg_skeleton.datasets.table import Body
from tg_skeleton.training.changes import (
    adamw,
    augmented,
    averaged,
    cosine,
    cropped,
    dropped_out,
    has,
    is_small,
    longer,
    longer_clips,
    more_clips,
    of_batch_size,
    prepared,
    smoothed,
)
from tg_skeleton.training.network import Setting
from tg_skeleton.transforms.preprocessing import steps_of

MEASURED: Mapping[tuple[str, str], str] = {
    ("esan", "sbu"): "was no better than the published recipe in three folds of SBU, with half of its epochs",
}
"""What is known of it, by network and data set; of all others nothing."""


def strong(setting: Setting, body: Body) -> Setting:
    """A setting with what published trainings of later years have, whatever its network and data set.

    - Optimizer: AdamW in place of Adam, with weight decay 0.05 and gradients of norm 1 at most; SGD stays. Batches of
      16 on small data sets, of 64 on large ones.
    - Schedule: four times the epochs on small data sets, five thirds of them and at least 120 on large ones; five
      epochs of warm-up, then a cosine by step; the weights are averaged.
    - Regularization: label smoothing, and, of networks that have them, attention dropout, drop-path and dropout.
    - Recordings: mirrored, joints and axes missing, noise, per data set; more frames for networks that halve time; ten
      clips in a test, where clips are drawn.

    Each of it is a function of `tg_skeleton.training.changes`, which ``python -m tg_skeleton select`` tries alone.

    Every value is an assumption, taken from published recipes of other networks; what was measured is `MEASURED`.

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
    parts = [of_batch_size, longer, adamw, cosine, averaged, smoothed, dropped_out]
    if body.dataset.name == "sbu" or not is_small(body):
        parts.append(cropped)
    for part in (*parts, longer_clips, more_clips):
        setting = part(setting, body)
    return _for_small(setting, body) if is_small(body) else _for_large(setting, body)


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


# -- augmentations -----------------------------------------------------------------------------------------------------


def _for_small(setting: Setting, body: Body) -> Setting:
    """Data sets of a thousand recordings or fewer, whose training has 1,500 steps or more."""
    names = ["mirror"] if body.dataset.dims is not None else []  # classes of one's own may name a side
    names += ["persons", "joints"]
    if body.dims == 3 and setting.recipe.epochs >= 300:  # a short training does not learn to do without an axis
        names.append("axis")
    if has(setting.recipe.preprocessing, T.MinMaxNormalize):
        names.append("noise")
    return augmented(setting, body, *names)


def _for_large(setting: Setting, body: Body) -> Setting:
    """NTU RGB+D and Kinetics."""
    if setting.recipe.epochs >= 150:
        setting = augmented(setting, body, "joints", *(["axis"] if body.dims == 3 else []))
    setting = prepared(setting, setting.recipe.preprocessing.augmented(T.RandomScale(0.9, 1.1)))
    turns = steps_of(setting.recipe.preprocessing.train_batch_transform)
    rotate = [] if any(isinstance(step, T.RandomRotate) for step in turns) else ["rotate"]
    return augmented(setting, body, "mirror", "persons", *rotate)


# -- values ------------------------------------------------------------------------------------------------------------


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
