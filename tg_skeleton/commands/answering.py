"""Recordings to rows of answers in parts, by this process or by others, and on from where it was interrupted."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from tg_skeleton.commands.answers import Row, checked
from tg_skeleton.commands.arguments import device_of, image_size_of, networks_of, skeleton_of
from tg_skeleton.commands.estimators import estimator_of, options_of
from tg_skeleton.commands.reading import change_of
from tg_skeleton.inference.files import FileReader, FileRecording, OnError, read_recordings
from tg_skeleton.inference.fused import FusedRecognizer
from tg_skeleton.inference.lengths import Length
from tg_skeleton.inference.shipped import SHIPPED, checkpoint_file
from tg_skeleton.io import Skipped, Source, is_video
from tg_skeleton.work import Kept, Workers, build, in_order

Arguments = argparse.Namespace
Ask = Callable[[Sequence[FileRecording]], list[Row]]
Asker = Callable[[Arguments, FusedRecognizer], Ask]
"""Makes the function from recordings to rows; it checks the arguments before anything is read."""

CHUNK = 256
"""Recordings in memory at a time, and that a worker predicts at a time."""

_ELSEWHERE = ("run", "out", "format", "workers", "cluster", "resources")
"""Arguments that change who answers and where answers go, and not the answers."""


@contextmanager
def answers_about(
    args: Arguments, asker: Asker, found: Sequence[Source], workers: Workers
) -> Iterator[tuple[list[Row], list[Skipped]]]:
    """A context with the rows of recordings in their order, and those that could not be read or predicted.

    With ``--out``, what is answered is kept next to that file until the context ends, so that the same command goes on
    where it was interrupted.

    Args:
        args: The arguments of ``predict``.
        asker: Makes the function from recordings to rows.
        found: The recordings.
        workers: Who reads and predicts, see `in_order`.
    """
    parts = _parts(found, args.window)
    opener = _Answering(args, asker, None if isinstance(workers, int) else Path.cwd())
    # disable=None: no bar where stderr is not a terminal
    bar = tqdm(total=len(found), desc="Predicting", unit="recording", disable=None)
    with bar, Kept(_unfinished(args.out), _job(args, found)) as kept:
        done = len(kept.results)
        bar.update(sum(map(len, parts[:done])))
        with closing(in_order(opener, parts[done:], workers)) as answers:
            for part, answer in zip(parts[done:], answers, strict=True):
                kept.add(answer)
                bar.update(len(part))
        bar.close()
        rows = [row for own, _ in kept.results for row in own]
        yield rows, [Skipped(*skip) for _, unread in kept.results for skip in unread]


def _near(name: str, base: Path) -> str:
    """A skeleton's file or folder as a worker sees it, which runs in another folder; else its name."""
    path = base / name
    return str(path) if path.exists() else name


def _parts(found: Sequence[Source], window: Length | None) -> list[list[Source]]:
    """The recordings in parts; long ones and videos are alone, for they take long."""
    parts: list[list[Source]] = []
    together = False
    for source in found:
        alone = window is not None or is_video(source.path)
        if alone or not together or len(parts[-1]) == CHUNK:
            parts.append([])
        parts[-1].append(source)
        together = not alone
    return parts


@dataclass(frozen=True)
class _Answering:
    """Makes what answers, in this process or in a worker: networks, and the estimator of videos, are loaded once.

    Args:
        args: The arguments of the command.
        asker: Makes the function from recordings to rows.
        folder: What relative paths start from, for a worker of an executor, which runs in another folder.
    """

    args: Arguments
    asker: Asker
    folder: Path | None

    @contextmanager
    def __call__(self) -> Iterator[Callable[[Sequence[Source]], tuple[list[Row], list[tuple[str, str]]]]]:
        args, base = self.args, self.folder or Path()
        paths = [path if str(path) in SHIPPED else base / path for path in (args.checkpoint, *args.others)]
        device = device_of(args)
        networks = networks_of(args)
        recognizer = FusedRecognizer.load(paths, device=device, networks=networks)
        ask = self.asker(args, recognizer)
        card = recognizer.card
        topology, dims = card.estimated
        origin = skeleton_of(None if args.origin is None else _near(args.origin, base), card.topology)
        reader = FileReader(
            card,
            origin,
            estimator=partial(estimator_of, args, origin or topology, dims),
            pose=options_of(args, dims),
            image_size=image_size_of(args),
            persons=args.persons,
            tracks=args.tracks,
            keep_empty=args.window is not None,
            change=change_of(args),
        )
        reader.options = replace(reader.options, layout=args.layout)
        reader.fps = args.fps
        on_error: OnError = "raise" if args.strict else args.on_error
        read = reader if self.folder is None else _Located(reader, self.folder)

        def answer(part: Sequence[Source]) -> tuple[list[Row], list[tuple[str, str]]]:
            skipped: list[Skipped] = []
            recordings = list(checked(read_recordings(part, read, skipped, on_error=on_error), args.strict))
            rows = _predicted(ask, recordings, skipped, on_error) if recordings else []
            return rows, [(skip.path, skip.reason) for skip in skipped]

        yield answer


@dataclass(frozen=True)
class _Located:
    """A reader in a process that runs in another folder; its messages have the paths as they were given."""

    reader: FileReader
    folder: Path

    def __call__(self, source: Source) -> FileRecording:
        there = replace(source, path=self.folder / source.path)
        if not there.path.exists():
            raise RuntimeError(
                f"'{there.path}' is not on {socket.gethostname()}; workers read the paths that this process names: "
                "keep the files on a disk that all machines share, under one path"
            )
        try:
            return replace(self.reader(there), source=source)
        except (ValueError, OSError) as error:
            raise ValueError(str(error).replace(str(there.path), str(source.path))) from error


def _predicted(ask: Ask, chunk: Sequence[FileRecording], skipped: list[Skipped], on_error: str) -> list[Row]:
    """The rows of recordings; recordings that the network refuses are skipped."""
    try:
        return ask(chunk)
    except ValueError as error:
        if on_error == "raise":
            raise
        if len(chunk) > 1:  # find out which one it is
            return [row for one in chunk for row in _predicted(ask, [one], skipped, on_error)]
        skipped.append(Skipped(str(chunk[0].source), str(error)))
        return []


def _unfinished(out: Path | None) -> Path | None:
    """Where answers are kept until all are there; nowhere for the terminal, a device or a pipe."""
    if out is None or (out.exists() and not out.is_file()):
        return None
    return out.with_name(f".{out.name}.unfinished")


def _job(args: Arguments, found: Sequence[Source]) -> str:
    """An identity of networks, arguments and files; none where nothing is kept."""
    if _unfinished(args.out) is None:
        return ""
    given = {key: str(value) for key, value in vars(args).items() if key not in _ELSEWHERE}
    digest = hashlib.sha256(json.dumps([given, build()], sort_keys=True).encode())
    for source in (*map(Source, map(checkpoint_file, (args.checkpoint, *args.others))), *found):
        state = os.stat(source.path)
        digest.update(f"{source} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
