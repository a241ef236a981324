"""`ActionRecognizer.finetune`: a recognizer of other classes from a trained one."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tg_skeleton.inference.card import versions

if TYPE_CHECKING:
    from tg_skeleton.inference.recognizer import ActionRecognizer
    from tg_skeleton.training.finetune import Freeze, LabeledRecordings


def finetuned(
    recognizer: ActionRecognizer,
    train: LabeledRecordings,
    val: LabeledRecordings | None = None,
    *,
    steps: int = 500,
    batch_size: int = 32,
    freeze: Freeze | None = None,
    backbone_rate: float = 1.0,
    seed: int = 0,
    device: str = "auto",
    folder: str | Path | None = None,
) -> ActionRecognizer:
    """A recognizer of other classes, by a training that starts from a trained network, which stays as it is.

    ``tuned = tg_skeleton.load("model.safetensors").finetune(ArrayDataset("datasets/mine", "train"))``

    The head is new unless the class names are the same, in the same order; recordings of another skeleton are carried
    to the network's. For a recipe of your own see `tg_skeleton.training.finetune`.

    Args:
        recognizer: The trained network with its preprocessing.
        train: The recordings, such as an `ArrayDataset`; their ``transform`` is not used.
        val: Recordings by which the epoch is chosen. Default: the last epoch is taken.
        steps: Steps of the training, rounded up to whole epochs.
        batch_size: Recordings a step.
        freeze: Weights that do not change: ``"backbone"``, all but the head; N, the first N blocks and what comes
            before them. Default: none.
        backbone_rate: Learning rate of all weights but the head, as a multiple of the head's.
        seed: Seed for all random number generators.
        device: Lightning's accelerator: ``"cpu"``, ``"gpu"``, ``"auto"``.
        folder: A folder for checkpoints and logs. Default: they are not kept.

    Raises:
        ImportError: Lightning is not installed.
        ValueError: An argument is out of its range, the skeletons have no joint in common, or the loss is not finite.
    """
    from tg_skeleton.training.finetune import fit_finetuned

    if recognizer.card.any_skeleton and len(train):
        plain = copy.copy(train)
        plain.transform = None
        recognizer = recognizer.on(train.topology, plain[0].pos.size(-1))
    model, prepare = fit_finetuned(
        recognizer,
        train,
        val,
        steps=steps,
        batch_size=batch_size,
        freeze=freeze,
        backbone_rate=backbone_rate,
        seed=seed,
        device=device,
        folder=folder,
    )
    own = recognizer.card.network_topology or recognizer.card.topology
    card = replace(
        recognizer.card,
        arguments={**recognizer.card.arguments, "num_classes": len(train.class_names)},
        topology=train.topology,
        network_topology=None if own == train.topology else own,
        class_names=tuple(train.class_names),
        transform=prepare.test_transform,
        versions=versions(),
    )
    return type(recognizer)(model, card)
