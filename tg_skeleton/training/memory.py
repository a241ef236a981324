"""The C library's treatment of memory that a training step frees."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
"""Numbers of ``mallopt``'s settings, from glibc's ``malloc.h``."""


def keep_freed_memory() -> bool:
    """Keep freed memory in this process for its next step, instead of returning it to the operating system.

    By default glibc returns large temporaries at once, and a training step on a CPU spends much of its time on page
    faults. With this setting the process keeps the memory of its largest step until it ends. The commands of
    ``python -m tg_skeleton`` call this function; in a program of your own, call it before the first large tensor is
    created. It affects tensors on the CPU, on Linux with glibc; elsewhere it does nothing.

    >>> from tg_skeleton.training import keep_freed_memory
    >>> applied = keep_freed_memory()

    Returns:
        Whether the setting was applied.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_TOP_PAD, 64 * 2**20))
    mallopt = ctypes.CDLL(None).mallopt
    taken = [mallopt(setting, value) for setting, value in settings]
    return all(taken)
