"""Recordings as an HTML page that plays them, with the predictions and the saliency of a network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tg_skeleton.commands.arguments import (
    add_image_size,
    add_networks,
    add_skeleton,
    image_size_of,
    networks_of,
    skeleton_of,
)
from tg_skeleton.commands.reading import add_change, change_of
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.io import CoordinateChange, ReadOptions, Source, find_recordings, nothing_found, read_file, titles
from tg_skeleton.plausibility import summarized
from tg_skeleton.topology import Topology

if TYPE_CHECKING:
    from tg_skeleton.inference import ActionRecognizer

Arguments = argparse.Namespace

_PLAY = f"""Write one HTML page that plays recordings: {titles()} (arrays with --skeleton, videos with --checkpoint).
With a checkpoint it shows the network's predictions and saliency."""


def add_to(commands: Any) -> None:
    """Add ``play``."""
    play = commands.add_parser("play", description=_PLAY)
    play.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files and folders")
    play.add_argument("--out", type=Path, default=Path("player.html"), help="output file. Default: %(default)s")
    play.add_argument("--checkpoint", type=Path, help="a run's model.safetensors, for predictions and saliency")
    add_networks(play)
    add_skeleton(play)
    add_image_size(play)
    add_change(play)
    play.add_argument("--beside", action="store_true", help="play all recordings at once, on one clock")
    play.add_argument("--y-down", action="store_true", help="y points down, as in images")
    play.add_argument("--fps", type=float, help="frames per second. Default: the file's, else 30")
    play.add_argument("--title", help="title of the page. Default: the name of the first recording")
    play.set_defaults(run=_play, command="play")


def _play(args: Arguments) -> int:
    from tg_skeleton.visualization import write_player

    notes, saliency = None, None
    size = image_size_of(args)
    if args.checkpoint is None:
        found, skipped = find_recordings(args.paths)
        if not found:
            raise nothing_found(args.paths, skipped)
        options = ReadOptions(topology=skeleton_of(args.skeleton), image_size=size)
        read = [read_plain(source, options, change_of(args)) for source in found]
        sequences, topology = [sequence for sequence, _ in read], read[0][1]
    else:
        sequences, topology, notes, saliency = _predicted(args, size)
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
    print(f"{path}  {len(sequences)} recording{'s' * (len(sequences) > 1)}, {path.stat().st_size / 1e6:.1f} MB")
    return 0


def read_plain(
    source: Source,
    options: ReadOptions,
    change: CoordinateChange = CoordinateChange(),  # noqa: B008 - it is frozen
) -> tuple[SkeletonSequence, Topology]:
    """A recording as it is in its file but for ``change``, and its skeleton.

    Raises:
        ValueError: The file is of an unknown form, or damaged, or an array without a skeleton.
        OSError: It can't be read.
    """
    try:
        _, recording = read_file(source, options)
    except ValueError as error:
        raise ValueError(f"'{source}': {str(error).removeprefix(f'{source.path}: ')}") from error
    topology = recording.topology
    assert topology is not None
    made = SkeletonSequence.from_array(change(recording.pos), topology, score=recording.score, name=recording.name)
    if recording.fps is not None:
        made.fps = recording.fps
    return made, topology


def _predicted(
    args: Arguments,
    image_size: tuple[float, float] | None,
) -> tuple[list[SkeletonSequence], Topology, list[str], list[np.ndarray | None]]:
    """Recordings, and a network's predictions and saliency."""
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.inference.files import FileReader, read_recordings

    recognizer = ActionRecognizer.load(args.checkpoint, networks=networks_of(args))
    topology, skeleton = recognizer.card.topology, skeleton_of(args.skeleton, recognizer.card.topology)
    if skeleton is not None and skeleton.joints != topology.joints:
        raise ValueError(f"--skeleton: expected the network's {topology.name}, got {skeleton.name}")
    found, skipped = find_recordings(args.paths)
    if not found:
        raise nothing_found(args.paths, skipped)
    reader = FileReader(recognizer.card, image_size=image_size, change=change_of(args))
    read = list(read_recordings(found, reader, skipped, on_error="raise"))
    sequences = [recording.sequence for recording in read]
    predictions = recognizer.predict(sequences, per_person=False, check=False)
    remarks = {str(one.source): [finding.remark for finding in one.findings] for one in read}
    for line in summarized(remarks, len(read)):
        print(f"warning: {line}", file=sys.stderr)
    notes = [f"{one.label}, {100 * one.probability:.0f} %" if one.index >= 0 else one.label for one in predictions]
    pairs = zip(sequences, predictions, strict=True)
    return sequences, topology, notes, [saliency_of(recognizer, one) if it.index >= 0 else None for one, it in pairs]


def saliency_of(recognizer: ActionRecognizer, sequence: SkeletonSequence) -> np.ndarray | None:
    """Gradient saliency of every joint for the predicted class, ``[T, N]`` of a clip's T frames; the mean of all clips.

    Negative saliency is set to 0. None: the nodes of the network are not those of the recording.
    """
    import torch

    from tg_skeleton.evaluation import gradient_saliency
    from tg_skeleton.evaluation.clips import clip_logits, stack_clips

    batch, clips = recognizer.prepare([sequence]), recognizer.card.clips
    nodes, card = batch.x.size(1), recognizer.card
    if nodes != sequence.pos.size(1) or (card.network_topology or card.topology).joints != card.topology.joints:
        return None
    with torch.no_grad():
        predicted = clip_logits(recognizer.model, batch, clips).argmax(1)
    x, index, size = stack_clips(batch.x, batch.batch, 1, clips)
    saliency = gradient_saliency(recognizer.model, x, index, size, target=predicted.expand(clips))  # [T, clips * N]
    mean: np.ndarray = saliency.unflatten(1, (clips, nodes)).mean(1).clamp(min=0).cpu().numpy()
    return mean
