"""A trained network, ready for recordings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch
from safetensors.torch import load_model, save_model
from torch import Tensor, nn

from tg_skeleton.collate import collate, with_scores
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.evaluation.clips import clip_logits
from tg_skeleton.files import atomic_write, printable, reading
from tg_skeleton.inference.card import KEY, ModelCard
from tg_skeleton.inference.described import check_finite, check_numbers, limited
from tg_skeleton.inference.files import FileReader
from tg_skeleton.inference.finetuning import finetuned
from tg_skeleton.inference.prediction import Prediction, warn_of
from tg_skeleton.inference.recordings import as_sequence, findings_of, is_empty, persons_alone
from tg_skeleton.inference.shipped import MODEL, checkpoint_file
from tg_skeleton.io import Source
from tg_skeleton.nn import fuse
from tg_skeleton.pose import PoseEstimator
from tg_skeleton.topology import Topology

Recording: TypeAlias = SkeletonSequence | np.ndarray | Tensor
"""A sequence, or coordinates ``[T, M, V, D]`` or (one person) ``[T, V, D]``."""

Self = TypeVar("Self", bound="ActionRecognizer")


class ActionRecognizer:
    """A trained network with its preprocessing: recordings in, classes with probabilities out.

    >>> import torch
    >>> from tg_skeleton.inference import ActionRecognizer
    >>> card.network, card.topology.name, card.class_names  # a `ModelCard`
    ('ESAN', 'NTU25', ('sit', 'stand'))
    >>> recognizer = ActionRecognizer(card.build(), card)
    >>> prediction = recognizer(torch.randn(50, 2, 25, 3))
    >>> prediction.probabilities.shape, prediction.person_probabilities.shape, prediction.label in card.class_names
    ((2,), (2, 2), True)

    Args:
        model: Maps ``x [T, N, C]``, ``batch [N]``, ``batch_size`` to logits; it is set to evaluation mode. Predictions
            are those of `fused`.
        card: The metadata of the network: its class, its classes, its transforms.
    """

    def __init__(self, model: nn.Module, card: ModelCard) -> None:
        self.model = model.eval()
        self._fused: tuple[object, nn.Module] | None = None
        self._others: dict[tuple[Topology, int], Any] = {}
        self.card = card

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self.model.parameters()).device

    def to(self: Self, device: str | torch.device) -> Self:
        """Move the network; returns the recognizer itself."""
        self.model.to(device)
        return self

    def on(self: Self, topology: Topology, dims: int = 3) -> Self:
        """The recognizer for recordings of another skeleton, with the same network; of networks for any skeleton.

        Args:
            topology: The skeleton of the recordings.
            dims: D, their coordinates: 3, or 2 in pictures.

        Raises:
            ValueError: The network is made for one skeleton.

        >>> import tg_skeleton
        >>> from tg_skeleton import COCO17
        >>> tg_skeleton.load("everyday").on(COCO17, dims=2)
        ActionRecognizer(AnyESAN, 48 classes, COCO17)
        """
        card = self.card.on(topology, dims)
        if card is self.card:
            return self
        if (topology, dims) not in self._others:  # kept, so that the network is fused once for all recordings of it
            self._others[topology, dims] = type(self)(self.model, card)
        return self._others[topology, dims]

    @property
    def fused(self) -> nn.Module:
        """The copy of the network that answers, see `tg_skeleton.nn.fuse`; a new one whenever weights have changed."""
        tensors = (*self.model.parameters(), *self.model.buffers())
        state = [(id(tensor), tensor.device, tensor._version) for tensor in tensors]
        if self._fused is None or self._fused[0] != state:
            self._fused = state, fuse(self.model.eval())
        return self._fused[1]

    def __call__(self, recording: Recording, *, layout: str | None = None) -> Prediction:
        """Recognize the action in a recording; see `predict`.

        Args:
            recording: A sequence or an array.
            layout: The order of an array's axes, such as ``"C T V M"``. Default: recognized.

        Raises:
            ValueError: The recording does not fit the network, or has coordinates that are not finite.
        """
        (prediction,) = self.unwarned([as_sequence(recording, self.card, layout=layout)])
        warn_of([prediction])
        return prediction

    def predict(
        self, recordings: Sequence[Recording], *, batch_size: int = 64, per_person: bool = True, check: bool = True
    ) -> list[Prediction]:
        """Recognize the actions in recordings, of any lengths and numbers of persons.

        Persons of an array whose coordinates are all zero are absent; a recording without anybody has the label
        ``"nobody"``. A recording that does not look like those of the
        training (upside down, other units, another order of joints) is warned of; see `Prediction.findings`.

        Args:
            recordings: Sequences or arrays.
            batch_size: Clips that go through the network at once.
            per_person: Also recognize the action of each person alone, as if the others had not been recorded; free
                for recordings of one person.
            check: Compare recordings with those of the training.

        Raises:
            ValueError: A recording does not fit the network, or has coordinates that are not finite. The message has
                its name or index.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size: expected 1 or more, got {batch_size}")
        predictions = self.unwarned(recordings, batch_size, per_person, check)
        warn_of(predictions)
        return predictions

    def unwarned(
        self, recordings: Sequence[Recording], batch_size: int = 64, per_person: bool = True, check: bool = True
    ) -> list[Prediction]:
        """The result of `predict`, without its warnings."""
        sequences = [as_sequence(recording, self.card, number) for number, recording in enumerate(recordings)]
        asked = [number for number, sequence in enumerate(sequences) if not is_empty(sequence)]
        persons = {number: sequences[number].num_persons if per_person else 0 for number in asked}
        alone = [
            one
            for number in asked
            if persons[number] > 1
            for one in persons_alone(sequences[number], self.card.topology)
        ]
        everything = self._probabilities([*(sequences[number] for number in asked), *alone], batch_size)
        names, nothing = self.card.class_names, np.zeros((0, self.card.num_classes), np.float32)
        predictions = [Prediction(one.name, names, np.zeros(len(names), np.float32), nothing) for one in sequences]
        first = len(asked)
        for row, number in enumerate(asked):
            count = persons[number]
            own = everything[row : row + 1] if count == 1 else everything[first : first + count]
            first += count if count > 1 else 0
            found = findings_of(sequences[number], self.card) if check else ()
            predictions[number] = Prediction(sequences[number].name, names, everything[row], own, found)
        return predictions

    def prepare(self, recordings: Sequence[SkeletonSequence]) -> SkeletonSequence:
        """The input of the network: a batch of the transformed recordings, with ``x``, on the network's device.

        Random draws of a transform are the same for each recording, whatever the other recordings of the batch.

        Raises:
            ValueError: There are no recordings, or one does not fit the network.
        """
        if not recordings:
            raise ValueError("recordings: expected at least one, got none")
        return self._batch([as_sequence(one, self.card, number) for number, one in enumerate(recordings)])

    def logits(self, batch: SkeletonSequence) -> Tensor:
        """The logits ``[B, K]`` of a batch from `prepare`, averaged over the clips of each recording."""
        with torch.no_grad():
            return clip_logits(self.fused, batch, self.card.clips)

    def video(
        self, path: str | os.PathLike[str], estimator: PoseEstimator | None = None, *, persons: int = 2
    ) -> Prediction:
        """Recognize the action in a video: its persons are found, placed in space and carried over to the network.

        Args:
            path: The video.
            estimator: Finds the persons. Default: the one that fits, see `tg_skeleton.pose.fitting_estimator`.
            persons: Maximum number of persons to keep.

        Raises:
            ImportError: No estimator that fits is installed.
            ValueError: The file is no video, nobody is in it, or the estimator does not fit the network.
            OSError: It can't be read.
        """
        reader = FileReader(self.card, estimator=estimator, persons=persons)
        read = reader(Source(Path(path)))
        return self.on(read.topology or self.card.topology, read.sequence.pos.size(-1))(read.sequence)

    finetune = finetuned

    # -- files ---------------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write weights and card to one file; after an interrupted write, an earlier file is unchanged.

        Raises:
            ValueError: The path does not end in ``.safetensors``, or the card holds a transform of your own.
            OSError: The file can't be written.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            raise ValueError(f"path: expected a file name ending in .safetensors, got '{path}'")
        text = self.card.to_json()
        with atomic_write(path) as part:
            save_model(self.model, str(part), {KEY: text})  # handles tensors shared by two names
        return path

    @classmethod
    def load(
        cls: type[Self],
        path: str | Path,
        *,
        device: str | torch.device = "cpu",
        networks: Sequence[type[nn.Module]] = (),
    ) -> Self:
        """Read a file that `save` wrote; no code of the file is run, and nothing is imported for it.

        Args:
            path: The file, the folder of a run that has it, or ``"everyday"``, the network of the package.
            device: The device of the network.
            networks: Classes of networks of your own, of which the file may be a checkpoint.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is damaged, is not a checkpoint of this package, was written by a newer version, is of
                a network that is not given or much larger than the file, or holds weights that do not fit its network
                or are not finite.
        """
        path = checkpoint_file(path)
        if path.suffix == ".ckpt":
            near = path.resolve().parents[1] / MODEL
            found = f"'{near}'" if near.is_file() else f"{MODEL} in the run's folder, which a finished training writes"
            raise ValueError(f"'{path}' is the state of a training, without classes and transforms; take {found}")
        if not path.is_file():
            raise FileNotFoundError(
                f"'{path}': no such file; `python -m tg_skeleton train` writes model.safetensors into a run's folder, "
                "ActionRecognizer.save(path) another"
            )
        with reading(path, "checkpoint"):
            try:
                card = ModelCard.of_file(path)
                check_numbers("num_frames * clips * num_persons", card.num_frames * card.clips * card.num_persons)
                with limited(path.stat().st_size):
                    model = card.build(networks)
            except ValueError as error:
                raise ValueError(f"'{printable(path)}': {error}") from error
            try:
                load_model(model, path)
            except Exception as error:  # torch's and safetensors' own
                raise ValueError(
                    f"'{printable(path)}': its weights do not fit the {card.network} that its card describes: {error}; "
                    "take the file as ActionRecognizer.save wrote it, or fetch it anew"
                ) from error
            check_finite(model, path)
        return cls(model, card).to(device)

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _batch(self, sequences: Sequence[SkeletonSequence]) -> SkeletonSequence:
        made = [self._transformed(sequence) for sequence in with_scores(sequences)]
        batch = collate(with_scores(made)).to(self.device)  # a transform may have found joints astray
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
