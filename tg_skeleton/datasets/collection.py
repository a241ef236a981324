"""Recordings that can be read one by one, with what is known about all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tg_skeleton.io import ReadOptions, Recording, Source, read_file


@dataclass(frozen=True, eq=False)
class Collection:
    """Recordings that can be read one by one, with what is known about all of them.

    Args:
        names: A unique name of each.
        labels: The class of each, in any form of `understand_labels`; None: each recording states its own.
        read: Reads the recording of a row.
        splits: ``"train"``, ``"val"`` or ``"test"`` of each; None: there are none.
        class_names: The classes. Default: from the labels.
        skipped: Files that are no recordings, and why.
        sources: The file that is a recording's own, of each; `read_source` reads it without the rest. None: it is one
            of several in an archive.
        facts: Further facts of each.
    """

    names: Sequence[str]
    labels: Sequence[Any] | None
    read: Callable[[int], Recording]
    splits: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    skipped: Sequence[tuple[str, str]] = ()
    sources: Sequence[Source | None] | None = None
    facts: Sequence[Mapping[str, int | str]] | None = None


def read_source(source: Source, name: str, options: ReadOptions) -> Recording:
    """The recording of a file under a name, with its class where the file states one.

    Raises:
        ValueError: It can't be read; the message names the file.
    """
    try:
        form, recording = read_file(source, options)
    except (ValueError, OSError) as error:
        raise ValueError(f"{source}: {str(error).removeprefix(f'{source.path}: ')}") from error
    named = recording.class_name
    if named is None and form.classes and 0 <= recording.label < len(form.classes):
        named = form.classes[recording.label]
    return replace(recording, name=name, class_name=named)
