"""Work over many items by any executor: everything that goes through files one by one."""

from tg_skeleton.work.cluster import dask_executor
from tg_skeleton.work.kept import Kept
from tg_skeleton.work.opened import build
from tg_skeleton.work.order import Opener, Workers, check_workers, in_order
from tg_skeleton.work.shared import check_lock_on, lock

__all__ = [
    "Kept",
    "Opener",
    "Workers",
    "build",
    "check_lock_on",
    "check_workers",
    "dask_executor",
    "in_order",
    "lock",
]
