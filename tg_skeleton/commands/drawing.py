"""A video's answer, and the video again with the answer drawn into it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tg_skeleton.commands.answering import Asker
from tg_skeleton.commands.answers import warnings_of, write_rows
from tg_skeleton.commands.arguments import device_of, networks_of, skeleton_of
from tg_skeleton.commands.estimators import estimator_of, options_of
from tg_skeleton.commands.reading import change_of
from tg_skeleton.files import printable
from tg_skeleton.inference.files import FileReader
from tg_skeleton.inference.fused import FusedRecognizer
from tg_skeleton.inference.lengths import Length, Windows
from tg_skeleton.inference.segments import frame_probabilities, smooth, spans, window_probabilities
from tg_skeleton.io import Source, is_video
from tg_skeleton.pose import draw_video


def draw(args: argparse.Namespace, asker: Asker, found: Sequence[Source]) -> int:
    """Answer about one video, and write it with skeletons and the classes of the windows about each frame.

    Raises:
        ValueError: There is not exactly one video, or it does not fit the network.
    """
    if len(found) != 1 or not is_video(found[0].path):
        raise ValueError(f"--draw: expected one video, got {', '.join(str(source) for source in found) or 'nothing'}")
    paths, device, networks = [args.checkpoint, *args.others], device_of(args), networks_of(args)
    recognizer = FusedRecognizer.load(paths, device=device, networks=networks)
    card, origin = recognizer.card, skeleton_of(args.origin, recognizer.card.topology)
    topology, dims = card.estimated
    ask = asker(args, recognizer)
    reader = FileReader(
        card,
        origin,
        estimator=estimator_of(args, origin or topology, dims),
        pose=options_of(args, dims),
        persons=args.persons,
        tracks=args.tracks,
        keep_empty=True,
        change=change_of(args),
    )
    reader.fps = args.fps
    read = reader(found[0])
    rows = ask([read])
    for line in warnings_of(rows):
        print(printable(f"warning: {line}"), file=sys.stderr)
    write_rows(rows, args.format, args.out)
    assert reader.last_video is not None
    window = card.window(read.fps) if args.window is None else args.window.frames(read.fps, "window")
    stride = max(window // 8, 1) if args.stride is None else args.stride.frames(read.fps, "stride")
    parts = spans(read.sequence.num_frames, window, stride)
    each = window_probabilities(recognizer.about(read), read.sequence, parts, batch_size=args.batch_size)
    width = Windows(Length.of_frames(window), smooth=args.smooth).at(read.fps).smooth
    probabilities = smooth(frame_probabilities(parts, each), width, args.filter)
    progress = sys.stderr.isatty()
    out = draw_video(found[0].path, args.draw, reader.last_video, probabilities, card.class_names, progress=progress)
    print(f"{out}: {len(probabilities)} frames", file=sys.stderr)
    return 0
