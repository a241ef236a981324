"""Logits of a network for the recordings of a data set, by the names of the recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.npz import read_npz, write_npz

FIELDS = ("names", "logits", "labels")


@dataclass(frozen=True, eq=False)
class Scores:
    """Logits and labels of recordings, with the names of the recordings as keys.

    >>> from tg_skeleton.evaluation import Scores
    >>> scores = Scores(names=["a", "b"], logits=[[2.0, 0.0, 1.0], [0.0, 3.0, 4.0]], labels=[0, 1])
    >>> scores
    Scores(2 recordings, 3 classes)
    >>> scores.top_k(1), scores.top_k(2)
    (0.5, 1.0)
    >>> scores.confusion().tolist()
    [[1, 0, 0], [0, 0, 1], [0, 0, 0]]

    Args:
        names: The unique name of each recording.
        logits: Unnormalized scores of the classes.
        labels: The true classes, 0-based.

    Shapes:
        names ``[S]`` str, logits ``[S, K]`` float32, labels ``[S]`` int64.

    Raises:
        ValueError: The shapes do not agree, a name occurs twice, a label is out of range or a logit is not finite. The
            message names the recording.
    """

    names: np.ndarray
    logits: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", np.asarray(self.names, dtype=np.str_))
        object.__setattr__(self, "logits", np.asarray(self.logits, dtype=np.float32))
        object.__setattr__(self, "labels", np.asarray(self.labels, dtype=np.int64))
        self._check_shapes()
        self._check_values()

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Scores({len(self)} recordings, {self.num_classes} classes)"

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        return int(self.logits.shape[1])

    @property
    def predictions(self) -> np.ndarray:
        """The class of the largest logit, ``[S]`` int64; the first of equal ones."""
        best: np.ndarray = self.logits.argmax(1)
        return best

    def top_k(self, k: int = 1) -> float:
        """The fraction of recordings whose true class is among the k largest logits.

        Among equal logits, lower classes are ranked first, so constant logits do not count as correct.

        Raises:
            ValueError: ``k`` is not between 1 and the number of classes, or there are no recordings.
        """
        if not 1 <= k <= self.num_classes:
            raise ValueError(f"k: expected 1..{self.num_classes}, the number of classes, got {k}")
        best = np.argsort(-self._some("top_k").logits, axis=1, kind="stable")[:, :k]
        return float((best == self.labels[:, None]).any(1).mean())

    def confusion(self) -> np.ndarray:
        """The confusion matrix ``[K, K]`` int64: counts of true classes (rows) and predicted classes (columns)."""
        cell = self.labels * self.num_classes + self.predictions
        return np.bincount(cell, minlength=self.num_classes**2).reshape(self.num_classes, self.num_classes)

    def mean_class_accuracy(self) -> float:
        """The mean over the classes of the fraction of their recordings that are recognized.

        Classes without recordings are left out, so a rare class counts as much as a frequent one.

        >>> from tg_skeleton.evaluation import Scores
        >>> scores = Scores(["a", "b", "c", "d"], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], [0, 0, 0, 1])
        >>> scores.top_k(1), round(scores.mean_class_accuracy(), 3), round(scores.macro_f1(), 3)
        (0.5, 0.333, 0.333)

        Raises:
            ValueError: There are no recordings.
        """
        confusion = self._some().confusion()
        recordings = confusion.sum(1)
        found = recordings > 0
        return float((confusion.diagonal()[found] / recordings[found]).mean())

    def macro_f1(self) -> float:
        r"""The mean over the classes of :math:`F_1 = 2\,TP / (2\,TP + FP + FN)`.

        Classes that are neither true nor predicted of any recording are left out.

        Raises:
            ValueError: There are no recordings.
        """
        confusion = self._some().confusion()
        occurrences = confusion.sum(0) + confusion.sum(1)  # 2 TP + FP + FN
        found = occurrences > 0
        return float((2 * confusion.diagonal()[found] / occurrences[found]).mean())

    # -- files ---------------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write an ``.npz`` file without pickles; after an interrupted write, an earlier file is unchanged.

        Raises:
            ValueError: The path does not end in ``.npz``.
            OSError: The file can't be written.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise ValueError(f"path: expected a file name ending in .npz, got '{path}'")
        return write_npz(path, {field: getattr(self, field) for field in FIELDS})

    @classmethod
    def load(cls, path: str | Path) -> Scores:
        """Read a file written by `save`.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is damaged, contains other arrays or contains pickles.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"'{path}': no such file; Scores.save(path) writes one")
        with reading(path, "file of scores", "write it with Scores.save(path)"):
            arrays = read_npz(path, FIELDS)
            missing = [field for field in FIELDS if field not in arrays]
            if missing:
                raise ValueError(f"expected the arrays {', '.join(FIELDS)}, {', '.join(missing)} is missing")
            for field, kinds in zip(FIELDS, ("U", "f", "iu"), strict=True):
                if arrays[field].dtype.kind not in kinds:
                    raise ValueError(
                        f"{field}: expected {'text' if kinds == 'U' else 'numbers'}, got {arrays[field].dtype}"
                    )
            return cls(*(arrays[field] for field in FIELDS))

    # -- checks --------------------------------------------------------------------------------------------------------

    def _some(self, function: str = "scores") -> Scores:
        if not len(self):
            raise ValueError(f"{function}: expected at least one recording, got none")
        return self

    def _check_shapes(self) -> None:
        if self.logits.ndim != 2 or self.logits.shape[1] == 0:
            raise ValueError(f"logits: expected [S, K] with at least one class, got {list(self.logits.shape)}")
        for key in ("names", "labels"):
            shape = getattr(self, key).shape
            if shape != self.logits.shape[:1]:
                raise ValueError(
                    f"{key}: expected {list(self.logits.shape[:1])}, one per row of logits, got {list(shape)}"
                )

    def _check_values(self) -> None:
        unique, counts = np.unique(self.names, return_counts=True)
        if (counts > 1).any():
            raise ValueError(
                f"names: '{unique[counts > 1][0]}' occurs {counts.max()} times; scores are joined by name, so give "
                "each recording a name of its own"
            )
        wrong = (self.labels < 0) | (self.labels >= self.num_classes)
        if wrong.any():
            raise ValueError(
                f"labels: expected 0..{self.num_classes - 1}, got {self.labels[wrong][0]} for '{self.names[wrong][0]}'"
            )
        wrong = ~np.isfinite(self.logits).all(1)
        if wrong.any():
            raise ValueError(
                f"logits: expected finite numbers, got {self.logits[wrong][0].tolist()} for '{self.names[wrong][0]}'; "
                "look for NaN in the recording, or train with a lower learning rate or higher precision"
            )
