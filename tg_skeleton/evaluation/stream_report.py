"""A report of several streams and their fusion as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tg_skeleton.evaluation._streams import join
from tg_skeleton.evaluation.ensemble import shares
from tg_skeleton.evaluation.report import accuracy, class_labels, counted, ks, over_classes, percent, table, taken_for
from tg_skeleton.evaluation.scores import Scores

WRITTEN = 20
"""The largest number of classes whose confusion matrix is printed."""


def stream_report(
    streams: Mapping[str, Scores],
    fused: Scores,
    class_names: Sequence[str] | None = None,
    *,
    weights: Sequence[float] | np.ndarray | None = None,
) -> str:
    """Accuracies and macro F1 of each stream and of the fusion, accuracies per class, the fusion's confusion matrix.

    Classes without a recording are left out of the table of classes. Top-5 is reported for more than 5 classes, the
    confusion matrix for up to 20 (`plot_confusion` draws any).

    >>> from tg_skeleton.evaluation import Scores, ensemble, stream_report
    >>> joint = Scores(["a", "b", "c"], [[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0, 1, 1])
    >>> bone = Scores(["a", "b", "c"], [[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]], [0, 1, 1])
    >>> streams = {"joint": joint, "bone": bone}
    >>> print(stream_report(streams, ensemble(streams), ["sit down", "stand up"]))
    3 recordings, 2 classes
    <BLANKLINE>
    stream     top-1  mean class accuracy  macro F1
    joint    66.67 %              75.00 %   66.67 %
    bone     66.67 %              50.00 %   40.00 %
    fused   100.00 %             100.00 %  100.00 %
    <BLANKLINE>
    class     recordings    joint     bone    fused  mostly taken for
    sit down           1  100.0 %    0.0 %  100.0 %
    stand up           2   50.0 %  100.0 %  100.0 %
    <BLANKLINE>
    fused: true class (row) taken for (column)
                0  1
    0 sit down  1  .
    1 stand up  .  2

    Args:
        streams: Scores of each stream, under its name.
        fused: Their fusion, of the same recordings.
        class_names: Names of the classes. Default: their numbers.
        weights: The weights of the fusion, reported as fractions of their sum. Default: not reported.

    Raises:
        ValueError: The streams and the fusion differ in recordings, classes or labels; a stream is called ``fused``;
            the weights are not one non-negative number per stream with a positive sum; or the number of names is not
            the number of classes.
    """
    if "fused" in streams:
        raise ValueError("streams: 'fused' is the name of the fusion's own row; give the stream another name")
    everything = {**streams, "fused": fused}
    join(everything)  # raises if they can't be compared
    names = class_labels(fused.num_classes, class_names)
    lines = [counted(fused), ""]
    lines += [*_accuracies(everything, weights), "", *_classes(everything, names)]
    if fused.num_classes <= WRITTEN:
        lines += ["", *_matrix(fused.confusion(), names, class_names is not None)]
    return "\n".join(lines)


def top_k_report(streams: Mapping[str, Scores], fused: Scores, *, most: int = 5) -> str:
    """Top-1 to top-k accuracy of each stream and of the fusion, in percent; `plot_top_k` draws them.

    >>> from tg_skeleton.evaluation import Scores, ensemble, top_k_report
    >>> joint = Scores(["a", "b"], [[2.0, 1.0, 0.0], [0.0, 2.0, 1.0]], [1, 1])
    >>> bone = Scores(["a", "b"], [[0.0, 1.0, 2.0], [0.0, 3.0, 1.0]], [1, 1])
    >>> streams = {"joint": joint, "bone": bone}
    >>> print(top_k_report(streams, ensemble(streams), most=2))
    stream    top-1     top-2
    joint   50.00 %  100.00 %
    bone    50.00 %  100.00 %
    fused   50.00 %   50.00 %

    Args:
        streams: Scores of each stream, under its name.
        fused: Their fusion.
        most: The largest k; the number of classes if that is smaller.

    Raises:
        ValueError: A stream is called ``fused``, or ``most`` is below 1.

    Source: paper B (AMANet, 2023), Fig. 9.
    """
    found = top_k_accuracies(streams, fused, most=most)
    head = ["stream", *(f"top-{k + 1}" for k in range(len(found["fused"])))]
    return "\n".join(table([head, *([name, *(percent(one, 2) for one in row)] for name, row in found.items())]))


def top_k_accuracies(streams: Mapping[str, Scores], fused: Scores, *, most: int = 5) -> dict[str, list[float]]:
    """Top-1 to top-k accuracy of each stream and of the fusion, as fractions; see `top_k_report`."""
    if "fused" in streams:
        raise ValueError("streams: 'fused' is the name of the fusion's own row; give the stream another name")
    if most < 1:
        raise ValueError(f"most: expected 1 or more, got {most}")
    ranks = range(1, min(most, fused.num_classes) + 1)
    return {name: [scores.top_k(k) for k in ranks] for name, scores in {**streams, "fused": fused}.items()}


def _accuracies(everything: Mapping[str, Scores], weights: Sequence[float] | np.ndarray | None) -> list[str]:
    """A line per stream."""
    columns = [["stream", *everything]]
    if weights is not None:
        fractions = shares(weights, list(everything)[:-1])
        columns.append(["weight", *(f"{fraction:.3f}" for fraction in fractions), ""])
    for k in ks(everything["fused"]):
        columns.append([f"top-{k}", *(percent(scores.top_k(k), 2) for scores in everything.values())])
    for name in over_classes(everything["fused"]):
        columns.append([name, *(percent(over_classes(scores)[name], 2) for scores in everything.values())])
    return table(list(zip(*columns, strict=True)))


def _classes(everything: Mapping[str, Scores], names: list[str]) -> list[str]:
    """A line per class with a recording: accuracy in each stream, and the fusion's most frequent wrong prediction."""
    confusions = [scores.confusion() for scores in everything.values()]
    rows = [["class", "recordings", *everything, "mostly taken for"]]
    for label, name in enumerate(names):
        fused = confusions[-1][label]
        if not fused.any():
            continue
        correct = [accuracy(confusion[label], label) for confusion in confusions]
        rows.append([name, str(fused.sum()), *correct, taken_for(fused, label, names)])
    return table(rows, left=(0, len(rows[0]) - 1))


def _matrix(confusion: np.ndarray, names: list[str], named: bool) -> list[str]:
    """The confusion matrix, with columns headed by the numbers of the classes."""
    rows = [["", *map(str, range(len(names)))]]
    for label, name in enumerate(names):
        head = f"{label:>{len(str(len(names) - 1))}} {name}" if named else name
        rows.append([head, *(str(count) if count else "." for count in confusion[label])])
    return ["fused: true class (row) taken for (column)", *table(rows)]
