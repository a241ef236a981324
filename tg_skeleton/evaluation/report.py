"""Scores in words: one plain-text table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_skeleton.evaluation.scores import Scores


def report(scores: Scores, class_names: Sequence[str] | None = None) -> str:
    """Top-1, top-5 (of more than 5 classes) and, per class, the accuracy and the class it is most often taken for.

    >>> from tg_skeleton.evaluation import Scores, report
    >>> scores = Scores(["a", "b", "c"], [[2.0, 0.0], [3.0, 1.0], [0.0, 1.0]], [0, 1, 1])
    >>> print(report(scores, ["sit down", "stand up"]))
    3 recordings, 2 classes
    top-1   66.67 %
    <BLANKLINE>
    class     recordings  correct  mostly taken for
    sit down           1  100.0 %
    stand up           2   50.0 %  sit down (1)

    Args:
        scores: What the network said.
        class_names: Names of the classes; left out: their numbers.

    Raises:
        ValueError: There are more or fewer names than classes.
    """
    names = class_labels(scores.num_classes, class_names)
    confusion = scores.confusion()
    lines = [f"{len(scores)} recordings, {scores.num_classes} classes", f"top-1 {_percent(scores.top_k(1), 2):>9}"]
    if scores.num_classes > 5:
        lines.append(f"top-5 {_percent(scores.top_k(5), 2):>9}")
    width = max(len("class"), *(len(name) for name in names))
    lines += ["", f"{'class':<{width}}  recordings  correct  mostly taken for"]
    lines += [_row(name.ljust(width), confusion[label], label, names) for label, name in enumerate(names)]
    return "\n".join(line.rstrip() for line in lines)


def class_labels(num_classes: int, class_names: Sequence[str] | None) -> list[str]:
    """The names of the classes, or their numbers where there are none.

    Raises:
        ValueError: There are more or fewer names than classes.
    """
    if class_names is None:
        return [str(label) for label in range(num_classes)]
    if len(class_names) != num_classes:
        raise ValueError(f"class_names: expected {num_classes} names, one per class, got {len(class_names)}")
    return list(class_names)


def _row(name: str, row: np.ndarray, label: int, names: Sequence[str]) -> str:
    total = int(row.sum())
    wrong = row.copy()
    wrong[label] = 0
    correct = _percent(row[label] / total, 1) if total else "-"
    taken_for = f"{names[int(wrong.argmax())]} ({wrong.max()})" if wrong.any() else ""
    return f"{name}  {total:>10}  {correct:>7}  {taken_for}"


def _percent(fraction: float, digits: int) -> str:
    return f"{100 * fraction:.{digits}f} %"
