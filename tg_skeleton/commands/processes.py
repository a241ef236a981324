"""The processes of a training: their number, the first of them, and the end of all when one is lost."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning import Trainer

DECISIONS = "TG_SKELETON_RUNS"
"""The environment variable by which processes that Lightning starts learn what was decided before they existed."""

MEETING = 120.0
"""Seconds in which processes that were started together must have reached each other."""


@dataclass(frozen=True)
class Launch:
    """The processes that a launcher has started for one command.

    Args:
        by: The launcher: ``"torchrun"`` or ``"srun"``.
        num_nodes: The number of machines.
        devices: The processes on each machine.
        rank: The number of this process among all of them.
        restarts: The number of times that the launcher has started them again.
        more: Whether the launcher starts them again after a failure.
    """

    by: str
    num_nodes: int
    devices: int
    rank: int
    restarts: int = 0
    more: bool = False


def launch_of(environment: Mapping[str, str]) -> Launch | None:
    """The launcher's processes; None if this process was started by hand, or by Lightning.

    >>> from tg_skeleton.commands.processes import launch_of
    >>> said = {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2", "RANK": "3"}
    >>> launch_of({**said, "GROUP_WORLD_SIZE": "2"})
    Launch(by='torchrun', num_nodes=2, devices=2, rank=3, restarts=0, more=False)

    Args:
        environment: The environment variables.

    Raises:
        ValueError: Several processes were started in a way that they can't find each other.
    """
    if "TORCHELASTIC_RUN_ID" in environment:
        return _torchrun(environment)
    tasks = _number(environment, "SLURM_NTASKS", 1)
    if "SLURM_STEP_ID" in environment and environment.get("SLURM_JOB_NAME") not in ("bash", "interactive"):
        return _srun(environment, tasks)
    if tasks > 1 and "SLURM_STEP_ID" not in environment:
        raise ValueError(
            f"SLURM_NTASKS: expected srun to start the job's {tasks} processes, got a command without srun"
        )
    for size in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"):
        if _number(environment, size, 1) > 1:
            raise ValueError(
                f"{size}: expected one process, or torchrun or srun, got {environment[size]} started by MPI"
            )
    if _number(environment, "WORLD_SIZE", 1) > 1 and "RANK" in environment:
        raise ValueError(
            f"WORLD_SIZE: expected torchrun or srun to start several processes, got {environment['WORLD_SIZE']} without"
        )
    return None


def _torchrun(environment: Mapping[str, str]) -> Launch:
    nodes, devices = _number(environment, "GROUP_WORLD_SIZE", 1), _number(environment, "LOCAL_WORLD_SIZE", 1)
    total = _number(environment, "WORLD_SIZE", 1)
    if total != nodes * devices:
        raise ValueError(
            f"torchrun: expected the same --nproc-per-node on all nodes, got {total} processes on {nodes} nodes, "
            f"{devices} of them here"
        )
    restarts = _number(environment, "TORCHELASTIC_RESTART_COUNT", 0)
    more = restarts < _number(environment, "TORCHELASTIC_MAX_RESTARTS", 0)
    return Launch("torchrun", nodes, devices, _number(environment, "RANK", 0), restarts, more)


def _srun(environment: Mapping[str, str], tasks: int) -> Launch:
    nodes = _number(environment, "SLURM_NNODES", 1)
    devices = _number(environment, "SLURM_NTASKS_PER_NODE", tasks if nodes == 1 else 0)
    if devices * nodes != tasks:
        raise ValueError(
            f"srun: expected --nodes N --ntasks-per-node M, with the same number on all nodes, got {tasks} tasks on "
            f"{nodes} nodes"
        )
    rank, restarts = _number(environment, "SLURM_PROCID", 0), _number(environment, "SLURM_RESTART_COUNT", 0)
    return Launch("srun", nodes, devices, rank, restarts)


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(environment.get(name, default))
    except ValueError:
        raise ValueError(f"{name}: expected a whole number in the environment, got {environment[name]!r}") from None


def processes_of(devices: str, num_nodes: int | None, environment: Mapping[str, str]) -> tuple[str, int]:
    """The devices of each machine and the number of machines, as the command line and the launcher have them.

    Args:
        devices: The argument ``--devices``.
        num_nodes: The argument ``--num-nodes``.
        environment: The environment variables.

    Raises:
        ValueError: The launcher has started other processes than the command line asks for.
    """
    launch = launch_of(environment)
    if launch is None:
        if num_nodes not in (None, 1):
            raise ValueError(
                f"--num-nodes: expected torchrun or srun to start the processes of {num_nodes} machines, got one "
                "process that was started without"
            )
        return devices, 1
    if num_nodes not in (None, launch.num_nodes):
        raise ValueError(
            f"--num-nodes: {launch.by} has started processes on {launch.num_nodes} nodes, got {num_nodes}; leave "
            "--num-nodes out, or start as many"
        )
    if devices not in ("auto", "-1", str(launch.devices)):
        raise ValueError(
            f"--devices: {launch.by} has started {launch.devices} processes on each node, got {devices}; leave "
            "--devices out, or start as many"
        )
    return str(launch.devices), launch.num_nodes


def is_first(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is the only process, or the first of several: the one that prints and writes."""
    launch = launch_of(environment)
    if launch is not None:
        return launch.rank == 0
    return _number(environment, "NODE_RANK", 0) == 0 and _number(environment, "LOCAL_RANK", 0) == 0


def restarted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the launcher has started the command again after a failure."""
    launch = launch_of(environment)
    return launch is not None and launch.restarts > 0


def decided_by_first(trainer: Trainer, key: str, decide: Callable[[], str], *, prompt: bool = False) -> str:
    """The result of ``decide()``, which only the first process calls; an error there ends the others.

    Args:
        trainer: The trainer whose processes ask.
        key: A name for the decision, the same in all processes.
        decide: The function.
        prompt: Whether all processes ask at about the same time, because none has to prepare recordings first: then
            those that do not reach each other within `MEETING` seconds end.
    """
    import torch.distributed as dist

    if trainer.world_size == 1:
        return decide()
    if not dist.is_initialized() and launch_of(os.environ) is None:  # the others do not exist yet, or this is one
        known: dict[str, str] = json.loads(os.environ.get(DECISIONS, "{}"))
        if key not in known:
            known[key] = decide()
            os.environ[DECISIONS] = json.dumps(known)
        return known[key]
    meeting = threading.Timer(MEETING, _end_alone)
    meeting.daemon = True
    if prompt:
        meeting.start()  # a connection that is never answered would wait for half an hour
    trainer.strategy.setup_environment()
    meeting.cancel()
    found: tuple[str, Exception | None] = ("", None)
    if trainer.is_global_zero:
        try:
            found = decide(), None
        except Exception as error:  # the others must not wait
            found = "", error
    decision, failed = trainer.strategy.broadcast((found[0], found[1] is not None))
    if found[1] is not None:
        raise found[1]
    if failed:
        raise SystemExit(1)  # the first process prints the reason
    return str(decision)


def advice() -> str:
    """The instruction after a process was lost."""
    launch = launch_of(os.environ)
    if launch is not None and launch.more:
        return "torchrun starts all of them again, and the training goes on from its last epoch"
    return "run the same command with --resume to go on from the last epoch (checkpoints/last.ckpt)"


def _end_alone() -> None:
    print(f"the processes of the training did not reach each other within {MEETING:.0f} s; {advice()}", file=sys.stderr,
          flush=True)  # fmt: skip
    os._exit(1)
