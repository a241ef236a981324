"""From a training to a checkpoint that can be used without it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from tg_skeleton.commands.systems import Setting
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.inference import Card
from tg_skeleton.training import Recipe


def card_of(
    setting: Setting, recipe: Recipe, recordings: SkeletonDataset, *, dims: int, facts: Mapping[str, Any]
) -> Card:
    """What a checkpoint of a trained network says about it.

    Args:
        setting: The network.
        recipe: How it was trained and tested.
        recordings: A split of its data set; gives skeleton and class names.
        dims: How many coordinates its joints have.
        facts: What else is known.
    """
    made, prepare = setting.network, recipe.preprocessing
    assert isinstance(made, partial)
    arguments = inspect.signature(made.func).bind(*made.args, recordings.num_classes, **made.keywords).arguments
    topology = arguments.pop("topology")
    return Card(
        network=made.func.__name__,
        arguments=arguments,
        topology=recordings.topology,
        network_topology=None if topology == recordings.topology else topology,
        class_names=tuple(recordings.class_names),
        num_frames=prepare.num_frames,
        dims=dims,
        clips=prepare.test_clips,
        num_persons=setting.num_persons,
        transform=prepare.test_transform,
        batch_transform=prepare.eval_batch_transform,
        facts=facts,
    )
