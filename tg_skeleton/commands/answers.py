"""Predictions as rows, and rows as a table, CSV or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tg_skeleton.datasets import SimulatedActions
from tg_skeleton.evaluation.report import percent, table
from tg_skeleton.files import csv_text, json_text, printable, write_text
from tg_skeleton.inference import ModelCard, Prediction
from tg_skeleton.inference.files import FileRecording
from tg_skeleton.inference.segments import NO_CLASS, Segment
from tg_skeleton.plausibility import Finding, summarized

FORMATS = ("table", "csv", "json")

Row = dict[str, Any]
"""Columns by their names, the same in all rows of an output; None where a value is missing."""


def true_class(recording: FileRecording, card: ModelCard) -> int | None:
    """The class of the network that the recording's file states; None: it states none of these."""
    label, names = recording.label, card.class_names
    if label is None:  # a folder of recordings may have the name of their class
        plain = [_plain(name) for name in names]
        folder = _plain(recording.source.path.parent.name)
        return plain.index(folder) if folder in plain else None
    if isinstance(label, str):
        return names.index(label) if label in names else None
    # NTU RGB+D 60's classes are the first 60; simulated recordings are exported in NTU RGB+D's form
    exported = recording.form == "ntu" and names == SimulatedActions.class_names
    known = exported or not recording.classes or recording.classes[: len(names)] == names
    return label if isinstance(label, int) and known and 0 <= label < len(names) else None


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ").strip()


def recording_rows(recording: FileRecording, prediction: Prediction, card: ModelCard, top: int) -> Iterator[Row]:
    """The prediction of a recording, and those of its persons where they were requested."""
    persons = prediction.person_probabilities if len(prediction.person_probabilities) > 1 else ()
    answers = {"all": prediction} | {
        str(number): Prediction(prediction.name, prediction.class_names, own, own[None])
        for number, own in enumerate(persons)
    }
    true = true_class(recording, card)
    for person, answer in answers.items():
        row: Row = {"recording": prediction.name, "file": str(recording.source), "person": person}
        best: list[tuple[str | None, float | None]] = [*answer.top(top)]
        if not best:  # nobody
            best = [(answer.label, None), *[(None, None)] * (min(top, len(card.class_names)) - 1)]
        for place, (label, probability) in enumerate(best, 1):
            number = "" if place == 1 else f" {place}"
            row |= {f"label{number}": label, f"probability{number}": probability}
        named = None if true is None else card.class_names[true]
        row |= {"true label": named, "warnings": None, "remarks": None}
        yield row | (_doubts(recording) if person == "all" else {})


def segment_rows(recording: FileRecording, segments: Sequence[Segment], card: ModelCard) -> Iterator[Row]:
    """The segments of a recording."""
    fps = recording.fps
    for part in segments:
        row: Row = {"recording": recording.sequence.name, "file": str(recording.source)}
        row |= {"start": part.start, "end": part.end}
        for key in ("start", "end"):
            row[f"{key} (s)"] = None if fps is None else row[key] / fps
        none = part.index == NO_CLASS
        yield row | {
            "label": None if none else card.class_names[part.index],
            "probability": None if none else part.probability,
            **_doubts(recording),
        }


def _doubts(recording: FileRecording) -> Row:
    """What is doubtful about a recording; what readers of skeletons changed is said where they are imported."""
    remarks = list(recording.remarks) if recording.form == "video" else []
    return {"warnings": [finding.to_dict() for finding in recording.findings] or None, "remarks": remarks or None}


def checked(recordings: Iterable[FileRecording], strict: bool) -> Iterator[FileRecording]:
    """The recordings; with ``strict``, one that does not look like a body or like the training data is an error.

    Raises:
        ValueError: With ``strict``, there is one.
    """
    for recording in recordings:
        if strict and recording.findings:
            raise ValueError(f"{recording.source}: {'; '.join(map(str, recording.findings))}")
        yield recording


def warnings_of(rows: Sequence[Row]) -> list[str]:
    """A line for each kind of warnings of the rows, see `summarized`, and for each remark about a video."""
    whole = [row for row in rows if row.get("person") in (None, "all")]
    found = {row["file"]: [Finding(**one).remark for one in row["warnings"] or ()] for row in whole}
    remarks = {(row["file"], remark): None for row in whole for remark in row["remarks"] or ()}
    return [*summarized(found, len(found)), *(f"{file}: {remark}" for file, remark in remarks)]


def accuracy_line(rows: Sequence[Row]) -> str | None:
    """The accuracy on the recordings whose files state a class; None where no file states any."""
    known = [row for row in rows if row.get("person") == "all" and row["true label"] is not None]
    if not known:
        return None
    right = sum(row["label"] == row["true label"] for row in known)
    return f"top-1 {percent(right / len(known), 2)}, {right:,} of {len(known):,} recordings whose class is known"


def write_rows(rows: Sequence[Row], form: str, out: Path | None) -> None:
    """Print the rows, or write them to a file, and print the number of recordings and the accuracy."""
    columns = [key for key in rows[0] if any(row[key] is not None for row in rows) or key == "label"]
    if form == "table":
        columns = [key for key in columns if key not in ("warnings", "remarks")]  # they are printed apart
    if all(row.get("person") in (None, "all") for row in rows):
        columns = [key for key in columns if key != "person"]
    text = {"table": _table, "csv": _csv, "json": _json}[form]([{key: row[key] for key in columns} for row in rows])
    if out is None:
        print(printable(text, keep="\n"))
    else:
        write_text(out, f"{text}\n")
    count = len({row["file"] for row in rows})
    summary = [f"{count:,} recording{'s' * (count > 1)}" + ("" if out is None else f": {out}")]
    accuracy = accuracy_line(rows)
    to = sys.stderr if out is None and form != "table" else sys.stdout  # CSV and JSON stay parsable
    print("\n".join([*summary, *([] if accuracy is None else [accuracy])]), file=to)


def _table(rows: Sequence[Row]) -> str:
    columns = [key for key in rows[0] if key != "file"]
    words = [key for key in columns if key.startswith(("recording", "label", "true"))]
    cells = [[_cell(row[key]) for key in columns] for row in rows]
    return "\n".join(table([columns, *cells], left=[columns.index(key) for key in words]))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else printable(value)


def _csv(rows: Sequence[Row]) -> str:
    cells = [list(_rounded(row | _kinds(row)).values()) for row in rows]
    return csv_text(list(rows[0]), cells).rstrip("\n")


def _kinds(row: Row) -> Row:
    """Warnings in one cell, by their kinds, and remarks in another."""
    said: Row = {"remarks": "; ".join(row["remarks"] or ())} if "remarks" in row else {}
    return said | ({"warnings": " ".join(one["kind"] for one in row["warnings"] or ())} if "warnings" in row else {})


def _json(rows: Sequence[Row]) -> str:
    return json_text([_listed(_rounded(row)) for row in rows], indent=1)


def _listed(row: Row) -> Row:
    """A row with its top classes as lists, in place of numbered columns."""
    numbered = {key: value for key, value in row.items() if key[-1].isdigit()}
    if not numbered:
        return row
    several = {
        f"{name}s" if name == "label" else "probabilities": [
            row[name],
            *(value for key, value in numbered.items() if key.startswith(name)),
        ]
        for name in ("label", "probability")
    }
    return {key: value for key, value in row.items() if key not in numbered} | several


def _rounded(row: Row) -> Row:
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()}
