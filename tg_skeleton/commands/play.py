"""Recordings as an HTML page that plays them, with what a network says about them and looks at."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.io import (
    Recording,
    clean_ntu,
    read_kinetics_json,
    read_ntu_skeleton,
    read_nw_ucla_json,
    read_sbu_text,
)
from tg_skeleton.topologies import NTU25, NWUCLA20, OPENPOSE18, SBU15, TOPOLOGIES
from tg_skeleton.topology import Topology

Arguments = argparse.Namespace

_PLAY = """Makes one HTML page that plays recordings: NTU RGB+D's .skeleton, the .json of NW-UCLA and of
Kinetics-Skeleton, SBU's skeleton_pos.txt, and numpy's .npy and .npz ([T, M, V, D] or [T, V, D], with --skeleton). With
a checkpoint it reads what `predict` reads, says what the network says, and shows what it looks at."""


def add_to(commands: Any) -> None:
    """Adds ``play``."""
    play = commands.add_parser("play", help="recordings as an HTML page that plays them", description=_PLAY)
    play.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files; with a checkpoint folders, too")
    play.add_argument("--out", type=Path, default=Path("player.html"), help="the page")
    play.add_argument("--checkpoint", type=Path, help="a run's model.safetensors: what it says and looks at")
    play.add_argument("--skeleton", choices=[one.name for one in TOPOLOGIES], help="of arrays without a checkpoint")
    play.add_argument("--beside", action="store_true", help="all at once, on one clock, instead of one that is chosen")
    play.add_argument("--y-down", action="store_true", help="y points down, as in images")
    play.add_argument("--fps", type=float, default=30.0, help="frames a second")
    play.add_argument("--title", help="of the page; left out: the first recording's name")
    play.set_defaults(run=_play, command="play")


def _play(args: Arguments) -> int:
    from tg_skeleton.visualization import write_player

    notes, saliency = None, None
    if args.checkpoint is None:
        skeleton = next((one for one in TOPOLOGIES if one.name == args.skeleton), None)
        read = [read_plain(path, skeleton) for path in args.paths]
        sequences, topology = [sequence for sequence, _ in read], read[0][1]
    else:
        sequences, topology, notes, saliency = _asked(args.checkpoint, args.paths)
    path = write_player(
        sequences,
        args.out,
        topology.joints,
        title=args.title,
        notes=notes,
        saliency=saliency,
        beside=args.beside,
        y_down=args.y_down,
        fps=args.fps,
    )
    print(f"{path}  {len(sequences)} recordings, {path.stat().st_size / 1e6:.1f} MB")
    return 0


def read_plain(path: Path, skeleton: Topology | None) -> tuple[SkeletonSequence, Topology]:
    """A recording as its file has it, and its skeleton; ``skeleton`` says that of an array.

    Raises:
        ValueError: The file is of no known form, or damaged, or an array without a skeleton.
        OSError: It can't be read.
    """
    match path.suffix.lower():
        case ".skeleton":
            recording, topology = clean_ntu(read_ntu_skeleton(path)), NTU25
        case ".json" if b'"skeletons"' in path.read_bytes():
            recording, topology = read_nw_ucla_json(path), NWUCLA20
        case ".json":
            recording, topology = read_kinetics_json(path), OPENPOSE18
        case ".txt":
            recording, topology = read_sbu_text(path), SBU15
        case ".npy" | ".npz":
            if skeleton is None:
                raise ValueError(f"'{path}': an array does not say its joints; name them with --skeleton")
            recording, topology = _array(path), skeleton
        case _:
            raise ValueError(
                f"'{path}': expected a .skeleton, .json, .txt, .npy or .npz; with --checkpoint what predict reads"
            )
    made = SkeletonSequence.from_array(recording.pos, topology, score=recording.score, name=recording.name)
    return made, topology


def _array(path: Path) -> Recording:
    try:
        found = np.load(path, allow_pickle=False)
        pos = found if isinstance(found, np.ndarray) else found["pos"]
        score = None if isinstance(found, np.ndarray) or "score" not in found else found["score"]
    except (ValueError, KeyError, EOFError) as error:
        raise ValueError(f"'{path}': expected coordinates, in an .npz under 'pos': {error}") from error
    return Recording(path.stem, pos, -1, score)


def _asked(
    checkpoint: Path, paths: Sequence[Path]
) -> tuple[list[SkeletonSequence], Topology, list[str], list[np.ndarray | None]]:
    """Recordings, what a network says about each, and what it looks at."""
    from tg_skeleton.commands.looking import saliency_of
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.inference.files import FileReader, read_recordings
    from tg_skeleton.inference.sources import find_recordings

    recognizer = ActionRecognizer.load(checkpoint)
    found, skipped = find_recordings(paths)
    if not found:
        raise ValueError(f"'{paths[0]}': expected recordings, found none")
    read = read_recordings(found, FileReader(recognizer.card), skipped, on_error="raise")
    sequences = [recording.sequence for recording in read]
    answers = recognizer.predict(sequences, per_person=False)
    notes = [f"{answer.label}, {100 * answer.probability:.0f} %" for answer in answers]
    return sequences, recognizer.card.topology, notes, [saliency_of(recognizer, sequence) for sequence in sequences]
