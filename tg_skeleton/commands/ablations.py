"""The rows of both papers' ablations, with the papers' accuracies on NTU RGB+D 60, cross-subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import nn

import tg_skeleton.transforms as T
from tg_skeleton.datasets.table import Body
from tg_skeleton.models import MSG3D, AMANet
from tg_skeleton.nn.blocks.self_attention_block import Kind
from tg_skeleton.training.network import Input, Setting
from tg_skeleton.training.recipes import amanet, esan
from tg_skeleton.training.recipes.esan import Representation


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Args:
        label: Its name in the paper.
        paper: The paper's accuracy in percent; None: the text at hand does not state it.
        parts: Its networks by name, usually one; several are fused. A name stands for one network in all tables.
    """

    label: str
    paper: float | None
    parts: Mapping[str, Setting]


def rows_of(table: str, body: Body, protocol: str) -> list[Row]:
    """The rows of a table, to be trained on a data set."""
    return TABLES[table](body, protocol)


# -- paper A -----------------------------------------------------------------------------------------------------------

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


# -- paper B -----------------------------------------------------------------------------------------------------------

_MSG3D = {"spatial": "ms-gcn", "temporal": "ms-tcn", "spatio_temporal": "g3d", "windows": (3, 5)}
"""Paper B's baseline: AMANet with all of its parts exchanged for MS-G3D's is MS-G3D."""

BASELINE = "ms-g3d"
"""Its name; paper B's accuracy of it is 89.1."""


def _amanet(
    body: Body,
    protocol: str,
    stream: str | Input,
    arguments: Mapping[str, Any] | None = None,
    model: type[nn.Module] = AMANet,
) -> Setting:
    """AMANet, or another network in its place, with other arguments of the constructor.

    On data sets for which AMANet has arguments of its own, all of its variants have them, too.
    """
    return replace(amanet.NETWORK, model=model, arguments=arguments or {}).setting(body, protocol, stream)


def _on_joints(body: Body, protocol: str, arguments: Mapping[str, Any], model: type[nn.Module] = AMANet) -> Setting:
    joints = Input(partial(T.Streams, "joint"), amanet.NETWORK.skeleton(body), body.dims)
    return _amanet(body, protocol, joints, arguments, model)


def _amanet_dp(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 2 and the text next to it: more channels for the baseline."""
    topology = amanet.NETWORK.skeleton(body)
    general, alien = T.RelativeCoordinates(topology, mode="center"), T.RelativeCoordinates(topology)
    papers: list[tuple[str, float, tuple[T.Stream, ...]]] = [
        ("W(velocity and acceleration)", 89.7, ()),
        ("W(general relative coordinates)", 89.9, (general,)),
        ("W(alien relative coordinates)", 90.2, (alien,)),
        ("W(both)", 89.9, (general, alien)),
    ]
    rows = [Row("baseline", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)})]
    for label, paper, relative in papers:
        names = ("joint", *relative, "joint_velocity", "joint_acceleration")
        stream = partial(T.Streams, *names, start="keep")  # type: ignore[arg-type]
        setting = _amanet(body, protocol, Input(stream, topology, body.dims * len(names)), _MSG3D)
        rows.append(Row(label, paper, {f"{BASELINE} {label}": setting}))
    return rows


def _amanet_sfem(body: Body, protocol: str) -> list[Row]:
    """Paper B, Tables 3 and 4, at α = 0.8."""
    one_scale = {"num_scales": (1, 6), "num_persons": 1}
    return [
        Row("MS-GCN (k = 1)", 88.4, {f"{BASELINE} k=1": _on_joints(body, protocol, one_scale, MSG3D)}),
        Row("SFEM", 88.8, {f"{BASELINE} sfem": _on_joints(body, protocol, {**_MSG3D, "spatial": "sfem"})}),
        Row("MS-GCN (k = 13)", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)}),
        Row(
            "SFEM + MS-GCN",
            89.5,
            {f"{BASELINE} sfem + ms-gcn": _on_joints(body, protocol, {**_MSG3D, "spatial": "sfem + ms-gcn"})},
        ),
    ]


def _amanet_tfem(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 5, with groups of five frames."""
    return [
        Row("MS-TCN, MS-TCN", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)}),
        Row("JF, MS-TCN", 89.3, {f"{BASELINE} jf": _on_joints(body, protocol, {**_MSG3D, "temporal": "jf"})}),
        Row("FF, MS-TCN", 89.4, {f"{BASELINE} ff": _on_joints(body, protocol, {**_MSG3D, "temporal": "ff"})}),
        Row("TFEM", 89.6, {f"{BASELINE} tfem": _on_joints(body, protocol, {**_MSG3D, "temporal": "tfem"})}),
    ]


def _amanet_stfem(body: Body, protocol: str) -> list[Row]:
    """Paper B, Tables 6 and 7, at β = 0.8. Assumption: windows of 3 and 5 frames, as MS-G3D's."""
    one_scale = {"num_scales": (13, 1), "num_persons": 1}
    both = {**_MSG3D, "spatio_temporal": "stfem + g3d"}
    return [
        Row("G3D (k = 1)", 88.5, {f"{BASELINE} window k=1": _on_joints(body, protocol, one_scale, MSG3D)}),
        Row("STFEM", 88.7, {f"{BASELINE} stfem": _on_joints(body, protocol, {**_MSG3D, "spatio_temporal": "stfem"})}),
        Row("G3D", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)}),
        Row("STFEM + G3D", 89.3, {f"{BASELINE} stfem + g3d": _on_joints(body, protocol, both)}),
    ]


def _amanet_order(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 9; the text says that the first row is the better one."""
    later = _amanet(body, protocol, "joint", {"order": "temporal first"})
    return [
        Row("SFEM, then TFEM (better)", None, {"amanet joint": _amanet(body, protocol, "joint")}),
        Row("TFEM, then SFEM", None, {"amanet temporal first": later}),
    ]


def _amanet_streams(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 8."""
    parts = {
        name: {f"amanet {name}": _amanet(body, protocol, name)}
        for name in ("joint", "bone", "joint-barycenter", "bone-barycenter")
    }
    joint, bone = parts["joint"], parts["bone"]
    return [
        Row("J", 89.2, joint),
        Row("B", 90.4, bone),
        Row("J + B", 91.7, {**joint, **bone}),
        Row("J + B + J-F + B-F", 92.1, {name: part for one in parts.values() for name, part in one.items()}),
    ]


TABLES: Mapping[str, Callable[[Body, str], list[Row]]] = {
    "esan-kinds": _esan_kinds,
    "esan-depth": _esan_depth,
    "esan-streams": _esan_streams,
    "esan-directed": _esan_directed,
    "amanet-dp": _amanet_dp,
    "amanet-sfem": _amanet_sfem,
    "amanet-tfem": _amanet_tfem,
    "amanet-stfem": _amanet_stfem,
    "amanet-order": _amanet_order,
    "amanet-streams": _amanet_streams,
}
"""The tables by name."""
