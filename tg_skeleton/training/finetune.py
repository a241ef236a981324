"""Training that starts from the weights of a trained network."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Protocol

import torch
from lightning import seed_everything
from torch import nn
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.topology import Topology
from tg_skeleton.training.datamodule import SkeletonDataModule
from tg_skeleton.training.fit import fit_and_test, make_trainer
from tg_skeleton.training.network import Setting
from tg_skeleton.training.recipe import Recipe, small_course
from tg_skeleton.training.recognizer import Recognizer
from tg_skeleton.training.start import Start
from tg_skeleton.transforms.preprocessing import Preprocessing, Transform, steps_of, walked

Freeze = Literal["backbone"] | int
"""Everything but the head; or the first N blocks and what comes before them."""


class LabeledRecordings(Protocol):
    """A data set of `tg_skeleton.datasets`, such as an `ArrayDataset`."""

    transform: Any

    @property
    def topology(self) -> Topology: ...

    @property
    def class_names(self) -> tuple[str, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Any: ...


class Card(Protocol):
    """The metadata of a checkpoint that a training needs; see `tg_skeleton.inference.ModelCard`."""

    @property
    def arguments(self) -> Mapping[str, Any]: ...

    @property
    def topology(self) -> Topology: ...

    @property
    def network_topology(self) -> Topology | None: ...

    @property
    def class_names(self) -> tuple[str, ...]: ...

    @property
    def num_frames(self) -> int: ...

    @property
    def clips(self) -> int: ...

    @property
    def transform(self) -> Transform | None: ...

    @property
    def batch_transform(self) -> Transform | None: ...


class Trained(Protocol):
    """A trained network with its card; `tg_skeleton.load` returns one."""

    @property
    def model(self) -> nn.Module: ...

    @property
    def card(self) -> Card: ...


def finetune(
    trained: Trained,
    class_names: Sequence[str],
    recipe: Callable[[Preprocessing], Recipe] | None = None,
    *,
    topology: Topology | None = None,
    freeze: Freeze | None = None,
    backbone_rate: float = 1.0,
) -> Setting:
    """The setting of a training that goes on from a trained network.

    All weights are carried over. The head, that is, the weights whose shape depends on the number of classes, is new
    unless the class names are those of the trained network, in the same order. Recordings go through the trained
    network's own transforms; in training its clips are drawn at random, one of each recording. Recordings of another
    skeleton are carried to the network's by `ToTopology` first, or, where the network takes any skeleton, are taken as
    they are. ``recipe.preprocessing.augmented(...)`` adds random
    changes, of which there are none.

    Build and train it as any setting::

        setting = finetune(tg_skeleton.load("model.safetensors"), names, freeze="backbone")
        recognizer = Recognizer(setting.build(len(names)), len(names), setting.recipe, start=setting.start)

    Args:
        trained: The trained network.
        class_names: The classes of the recordings.
        recipe: Makes the recipe of a preprocessing. Default: the schedule of small data sets, with Adam.
        topology: The skeleton of the recordings. Default: the trained network's.
        freeze: Weights that do not change: ``"backbone"``, all but the head; N, the first N blocks and what comes
            before them. Their norms keep their statistics, and they drop nothing.
        backbone_rate: Learning rate of all weights but the head, as a multiple of the recipe's.

    Raises:
        ValueError: The network has no blocks, or fewer than N; ``backbone_rate`` is not above 0; the two skeletons have
            no joint in common; a weight does not fit a network of the card's arguments. The message names the weight.
    """
    card = trained.card
    arguments = {key: value for key, value in card.arguments.items() if key not in ("in_channels", "num_classes")}
    prepare = _preprocessing(card, topology)
    make = recipe or partial(small_course, optimizer="adam", learning_rate=1e-3, weight_decay=1e-4)
    setting = Setting(
        model=type(trained.model),
        arguments=arguments,
        recipe=make(prepare),
        topology=card.network_topology or card.topology,
        channels=card.arguments["in_channels"],
    )
    head = _head(setting, len(class_names))
    start = Start(
        weights={name: value.detach().cpu().clone() for name, value in trained.model.state_dict().items()},
        head=head,
        keeps_head=tuple(class_names) == tuple(card.class_names),
        frozen=_frozen(trained.model, head, freeze),
        num_classes=len(class_names),
        backbone_rate=backbone_rate,
    )
    return setting.starting_from(start)


def fit_finetuned(
    trained: Trained,
    train: LabeledRecordings,
    val: LabeledRecordings | None,
    *,
    steps: int,
    batch_size: int,
    freeze: Freeze | None,
    backbone_rate: float,
    seed: int,
    device: str,
    folder: str | Path | None,
) -> tuple[nn.Module, Preprocessing]:
    """A trained network after a further training, and its preprocessing; see `ActionRecognizer.finetune`."""
    names = train.class_names
    setting = finetune(trained, names, topology=train.topology, freeze=freeze, backbone_rate=backbone_rate)
    recipe = setting.recipe.with_batch_size(batch_size).with_steps(steps, len(train))
    prepare = recipe.preprocessing
    seed_everything(seed, workers=True, verbose=False)
    recognizer = Recognizer(setting.build(len(names)), len(names), recipe, start=setting.start)
    data = SkeletonDataModule(
        _with(train, prepare.train_transform),
        None if val is None else _with(val, prepare.val_transform),
        _with(train if val is None else val, prepare.test_transform),
        batch_size=recipe.batch_size,
    )
    with TemporaryDirectory() as passing:
        trainer = make_trainer(recipe, passing if folder is None else folder, accelerator=device, progress_bar=False)
        fit_and_test(trainer, recognizer, data)
    return recognizer.model.cpu(), prepare


def _with(recordings: LabeledRecordings, transform: Transform | None) -> Any:
    """The same recordings under another transform."""
    other = copy.copy(recordings)
    other.transform = transform
    return other


def _preprocessing(card: Card, topology: Topology | None) -> Preprocessing:
    """The transforms of a card, and in training their random counterparts of one clip."""
    steps = list(steps_of(card.transform))
    if topology is not None and topology != card.topology:
        steps.insert(0, T.ToTopology(topology, card.topology))
    evaluate = Compose(steps) if steps else None
    return Preprocessing(
        num_frames=card.num_frames,
        test_clips=card.clips,
        val_clips=card.clips,
        train_transform=walked(evaluate, _drawn),
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=walked(card.batch_transform, _one_clip),
        eval_batch_transform=card.batch_transform,
    )


def _drawn(step: Transform) -> Transform:
    if isinstance(step, T.SampleSegments):
        return T.SampleSegments(step.num_frames)
    if isinstance(step, T.CropResize):
        return T.CropResize(step.num_frames, step.low)
    return step


def _one_clip(step: Transform) -> Transform:
    return step.with_clips(1) if isinstance(step, T.Streams) else step


def _head(setting: Setting, num_classes: int) -> frozenset[str]:
    """The names of the weights whose shape depends on the number of classes."""
    with torch.random.fork_rng(devices=[]):
        one, other = (setting.build(classes).state_dict() for classes in (num_classes, num_classes + 1))
    return frozenset(name for name, value in one.items() if value.shape != other[name].shape)


def _frozen(model: nn.Module, head: frozenset[str], freeze: Freeze | None) -> frozenset[str]:
    """The names of the parameters that do not change."""
    names = [name for name, _ in model.named_parameters()]
    if freeze is None:
        return frozenset()
    if freeze == "backbone":
        return frozenset(names) - head
    children = dict(model.named_children())
    blocks = children.get("blocks")
    number = len(list(blocks.children())) if blocks is not None else 0
    if not isinstance(freeze, int) or not 1 <= freeze <= number:
        raise ValueError(
            f"freeze: expected 'backbone', or 1..{number} of {type(model).__name__}'s blocks, got {freeze!r}"
            if number
            else f"freeze: {type(model).__name__} has no blocks to count, got {freeze!r}; expected 'backbone'"
        )
    before = list(children)[: list(children).index("blocks")]
    parts = (*(f"{child}." for child in before), *(f"blocks.{block}." for block in range(freeze)))
    return frozenset(name for name in names if name.startswith(parts) or "." not in name) - head
