"""The end of all processes of a training when one is lost, with one line that says how to go on."""

from __future__ import annotations

import atexit
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tg_skeleton.commands.processes import advice, is_first, launch_of

if TYPE_CHECKING:
    from lightning import Trainer

GRACE = 5.0
"""Seconds that a process has to end by itself after SIGTERM."""

_ending = threading.Event()
_saying = threading.RLock()

_LOST = re.compile(
    r"gloo|nccl|connection (closed|reset|refused)|broken pipe|timed out waiting|Dist\w*Error", re.IGNORECASE
)


@contextmanager
def losses_named(trainer: Trainer) -> Iterator[None]:
    """Name the loss of another process, instead of the error of the exchange with it.

    Raises:
        RuntimeError: Another process was lost.
    """
    try:
        yield
    except RuntimeError as error:
        if _ending.is_set():
            raise SystemExit(128 + signal.SIGTERM) from error
        if trainer.world_size == 1 or not _LOST.search(f"{type(error).__name__} {error}"):
            raise
        lines = str(error).splitlines() or [type(error).__name__]
        raise RuntimeError(f"another process of the training was lost ({lines[0][:120]}); {advice()}") from error


def end_together(command: str) -> None:
    """End this process when it gets SIGTERM, even while it waits for others, and when the one that started it is gone.

    Args:
        command: The command, for the line that is printed.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def ended(number: int, frame: object) -> None:
        _say_ended(command)  # the thread may have no time to, once this one ends the process
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, ended)
    atexit.register(signal.signal, signal.SIGTERM, signal.SIG_DFL)
    # Handlers wait for the interpreter, which may wait for another process; this pipe is written to at once.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_forget)
    threading.Thread(target=_end_at_sigterm, args=(reader, command), daemon=True).start()
    if not is_first() or launch_of(os.environ) is not None:
        threading.Thread(target=_end_without_parent, args=(os.getppid(), command), daemon=True).start()


def _say_ended(command: str) -> None:
    """Print the line about SIGTERM, by the first of this machine's processes that gets here: any may have been lost."""
    with _saying:
        if not _ending.is_set():
            _ending.set()
            if _is_speaker():
                print(f"{command}: ended by SIGTERM; {advice()}", file=sys.stderr, flush=True)


def _is_speaker() -> bool:
    """Whether no other process of the same start has spoken; true without a launcher."""
    launch = launch_of(os.environ)
    if launch is None:
        return is_first()
    job = "-".join(os.environ.get(name, "") for name in ("SLURM_JOB_ID", "SLURM_STEP_ID", "TORCHELASTIC_RUN_ID"))
    errors = os.environ.get("TORCHELASTIC_ERROR_FILE")  # in torchrun's own folder of this start, one level below
    folder = Path(tempfile.gettempdir()) if errors is None else Path(errors).parents[1]
    mark = folder / f"tg_skeleton{job}-{launch.restarts}.ended"
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError:
        pass  # no folder for it: rather twice than never
    return True


def _forget() -> None:
    """In a forked worker of a loader, SIGTERM means what it means by default."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_at_sigterm(reader: int, command: str) -> None:
    while signal.SIGTERM not in os.read(reader, 1):
        pass
    _say_ended(command)
    time.sleep(GRACE)
    os._exit(128 + signal.SIGTERM)


def _end_without_parent(parent: int, command: str) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    print(f"{command}: the process that started this one was lost; {advice()}", file=sys.stderr, flush=True)
    os._exit(128 + signal.SIGTERM)
