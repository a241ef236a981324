"""Training settings, one file a network: functions of literals, and ``NETWORK``, the row of facts about the network.

>>> from tg_skeleton.training.recipes import NETWORKS
>>> NETWORKS["ctrgcn"].streams, NETWORKS["ctrgcn"].year
(('joint', 'bone', 'joint_velocity', 'bone_velocity'), 2021)
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from tg_skeleton.training.network import Network


def _rows() -> dict[str, Network]:
    """The rows of all files of this folder, by year."""
    rows: list[Network] = [import_module(f"{__name__}.{file.name}").NETWORK for file in iter_modules(__path__)]
    return {row.name: row for row in sorted(rows, key=lambda row: (row.year, row.name))}


NETWORKS: Mapping[str, Network] = _rows()
"""The rows by name."""
