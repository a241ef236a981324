"""Arguments that change the recipe of a training."""

from __future__ import annotations

import argparse
import inspect
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tg_skeleton.datasets.table import DATASETS, Body
from tg_skeleton.transforms.augmentations import AUGMENTATIONS

if TYPE_CHECKING:
    from tg_skeleton.training import Network, Recipe, Setting

Arguments = argparse.Namespace

MOST_EPOCHS = 500
"""The largest number of epochs to which a training is extended for the sake of its steps."""


def add_setting(parser: Any) -> None:
    """Add the arguments that change the network's input, which a test needs as the training had them."""
    add_recipe(parser)
    parser.add_argument(
        "--init",
        type=Path,
        metavar="FILE",
        help="model.safetensors (or everyday, with --model everyday) whose weights and preprocessing the training "
        "starts from; the head is new where the classes differ, and recordings of another skeleton are carried to the "
        "network's",
    )


def add_recipe(parser: Any) -> None:
    """Add the recipe, and the frames of its clips."""
    parser.add_argument(
        "--recipe",
        default="paper",
        choices=("paper", "strong"),
        help="the published training, or one with what later publications have. Default: %(default)s",
    )
    parser.add_argument("--frames", type=int, help="frames of a clip. Default: the recipe's")
    parser.add_argument(
        "--widths", type=int, nargs="+", help="channels of the network's blocks. Default: the network's own"
    )


def add_changes(parser: Any) -> None:
    """Add the arguments that change the training alone."""
    add_course(parser)
    parser.add_argument(
        "--augment",
        nargs="+",
        default=[],
        choices=AUGMENTATIONS,
        help="augmentations to add to the recipe's. mirror exchanges left and right, so no class may name a side",
    )
    parser.add_argument(
        "--class-weights",
        choices=("equal", "balanced"),
        help="weights of the classes in the loss; balanced: in inverse proportion to their recordings. Default: the "
        "recipe's",
    )
    parser.add_argument(
        "--sampling",
        choices=("uniform", "balanced"),
        help="uniform: each recording once an epoch; balanced: as many draws, each class equally often. Default: the "
        "recipe's",
    )
    parser.add_argument(
        "--freeze",
        metavar="WHAT",
        help="with --init, weights that do not change: backbone (all but the head), or a number of blocks from the "
        "input on. Default: none",
    )
    parser.add_argument(
        "--lr-backbone",
        type=float,
        default=1.0,
        help="with --init, learning rate of all but the head, as a multiple of the head's. Default: %(default)s",
    )


def add_course(parser: Any) -> None:
    """Add the steps of a training, its learning rate, and the choice not to train."""
    parser.add_argument(
        "--steps",
        type=int,
        help="steps of training, rounded up to whole epochs. Default: the recipe's epochs; with --dataset own, more if "
        f"it takes them to make {DATASETS['own'].least_steps} steps, up to {MOST_EPOCHS}",
    )
    parser.add_argument("--lr", type=float, help="learning rate after the warm-up. Default: the recipe's")
    parser.add_argument("--dry-run", action="store_true", help="print the recipe and stop")


def finetuned(args: Arguments, network: Network, body: Body, class_names: Sequence[str]) -> Setting:
    """The setting of a training that starts from the file of ``--init``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is of another network, or its recordings have other coordinates, or it does not fit.
    """
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.training import finetune

    trained = ActionRecognizer.load(args.init, networks=[network.model])
    if type(trained.model) is not network.model:
        raise ValueError(f"--init: '{args.init}' is a {trained.card.network}, expected --model {network.name}")
    if trained.card.any_skeleton:
        trained = trained.on(body.topology, body.dims)
    if trained.card.dims != body.dims:
        raise ValueError(
            f"--init: '{args.init}' reads {trained.card.dims} coordinates of a joint, the recordings have {body.dims}"
        )
    freeze = getattr(args, "freeze", None)
    setting = finetune(
        trained,
        class_names,
        network.small,
        topology=body.topology,
        freeze=int(freeze) if freeze is not None and freeze.isdigit() else freeze,
        backbone_rate=getattr(args, "lr_backbone", 1.0),
    )
    return replace(setting, stream=str(trained.card.facts.get("stream", "")))


def check_finetuning(args: Arguments) -> None:
    """Refuse arguments that do not go with ``--init``, or not without it.

    Raises:
        ValueError: There is one.
    """
    if args.init is None:
        if getattr(args, "freeze", None) is not None or getattr(args, "lr_backbone", 1.0) != 1.0:
            raise ValueError("--freeze, --lr-backbone: expected --init FILE, whose weights they are about, got none")
        return
    for name, given in (("--stream", args.stream), ("--frames", args.frames), ("--widths", args.widths)):
        if given is not None:
            raise ValueError(f"{name}: expected none with --init, whose network has its own, got {given}")
    if args.recipe != "paper":
        raise ValueError(f"--recipe: expected paper with --init, got {args.recipe}; --augment adds augmentations")


def _of_widths(setting: Setting, widths: Sequence[int] | None) -> Setting:
    """The network with other channels.

    Raises:
        ValueError: It has no such argument.
    """
    if widths is None:
        return setting
    if "widths" not in inspect.signature(setting.model).parameters:
        raise ValueError(f"--widths: {setting.model.__name__} has no argument widths; leave it out")
    return replace(setting, arguments={**setting.arguments, "widths": tuple(widths)})


def setting_of(args: Arguments, setting: Setting, body: Body) -> Setting:
    """A setting with the widths, the recipe, the frames and the augmentations of the command line."""
    from tg_skeleton.training import strong

    setting = _of_widths(setting, args.widths)
    if args.recipe == "strong":
        setting = strong(setting, body)
    if args.frames is not None:
        setting = setting.with_frames(args.frames)
    added = [AUGMENTATIONS[name](body.topology) for name in getattr(args, "augment", [])]
    prepare = setting.recipe.preprocessing.augmented(*added)
    return replace(setting, recipe=replace(setting.recipe, preprocessing=prepare))


def changes_of(args: Arguments, published: Setting, chosen: Setting, body: Body) -> str:
    """The lines about what differs from the published setting; empty if nothing does."""
    from tg_skeleton.training import difference
    from tg_skeleton.training.strong import MEASURED

    lines = [f"  {line}" for line in difference(published, chosen)]
    if args.recipe == "strong":
        unknown = f"has not been measured on {body.dataset.name}"
        lines.insert(0, f"--recipe strong {MEASURED.get((args.model, body.dataset.name), unknown)}; it changes:")
    return "\n".join(lines)


def step_of(recipe: Recipe, processes: int) -> str:
    """A step of a training in words: its batch, on how many devices, and the learning rate that goes with it.

    >>> from tg_skeleton.commands.recipes import step_of
    >>> from tg_skeleton.training.recipes.esan import esan_simulated
    >>> step_of(esan_simulated(), 2)
    '32 recordings (16 on each of 2 devices), adam with learning rate 0.001'
    """
    split = f" ({recipe.batch_size // processes} on each of {processes} devices)" if processes > 1 else ""
    return f"{recipe.batch_size} recordings{split}, {recipe.optimizer} with learning rate {recipe.learning_rate:g}"


def announce(name: str, recipe: Recipe, recordings: int, processes: int, remark: str = "") -> None:
    """Print one line about a training that begins, and the remark."""
    steps = math.ceil(recordings / recipe.batch_size)
    print(
        f"{name}: {recipe.epochs} epochs of {steps} steps of {step_of(recipe, processes)} and weight decay "
        f"{recipe.weight_decay:g}, decay by {recipe.decay}, clips of {recipe.preprocessing.num_frames} frames"
        + (f"\n{remark}" if remark else ""),
        flush=True,
    )
