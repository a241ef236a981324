"""What holds for every network of the literature whose clips may have any number of persons."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.models import HCN, STGCNPP
from tg_skeleton.topologies import TOPOLOGIES

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))

Build = Callable[..., nn.Module]
MODELS: dict[str, Build] = {
    "HCN": lambda topology=STICK, channels=4: HCN(topology, channels, 5, num_frames=16),
    "STGCNPP": lambda topology=STICK, channels=4: STGCNPP(topology, channels, 5, widths=(24, 36)),
}
BATCH = torch.arange(2).repeat_interleave(6)


def seen(model: nn.Module) -> nn.Module:
    """In evaluation, with weights and statistics that can be seen."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)
        for name, buffer in model.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)
    return model.eval()


def test_persons_are_seen_alone_and_averaged() -> None:
    model = seen(MODELS["STGCNPP"]()).double()
    persons = torch.randn(3, 16, 3, 4, dtype=torch.double)
    logits = model(persons.transpose(0, 1).flatten(1, 2), torch.tensor([0] * 6 + [1] * 3), 2)
    alone = [model(person)[0] for person in persons]
    torch.testing.assert_close(logits, torch.stack([(alone[0] + alone[1]) / 2, alone[2]]))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("name", MODELS)
def test_takes_every_topology(name: str, topology: Topology) -> None:
    model = MODELS[name](topology, 3).eval()
    assert model(torch.randn(16, 2 * topology.num_joints, 3)).shape == (1, 5)


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_learns(name: str) -> None:
    model = seen(MODELS[name]())  # in training, a norm takes the mean away, and with it the bias before it
    model(torch.randn(16, 12, 4), BATCH, 2).square().sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), key
        assert bool(parameter.grad.any()), key


@pytest.mark.parametrize("name", MODELS)
def test_compiles_without_graph_breaks(name: str) -> None:
    model = seen(MODELS[name]())
    x = torch.randn(16, 12, 4)
    compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, BATCH, 2), model(x, BATCH, 2))
    torch._dynamo.reset()


@pytest.mark.parametrize("name", MODELS)
def test_exports(name: str) -> None:
    model = seen(MODELS[name]())
    x, other = torch.randn(2, 16, 12, 4)
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
        model = MODELS[name](NTU25, 3).to("meta")  # constants of the topology are made on the CPU
        logits = model(torch.randn(16, 75, 3), torch.zeros(75, dtype=torch.long), 2)
    logits.sum().backward()
    assert all(buffer.device.type == "meta" for buffer in model.buffers())
    assert all(buffer.device.type == "cpu" for buffer in MODELS[name](NTU25, 3).buffers())


@pytest.mark.parametrize("name", MODELS)
def test_still_and_empty_clips_stay_finite(name: str) -> None:
    assert MODELS[name]()(torch.zeros(16, 12, 4), BATCH, 2).isfinite().all()


@pytest.mark.parametrize("name", MODELS)
def test_a_checkpoint_holds_weights_only(name: str) -> None:
    keys = MODELS[name]().state_dict()
    assert not any("adjacency" in key or key.endswith("start") for key in keys)


@pytest.mark.parametrize("name", MODELS)
def test_wrong_channels(name: str) -> None:
    with pytest.raises(ValueError, match=r"x: expected \[T, N, 4\] for in_channels = 4, got \[16, 12, 3\]"):
        MODELS[name]()(torch.zeros(16, 12, 3), BATCH, 2)
