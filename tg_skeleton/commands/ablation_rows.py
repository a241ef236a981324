"""A table of a paper's ablations, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tg_skeleton.datasets.table import Body
from tg_skeleton.training.network import Setting


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Args:
        label: Its name in the paper.
        paper: The paper's accuracy in percent; None: the text at hand does not state it.
        parts: Its networks by name, usually one; several are fused. A name stands for one network in all tables.
    """

    label: str
    paper: float | None
    parts: Mapping[str, Setting]


@dataclass(frozen=True)
class Table:
    """A table of a paper, with the paper's accuracies on NTU RGB+D 60, cross-subject.

    Args:
        source: The paper, and the table or figure.
        values: The block and the values of everything that the rows share, where the paper is silent or says otherwise.
        rows: The rows, to be trained on a protocol of a data set.
    """

    source: str
    values: str
    rows: Callable[[Body, str], list[Row]]
