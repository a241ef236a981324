from __future__ import annotations

import copy
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import AMANet
from tg_skeleton.models.amanet import Order, Spatial, SpatioTemporal, Temporal
from tg_skeleton.nn import MSTCN, SFEM, STFEM, TFEM
from tg_skeleton.topologies import BARYCENTER_GROUPS

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
ABLATIONS = [
    *({"spatial": kind} for kind in get_args(Spatial)),
    *({"temporal": kind} for kind in get_args(Temporal)),
    *({"spatio_temporal": kind} for kind in get_args(SpatioTemporal)),
    *({"constants": {"order": kind}} for kind in get_args(Order)),
    {"windows": (3, 5)},
    {"value": "input"},
    {"constants": {"alpha": 0.0, "beta": 0.1}},
    {"constants": {"group": 3}},
    {"constants": {"learned": True}},
]


def count(in_channels: int = 12, num_classes: int = 60, **options: object) -> int:
    model = AMANet(NTU25, in_channels, num_classes, **options)  # type: ignore[arg-type]
    return sum(p.numel() for p in model.parameters())


def small(**options: object) -> AMANet:
    torch.manual_seed(0)
    return AMANet(STICK, 4, 5, widths=(6, 12, 12), **options).double()  # type: ignore[arg-type]


def with_statistics(model: AMANet) -> AMANet:
    """In evaluation, with running statistics that are not zero and one."""
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)
    return model.eval()


@pytest.mark.parametrize(
    ("windows", "linear", "bare"),
    [((3,), 2_062_204, 1_857_796), ((5,), 2_248_828, 2_044_420), ((3, 5), 2_765_680, 2_514_748)],
)
def test_parameters_by_windows(windows: tuple[int, ...], linear: int, bare: int) -> None:
    assert count(windows=windows) == linear  # 2.06 M, 2.25 M, 2.77 M
    assert count(windows=windows, value="input") == bare


def test_constants_reach_their_modules() -> None:
    constants = {"alpha": 0.4, "beta": 0.1, "group": 7}
    model = small(constants=constants)
    for block in model.blocks:
        sfem, tfem = block.factorised
        assert sfem.attention.alpha == 0.4
        assert block.spatio_temporal.paths[0].attention.alpha == 0.1
        assert tfem.frame_features.attention.group == 7
        assert tfem.frame_features.conv.kernel_size == (7, 1)
    narrow = small(constants={"group": 4, "kernel_size": 3}).blocks[0].factorised[1].frame_features
    assert (narrow.attention.group, narrow.conv.kernel_size) == (4, (3, 1))


def test_learned_weights_are_one_for_each_block_and_window() -> None:
    assert count(constants={"learned": True}) == 2_062_204 + 3 + 3
    assert count(constants={"learned": True}, windows=(3, 5)) == 2_765_680 + 3 + 6
    start = small(constants={"alpha": 0.2, "beta": 0.3, "learned": True})
    assert {name: value.item() for name, value in start.named_parameters() if name.endswith("alpha")} == {
        f"blocks.{block}.{part}.attention.alpha": pytest.approx(value)
        for block in range(3)
        for part, value in (("factorised.0", 0.2), ("spatio_temporal.paths.0", 0.3))
    }


def test_an_unknown_constant() -> None:
    with pytest.raises(
        ValueError, match="constants: expected some of alpha, beta, learned, group, kernel_size, order, got s"
    ):
        small(constants={"s": 1.2})


def test_with_ms_g3d_s_parts_it_is_ms_g3d() -> None:
    parts = {"spatial": "ms-gcn", "temporal": "ms-tcn", "spatio_temporal": "g3d", "windows": (3, 5)}
    assert count(3, **parts) + 2 * 75 == 3_194_595  # MS-G3D's first norm knows two persons apart
    assert count(3, 120, **parts) + 2 * 75 == 3_217_695


@pytest.mark.parametrize(("windows", "multiplications"), [((3,), 6.809e9), ((5,), 8.051e9), ((3, 5), 9.663e9)], ids=str)
def test_multiplications_of_a_person_s_300_frames(windows: tuple[int, ...], multiplications: float) -> None:
    model = AMANet(NTU25, 12, 60, windows=windows).to("meta")
    macs = complexity(model, torch.empty(300, 25, 12, device="meta")).macs
    assert macs == pytest.approx(multiplications, rel=1e-3)


def reference(model: AMANet, x: Tensor) -> Tensor:
    """The network on one person ``x [T, V, C]``, block by block."""
    norm = model.preprocessing.norm
    assert norm.running_mean is not None and norm.running_var is not None
    flat = (x.flatten(1) - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias
    z = flat.view_as(x)[None]
    for block in model.blocks:
        sfem, tfem = block.factorised
        assert isinstance(sfem, SFEM) and isinstance(tfem, TFEM) and isinstance(block.tcn, MSTCN)
        assert isinstance(block.spatio_temporal, STFEM)
        z = block.tcn(torch.relu(tfem(sfem(z)) + block.spatio_temporal(z)))
    return model.classifier(z.mean((0, 1, 2)))


@pytest.mark.parametrize("windows", [(3,), (3, 5)])
def test_is_its_blocks_and_the_mean_of_a_clip_s_persons(windows: tuple[int, ...]) -> None:
    model = with_statistics(small(windows=windows))
    persons = torch.randn(3, 13, 3, 4, dtype=torch.double)
    x = persons.transpose(0, 1).flatten(1, 2)
    logits = model(x, batch=torch.tensor([0] * 6 + [1] * 3), batch_size=2)  # two persons, then one
    first = (reference(model, persons[0]) + reference(model, persons[1])) / 2
    torch.testing.assert_close(logits, torch.stack([first, reference(model, persons[2])]), rtol=0, atol=1e-9)


def test_channels_and_strides_are_ms_g3d_s() -> None:
    model = AMANet(NTU25, 12, 60)
    shapes: list[tuple[int, ...]] = []
    for block in model.blocks:
        for module in (block.factorised[0], block):
            module.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(30, 25, 12))
    assert shapes == [(30, 25, 96), (30, 25, 96), (30, 25, 96), (15, 25, 192), (15, 25, 192), (8, 25, 384)]


@pytest.mark.parametrize("options", ABLATIONS, ids=str)
def test_every_ablation_learns(options: dict[str, object]) -> None:
    model = small(**options)
    x = torch.randn(9, 9, 4, dtype=torch.double)
    logits = model(x, torch.tensor([0] * 3 + [1] * 6), 2)
    assert logits.shape == (2, 5)
    logits.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


def test_the_order_is_that_of_the_parts() -> None:
    for order, kinds in (("spatial first", [SFEM, TFEM]), ("temporal first", [TFEM, SFEM])):
        for block in small(constants={"order": order}).blocks:
            assert [type(part) for part in block.factorised] == kinds


def test_a_module_stands_in_front_of_ms_g3d_s() -> None:
    block = small(spatial="sfem + ms-gcn", spatio_temporal="stfem + g3d").blocks[0]
    assert [type(part).__name__ for part in block.factorised] == ["SFEM", "MSGCN", "TFEM"]
    assert isinstance(block.spatio_temporal, nn.Sequential)
    assert [type(part).__name__ for part in block.spatio_temporal] == ["STFEM", "G3D"]


@pytest.mark.parametrize("topology", BARYCENTER_GROUPS, ids=lambda topology: topology.name)
def test_takes_every_topology_at_both_scales(topology: Topology) -> None:
    for body in (topology, topology.contract(BARYCENTER_GROUPS[topology])):
        model = AMANet(body, 3, 4, widths=(6, 6)).eval()
        assert model(torch.randn(5, 2 * body.num_joints, 3)).shape == (1, 4)


def test_compiles_without_graph_breaks() -> None:
    model = small().eval()
    x, batch = torch.randn(7, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, batch, 2), model(x, batch, 2))
    torch._dynamo.reset()


def test_exports() -> None:
    model = small().eval()
    x, batch = torch.randn(7, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    program = torch.export.export(model, (x, batch, 2))
    other = torch.randn(7, 12, 4, dtype=torch.double)
    torch.testing.assert_close(program.module()(other, batch, 2), model(other, batch, 2))


def test_runs_in_bfloat16() -> None:
    model = small().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(torch.randn(7, 12, 4))
    logits.float().square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_still_and_empty_clips_stay_finite() -> None:
    assert small()(torch.zeros(6, 9, 4, dtype=torch.double)).isfinite().all()


@pytest.mark.parametrize("key", ["spatial", "temporal", "spatio_temporal", "order"])
def test_unknown_choices(key: str) -> None:
    with pytest.raises(ValueError, match=rf"{key}: expected one of \('.*'\), got 'gcn'"):
        small(**({"constants": {key: "gcn"}} if key == "order" else {key: "gcn"}))


def test_wrong_channels() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[T, N, 4\] for in_channels = 4, got \[6, 9, 3\]"):
        small()(torch.zeros(6, 9, 3, dtype=torch.double))
