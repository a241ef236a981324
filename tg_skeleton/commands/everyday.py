"""The network of the package, for everyday actions of any skeleton: train it, test it, look at what it learned from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tg_skeleton import SkeletonSequence
from tg_skeleton.commands.arguments import EVERYDAY, add_data, add_device, device_of, location_of, protocol_of

Arguments = argparse.Namespace

_FRAMES, _CLIPS = 24, 5
_STEPS = 3400
_SECONDS = 2.5  # of a stream, for an answer


def add_to(commands: Any) -> None:
    """Add ``everyday train``, ``everyday test`` and ``everyday show``."""
    everyday = commands.add_parser("everyday", description=__doc__)
    actions = everyday.add_subparsers(required=True, metavar="ACTION")

    def command(name: str, run: Any, about: str) -> Any:
        parser = actions.add_parser(name, help=about, description=about)
        parser.set_defaults(run=run, command=f"everyday {name}")
        return parser

    train = command("train", _train, "train it on generated motion alone; goes on where it was interrupted")
    train.add_argument("--out", type=Path, default=Path("runs/everyday"), help="its folder. Default: %(default)s")
    train.add_argument("--steps", type=int, help=f"steps of training. Default: {_STEPS}")
    train.add_argument("--batch-size", type=int, default=64, help="recordings a step. Default: %(default)s")
    _add_motion(train)
    train.add_argument("--workers", type=int, default=0, help="processes that generate motion. Default: %(default)s")
    train.add_argument(
        "--precision",
        choices=("32-true", "bf16-mixed"),
        default="32-true",
        help="bf16-mixed takes half as long where the CPU has instructions for it. Default: %(default)s",
    )

    test = command("test", _test, "its answers about a data set, by the classes that both have")
    test.add_argument("checkpoint", type=Path, nargs="?", default=Path(EVERYDAY), help="Default: the package's")
    add_data(test)
    test.add_argument("--split", default="test", help="a split of the data set. Default: %(default)s")
    test.add_argument("--view", type=int, help="recordings of this camera alone, by its number")
    test.add_argument(
        "--as", dest="skeleton", metavar="SKELETON", help="carry the recordings over to this skeleton. Default: none"
    )
    test.add_argument("--in-pictures", action="store_true", help="see them in the pictures of a camera, without depth")
    add_device(test)
    test.set_defaults(workers=0)

    show = command("show", _show, "each class as it was generated: in a picture, or in motion on a page")
    show.add_argument(
        "--out", type=Path, default=Path("everyday.png"), help="a picture, or a page (.html). Default: %(default)s"
    )
    _add_motion(show)


def _add_motion(parser: Any) -> None:
    parser.add_argument(
        "--motion", type=int, default=0, metavar="SEED", help="another seed, other motion (and weights). Default: 0"
    )


def _train(args: Arguments) -> int:
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.training.everyday import train_everyday

    steps = _STEPS if args.steps is None else args.steps
    model = train_everyday(
        args.out,
        steps=steps,
        batch_size=args.batch_size,
        seed=args.motion,
        precision=args.precision,
        num_workers=args.workers,
        num_frames=_FRAMES,
    )
    facts = {"steps": steps, "batch_size": args.batch_size, "motion": args.motion, "precision": args.precision}
    path = ActionRecognizer(model, everyday_card(facts)).save(args.out / "model.safetensors")
    print(path)
    return 0


def _test(args: Arguments) -> int:
    from tg_skeleton.commands.arguments import skeleton_of
    from tg_skeleton.datasets.table import DATASETS
    from tg_skeleton.evaluation.counterparts import Counterparts
    from tg_skeleton.inference import ActionRecognizer
    from tg_skeleton.motion.counterparts import COUNTERPARTS
    from tg_skeleton.motion.vocabulary import CLASSES, OTHER
    from tg_skeleton.transforms import ToTopology

    if args.dataset not in COUNTERPARTS:
        raise ValueError(f"--dataset: expected one of {', '.join(COUNTERPARTS)}, got {args.dataset}")
    data = DATASETS[args.dataset].split(location_of(args), protocol_of(args), args.split)
    sequences = [data[number] for number in range(len(data))]
    if args.view is not None:
        sequences = [one for one in sequences if "camera" in one and int(one.camera) == args.view]
        if not sequences:
            raise ValueError(f"--view: expected a camera of the recordings of {args.dataset}, got {args.view}")
    names = [data.class_names[int(one.y)] for one in sequences]
    target = skeleton_of(args.skeleton) or data.topology
    if target != data.topology:
        sequences = [ToTopology(data.topology, target)(one) for one in sequences]
    if args.in_pictures:
        sequences = [_seen(one) for one in sequences]
    recognizer = ActionRecognizer.load(args.checkpoint, device=device_of(args))
    recognizer = recognizer.on(target, sequences[0].pos.size(-1))
    answers = [one.probabilities for one in recognizer.predict(sequences, per_person=False, check=False)]
    result = Counterparts(np.array(answers), names, recognizer.card.class_names, COUNTERPARTS[args.dataset])
    print(result.table(CLASSES[OTHER]))
    print(f"'fall down' about any recording: {100 * result.said('fall down'):.2f} %")
    return 0


def _seen(sequence: SkeletonSequence) -> SkeletonSequence:
    """A recording in the picture of a camera where the sensor stood; joints that were not seen stay missing."""
    pos = sequence.pos
    missing = ~pos.any(-1)
    ahead = pos[..., 2:].clamp(min=0.3)
    sequence.pos = torch.where(missing[..., None], 0.0, pos[..., :2] / ahead)
    return sequence


def _show(args: Arguments) -> int:
    from tg_skeleton import NTU25
    from tg_skeleton.datasets.generated import as_sequence
    from tg_skeleton.motion import CLASSES, motion_capture, take
    from tg_skeleton.visualization import Player, plot_sheet, save_figure

    numbers = range(len(CLASSES))  # in a row, so each class has one
    takes = [take(number, seed=args.motion, pairs={motion_capture: (NTU25,)}) for number in numbers]
    sheet = {}
    for one in sorted(takes, key=lambda one: one.label):
        sheet[CLASSES[one.label]] = sequence = as_sequence(one)
        sequence.fps = one.hertz
    if args.out.suffix == ".html":
        print(Player(sheet.values(), titles=list(sheet)).save(args.out, "Everyday actions, as they were generated"))
    else:
        print(save_figure(plot_sheet(sheet, view=(25, 10)), args.out))
    return 0


def everyday_card(facts: dict[str, Any]) -> Any:
    """The metadata of the network of the package.

    Args:
        facts: How it was trained.
    """
    from torch_geometric.transforms import Compose

    from tg_skeleton import NTU25
    from tg_skeleton.inference import ModelCard
    from tg_skeleton.joint_places import DESCRIBED
    from tg_skeleton.motion import CLASSES
    from tg_skeleton.transforms import DescribeJoints, SampleSegments
    from tg_skeleton.transforms.preprocessing import REMOVE_STRAYS

    sample = SampleSegments(_FRAMES, mode="random", clips=_CLIPS, seed=0)
    return ModelCard(
        network="AnyESAN",
        arguments={"in_channels": DESCRIBED, "num_classes": len(CLASSES), "num_frames": _FRAMES},
        topology=NTU25,
        class_names=CLASSES,
        num_frames=_FRAMES,
        clips=_CLIPS,
        transform=Compose([REMOVE_STRAYS, sample]),
        batch_transform=DescribeJoints(NTU25),
        facts={"dataset": "generated motion only", "seconds": _SECONDS, **facts},
    )
