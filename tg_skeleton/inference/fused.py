"""An ensemble of networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_skeleton.inference.card import ModelCard
from tg_skeleton.inference.prediction import Prediction, warn_of
from tg_skeleton.inference.recognizer import ActionRecognizer, Recording
from tg_skeleton.inference.recordings import as_sequence


class FusedRecognizer:
    r"""The mean of several networks' probabilities, of the streams of one model or of its seeds.

    .. math:: p = \frac{1}{n} \sum_i p_i

    This is what `tg_skeleton.evaluation.ensemble` gives with equal weights.

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

    Raises:
        ValueError: There are none, or one has other classes or takes other recordings.
    """

    def __init__(self, recognizers: Sequence[ActionRecognizer]) -> None:
        if not recognizers:
            raise ValueError("recognizers: expected at least one, got none")
        self.recognizers = list(recognizers)
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
                np.mean([part.probabilities for part in parts], axis=0),
                np.mean([part.person_probabilities for part in parts], axis=0),
                parts[0].findings,
            )
            for parts in zip(*predictions, strict=True)
        ]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.recognizers))})"
