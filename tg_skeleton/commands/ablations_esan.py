"""The tables of paper A's ablations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tg_skeleton.commands.ablation_rows import Row, Table
from tg_skeleton.datasets.table import Body
from tg_skeleton.nn.blocks.self_attention_block import Kind
from tg_skeleton.training.network import Setting
from tg_skeleton.training.recipes import esan
from tg_skeleton.training.recipes.esan import Representation

PUBLISHED = "esan"
"""The network of paper A itself, in the middle of each of its tables."""


def _esan(
    body: Body, protocol: str, stream: Representation = "joint+bone", arguments: Mapping[str, Any] | None = None
) -> Setting:
    """ESAN, with other arguments of its constructor."""
    return replace(esan.NETWORK, arguments=arguments or {}).setting(body, protocol, stream)


def _esan_kinds(body: Body, protocol: str) -> list[Row]:
    """Paper A, Table 5."""
    papers: dict[Kind, float] = {"S1": 89.6, "S2": 89.3, "T1": 87.3, "T2": 86.5, "ST": 90.5}
    rows = [
        Row(kind, paper, {f"esan {kind}": _esan(body, protocol, arguments={"kind": kind})})
        for kind, paper in papers.items()
    ]
    return [*rows, Row("V", 90.5, {PUBLISHED: _esan(body, protocol)})]


def _esan_depth(body: Body, protocol: str) -> list[Row]:
    """Paper A, Table 4. Assumption: a fifth block is as wide as the fourth."""
    widths = (64, 128, 256, 512, 512)
    papers = {2: 73.0, 3: 86.5, 4: 90.6, 5: 90.5}
    return [
        Row(
            f"N = {depth}",
            paper,
            {
                PUBLISHED if depth == 4 else f"esan {depth} blocks": _esan(
                    body, protocol, arguments={"widths": widths[:depth]}
                )
            },
        )
        for depth, paper in papers.items()
    ]


def _esan_streams(body: Body, protocol: str) -> list[Row]:
    """Paper A, Table 2."""
    joint = {"esan joint": _esan(body, protocol, "joint")}
    bone = {"esan bone": _esan(body, protocol, "bone")}
    return [
        Row("J", 89.0, joint),
        Row("B", 87.4, bone),
        Row("2-stream", 90.6, {**joint, **bone}),
        Row("J + B", 90.5, {PUBLISHED: _esan(body, protocol)}),
    ]


def _esan_directed(body: Body, protocol: str) -> list[Row]:
    """Paper A, Table 3."""
    directed = _esan(body, protocol, arguments={"directed": True})
    return [
        Row("directed", 90.4, {"esan directed": directed}),
        Row("undirected", 90.5, {PUBLISHED: _esan(body, protocol)}),
    ]


ESAN_TABLES: Mapping[str, Table] = {
    "esan-kinds": Table(
        "paper A, Table 5",
        "four blocks of widths 64, 128, 256, 512, undirected, joints and bones; S1, S2, T1, T2 and ST with h and a 1x1 "
        "residual, V with the 3x1 residual and without h",
        _esan_kinds,
    ),
    "esan-depth": Table(
        "paper A, Table 4",
        "block V, which the paper does not name here, undirected, joints and bones; widths 64, 128, 256, 512, and 512 "
        "again for a fifth block",
        _esan_depth,
    ),
    "esan-streams": Table(
        "paper A, Table 2",
        "block V, which the paper does not name here, four blocks, undirected; streams are fused with equal weights",
        _esan_streams,
    ),
    "esan-directed": Table("paper A, Table 3", "block V, four blocks, joints and bones", _esan_directed),
}
"""The tables by name."""
