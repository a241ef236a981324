"""Arguments about pose estimators, and the estimator that they name."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tg_skeleton.commands.arguments import imported

if TYPE_CHECKING:
    from tg_skeleton.pose import PoseEstimator, PoseOptions
    from tg_skeleton.topology import Topology

Arguments = argparse.Namespace


def add_estimator(parser: Any) -> None:
    """Add the arguments that choose an estimator and say what it sees."""
    group = parser.add_argument_group("videos and cameras")
    group.add_argument(
        "--estimator",
        metavar="NAME",
        help="pose estimator: mediapipe (joints in space; extra video), rtmlib (in the picture; extra pose), or one of "
        "your own as package.module:name. Default: the installed one that fits",
    )
    group.add_argument(
        "--pose-model",
        metavar="FILE",
        help="a .task file of MediaPipe, or its address, to be fetched once. Default: the model in mediapipe 0.10.21",
    )
    group.add_argument(
        "--field-of-view",
        type=float,
        default=60.0,
        help="of the camera, in degrees along the longer side of the picture; it scales distances. Default: "
        "%(default)s",
    )


def maker_of(args: Arguments, topology: Topology | None = None, dims: int | None = None) -> Callable[[], PoseEstimator]:
    """What makes the estimator; other processes can be given it.

    Args:
        args: The arguments of `add_estimator`, and ``persons`` where the command has it.
        topology: The joints of the network; None: there is none.
        dims: The coordinates of each.

    Raises:
        ValueError: There is no such estimator.
        ImportError: A module can't be imported, or has no such name.
        RuntimeError: The model can't be fetched.
    """
    from tg_skeleton.pose import fitting_estimator, mediapipe_estimator, rtmlib_estimator
    from tg_skeleton.topologies import COCO17, HALPE26

    name, persons = args.estimator, getattr(args, "persons", 2)
    model = None if args.pose_model is None else _fetched(args.pose_model)
    if name is None:
        if model is not None:
            return partial(mediapipe_estimator, model, persons=persons)
        return partial(fitting_estimator, topology, dims, persons=persons)
    if name == "mediapipe":
        return partial(mediapipe_estimator, model, persons=persons)
    if name == "rtmlib":
        coco = topology is not None and topology.joints == COCO17.joints
        return partial(rtmlib_estimator, COCO17 if coco else HALPE26)
    if ":" not in name:
        raise ValueError(f"--estimator: expected mediapipe, rtmlib or package.module:name, got {name}")
    _own(name)  # what is wrong with it is said here
    return partial(_own, name)


def estimator_of(args: Arguments, topology: Topology | None = None, dims: int | None = None) -> PoseEstimator:
    """The estimator; where none was named, a line says which one was taken."""
    estimator = maker_of(args, topology, dims)()
    if args.estimator is None and multiprocessing.parent_process() is None:
        where = "in space" if estimator.in_space else "in the picture"
        joints = f"{estimator.topology.num_joints} joints {where}"
        print(f"estimator: {estimator}, {joints} (--estimator names another)", file=sys.stderr)
    return estimator


def options_of(args: Arguments, dims: int | None = None) -> PoseOptions:
    """How persons become joints, for a network of so many coordinates."""
    from tg_skeleton.pose import PoseOptions

    return PoseOptions(in_space=None if dims is None else dims == 3, field_of_view=args.field_of_view)


def _own(name: str) -> PoseEstimator:
    """An estimator of a user's own: an object, or a class or function that gives one."""
    from tg_skeleton.pose import PoseEstimator

    found = imported(name, f"--estimator {name}: expected package.module:name, a name to import")
    made = found if isinstance(found, PoseEstimator) else found()
    if not isinstance(made, PoseEstimator):
        raise ImportError(
            f"--estimator {name}: expected a tg_skeleton.pose.PoseEstimator, or what gives one when it is called, got "
            f"{made!r}"
        )
    return made


def _fetched(model: str) -> Path:
    """The file of a model; an address is fetched once, and checked against its hash from then on."""
    if "://" not in model:
        return Path(model)
    from tg_skeleton.datasets import download

    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tg_skeleton"
    return download(model, cache / model.rsplit("/", 1)[-1])
