"""The published figures of the systems that papers A and B compare with, and of those that users compare with today.

Figures are facts of the papers' tables (A: Tables 6-8, B: Table 1) or of the systems' own publications. The rows of the
networks read them, and so do the tables of the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Paper = Literal["A", "B", "own"]
"""Who prints the figures: paper A or B, or neither, but the system's own publication."""

SETS: Mapping[str, tuple[str, ...]] = {
    "ntu60": ("ntu60/xsub", "ntu60/xview"),
    "ntu120": ("ntu120/xsub", "ntu120/xset"),
    "kinetics": ("kinetics", "kinetics/top5"),
}
"""The figures that a data set has: top-1 accuracy by protocol, and top-5 of Kinetics-Skeleton."""


@dataclass(frozen=True, kw_only=True)
class System:
    """A system as it is published.

    >>> from tg_skeleton.training.published import SYSTEMS
    >>> system = SYSTEMS["MS-G3D (2s)"]
    >>> system.network, system.streams, system.accuracy["ntu60/xsub"]
    ('msg3d', ('joint', 'bone'), 91.5)

    Args:
        name: Its name in the papers.
        papers: Who prints its figures.
        accuracy: Accuracies in percent; see `SETS` for the keys.
        parameters: Parameters of all its streams in millions, as paper A's Table 6 has them.
        network: The network of this package that it is; empty: it is not built.
        streams: The streams of the network that it fuses.
    """

    name: str
    papers: tuple[Paper, ...]
    accuracy: Mapping[str, float]
    parameters: float | None = None
    network: str = ""
    streams: tuple[str, ...] = field(default=())

    @property
    def top1(self) -> Mapping[str, float]:
        """The top-1 accuracies."""
        return {key: value for key, value in self.accuracy.items() if not key.endswith("/top5")}


Pair = tuple[float, float]


def _system(
    name: str,
    papers: str,
    *,
    ntu60: Pair | None = None,
    ntu120: Pair | None = None,
    kinetics: Pair | None = None,
    parameters: float | None = None,
    network: str = "",
    streams: str = "",
) -> System:
    given = {"ntu60": ntu60, "ntu120": ntu120, "kinetics": kinetics}
    accuracy = {
        key: value
        for dataset, pair in given.items()
        if pair is not None
        for key, value in zip(SETS[dataset], pair, strict=True)
    }
    by: tuple[Paper, ...] = tuple(paper for paper in ("A", "B") if paper in papers) or ("own",)
    return System(
        name=name,
        papers=by,
        accuracy=accuracy,
        parameters=parameters,
        network=network,
        streams=tuple(streams.split()),
    )


_TWO, _FOUR = "joint bone", "joint bone joint_velocity bone_velocity"
_MS_DS = "joint bone joint-barycenter bone-barycenter"

SYSTEMS: Mapping[str, System] = {
    system.name: system
    for system in (
        _system("ST-LSTM", "AB", ntu120=(55.7, 57.9)),
        _system("GCA-LSTM", "A", ntu60=(74.4, 82.8), ntu120=(58.3, 59.2)),
        _system("Pose Evolution Map", "A", ntu120=(64.6, 66.9)),
        _system("VA-LSTM", "A", ntu60=(79.2, 87.7)),
        _system("HCN", "B", ntu60=(86.5, 91.1), network="hcn", streams="joint"),
        _system(
            "ST-GCN",
            "AB",
            ntu60=(81.5, 88.3),
            ntu120=(70.7, 73.2),
            kinetics=(30.7, 52.8),
            network="stgcn",
            streams="joint",
        ),
        _system("DPRL+GCNN", "A", ntu60=(83.5, 89.8)),
        _system("SR-TSL", "A", ntu60=(84.8, 92.4)),
        _system("AS-GCN", "AB", ntu60=(86.8, 94.2), kinetics=(34.8, 56.5), parameters=7.40),
        _system("GR-GCN", "A", ntu60=(84.8, 92.4)),
        _system(
            "2s-AGCN",
            "AB",
            ntu60=(88.5, 95.1),
            ntu120=(82.5, 84.9),
            kinetics=(36.1, 58.7),
            parameters=6.92,
            network="agcn",
            streams=_TWO,
        ),
        _system("AGC-LSTM", "A", ntu60=(89.2, 95.0), parameters=22.81),
        _system("2s-SDGCN", "A", ntu60=(89.6, 95.7)),
        _system(
            "DGNN",
            "A",
            ntu60=(89.9, 96.1),
            kinetics=(36.9, 59.6),
            parameters=8.16,
            network="dgnn",
            streams="spatial motion",
        ),
        _system("MS-AAGCN", "A", ntu60=(90.0, 96.2), kinetics=(37.8, 61.0), network="aagcn", streams=_FOUR),
        _system("SGN", "A", ntu60=(89.0, 94.5), ntu120=(79.2, 81.5), parameters=0.69, network="sgn", streams="joint"),
        _system("Shift-GCN (joint)", "", ntu60=(87.8, 95.1), network="shiftgcn", streams="joint"),
        _system("Shift-GCN (2s)", "A", ntu60=(89.7, 96.0), parameters=1.48, network="shiftgcn", streams=_TWO),
        _system(
            "Shift-GCN (4s)",
            "A",
            ntu60=(90.7, 96.5),
            ntu120=(85.9, 87.6),
            parameters=2.94,
            network="shiftgcn",
            streams=_FOUR,
        ),
        _system("MS-G3D (joint)", "A", ntu60=(89.4, 95.0), parameters=3.20, network="msg3d", streams="joint"),
        _system(
            "MS-G3D (2s)",
            "AB",
            ntu60=(91.5, 96.2),
            ntu120=(86.9, 88.4),
            kinetics=(38.0, 60.9),
            parameters=6.40,
            network="msg3d",
            streams=_TWO,
        ),
        _system(
            "MST-GCN (joint)",
            "A",
            ntu60=(89.0, 95.1),
            ntu120=(82.8, 84.5),
            parameters=3.0,
            network="mstgcn",
            streams="joint",
        ),
        _system(
            "MST-GCN (2s)",
            "A",
            ntu60=(91.1, 96.4),
            ntu120=(87.0, 88.3),
            kinetics=(37.8, 60.3),
            parameters=6.0,
            network="mstgcn",
            streams=_TWO,
        ),
        _system(
            "DualHead-Net (joint)",
            "A",
            ntu60=(90.3, 96.1),
            ntu120=(84.6, 85.9),
            kinetics=(36.6, 59.5),
            parameters=3.0,
            network="dual_head_net",
            streams="joint",
        ),
        _system(
            "DualHead-Net (2s)",
            "A",
            ntu60=(91.7, 96.5),
            ntu120=(87.9, 89.1),
            kinetics=(38.3, 61.1),
            parameters=6.0,
            network="dual_head_net",
            streams=_TWO,
        ),
        _system("ST-TR", "B", ntu60=(89.9, 96.1), network="sttr", streams="joint+bone"),
        _system("KA-AGTN", "B", ntu60=(90.4, 96.1), ntu120=(86.1, 88.0)),
        _system(
            "ESAN",
            "A",
            ntu60=(90.5, 96.1),
            ntu120=(85.7, 86.8),
            kinetics=(37.6, 60.1),
            parameters=0.89,
            network="esan",
            streams="joint+bone",
        ),
        _system(
            "AMANet",
            "B",
            ntu60=(92.1, 96.6),
            ntu120=(86.7, 88.6),
            kinetics=(38.2, 61.2),
            network="amanet",
            streams=_MS_DS,
        ),
        _system("CTR-GCN (4s)", "", ntu60=(92.4, 96.8), ntu120=(88.9, 90.6), network="ctrgcn", streams=_FOUR),
        _system("STGCN++ (4s)", "", ntu60=(92.1, 97.0), ntu120=(87.5, 89.8), network="stgcnpp", streams=_FOUR),
        _system("Hyper-GCN (4s)", "", ntu60=(93.3, 97.4), network="hypergcn", streams=_FOUR),
        _system("InfoGCN (6s)", "", ntu60=(93.0, 97.1), ntu120=(89.8, 91.2)),
        _system("SkateFormer (4s)", "", ntu60=(93.5, 97.8), ntu120=(89.8, 91.4)),
        _system("DeGCN (4s)", "", ntu60=(93.6, 97.4), ntu120=(91.0, 92.1)),
        _system("ProtoGCN (6s)", "", ntu60=(93.8, 97.8), ntu120=(90.9, 92.2)),
    )
}
"""The systems by name, in the order of the papers' tables."""
