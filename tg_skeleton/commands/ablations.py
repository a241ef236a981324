"""The rows of both papers' ablations, with the papers' accuracies on NTU RGB+D 60, cross-subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import tg_skeleton.transforms as T
from tg_skeleton.commands.known import Body
from tg_skeleton.commands.systems import Setting, amanet, amanet_reading, esan
from tg_skeleton.models import ESAN, MSG3D, AMANet
from tg_skeleton.nn.blocks.self_attention_block import Kind


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Args:
        label: As the paper calls it.
        paper: Its accuracy in per cent; None: the text at hand does not tell it.
        parts: Its networks by name, one as a rule; several are fused. A name stands for one network in all tables.
    """

    label: str
    paper: float | None
    parts: Mapping[str, Setting]


def rows_of(table: str, data: Body, protocol: str) -> list[Row]:
    """The rows of a table, to be trained on a data set."""
    match table:
        case "esan-kinds":
            return _esan_kinds(data, protocol)
        case "esan-depth":
            return _esan_depth(data, protocol)
        case "esan-streams":
            return _esan_streams(data, protocol)
        case "esan-directed":
            return _esan_directed(data, protocol)
        case "amanet-dp":
            return _amanet_dp(data)
        case "amanet-sfem":
            return _amanet_sfem(data)
        case "amanet-tfem":
            return _amanet_tfem(data)
        case "amanet-stfem":
            return _amanet_stfem(data)
        case "amanet-order":
            return _amanet_order(data)
    return _amanet_streams(data)


# -- paper A -----------------------------------------------------------------------------------------------------------

PUBLISHED = "esan"
"""The network of paper A itself, in the middle of each of its tables."""


def _esan_kinds(data: Body, protocol: str) -> list[Row]:
    """Paper A, Table 5."""
    papers: dict[Kind, float] = {"S1": 89.6, "S2": 89.3, "T1": 87.3, "T2": 86.5, "ST": 90.5}
    rows = [
        Row(kind, paper, {f"esan {kind}": esan(data, protocol, "joint+bone", partial(ESAN, kind=kind))})
        for kind, paper in papers.items()
    ]
    return [*rows, Row("V", 90.5, {PUBLISHED: esan(data, protocol, "joint+bone")})]


def _esan_depth(data: Body, protocol: str) -> list[Row]:
    """Paper A, Table 4. Assumption: a fifth block is as wide as the fourth."""
    widths = (64, 128, 256, 512, 512)
    papers = {2: 73.0, 3: 86.5, 4: 90.6, 5: 90.5}
    return [
        Row(
            f"N = {depth}",
            paper,
            {
                PUBLISHED if depth == 4 else f"esan {depth} blocks": esan(
                    data, protocol, "joint+bone", partial(ESAN, widths=widths[:depth])
                )
            },
        )
        for depth, paper in papers.items()
    ]


def _esan_streams(data: Body, protocol: str) -> list[Row]:
    """Paper A, Table 2."""
    joint = {"esan joint": esan(data, protocol, "joint")}
    bone = {"esan bone": esan(data, protocol, "bone")}
    return [
        Row("J", 89.0, joint),
        Row("B", 87.4, bone),
        Row("2-stream", 90.6, {**joint, **bone}),
        Row("J + B", 90.5, {PUBLISHED: esan(data, protocol, "joint+bone")}),
    ]


def _esan_directed(data: Body, protocol: str) -> list[Row]:
    """Paper A, Table 3."""
    directed = esan(data, protocol, "joint+bone", partial(ESAN, directed=True))
    return [
        Row("directed", 90.4, {"esan directed": directed}),
        Row("undirected", 90.5, {PUBLISHED: esan(data, protocol, "joint+bone")}),
    ]


# -- paper B -----------------------------------------------------------------------------------------------------------

_MSG3D = partial(AMANet, spatial="ms-gcn", temporal="ms-tcn", spatio_temporal="g3d", windows=(3, 5))
"""Paper B's baseline: AMANet with all of its parts exchanged for MS-G3D's is MS-G3D."""

BASELINE = "ms-g3d"
"""Its name; paper B's accuracy of it is 89.1."""


def _on_joints(data: Body, network: partial[AMANet] = _MSG3D) -> Setting:
    return amanet_reading(data, partial(T.Streams, "joint"), data.topology, data.dims, network)


def _amanet_dp(data: Body) -> list[Row]:
    """Paper B, Table 2 and the text beside it: more channels for the baseline."""
    topology = data.topology
    general, alien = T.RelativeCoordinates(topology, mode="center"), T.RelativeCoordinates(topology)
    papers: list[tuple[str, float, tuple[T.Stream, ...]]] = [
        ("W(velocity and acceleration)", 89.7, ()),
        ("W(general relative coordinates)", 89.9, (general,)),
        ("W(alien relative coordinates)", 90.2, (alien,)),
        ("W(both)", 89.9, (general, alien)),
    ]
    rows = [Row("baseline", 89.1, {BASELINE: _on_joints(data)})]
    for label, paper, relative in papers:
        names = ("joint", *relative, "joint_velocity", "joint_acceleration")
        stream = partial(T.Streams, *names, start="keep")  # type: ignore[arg-type]
        setting = amanet_reading(data, stream, topology, data.dims * len(names), _MSG3D)
        rows.append(Row(label, paper, {f"{BASELINE} {label}": setting}))
    return rows


def _amanet_sfem(data: Body) -> list[Row]:
    """Paper B, Tables 3 and 4, at α = 0.8."""
    one_scale = partial(MSG3D, num_scales=(1, 6), num_persons=1)
    return [
        Row("MS-GCN (k = 1)", 88.4, {f"{BASELINE} k=1": _on_joints(data, one_scale)}),  # type: ignore[arg-type]
        Row("SFEM", 88.8, {f"{BASELINE} sfem": _on_joints(data, partial(_MSG3D, spatial="sfem"))}),
        Row("MS-GCN (k = 13)", 89.1, {BASELINE: _on_joints(data)}),
        Row(
            "SFEM + MS-GCN",
            89.5,
            {f"{BASELINE} sfem + ms-gcn": _on_joints(data, partial(_MSG3D, spatial="sfem + ms-gcn"))},
        ),
    ]


def _amanet_tfem(data: Body) -> list[Row]:
    """Paper B, Table 5, with groups of five frames."""
    return [
        Row("MS-TCN, MS-TCN", 89.1, {BASELINE: _on_joints(data)}),
        Row("JF, MS-TCN", 89.3, {f"{BASELINE} jf": _on_joints(data, partial(_MSG3D, temporal="jf"))}),
        Row("FF, MS-TCN", 89.4, {f"{BASELINE} ff": _on_joints(data, partial(_MSG3D, temporal="ff"))}),
        Row("TFEM", 89.6, {f"{BASELINE} tfem": _on_joints(data, partial(_MSG3D, temporal="tfem"))}),
    ]


def _amanet_stfem(data: Body) -> list[Row]:
    """Paper B, Tables 6 and 7, at β = 0.8. Assumption: windows of 3 and 5 frames, as MS-G3D's."""
    one_scale = partial(MSG3D, num_scales=(13, 1), num_persons=1)
    both = partial(_MSG3D, spatio_temporal="stfem + g3d")
    return [
        Row("G3D (k = 1)", 88.5, {f"{BASELINE} window k=1": _on_joints(data, one_scale)}),  # type: ignore[arg-type]
        Row("STFEM", 88.7, {f"{BASELINE} stfem": _on_joints(data, partial(_MSG3D, spatio_temporal="stfem"))}),
        Row("G3D", 89.1, {BASELINE: _on_joints(data)}),
        Row("STFEM + G3D", 89.3, {f"{BASELINE} stfem + g3d": _on_joints(data, both)}),
    ]


def _amanet_order(data: Body) -> list[Row]:
    """Paper B, Table 9, of which the text says that the first row is the better one."""
    later = amanet(data, "joint", partial(AMANet, order="temporal first"))
    return [
        Row("SFEM, then TFEM (better)", None, {"amanet joint": amanet(data, "joint")}),
        Row("TFEM, then SFEM", None, {"amanet temporal first": later}),
    ]


def _amanet_streams(data: Body) -> list[Row]:
    """Paper B, Table 8."""
    parts = {
        name: {f"amanet {name}": amanet(data, name)}
        for name in ("joint", "bone", "joint-barycenter", "bone-barycenter")
    }
    joint, bone = parts["joint"], parts["bone"]
    return [
        Row("J", 89.2, joint),
        Row("B", 90.4, bone),
        Row("J + B", 91.7, {**joint, **bone}),
        Row("J + B + J-F + B-F", 92.1, {name: part for one in parts.values() for name, part in one.items()}),
    ]
