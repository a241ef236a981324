from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import DGNN
from tg_skeleton.topologies import NTU25_CHAIN
from tg_skeleton.transforms import Streams

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))


@pytest.mark.parametrize("topology", [NTU25_CHAIN, NTU25], ids=["NTU60", "NTU60, the authors' tree"])
def test_parameters_of_the_paper(topology: Topology) -> None:
    assert sum(p.numel() for p in DGNN(topology, 6, 60).parameters()) == 4_089_320


def test_multiplications_of_a_person_s_300_frames() -> None:
    model = DGNN(NTU25, 6, 60, num_persons=1).to("meta")
    assert complexity(model, torch.empty(300, 25, 6, device="meta")).macs == pytest.approx(18.138e9, rel=1e-3)


def test_channels_and_strides_are_the_paper_s() -> None:
    model = DGNN(NTU25, 6, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        block.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape)))
    model(torch.randn(9, 50, 6))
    assert shapes == [(4, 9, 25, 64)] * 4 + [(4, 5, 25, 128)] * 3 + [(4, 3, 25, 256)] * 3


def test_residuals_are_the_identity_or_a_temporal_convolution() -> None:
    residuals = [block.residual for block in DGNN(NTU25, 6, 60).blocks]
    assert residuals[0] is None
    wide = [place for place, module in enumerate(residuals) if isinstance(module, torch.nn.Sequential)]
    assert wide == [4, 7] and residuals[4][0].kernel_size == (9, 1)


def test_the_graph_starts_as_the_bones_of_the_topology() -> None:
    model = DGNN(STICK, 6, 5, widths=(4, 8))
    assert len(model.incidences) == 2
    source, target = model.incidences[0].tolist()
    assert source == [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    assert target == [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert model.incidences[0].data_ptr() != model.incidences[1].data_ptr()


def test_reads_joints_and_bones_in_the_order_of_the_streams() -> None:
    model = DGNN(STICK, 6, 5, widths=(4,)).eval()
    seen: list[torch.Tensor] = []
    model.blocks.register_forward_pre_hook(lambda module, inputs: seen.extend(inputs[0].chunk(2)))
    data = SkeletonSequence.from_array(torch.randn(7, 2, 3, 3), STICK)
    model(Streams("joint", "bone")(data).x)
    for which, name in enumerate(("joint", "bone")):
        alone = Streams(name)(data).x  # type: ignore[arg-type]
        torch.testing.assert_close(seen[which].transpose(0, 1).flatten(1, 2), alone, atol=1e-4, rtol=1e-4)


def test_joints_alone() -> None:
    with pytest.raises(ValueError, match=r"in_channels: expected an even number, .* got 3; write x with Streams\("):
        DGNN(NTU25, 3, 60)
