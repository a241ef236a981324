"""The runs of a selection, and its tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tg_skeleton.evaluation.choice import RULE, Paired, paired, verdict
from tg_skeleton.evaluation.report import table
from tg_skeleton.files import csv_text, reading, write_text

if TYPE_CHECKING:
    from tg_skeleton.commands.runs import Outcome

BASE = "base"
"""The name of the recipe itself."""

HEAD = ("change", "left out", "recordings", "seeds", "top-1 (%)", "sd", "difference", "standard error", "verdict")
"""The columns of the table."""

RUN_HEAD = ("change", "left out", "seed", "recordings", "top-1 (%)", "epochs", "parameters", "seconds")
"""The columns of the runs."""


TABLE, RUNS = "select.csv", "runs.csv"
"""The files of both."""


class Run(NamedTuple):
    """A run of a selection.

    Args:
        change: The change, or `BASE`.
        fold: What was left out.
        seed: The seed.
        outcome: The result.
    """

    change: str
    fold: str
    seed: int
    outcome: Outcome


@dataclass
class Selection:
    """The runs of a recipe and of changes of it, on several folds.

    Args:
        folds: What is left out, one after another.
        runs: The finished runs.
    """

    folds: Sequence[str]
    runs: list[Run] = field(default_factory=list)

    def add(self, change: str, fold: str, seed: int, outcome: Outcome) -> None:
        """Add a finished run."""
        self.runs.append(Run(change, fold, seed, outcome))

    def save(self, folder: Path) -> None:
        """Write `RUNS` and `TABLE`."""
        rows = [
            (
                *(run.change, run.fold, run.seed, len(run.outcome.test), f"{_top1(run):.2f}"),
                *(run.outcome.epochs, run.outcome.parameters, f"{run.outcome.seconds:.0f}"),
            )
            for run in self.runs
        ]
        write_text(folder / RUNS, csv_text(RUN_HEAD, rows))
        write_text(folder / TABLE, csv_text(HEAD, self.rows()))

    def lines(self) -> list[str]:
        """The table as lines of text."""
        return table([HEAD, *self.rows()], left=(0, 1, 8))

    def rows(self) -> list[tuple[str, ...]]:
        """The rows of the table: each change on each fold, and in the mean of the folds."""
        return [row for change in dict.fromkeys(run.change for run in self.runs) for row in self._rows(change)]

    def _rows(self, change: str) -> Iterator[tuple[str, ...]]:
        done = [fold for fold in self.folds if self._values(change, fold)]
        found = {fold: paired(self._values(BASE, fold), self._values(change, fold)) for fold in done}
        seeds = {fold: len(self._values(change, fold)) for fold in done}
        said = "" if change == BASE else "unfinished"
        if change != BASE and len(done) == len(self.folds):
            said = verdict([one.difference for one in found.values()], min(seeds.values()))
        for fold in done:
            recordings = next(len(run.outcome.test) for run in self.runs if run.fold == fold)
            yield _row(change, fold, recordings, seeds[fold], found[fold], said)
        if len(done) == len(self.folds):
            mean, base = self._means(change), self._means(BASE)
            if mean:
                recordings = sum({run.fold: len(run.outcome.test) for run in self.runs}.values())
                yield _row(change, "mean", recordings, len(mean), paired(base, mean), said)

    def _values(self, change: str, fold: str) -> dict[int, float]:
        """The accuracy of each seed, in percent."""
        return {run.seed: _top1(run) for run in self.runs if (run.change, run.fold) == (change, fold)}

    def _means(self, change: str) -> dict[int, float]:
        """The accuracy of each seed that all folds have, in the mean of the folds."""
        values = [self._values(change, fold) for fold in self.folds]
        seeds = set.intersection(*(set(one) for one in values))
        return {seed: sum(one[seed] for one in values) / len(values) for seed in sorted(seeds)}


def selection_page(folder: Path) -> str:
    """The page of a selection, from its table.

    Raises:
        ValueError: The table is damaged.
    """
    from tg_skeleton.visualization._page import page, resource

    path = folder / TABLE
    with reading(path, "table of a selection", "run select --resume again"), path.open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
        if tuple(head) != HEAD or any(len(row) != len(HEAD) for row in rows):
            raise ValueError(f"expected the columns {', '.join(HEAD)}, got {', '.join(head)}")
    columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in HEAD)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    about = (
        "Each change alone, trained without the recordings that were left out and tested on them; the test recordings "
        f"of the protocol were not read. Differences are those of the same seeds. {RULE}"
    )
    body = (
        f'<p class="tgs-lead">{escape(about)}</p>'
        '<section class="tgs-part"><div class="tgs-panel"><div class="tgs-scroll"><table class="tgs-facts">'
        f"<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table></div></div></section>"
        f"<footer>Made by tg_skeleton from {escape(folder.as_posix())}</footer>"
    )
    return page(f"Changes of a recipe: {folder.name}", body, style=resource("report.css"), script="")


def _top1(run: Run) -> float:
    return 100 * run.outcome.test.top_k(1)


def _row(change: str, fold: str, recordings: int, seeds: int, one: Paired, said: str) -> tuple[str, ...]:
    differs = change != BASE
    return (
        *(change, fold, str(recordings), str(seeds)),
        f"{one.mean:.2f}",
        _number(one.spread, ".2f"),
        _number(one.difference, "+.2f") if differs else "",
        _number(one.error, ".2f") if differs else "",
        said,
    )


def _number(value: float, form: str) -> str:
    return "" if isnan(value) else f"{value:{form}}"
