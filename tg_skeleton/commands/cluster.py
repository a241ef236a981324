"""The arguments that say who goes through files: this process, others of this machine, or a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tg_skeleton.work import Workers, dask_executor

Arguments = argparse.Namespace


def add_workers(parser: Any, about: str) -> None:
    """Add the number of processes, and the cluster.

    Args:
        parser: The command's parser.
        about: What the processes do.
    """
    parser.add_argument(
        "--workers", type=int, default=0, help=f"processes that {about}. Default: %(default)s, the calling one"
    )
    add_cluster(parser)


def add_cluster(parser: Any) -> None:
    """Add the cluster."""
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="Dask scheduler whose workers take the place of --workers, such as tcp://node1:8786, or its scheduler "
        "file, ending in .json (extra: cluster)",
    )
    parser.add_argument(
        "--resources",
        nargs="+",
        default=[],
        metavar="NAME=N",
        help="resources of Dask workers that a task takes, such as GPU=1. Default: none",
    )


@contextmanager
def workers_of(args: Arguments) -> Iterator[Workers]:
    """The number of processes, or the executor of the cluster while the context lasts.

    Raises:
        ValueError: Both were named, or resources without a cluster, or not as NAME=N.
        RuntimeError: The cluster does not answer.
    """
    if args.cluster is None:
        if args.resources:
            raise ValueError(f"--resources: expected --cluster with it, whose workers have {args.resources[0]}")
        yield args.workers
        return
    if args.workers:
        raise ValueError(f"--workers: expected none with --cluster, got {args.workers}; the cluster says how many")
    with dask_executor(args.cluster, dict(map(_resource, args.resources))) as executor:
        yield executor


def _resource(text: str) -> tuple[str, float]:
    name, _, amount = text.partition("=")
    try:
        number = float(amount)
    except ValueError:
        number = 0.0
    if not name or not number > 0:
        raise ValueError(f"--resources: expected NAME=N, as GPU=1, got {text!r}")
    return name, number
