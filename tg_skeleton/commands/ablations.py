"""The tables of both papers' ablations."""

from __future__ import annotations

from collections.abc import Mapping

from tg_skeleton.commands.ablation_rows import Row, Table
from tg_skeleton.commands.ablations_amanet import AMANET_TABLES
from tg_skeleton.commands.ablations_esan import ESAN_TABLES
from tg_skeleton.datasets.table import Body

TABLES: Mapping[str, Table] = {**ESAN_TABLES, **AMANET_TABLES}
"""The tables by name."""


def rows_of(table: str, body: Body, protocol: str) -> list[Row]:
    """The rows of a table, to be trained on a data set."""
    return TABLES[table].rows(body, protocol)
