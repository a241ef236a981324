"""Arguments that several commands share, and their values."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tg_skeleton.datasets.table import DATASETS, Body, Location
from tg_skeleton.topologies import TOPOLOGIES, find
from tg_skeleton.topology import Topology

if TYPE_CHECKING:
    from torch import nn

    from tg_skeleton.training import Network

Arguments = argparse.Namespace

EVERYDAY = "everyday"
"""The network of the package, and its kind where a training asks for one: `AnyESAN`, for any skeleton."""

SKELETONS = tuple(topology.name for topology in TOPOLOGIES)
"""The names of the skeletons."""


# -- data --------------------------------------------------------------------------------------------------------------


def add_data(parser: Any, *, required: bool = True) -> None:
    """Add the arguments that choose a data set and its location."""
    parser.add_argument("--dataset", required=required, choices=list(DATASETS), help="data set")
    protocols = "; ".join(f"{name}: {', '.join(row.protocols)}" for name, row in DATASETS.items() if all(row.protocols))
    parser.add_argument("--protocol", help=f"protocol of the data set ({protocols}). Default: the first")
    add_root(parser)
    parser.add_argument(
        "--source",
        default="raw",
        choices=["raw", "openmmlab-3d", "openmmlab-2d"],
        help="files of NTU RGB+D to read; openmmlab-2d: 17 joints in the picture, with scores. Default: %(default)s",
    )
    add_raw(parser)
    parser.set_defaults(force=False)


def add_root(parser: Any) -> None:
    """Add the folder of a data set."""
    parser.add_argument("--root", type=Path, help="folder of the data set. Default: datasets/<its name>")


def add_raw(parser: Any) -> None:
    """Add the archive that recordings come from, and what to do about bad ones."""
    parser.add_argument(
        "--raw", help="archive of the raw files, or its address. Default: <root>/raw, else the public address"
    )
    add_on_error(parser)


def add_on_error(parser: Any) -> None:
    """Add the argument about bad recordings."""
    parser.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="skip",
        help="stop at an unreadable recording, or skip it and report the reason. Default: %(default)s",
    )


def protocol_of(args: Arguments) -> str:
    """The protocol that was named, or the first one of the data set.

    Raises:
        ValueError: The data set has no such protocol.
    """
    protocols = DATASETS[args.dataset].protocols
    if args.protocol is None:
        return next(iter(protocols))
    if args.protocol not in protocols:
        raise ValueError(f"--protocol: {args.dataset} has {', '.join(protocols) or 'none'}, got {args.protocol}")
    protocol: str = args.protocol
    return protocol


def location_of(args: Arguments) -> Location:
    """The location of the data set."""
    root = args.root or DATASETS[args.dataset].default_root()
    return Location(root, args.source, args.raw, args.on_error, args.workers, args.force)


def body_of(args: Arguments) -> Body:
    """The skeleton of the data set's recordings.

    Raises:
        FileNotFoundError: They are recordings of your own, and there are none in the folder.
    """
    return DATASETS[args.dataset].body(location_of(args))


def title_of(args: Arguments) -> str:
    """The data set and its protocol in one word, for folders and titles."""
    row = DATASETS[args.dataset]
    if row.dims is None and args.root is not None:  # recordings of your own go by the name of their folder
        return slug(args.root.resolve().name) or str(args.dataset)
    return f"{args.dataset}_{protocol_of(args)}" if len(row.protocols) > 1 else str(args.dataset)


def slug(name: str) -> str:
    """The name of a folder for a name."""
    return "".join(letter if letter.isalnum() or letter in "+-" else "_" for letter in name.lower())


# -- training ----------------------------------------------------------------------------------------------------------


def add_out(parser: Any) -> None:
    """Add the folder of the runs."""
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), help="parent folder of the runs. Default: %(default)s"
    )


def add_device(parser: Any) -> None:
    """Add the kind of device."""
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, mps, ...; auto: a GPU if there is one. Default: %(default)s"
    )


def device_of(args: Arguments) -> str:
    """The device that was named, or the best one of this machine."""
    import torch

    found = "cuda" if torch.cuda.is_available() else "cpu"
    device = {"auto": found, "gpu": "cuda"}.get(args.device, str(args.device))
    if device.startswith("cuda") and found == "cpu":
        raise ValueError(f"--device: there is no GPU that torch {torch.__version__} can use here, got {args.device}")
    return device


# -- networks and skeletons --------------------------------------------------------------------------------------------


def network_names() -> list[str]:
    """The names of the networks, without importing them."""
    return sorted(file.stem for file in Path(__file__).parents[1].glob("training/recipes/[!_]*.py"))


def network_of(name: str) -> Network:
    """The row of a network, by its name or as ``package.module:Class``.

    Raises:
        ValueError: There is no network of this name.
        ImportError: The module can't be imported, or has no such class.
    """
    from tg_skeleton.models import AnyESAN
    from tg_skeleton.training import own_network
    from tg_skeleton.training.recipes import NETWORKS

    if ":" in name:
        return own_network(class_of(name))
    if name == EVERYDAY:
        return replace(own_network(AnyESAN), name=EVERYDAY)
    if name not in NETWORKS:
        raise ValueError(
            f"--model: expected one of {', '.join(NETWORKS)}, {EVERYDAY}, or a class of your own as "
            f"package.module:Class, got {name}"
        )
    return NETWORKS[name]


def imported(name: str, expected: str) -> Any:
    """What a user's own module has under ``package.module:name``; the working folder is searched, too.

    Raises:
        ImportError: The module can't be imported, or has no such name; the message begins with ``expected``.
    """
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # `python -m` has it, a console script has not
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise ImportError(f"{expected}: {error}") from error


def class_of(name: str) -> type[nn.Module]:
    """The class of a network of a user's own, from ``package.module:Class``.

    Raises:
        ImportError: The module can't be imported, or has no such class.
    """
    from torch import nn

    found = imported(name, f"{name}: expected package.module:Class, the name of a class to import")
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ImportError(f"{name}: expected a class derived from torch.nn.Module, got {found!r}")
    return found


def add_networks(parser: Any) -> None:
    """Add the classes of networks of a user's own."""
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="MODULE:CLASS",
        help="class of a checkpoint's network if it is your own, as package.module:Class (repeatable)",
    )


def networks_of(args: Arguments) -> list[type[nn.Module]]:
    """The classes of networks of a user's own."""
    return [class_of(name) for name in args.network]


SKELETON = f"{', '.join(SKELETONS)}, a JSON file, a checkpoint, or the folder of a data set of your own"
"""What `skeleton_of` takes."""


def skeleton_of(name: str | None, *known: Topology) -> Topology | None:
    """The skeleton of a name, a JSON file, a checkpoint or a data set of your own; None for no name.

    Raises:
        FileNotFoundError: There is no such file, or no data set in the folder.
        ValueError: There is no such skeleton among the package's and the ``known`` ones.
    """
    if name is None:
        return None
    path = Path(name)
    if named := [topology for topology in known if topology.name == name]:
        return named[0]
    if path.suffix == ".safetensors":
        from tg_skeleton.inference import ActionRecognizer

        return ActionRecognizer.load(path).card.topology
    if path.is_dir():
        return DATASETS["own"].split(Location(path), "", "all").topology
    return find(name)


# -- files of recordings -----------------------------------------------------------------------------------------------


def add_skeleton(parser: Any) -> None:
    """Add the skeleton of arrays."""
    parser.add_argument("--skeleton", metavar="SKELETON", help=f"skeleton of arrays: {SKELETON}")


def add_image_size(parser: Any) -> None:
    """Add the size of the pictures that 2-D coordinates are of."""
    parser.add_argument("--image-size", type=float, nargs=2, metavar=("W", "H"), help="size of the pictures in pixels")


def image_size_of(args: Arguments) -> tuple[float, float] | None:
    """The size of the pictures, if it was given."""
    return None if args.image_size is None else (args.image_size[0], args.image_size[1])


def add_tracks(parser: Any) -> None:
    """Add how persons are told apart."""
    parser.add_argument(
        "--tracks",
        choices=("position", "confidence"),
        default="position",
        help="who is who where files do not say it: followed by position, or by confidence. Default: %(default)s",
    )


def add_persons(parser: Any) -> None:
    """Add the number of persons."""
    parser.add_argument(
        "--persons", type=int, default=2, help="maximum number of persons to keep per recording. Default: %(default)s"
    )
