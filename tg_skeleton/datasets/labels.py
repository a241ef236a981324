"""The classes that users' labels mean: names, numbers from 0 or 1, whole floats, one-hot rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Labels(NamedTuple):
    """The class of each recording from 0, the names of the classes, and what was taken for what."""

    numbers: list[int]
    class_names: tuple[str, ...]
    remarks: tuple[str, ...]


def understand_labels(labels: Sequence[Any], class_names: Sequence[str] | None = None) -> Labels:
    """Labels as numbers from 0, whatever they are written as.

    - *Names* are classes in alphabetical order, or in that of ``class_names``.
    - *Numbers* count from 0. Without ``class_names``, numbers that begin above 0 name the classes themselves, so that
      no class is empty; with ``class_names``, numbers from 1 up to their count are counted from 1. Whole floats are
      numbers.
    - *One-hot rows* (one 1, else 0) are the places of their 1.

    >>> from tg_skeleton.datasets.labels import understand_labels
    >>> understand_labels(["walk", "sit", "walk"])
    Labels(numbers=[1, 0, 1], class_names=('sit', 'walk'), remarks=())
    >>> understand_labels([1, 2, 3]).class_names, understand_labels([1, 2, 3]).numbers
    (('1', '2', '3'), [0, 1, 2])
    >>> understand_labels([[0, 1], [1, 0]]).numbers
    [1, 0]

    Args:
        labels: One for each recording.
        class_names: The classes. Default: from the labels.

    Raises:
        ValueError: A label is none of these, or no class of that name exists.
    """
    plain = [_plain(label, row) for row, label in enumerate(labels)]
    remarks: list[str] = []
    rows = [label for label in plain if isinstance(label, list)]
    if rows:
        if len(rows) < len(plain) or len({len(row) for row in rows}) > 1:
            raise ValueError("labels: expected one-hot rows of one length for all recordings, or for none")
        plain = [_place(row, number) for number, row in enumerate(rows)]
        class_names = class_names or [str(place) for place in range(len(rows[0]))]
        remarks.append(f"labels are one-hot rows of {len(rows[0])} classes")
    texts = sum(isinstance(label, str) for label in plain)
    if texts:
        return _named(plain, texts, class_names)
    numbers = [int(label) for label in plain if isinstance(label, int | float)]
    if any(isinstance(label, float) for label in plain):
        remarks.append("labels are floats that are whole: taken for numbers")
    present = sorted(set(numbers))
    if class_names is None:
        if present and present[0] > 0:
            remarks.append(
                f"labels begin at {present[0]}: the {len(present)} numbers that occur are the classes, "
                f"'{present[0]}' to '{present[-1]}'; class_names= names all classes"
            )
            places = {number: place for place, number in enumerate(present)}
            return Labels([places[number] for number in numbers], tuple(map(str, present)), tuple(remarks))
        class_names = [str(label) for label in range(max(present, default=0) + 1)]
    elif present and present[0] >= 1 and present[-1] == len(class_names):
        remarks.append(f"labels count from 1: class 1 is '{class_names[0]}', class {present[-1]} '{class_names[-1]}'")
        numbers = [number - 1 for number in numbers]
    empty = [name for place, name in enumerate(class_names) if place not in set(numbers)]
    if empty and present and present[0] >= 0 and max(numbers) < len(class_names):
        listed = ", ".join(map(repr, empty[:5])) + (", …" if len(empty) > 5 else "")
        remarks.append(f"{len(empty)} of {len(class_names)} classes have no recording: {listed}")
    return Labels(numbers, tuple(class_names), tuple(remarks))


def _plain(label: Any, row: int) -> str | int | float | list[float]:
    """A label as one of Python's own values; a one-hot row as a list."""
    if callable(getattr(label, "detach", None)):
        label = label.detach().cpu().numpy()
    value = label if isinstance(label, str) else np.asarray(label)
    if isinstance(value, np.ndarray):
        value = value.item() if value.ndim == 0 else value.tolist()
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return value
    if isinstance(value, list) and len(value) == 1:
        return _plain(value[0], row)
    if isinstance(value, list) and all(isinstance(one, int | float) for one in value):
        return value
    raise ValueError(
        f"labels: expected the name of a class, its whole number, or a one-hot row for each recording, got {label!r} "
        f"for recording {row}"
    )


def _place(row: list[float], number: int) -> int:
    if sorted(row)[-2:] not in ([0, 1], [1]) or min(row) < 0 or sum(row) != 1:
        raise ValueError(f"labels: expected one 1 and else 0 in a one-hot row, got {row} for recording {number}")
    return row.index(1)


def _named(plain: list[Any], texts: int, class_names: Sequence[str] | None) -> Labels:
    if texts < len(plain):
        other = next(label for label in plain if not isinstance(label, str))
        raise ValueError(f"labels: expected names of classes for all recordings or for none, got {other!r} among names")
    names = tuple(sorted(set(plain))) if class_names is None else tuple(class_names)
    unknown = next((label for label in plain if label not in names), None)
    if unknown is not None:
        raise ValueError(f"labels: expected one of class_names, {', '.join(map(repr, names))}, got {unknown!r}")
    places = {name: place for place, name in enumerate(names)}
    return Labels([places[label] for label in plain], names, ())
