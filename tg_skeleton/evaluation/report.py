"""A report of scores as plain text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_skeleton.evaluation.scores import Scores


def report(scores: Scores, class_names: Sequence[str] | None = None) -> str:
    """Accuracies and macro F1; per class with a recording, accuracy and the most frequent wrong prediction.

    >>> from tg_skeleton.evaluation import Scores, report
    >>> scores = Scores(["a", "b", "c"], [[2.0, 0.0], [3.0, 1.0], [0.0, 1.0]], [0, 1, 1])
    >>> print(report(scores, ["sit down", "stand up"]))
    3 recordings, 2 classes
    top-1   66.67 %
    mean class accuracy   75.00 %
    macro F1              66.67 %
    <BLANKLINE>
    class     recordings  correct  mostly taken for
    sit down           1  100.0 %
    stand up           2   50.0 %  sit down (1)

    Args:
        scores: The scores of a network.
        class_names: Names of the classes. Default: their numbers.

    Raises:
        ValueError: The number of names is not the number of classes.
    """
    names = class_labels(scores.num_classes, class_names)
    confusion = scores.confusion()
    lines = [counted(scores)]
    lines += [f"top-{k} {percent(scores.top_k(k), 2):>9}" for k in ks(scores)]
    lines += [f"{name:20} {percent(value, 2):>8}" for name, value in over_classes(scores).items()]
    head = ["class", "recordings", "correct", "mostly taken for"]
    rows = [
        [name, str(row.sum()), accuracy(row, label), taken_for(row, label, names)]
        for label, (name, row) in enumerate(zip(names, confusion, strict=True))
        if row.any()
    ]
    return "\n".join([*lines, "", *table([head, *rows], left=(0, 3))])


def counted(scores: Scores) -> str:
    """How many recordings and classes there are, and how many of the classes have no recording."""
    empty = scores.num_classes - len(np.unique(scores.labels))
    without = f", {empty} of them without a recording and left out" if empty else ""
    return f"{len(scores)} recordings, {scores.num_classes} classes{without}"


def class_labels(num_classes: int, class_names: Sequence[str] | None) -> list[str]:
    """The names of the classes, or their numbers where there are none.

    Raises:
        ValueError: The number of names is not the number of classes.
    """
    if class_names is None:
        return [str(label) for label in range(num_classes)]
    if len(class_names) != num_classes:
        raise ValueError(f"class_names: expected {num_classes} names, one per class, got {len(class_names)}")
    return list(class_names)


def ks(scores: Scores) -> list[int]:
    """The k of the reported accuracies: 1, and 5 for more than 5 classes."""
    return [1, 5] if scores.num_classes > 5 else [1]


def over_classes(scores: Scores) -> dict[str, float]:
    """The figures in which each class counts the same, by name, as fractions."""
    return {"mean class accuracy": scores.mean_class_accuracy(), "macro F1": scores.macro_f1()}


def accuracy(row: np.ndarray, label: int) -> str:
    """The accuracy of a class with recordings, from its row of the confusion matrix."""
    return percent(row[label] / row.sum(), 1)


def taken_for(row: np.ndarray, label: int, names: Sequence[str]) -> str:
    """The most frequent wrong prediction of a row of the confusion matrix, with its count; empty if there is none."""
    wrong = row.copy()
    wrong[label] = 0
    return f"{names[int(wrong.argmax())]} ({wrong.max()})" if wrong.any() else ""


def percent(fraction: float, digits: int) -> str:
    """A fraction in percent."""
    return f"{100 * fraction:.{digits}f} %"


def table(rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
    """Lines of aligned columns; those in ``left`` are left-aligned, the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
