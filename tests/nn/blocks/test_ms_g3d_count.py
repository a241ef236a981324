"""The blocks together have as many parameters as the published MS-G3D."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from tg_skeleton.nn import G3D, MSGCN, MSTCN
from tg_skeleton.topologies import NTU25, NTU25_CHAIN, OPENPOSE18
from tg_skeleton.topology import Topology

WIDTHS = [(3, 96, 96, 1), (96, 96, 192, 2), (192, 192, 384, 2)]


def ms_g3d(hops: Tensor, num_classes: int, scales: tuple[int, int]) -> nn.ModuleList:
    """All parts of the network."""
    parts: list[nn.Module] = [nn.BatchNorm1d(2 * hops.size(0) * 3), nn.Linear(384, num_classes)]
    for before, middle, behind, stride in WIDTHS:
        hidden = middle if before == 3 else None
        parts += [
            MSGCN(before, middle, hops, num_scales=scales[0]),
            MSTCN(middle, behind, stride=stride),
            MSTCN(behind, behind, activation=False),
            G3D(before, behind, hops, stride=stride, num_scales=scales[1], hidden_channels=hidden),
            MSTCN(behind, behind),
        ]
    return nn.ModuleList(parts)


@pytest.mark.parametrize(
    ("topology", "num_classes", "scales", "expected"),
    [
        (NTU25_CHAIN, 60, (13, 6), 3194595),
        (NTU25, 60, (13, 6), 3194595),
        (NTU25_CHAIN, 60, (1, 6), 2615679),
        (NTU25_CHAIN, 120, (13, 6), 3217695),
        (OPENPOSE18, 400, (8, 8), 3144328),
    ],
    ids=["NTU60", "NTU60, the authors' tree", "NTU60, K = 1", "NTU120", "Kinetics"],
)
def test_published_parameters(topology: Topology, num_classes: int, scales: tuple[int, int], expected: int) -> None:
    network = ms_g3d(topology.hops, num_classes, scales)
    assert sum(parameter.numel() for parameter in network.parameters()) == expected
