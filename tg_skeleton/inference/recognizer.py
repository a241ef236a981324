"""A trained network, ready to be asked about recordings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_model, save_model
from torch import Tensor, nn

from tg_skeleton.collate import collate
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.evaluation.clips import clip_logits
from tg_skeleton.inference.card import Card
from tg_skeleton.inference.prediction import Prediction
from tg_skeleton.inference.recordings import as_sequence, persons_alone
from tg_skeleton.nn import fuse

Recording: TypeAlias = SkeletonSequence | np.ndarray | Tensor
"""A sequence, or coordinates ``[T, M, V, D]`` or (one person) ``[T, V, D]``."""

Self = TypeVar("Self", bound="ActionRecognizer")

KEY = "tg_skeleton"
"""Under which the card stands among a file's metadata."""


class ActionRecognizer:
    """A trained network with all that it takes to use it: recordings in, classes with probabilities out.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.inference import ActionRecognizer, Card
    >>> from tg_skeleton.transforms import SampleSegments, Streams
    >>> card = Card(
    ...     network="ESAN",
    ...     arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": [8, 8]},
    ...     topology=NTU25,
    ...     class_names=("sit", "stand"),
    ...     num_frames=20,
    ...     transform=SampleSegments(20, mode="center"),
    ...     batch_transform=Streams("joint"),
    ... )
    >>> recognizer = ActionRecognizer(card.build(), card)
    >>> prediction = recognizer(torch.randn(50, 2, 25, 3))
    >>> prediction.probabilities.shape, prediction.person_probabilities.shape, prediction.label in card.class_names
    ((2,), (2, 2), True)

    Args:
        model: Maps ``x [T, N, C]``, ``batch [N]``, ``batch_size`` to logits; it is set to evaluation. The answers are
            those of `fused`.
        card: What the network is, and what its recordings go through.
    """

    def __init__(self, model: nn.Module, card: Card) -> None:
        self.model = model.eval()
        self._fused: tuple[object, nn.Module] | None = None
        self.card = card

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return next(self.model.parameters()).device

    def to(self: Self, device: str | torch.device) -> Self:
        """Moves the network; gives the recognizer itself."""
        self.model.to(device)
        return self

    @property
    def fused(self) -> nn.Module:
        """The copy of the network that answers, see `tg_skeleton.nn.fuse`; a new one whenever weights have changed."""
        tensors = (*self.model.parameters(), *self.model.buffers())
        state = [(id(tensor), tensor.device, tensor._version) for tensor in tensors]
        if self._fused is None or self._fused[0] != state:
            self._fused = state, fuse(self.model.eval())
        return self._fused[1]

    def __call__(self, recording: Recording) -> Prediction:
        """What is done in a recording.

        Raises:
            ValueError: The recording does not fit the network, or has coordinates that are not finite.
        """
        return self.predict([recording])[0]

    def predict(
        self, recordings: Sequence[Recording], *, batch_size: int = 64, per_person: bool = True
    ) -> list[Prediction]:
        """What is done in recordings, of any lengths and numbers of persons.

        Persons who are nowhere in a recording that is given as an array (all zero) do not count.

        Args:
            recordings: Sequences or arrays.
            batch_size: How many clips go through the network at once.
            per_person: Ask about each person alone, too, as if the others had not been recorded; a recording of one
                person takes no more time for it.

        Raises:
            ValueError: A recording does not fit the network, or has coordinates that are not finite; its name, or its
                place among the recordings, is in the message.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size: expected 1 or more, got {batch_size}")
        sequences = [as_sequence(recording, self.card, place) for place, recording in enumerate(recordings)]
        crowds = [sequence.num_persons if per_person else 0 for sequence in sequences]
        alone = [
            one
            for sequence, persons in zip(sequences, crowds, strict=True)
            if persons > 1
            for one in persons_alone(sequence, self.card.topology)
        ]
        everything = self._probabilities([*sequences, *alone], batch_size)
        predictions, first = [], len(sequences)
        for place, (sequence, persons) in enumerate(zip(sequences, crowds, strict=True)):
            own = everything[place : place + 1] if persons == 1 else everything[first : first + persons]
            first += persons if persons > 1 else 0
            predictions.append(Prediction(sequence.name, self.card.class_names, everything[place], own))
        return predictions

    def prepare(self, recordings: Sequence[SkeletonSequence]) -> SkeletonSequence:
        """Recordings as the batch that the network reads: transformed, with ``x``, on the network's device.

        Where a transform draws at random, each recording has the draws of a generator of its own, so that the answer
        does not depend on what stands beside it.

        Raises:
            ValueError: There are no recordings, or one does not fit the network.
        """
        if not recordings:
            raise ValueError("recordings: expected at least one, got none")
        return self._batch([as_sequence(one, self.card, place) for place, one in enumerate(recordings)])

    def logits(self, batch: SkeletonSequence) -> Tensor:
        """The logits ``[B, K]`` of a batch that `prepare` made, averaged over the clips of each recording."""
        with torch.no_grad():
            return clip_logits(self.fused, batch, self.card.clips)

    # -- files ---------------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Writes weights and card to one file; an interrupted write leaves an earlier file as it was.

        Raises:
            ValueError: The path does not end in ``.safetensors``, or the card holds a transform of your own.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            raise ValueError(f"path: expected a file name ending in .safetensors, got '{path}'")
        text = self.card.to_json()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        save_model(self.model, str(part), {KEY: text})  # knows that two names may share a tensor
        os.replace(part, path)
        return path

    @classmethod
    def load(cls: type[Self], path: str | Path, *, device: str | torch.device = "cpu") -> Self:
        """Reads what `save` wrote; nothing in the file is run.

        Args:
            path: The file.
            device: Where the network shall run.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is damaged, is no checkpoint of this package, was written by a newer version, or holds
                weights that do not fit its network.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(
                f"'{path}': no such file; `python -m tg_skeleton train` writes model.safetensors into a run's folder, "
                "ActionRecognizer.save(path) another"
            )
        try:
            card = Card.from_json(_text(path))
            model = card.build()
        except ValueError as error:
            raise ValueError(f"'{path}': {error}") from error
        try:
            load_model(model, path)
        except (RuntimeError, SafetensorError) as error:
            raise ValueError(
                f"'{path}': its weights do not fit the {card.network} that its card describes: {error}; "
                "take the file as ActionRecognizer.save wrote it, or fetch it anew"
            ) from error
        return cls(model, card).to(device)

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _batch(self, sequences: Sequence[SkeletonSequence]) -> SkeletonSequence:
        batch = collate([self._transformed(sequence) for sequence in sequences]).to(self.device)
        return batch if self.card.batch_transform is None else self.card.batch_transform(batch)

    def _transformed(self, sequence: SkeletonSequence) -> SkeletonSequence:
        if self.card.transform is None:
            return sequence
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                out: SkeletonSequence = self.card.transform(sequence)
            except ValueError as error:
                raise ValueError(f"{sequence.name}: {error}") from error
        return out

    def _probabilities(self, sequences: Sequence[SkeletonSequence], batch_size: int) -> np.ndarray:
        """``[S, K]`` float32."""
        parts = [
            self.logits(self._batch(sequences[first : first + batch_size])).float().softmax(1).cpu()
            for first in range(0, len(sequences), batch_size)
        ]
        return torch.cat([torch.zeros(0, self.card.num_classes), *parts]).numpy()

    def __repr__(self) -> str:
        card = self.card
        return f"{type(self).__name__}({card.network}, {card.num_classes} classes, {card.topology.name})"


def _text(path: Path) -> str:
    """The card in a file's metadata."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"it can't be read as a safetensors file: {error}; it may be damaged or cut off: fetch or write it anew"
        ) from error
    if KEY not in metadata:
        raise ValueError(
            f"the metadata have no '{KEY}', so it is no checkpoint of this package; write one with "
            "ActionRecognizer(model, card).save(path)"
        )
    text: str = metadata[KEY]
    return text
