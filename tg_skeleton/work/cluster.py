"""The workers of a Dask cluster as an executor."""

from __future__ import annotations

import json
import logging
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tg_skeleton.files import reading
from tg_skeleton.work.opened import close_of, owner

_PATIENCE = 60.0
"""Seconds within which a scheduler must answer, and a worker be there."""

_LOGGERS = ("client", "core", "batched", "comm.tcp", "comm.core")


@contextmanager
def dask_executor(address: str, resources: Mapping[str, float] | None = None) -> Iterator[Executor]:
    """The workers of a Dask cluster as an executor, for `in_order` (the extra ``cluster``).

    Scheduler and workers are started by Dask's own commands, ``dask scheduler`` and ``dask worker ADDRESS --nthreads
    1``, or by its deployments on SLURM, Kubernetes and others. Workers may come and go.

    Args:
        address: That of the scheduler, such as ``"tcp://node1:8786"``, or the ``.json`` file that ``dask scheduler
            --scheduler-file`` has written.
        resources: What one task takes of the resources that workers were started with, such as ``{"GPU": 1}``.

    Raises:
        ImportError: Dask is not installed.
        RuntimeError: No scheduler answers, or no worker comes within a minute; one has another version of Dask, or
            none has the resources; the scheduler was lost, or a task was given up because its workers were killed.

    Source: https://distributed.dask.org, `Client.get_executor`.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed.client import ClosedClientError
    except ImportError as error:
        raise ImportError("a cluster needs Dask, which is not installed; pip install 'tg_skeleton[cluster]'") from error
    loggers = [logging.getLogger(f"distributed.{name}") for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)  # its lines about lost connections are one error here
    client = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions: an error below
            client = _connected(Client, address)
            _check_cluster(client, address, dict(resources or {}))
        yield client.get_executor(pure=False, resources=dict(resources or {}) or None)
    except KilledWorker as error:
        raise RuntimeError(
            f"{address}: a task was given up, for {error.allowed_failures + 1} workers were killed that had it, "
            "perhaps for want of memory; start again with fewer workers on a machine, and what was done is kept"
        ) from error
    except ClosedClientError as error:
        raise RuntimeError(
            f"{address}: the scheduler was lost; start again when it is there, and what was done is kept"
        ) from error
    finally:
        if client is not None:
            if client.status == "running":
                with suppress(Exception):
                    client.run(close_of, owner(), on_error="ignore")
            with suppress(Exception):
                client.close(timeout=1)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _connected(make: Any, address: str) -> Any:
    place = _address_of(address)
    try:
        return make(place, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RuntimeError(f"{address}: no Dask scheduler answers; start one: dask scheduler") from error


def _address_of(place: str) -> str:
    """The address itself, or the one in a scheduler file, which a scheduler that starts is about to write."""
    if not place.endswith(".json"):
        return place
    end = time.monotonic() + _PATIENCE
    while not Path(place).exists() and time.monotonic() < end:
        time.sleep(0.1)
    if not Path(place).exists():
        raise RuntimeError(
            f"'{place}': there is no such file; start a scheduler: dask scheduler --scheduler-file {place}"
        )
    with reading(place, "scheduler file"):
        return str(json.loads(Path(place).read_text(encoding="utf-8"))["address"])


def _check_cluster(client: Any, address: str, resources: dict[str, float]) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise RuntimeError(
            f"{address}: no worker came within {_PATIENCE:.0f} seconds; start some: dask worker {address} --nthreads 1"
        ) from error
    found = client.get_versions()
    mine = found["client"]["packages"]
    others = {"the scheduler": found["scheduler"], **{f"worker {key}": one for key, one in found["workers"].items()}}
    for name, other in others.items():
        for package in ("dask", "distributed"):
            if other["packages"][package] != mine[package]:
                raise RuntimeError(
                    f"{address}: {name} has {package} {other['packages'][package]} and this process has "
                    f"{mine[package]}; install the same on all machines"
                )
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    for key, amount in resources.items():
        most = max(worker["resources"].get(key, 0) for worker in workers)
        if most < amount:
            raise RuntimeError(
                f"{address}: expected a worker with {key}={amount:g}, got at most {most:g}; start workers with dask "
                f"worker {address} --nthreads 1 --resources {key}={amount:g}"
            )
