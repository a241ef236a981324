"""The lock of a run's folder: one training at a time, on one machine or on several that share the disk."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tg_skeleton.files import write_json

BEAT = 5.0
"""Seconds between two signs of life of a training in its folder."""

SILENCE = 3 * BEAT
"""Seconds without a sign of life after which the training of another machine is taken for dead."""


ORPHANS = 20.0
"""Seconds in which the lock of a killed process ends with its children."""


class RunLock:
    """Keep a folder for one training.

    The lock is the operating system's, which ends with the process. Network file systems may apply it on one machine
    only, or not at all; so the owner also writes its name to ``lock.json``, again every few seconds. A training that
    gets the lock but finds the name of another machine waits to see whether it is written again; one that finds
    another name in place of its own stops.

    Args:
        folder: The folder.
        beat: Seconds between two signs of life.
    """

    def __init__(self, folder: Path, *, beat: float = BEAT) -> None:
        self.folder = folder
        self.beat = beat
        self._record = folder / "lock.json"
        self._lock = FileLock(folder / ".lock")
        self._me = {"host": socket.gethostname(), "machine": _machine(), "pid": os.getpid(), "id": secrets.token_hex(8)}
        self._count = 0
        self._ended = threading.Event()
        self._lost: Any = None
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Take the folder.

        Raises:
            RuntimeError: Another training has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            # Workers of a killed training's loader keep its lock until they notice, a few seconds later.
            self._lock.acquire(timeout=ORPHANS if self._is_dead(self._read()) else 0)
        except Timeout:
            raise self._taken(self._read()) from None
        except (OSError, NotImplementedError) as error:
            print(f"'{self.folder}': files can't be locked here ({error}); trainings on one machine may collide, and "
                  "those of several are noticed by lock.json", file=sys.stderr)  # fmt: skip
        owner = self._read()
        if owner is not None and (owner.get("machine") != self._me["machine"] or not self._lock.is_locked):
            print(f"'{self.folder}': waiting {SILENCE / BEAT * self.beat:.0f} s to see whether {_name(owner)} is still "
                  "training in it", file=sys.stderr)  # fmt: skip
            time.sleep(SILENCE / BEAT * self.beat)
            if (now := self._read()) is not None and now != owner:
                self._lock.release()
                raise self._taken(now)
        self._sign()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Stop if another training has taken the folder.

        Raises:
            RuntimeError: It has.
        """
        if self._lost is not None:
            raise RuntimeError(
                f"'{self.folder}' is now trained by {_name(self._lost)} too: the locks of this file system do not lock "
                "across machines; this training stops, the other one goes on"
            )

    def release(self) -> None:
        """Give the folder back."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            if self._is_mine(self._read()):
                with suppress(OSError):
                    self._record.unlink()
        self._lock.release()

    def _live(self) -> None:
        while not self._ended.wait(self.beat):
            found = self._read()
            if found is not None and not self._is_mine(found):
                self._lost = found
                return
            with suppress(OSError):  # a full disk does not end a training here
                self._sign()

    def _sign(self) -> None:
        self._count += 1
        write_json(self._record, {**self._me, "beat": self._count})

    def _read(self) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            found = json.loads(self._record.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None
        return None

    def _is_dead(self, owner: dict[str, Any] | None) -> bool:
        """Whether the owner was a process of this machine that has ended."""
        if owner is None or owner.get("machine") != self._me["machine"] or not isinstance(owner.get("pid"), int):
            return False
        try:
            os.kill(owner["pid"], 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False

    def _is_mine(self, found: dict[str, Any] | None) -> bool:
        return found is not None and found.get("id") == self._me["id"]

    def _taken(self, owner: dict[str, Any] | None) -> RuntimeError:
        return RuntimeError(f"'{self.folder}' is being trained by {_name(owner)}; wait for it, or name another --out")


def _machine() -> str:
    """What tells machines apart, of which two may have one name."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return socket.gethostname()


def _name(owner: dict[str, Any] | None) -> str:
    return "another process" if owner is None else f"process {owner.get('pid')} on {owner.get('host')}"
