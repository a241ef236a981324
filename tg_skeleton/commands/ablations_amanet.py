"""The tables of paper B's ablations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn

import tg_skeleton.transforms as T
from tg_skeleton.commands.ablation_rows import Row, Table
from tg_skeleton.datasets.table import Body
from tg_skeleton.models import MSG3D, AMANet
from tg_skeleton.training.network import Input, Setting
from tg_skeleton.training.recipes import amanet, msg3d

_MSG3D: Mapping[str, Any] = {"spatial": "ms-gcn", "temporal": "ms-tcn", "spatio_temporal": "g3d", "windows": (3, 5)}
"""Paper B's baseline: AMANet with all of its parts exchanged for MS-G3D's is MS-G3D."""

ALIEN = "W(alien relative coordinates)"
"""The row that the tables of DP and of s share."""

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
    arguments = arguments or {}
    row = replace(amanet.NETWORK, model=model, arguments=arguments, graph=_graph(arguments, model))
    return row.setting(body, protocol, stream)


def _graph(arguments: Mapping[str, Any], model: type[nn.Module]) -> str:
    """The graphs of the parts: MS-G3D's, AMANet's, or both."""
    if model is MSG3D:
        return msg3d.NETWORK.graph
    parts = " + ".join(arguments.get(name, "") for name in ("spatial", "spatio_temporal")).split(" + ")
    published = [part in _MSG3D.values() for part in parts]
    rows = [msg3d.NETWORK] * any(published) + [amanet.NETWORK] * (not all(published))
    return "; ".join(row.graph for row in rows)


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
        (ALIEN, 90.2, (alien,)),
        ("W(both)", 89.9, (general, alien)),
    ]
    rows = [Row("baseline", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)})]
    for label, paper, relative in papers:
        rows.append(Row(label, paper, {f"{BASELINE} {label}": _with_channels(body, protocol, relative)}))
    return rows


def _with_channels(body: Body, protocol: str, relative: tuple[T.Stream, ...]) -> Setting:
    """The baseline with velocity, acceleration and relative coordinates."""
    names = ("joint", *relative, "joint_velocity", "joint_acceleration")
    stream = partial(T.Streams, *names, start="keep")  # type: ignore[arg-type]
    return _amanet(body, protocol, Input(stream, amanet.NETWORK.skeleton(body), body.dims * len(names)), _MSG3D)


def _amanet_sfem(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 4."""
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
    """Paper B, Table 5."""
    return [
        Row("MS-TCN, MS-TCN", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)}),
        Row("JF, MS-TCN", 89.3, {f"{BASELINE} jf": _on_joints(body, protocol, {**_MSG3D, "temporal": "jf"})}),
        Row("FF, MS-TCN", 89.4, {f"{BASELINE} ff": _on_joints(body, protocol, {**_MSG3D, "temporal": "ff"})}),
        Row("TFEM", 89.6, {f"{BASELINE} tfem": _on_joints(body, protocol, {**_MSG3D, "temporal": "tfem"})}),
    ]


def _amanet_stfem(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 6."""
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
    later = _amanet(body, protocol, "joint", {"constants": {"order": "temporal first"}})
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


def _weighted(
    body: Body, protocol: str, module: Mapping[str, str], key: str, letter: str, published: float
) -> list[Row]:
    """A module with weights of Å from 0 to 1.5, of which 0.8 is the paper's, and with a learned one."""
    (name,) = module.values()

    def row(label: str, paper: float | None, suffix: str, constants: Mapping[str, Any] | None) -> Row:
        arguments = {**_MSG3D, **module, **({} if constants is None else {"constants": constants})}
        return Row(f"{letter} {label}", paper, {f"{BASELINE} {name}{suffix}": _on_joints(body, protocol, arguments)})

    swept = [
        row("= 0.8", published, "", None)
        if weight == 0.8
        else row(f"= {weight:g}", None, f" {key}={weight:g}", {key: weight})
        for weight in (0.0, 0.1, 0.4, 0.8, 1.2, 1.5)
    ]
    return [*swept, row("learned, from 0.8 on", None, f" {key} learned", {"learned": True})]


def _amanet_alpha(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 3, and its "Limitation analysis"."""
    one_scale = {"num_scales": (1, 6), "num_persons": 1}
    plain = Row("MS-GCN (k = 1)", 88.4, {f"{BASELINE} k=1": _on_joints(body, protocol, one_scale, MSG3D)})
    return [plain, *_weighted(body, protocol, {"spatial": "sfem"}, "alpha", "α", 88.8)]


def _amanet_beta(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 7."""
    one_scale = {"num_scales": (13, 1), "num_persons": 1}
    plain = Row("G3D (k = 1)", 88.5, {f"{BASELINE} window k=1": _on_joints(body, protocol, one_scale, MSG3D)})
    return [plain, *_weighted(body, protocol, {"spatio_temporal": "stfem"}, "beta", "β", 88.7)]


def _amanet_g(body: Body, protocol: str) -> list[Row]:
    """Paper B, Table 5."""
    rows = [Row("MS-TCN, MS-TCN", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)})]
    for group in (3, 5, 7, 9):
        arguments: dict[str, Any] = {**_MSG3D, "temporal": "tfem"}
        if group != 5:
            arguments["constants"] = {"group": group}
        name = f"{BASELINE} tfem" + ("" if group == 5 else f" g={group}")
        rows.append(
            Row(f"g = R = {group}", 89.6 if group == 5 else None, {name: _on_joints(body, protocol, arguments)})
        )
    return rows


def _amanet_s(body: Body, protocol: str) -> list[Row]:
    """Paper B, Fig. 7."""
    rows = [Row("baseline", 89.1, {BASELINE: _on_joints(body, protocol, _MSG3D)})]
    for scale in (0.8, 1.0, 1.2, 1.4, 1.6):
        alien = T.RelativeCoordinates(amanet.NETWORK.skeleton(body), scale=scale)
        name = f"{BASELINE} {ALIEN}" if scale == 1.2 else f"{BASELINE} s={scale:g}"
        setting = _with_channels(body, protocol, (alien,))
        rows.append(Row(f"s = {scale:g}", 90.2 if scale == 1.2 else None, {name: setting}))
    return rows


_SHARED = "MS-G3D's frame of three blocks (windows 3 and 5), joints alone, values are linear maps"
"""What the tables share whose rows exchange a part of the baseline."""

AMANET_TABLES: Mapping[str, Table] = {
    "amanet-dp": Table(
        "paper B, Table 2 and the text next to it",
        "the baseline MS-G3D with more channels; s = 1.2; the first velocity and acceleration are kept",
        _amanet_dp,
    ),
    "amanet-alpha": Table(
        "paper B, Table 3; the text states α = 0.8 alone",
        f"SFEM in place of MS-GCN in all blocks; {_SHARED}; a learned α is one of each block",
        _amanet_alpha,
    ),
    "amanet-sfem": Table("paper B, Tables 3 and 4", f"α = 0.8; {_SHARED}", _amanet_sfem),
    "amanet-tfem": Table("paper B, Table 5", f"g = R = 5; {_SHARED}", _amanet_tfem),
    "amanet-g": Table(
        "paper B, Table 5; the text states g = 5 alone",
        f"TFEM in place of two MS-TCNs in all blocks, R = g; {_SHARED}",
        _amanet_g,
    ),
    "amanet-stfem": Table("paper B, Tables 6 and 7", f"β = 0.8; {_SHARED}", _amanet_stfem),
    "amanet-beta": Table(
        "paper B, Table 7; the text states β = 0.8, and that 0.1 and 1.5 are low",
        f"STFEM in place of G3D in all blocks; {_SHARED}; a learned β is one of each block and window",
        _amanet_beta,
    ),
    "amanet-s": Table(
        "paper B, Fig. 7; the text states s = 1.2, the highest, and a symmetric course",
        "the baseline MS-G3D with velocity, acceleration and alien relative coordinates of scale s",
        _amanet_s,
    ),
    "amanet-order": Table(
        "paper B, Table 9; the text says that the first row is the better one",
        "AMANet's joint stream with its preprocessing, windows (3,), α = β = 0.8, g = R = 5",
        _amanet_order,
    ),
    "amanet-streams": Table(
        "paper B, Table 8",
        "AMANet with windows (3,), α = β = 0.8, g = R = 5, s = 1.2; streams are fused with equal weights",
        _amanet_streams,
    ),
}
"""The tables by name."""
