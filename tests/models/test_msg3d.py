from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import MSG3D, AMANet
from tg_skeleton.topologies import NTU25_CHAIN, OPENPOSE18


def count(topology: Topology, num_classes: int, **options: object) -> int:
    model = MSG3D(topology, 3, num_classes, **options)  # type: ignore[arg-type]
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("topology", "num_classes", "scales", "expected"),
    [
        (NTU25_CHAIN, 60, (13, 6), 3_194_595),
        (NTU25, 60, (13, 6), 3_194_595),
        (NTU25_CHAIN, 60, (1, 6), 2_615_679),
        (NTU25_CHAIN, 120, (13, 6), 3_217_695),
        (OPENPOSE18, 400, (8, 8), 3_144_328),
    ],
    ids=["NTU60", "NTU60, the authors' tree", "NTU60, K = 1", "NTU120", "Kinetics"],
)
def test_parameters_of_the_paper(topology: Topology, num_classes: int, scales: tuple[int, int], expected: int) -> None:
    assert count(topology, num_classes, num_scales=scales) == expected


def test_multiplications_of_a_person_s_300_frames() -> None:
    model = MSG3D(NTU25, 3, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(300, 25, 3, device="meta")).macs == pytest.approx(13.898e9, rel=1e-3)


def test_channels_and_strides_are_the_paper_s() -> None:
    model = MSG3D(NTU25, 3, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        for module in (block.factorised[0], block):
            module.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(30, 50, 3))
    assert shapes == [(30, 25, 96), (30, 25, 96), (30, 25, 96), (15, 25, 192), (15, 25, 192), (8, 25, 384)]
    assert [block.spatio_temporal.paths[0].conv.out_channels for block in model.blocks] == [96, 96, 192]


def test_is_amanet_with_its_parts() -> None:
    torch.manual_seed(0)
    options = {"spatial": "ms-gcn", "temporal": "ms-tcn", "spatio_temporal": "g3d", "windows": (3, 5)}
    amanet = AMANet(NTU25, 3, 7, widths=(6, 12), **options).double().eval()  # type: ignore[arg-type]
    model = MSG3D(NTU25, 3, 7, widths=(6, 12), num_persons=1).double().eval()
    weights = {name.replace("preprocessing.", "input_norm."): value for name, value in amanet.state_dict().items()}
    model.load_state_dict(weights)
    x, batch = torch.randn(9, 75, 3, dtype=torch.double), torch.tensor([0] * 50 + [1] * 25)
    torch.testing.assert_close(model(x, batch, 2), amanet(x, batch, 2))


def test_no_scale() -> None:
    with pytest.raises(ValueError, match="num_scales: expected at least 1, got 0"):
        MSG3D(NTU25, 3, 60, num_scales=(0, 6))


def test_an_even_window() -> None:
    with pytest.raises(
        ValueError, match=r"windows: expected at least one, each of an odd number of frames, got \(4,\)"
    ):
        MSG3D(NTU25, 3, 60, windows=(4,))
