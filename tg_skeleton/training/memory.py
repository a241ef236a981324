"""What the C library does with memory that a training step gives back."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
"""Numbers of ``mallopt``'s settings, from glibc's ``malloc.h``."""


def keep_freed_memory() -> bool:
    """Makes this process keep freed memory for its next step, where the C library would hand it back to the system.

    By default glibc gives large temporaries back at once, and a training step on a CPU spends a good part of its time
    on the page faults of getting them again. The process then holds what its largest step took, until it ends. The
    commands of ``python -m tg_skeleton`` call this; in a program of your own, call it before the first large tensor is
    made. It concerns tensors on the CPU, on Linux with glibc; elsewhere nothing happens.

    >>> from tg_skeleton.training import keep_freed_memory
    >>> taken = keep_freed_memory()

    Returns:
        Whether the C library took it.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_TOP_PAD, 64 * 2**20))
    mallopt = ctypes.CDLL(None).mallopt
    taken = [mallopt(setting, value) for setting, value in settings]
    return all(taken)
