"""What holds for every network of the literature."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.models import (
    AAGCN,
    AGCN,
    CTRGCN,
    DGNN,
    ESAN,
    HCN,
    MSG3D,
    MSTGCN,
    SGN,
    STGCNPP,
    STTR,
    AMANet,
    DualHeadNet,
    HyperGCN,
    ShiftGCN,
)
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.transforms import PadPersons, Streams

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))

Build = Callable[..., nn.Module]
TOLD_APART: dict[str, Build] = {
    "S-TR": lambda topology=STICK, channels=4, persons=2, **options: STTR(
        topology, channels, 5, widths=(4, 8), heads=2, num_persons=persons, **options
    ),
    "T-TR": lambda topology=STICK, channels=4, persons=2, **options: STTR(
        topology, channels, 5, attention="temporal", widths=(4, 8), heads=2, num_persons=persons, **options
    ),
    "ShiftGCN": lambda topology=STICK, channels=4, persons=2, **options: ShiftGCN(
        topology, channels, 5, widths=(4, 8), num_persons=persons, **options
    ),
    "AAGCN": lambda topology=STICK, channels=4, persons=2, **options: AAGCN(
        topology, channels, 5, widths=(4, 8), num_persons=persons, **options
    ),
    "AGCN": lambda topology=STICK, channels=4, persons=2, **options: AGCN(
        topology, channels, 5, widths=(4, 8), num_persons=persons, **options
    ),
    "CTRGCN": lambda topology=STICK, channels=4, persons=2, **options: CTRGCN(
        topology, channels, 5, widths=(4, 8), num_persons=persons, **options
    ),
    "MSG3D": lambda topology=STICK, channels=4, persons=2, **options: MSG3D(
        topology, channels, 5, widths=(6, 12), windows=(3,), num_persons=persons, num_scales=(3, 2), **options
    ),
    "DGNN": lambda topology=STICK, channels=4, persons=2: DGNN(
        topology, channels, 5, widths=(8, 16), num_persons=persons
    ),
    "DualHeadNet": lambda topology=STICK, channels=4, persons=2: DualHeadNet(
        topology, channels, 5, width=6, num_scales=(3, 2), num_persons=persons
    ),
    "HyperGCN": lambda topology=STICK, channels=4, persons=2: HyperGCN(
        topology, channels, 5, widths=(8, 8, 8, 16), heads=2, num_persons=persons
    ),
    "MSTGCN": lambda topology=STICK, channels=4, persons=2, **options: MSTGCN(
        topology, channels, 5, widths=(8, 8, 16), num_groups=2, num_persons=persons, **options
    ),
}
"""Each person of a clip has an input norm of its own."""

MODELS: dict[str, Build] = {
    **TOLD_APART,
    "HCN": lambda topology=STICK, channels=4: HCN(topology, channels, 5, num_frames=16),
    "STGCNPP": lambda topology=STICK, channels=4: STGCNPP(topology, channels, 5, widths=(24, 36)),
}
OWN_FRAME: dict[str, Build] = {
    **MODELS,
    "AMANet": lambda: AMANet(STICK, 4, 5, widths=(6, 12)),
    "ESAN": lambda: ESAN(STICK, 4, 5, num_frames=16, widths=(8, 8)),
    "SGN": lambda: SGN(STICK, 4, 5, num_frames=16),
}
"""Those that have a forward pass of their own, too."""

BATCH = torch.arange(2).repeat_interleave(6)


def seen(model: nn.Module) -> nn.Module:
    """In evaluation, with weights and statistics that can be seen; the gains of some norms start near zero."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)
        for name, buffer in model.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)
    return model.eval()


@pytest.mark.parametrize("name", TOLD_APART)
def test_clips_do_not_meet_and_persons_change_places_by_the_input_norm_alone(name: str) -> None:
    model = seen(MODELS[name]()).double()
    x = torch.randn(7, 12, 4, dtype=torch.double)
    logits = model(x, BATCH, 2)
    torch.testing.assert_close(logits[1], model(x[:, 6:])[0])
    swapped = x[:, 6:].unflatten(1, (2, 3)).flip(1).flatten(1, 2)
    assert not torch.allclose(model(swapped), logits[1:])
    norm = model.input_norm.norm
    for value in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
        value.copy_(value[: value.numel() // 2].repeat(2))
    torch.testing.assert_close(model(swapped), model(x[:, 6:]))


@pytest.mark.parametrize("name", [*TOLD_APART, "STGCNPP"])
def test_with_one_norm_for_all_a_clip_may_have_any_number_of_persons(name: str) -> None:
    model = seen(MODELS[name](**{"persons": 1} if name in TOLD_APART else {})).double()
    persons = torch.randn(3, 7, 3, 4, dtype=torch.double)
    logits = model(persons.transpose(0, 1).flatten(1, 2), torch.tensor([0] * 6 + [1] * 3), 2)
    alone = [model(person)[0] for person in persons]
    torch.testing.assert_close(logits, torch.stack([(alone[0] + alone[1]) / 2, alone[2]]))


@pytest.mark.parametrize("name", TOLD_APART)
def test_reads_what_pad_persons_makes(name: str) -> None:
    sequences = [SkeletonSequence.from_array(torch.randn(7, persons, 3, 4), STICK, y=0) for persons in (1, 2)]
    batch = Streams("joint")(PadPersons(2)(Batch.from_data_list(sequences)))
    assert MODELS[name]()(batch.x, batch.batch, 2).shape == (2, 5)


@pytest.mark.parametrize("name", OWN_FRAME)
def test_a_pyg_batch_stands_for_its_tensors(name: str) -> None:
    model = seen(OWN_FRAME[name]())
    sequences = [SkeletonSequence.from_array(torch.randn(16, persons, 3, 4), STICK, y=0) for persons in (1, 2)]
    batch = Streams("joint")(PadPersons(2)(Batch.from_data_list(sequences)))
    torch.testing.assert_close(model(batch), model(batch.x, batch.batch, 2), rtol=0, atol=0)
    clip = Streams("joint")(sequences[1])
    torch.testing.assert_close(model(clip), model(clip.x), rtol=0, atol=0)
    batch.x = None
    with pytest.raises(ValueError, match=r"x: expected a batch with x, got .*; the transform Streams writes x"):
        model(batch)


@pytest.mark.parametrize("name", TOLD_APART)
def test_clips_that_are_not_padded(name: str) -> None:
    with pytest.raises(ValueError, match=r"num_persons = 2 .* got 3 persons in 2 clips; fill .* with PadPersons\(2\)"):
        MODELS[name]()(torch.zeros(7, 9, 4), torch.tensor([0] * 6 + [1] * 3), 2)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("name", MODELS)
def test_takes_every_topology_and_any_number_of_frames(name: str, topology: Topology) -> None:
    model = MODELS[name](topology).eval()
    for frames in (16,) if name == "HCN" else (1, 6):
        assert model(torch.randn(frames, 2 * topology.num_joints, 4)).shape == (1, 5)


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_learns(name: str) -> None:
    model = seen(MODELS[name]())  # in training, a norm takes the mean away, and with it the bias before it
    model(torch.randn(16, 12, 4), BATCH, 2).square().sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), key


@pytest.mark.parametrize("name", MODELS)
def test_compiles_without_graph_breaks(name: str) -> None:
    model = seen(MODELS[name]()).double()
    x = torch.randn(16, 12, 4, dtype=torch.double)
    compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, BATCH, 2), model(x, BATCH, 2))
    torch._dynamo.reset()


@pytest.mark.parametrize("name", MODELS)
def test_exports(name: str) -> None:
    model = seen(MODELS[name]()).double()
    x, other = torch.randn(2, 16, 12, 4, dtype=torch.double)
    program = torch.export.export(model, (x, BATCH, 2))
    torch.testing.assert_close(program.module()(other, BATCH, 2), model(other, BATCH, 2))


@pytest.mark.parametrize("name", MODELS)
def test_runs_in_bfloat16(name: str) -> None:
    model = MODELS[name]()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(torch.randn(16, 12, 4), BATCH, 2)
    logits.float().square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


@pytest.mark.parametrize("name", MODELS)
def test_reads_nothing_back_from_a_device(name: str) -> None:
    with torch.device("meta"):  # a value that is read there is an error
        model = MODELS[name]().to("meta")  # constants of the topology are made on the CPU
        logits = model(torch.randn(16, 12, 4), torch.zeros(12, dtype=torch.long), 2)
    logits.sum().backward()
    assert all(buffer.device.type == "meta" for buffer in model.buffers())
    assert all(buffer.device.type == "cpu" for buffer in MODELS[name]().buffers())


@pytest.mark.parametrize("name", MODELS)
def test_still_and_empty_clips_stay_finite(name: str) -> None:
    assert MODELS[name]()(torch.zeros(16, 12, 4), BATCH, 2).isfinite().all()


@pytest.mark.parametrize("name", MODELS)
def test_a_checkpoint_holds_weights_only(name: str) -> None:
    keys = MODELS[name]().state_dict()
    assert not any("adjacency" in key or key.endswith("start") for key in keys)


@pytest.mark.parametrize("name", ["AAGCN", "AGCN", "CTRGCN", "MSTGCN", "S-TR", "T-TR"])
def test_unknown_centre(name: str) -> None:
    with pytest.raises(ValueError, match="Topology 'stick': center: there is no joint 'neck'"):
        MODELS[name](center="neck")


@pytest.mark.parametrize("name", MODELS)
def test_wrong_channels(name: str) -> None:
    with pytest.raises(ValueError, match=r"x: expected \[T, N, 4\] for in_channels = 4, got \[16, 12, 3\]"):
        MODELS[name]()(torch.zeros(16, 12, 3), BATCH, 2)
