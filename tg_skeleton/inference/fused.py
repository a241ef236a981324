"""An ensemble of networks."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tg_skeleton.evaluation.ensemble import shares
from tg_skeleton.files import reading, write_json
from tg_skeleton.inference.card import ModelCard
from tg_skeleton.inference.files import FileRecording
from tg_skeleton.inference.prediction import Prediction, warn_of
from tg_skeleton.inference.recognizer import ActionRecognizer, Recording
from tg_skeleton.inference.recordings import as_sequence
from tg_skeleton.topology import Topology


class FusedRecognizer:
    r"""The weighted mean of several networks' probabilities, of the streams of one model or of its seeds.

    .. math:: p = \sum_i w_i p_i \Big/ \sum_i w_i

    This is what `tg_skeleton.evaluation.ensemble` gives. `write_fusion` writes a file that names the networks'
    checkpoints and their weights; `load` reads it.

    >>> from dataclasses import replace
    >>> import torch
    >>> from tg_skeleton.inference import ActionRecognizer
    >>> from tg_skeleton.inference.fused import FusedRecognizer
    >>> from tg_skeleton.transforms import Streams
    >>> def recognizer(stream):  # `card` is a `ModelCard`
    ...     return ActionRecognizer(card.build(), replace(card, batch_transform=Streams(stream)))
    >>> joints, bones = recognizer("joint"), recognizer("bone")
    >>> recording = torch.randn(50, 1, 25, 3)
    >>> p = FusedRecognizer([joints, bones])(recording).probabilities
    >>> bool(((joints(recording).probabilities + bones(recording).probabilities) / 2 == p).all())
    True

    Args:
        recognizers: Networks of the same classes and the same recordings; what they read of them may differ.
        weights: One number for each; only their proportions matter. Default: equal ones.

    Raises:
        ValueError: There are none, or one has other classes or takes other recordings, or the weights are not one
            non-negative number each with a positive sum.
    """

    def __init__(self, recognizers: Sequence[ActionRecognizer], weights: Sequence[float] | None = None) -> None:
        if not recognizers:
            raise ValueError("recognizers: expected at least one, got none")
        self.recognizers = list(recognizers)
        self.weights = shares(weights, [f"number {place}" for place in range(len(recognizers))])
        self.card: ModelCard = self.recognizers[0].card
        for place, recognizer in enumerate(self.recognizers[1:], 1):
            card = recognizer.card
            facts = {
                "class_names": (self.card.class_names, card.class_names),
                "dims": (self.card.dims, card.dims),
                "topology": (self.card.topology.name, card.topology.name),
            }
            for name, (first, other) in facts.items():
                if first != other:
                    raise ValueError(
                        f"recognizers: expected networks of the same recordings and classes, got {name} {first} and, "
                        f"of number {place}, {other}"
                    )

    @classmethod
    def load(
        cls,
        paths: Sequence[str | os.PathLike[str]],
        *,
        device: str | torch.device = "cpu",
        networks: Sequence[type[nn.Module]] = (),
    ) -> FusedRecognizer:
        """Read the networks of several files: checkpoints, which count the same, and files of `write_fusion`.

        Args:
            paths: The files, or the folders of runs; a fusion counts as much as a checkpoint.
            device: The device of the networks.
            networks: Classes of networks of your own, of which the files may be checkpoints.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: A file is damaged, or the networks do not go together.
        """
        found: list[tuple[Path, float]] = []
        for path in map(Path, paths):
            found += read_fusion(path) if path.suffix == ".json" else [(path, 1.0)]
        recognizers = [ActionRecognizer.load(path, device=device, networks=networks) for path, _ in found]
        return cls(recognizers, [weight for _, weight in found])

    def on(self, topology: Topology, dims: int = 3) -> FusedRecognizer:
        """The ensemble for recordings of another skeleton, see `ActionRecognizer.on`.

        Raises:
            ValueError: A network is made for one skeleton.
        """
        if (topology, dims) == (self.card.topology, self.card.dims):
            return self
        return FusedRecognizer([one.on(topology, dims) for one in self.recognizers], self.weights.tolist())

    def about(self, recording: FileRecording) -> FusedRecognizer:
        """The ensemble for the skeleton of a file's recording."""
        if recording.topology is None:
            return self
        return self.on(recording.topology, recording.sequence.pos.size(-1))

    def __call__(self, recording: Recording, *, layout: str | None = None) -> Prediction:
        """The prediction for a recording, see `ActionRecognizer`.

        Raises:
            ValueError: The recording does not fit the networks, or has coordinates that are not finite.
        """
        (prediction,) = self._predict([as_sequence(recording, self.card, layout=layout)])
        warn_of([prediction])
        return prediction

    def predict(
        self, recordings: Sequence[Recording], *, batch_size: int = 64, per_person: bool = True, check: bool = True
    ) -> list[Prediction]:
        """The predictions for recordings, see `ActionRecognizer.predict`; the first network's training is compared."""
        predictions = self._predict(recordings, batch_size, per_person, check)
        warn_of(predictions)
        return predictions

    def _predict(
        self, recordings: Sequence[Recording], batch_size: int = 64, per_person: bool = True, check: bool = True
    ) -> list[Prediction]:
        predictions = [
            one.unwarned(recordings, batch_size, per_person, check and one is self.recognizers[0])
            for one in self.recognizers
        ]
        return [
            Prediction(
                parts[0].name,
                parts[0].class_names,
                self._mean([part.probabilities for part in parts]),
                self._mean([part.person_probabilities for part in parts]),
                parts[0].findings,
            )
            for parts in zip(*predictions, strict=True)
        ]

    def _mean(self, probabilities: Sequence[np.ndarray]) -> np.ndarray:
        weights = self.weights.astype(np.float32)
        mean: np.ndarray = np.tensordot(weights, np.stack(probabilities), axes=1)
        return mean

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.recognizers))})"


_FORMAT = "tg_skeleton fusion"


def write_fusion(
    path: str | os.PathLike[str],
    checkpoints: Sequence[str | os.PathLike[str]],
    weights: Sequence[float] | np.ndarray | None = None,
) -> Path:
    """Write a fusion as one small file: the places of its checkpoints, relative to its own, and their weights.

    ``python -m tg_skeleton predict`` takes it in place of a checkpoint.

    Args:
        path: The file, ending in ``.json``.
        checkpoints: The ``model.safetensors`` of the streams.
        weights: One number for each; only their proportions matter. Default: equal ones.

    Raises:
        ValueError: The file name does not end in ``.json``, or the weights are not one non-negative number for each
            checkpoint with a positive sum.
        OSError: The file can't be written.
    """
    path = Path(path)
    if path.suffix != ".json":
        raise ValueError(f"path: expected a file name ending in .json, got '{path}'")
    places = [Path(os.path.relpath(one, path.parent)).as_posix() for one in checkpoints]
    numbers = [float(share) for share in shares(weights, places)]
    return write_json(path, {"format": _FORMAT, "checkpoints": places, "weights": numbers}, indent=1)


def read_fusion(path: Path) -> list[tuple[Path, float]]:
    """The checkpoints of a fusion and their weights, whose sum is one."""
    with reading(path, "fusion", "write it anew with write_fusion"):
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            raise ValueError(f"expected a file of write_fusion, with the format '{_FORMAT}'")
        places, weights = found.get("checkpoints"), found.get("weights")
        if not isinstance(places, list) or not all(isinstance(place, str) for place in places) or not places:
            raise ValueError("checkpoints: expected the places of one file or more")
        numbers = shares(weights if isinstance(weights, list) else [], places)
        return [(path.parent / place, float(number)) for place, number in zip(places, numbers, strict=True)]
