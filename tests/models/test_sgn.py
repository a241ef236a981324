from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import SGN
from tg_skeleton.topologies import OPENPOSE18, TOPOLOGIES

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))


def count(topology: Topology = NTU25, in_channels: int = 3, num_classes: int = 60) -> int:
    return sum(p.numel() for p in SGN(topology, in_channels, num_classes).parameters())


def small() -> SGN:
    """A network whose graph is in use, and whose running statistics are not zero and one."""
    torch.manual_seed(0)
    model = SGN(STICK, 4, 5, num_frames=6).double()
    with torch.no_grad():
        for layer in model.layers:
            layer.lin_neighbours.weight.normal_(0.0, 0.1)
        for name, buffer in model.named_buffers():
            if "running_mean" in name:
                buffer.normal_(0.0, 0.1)
            if "running_var" in name:
                buffer.uniform_(0.5, 1.5)
    return model.eval()


def test_parameters_of_the_paper() -> None:
    assert count() == 691_048


def test_parameters_of_other_settings() -> None:
    assert count(num_classes=120) == 691_048 + 60 * 513
    assert count(in_channels=6) == 691_048 + 2 * (2 * 75 + 3 * 64)
    assert count(OPENPOSE18) == 691_048 - 2 * (2 * 3 * 7) - 7 * 64


def test_multiplications_of_a_clip() -> None:
    assert complexity(SGN(NTU25, 3, 60), torch.zeros(20, 25, 3)).macs == pytest.approx(0.1684e9, rel=1e-3)


def test_starts_with_wide_weights_and_without_a_graph() -> None:
    torch.manual_seed(0)
    model = SGN(NTU25, 3, 60)

    def deviation(module: nn.Module) -> float:
        return float(module.weight.detach().std())

    for layer in model.layers:
        assert layer.lin_neighbours.weight.count_nonzero() == 0
        assert layer.lin_neighbours.bias is None
        assert deviation(layer.lin_self) == pytest.approx(math.sqrt(2 / layer.lin_self.out_features), rel=0.03)
    assert deviation(model.temporal[0]) == pytest.approx(math.sqrt(2 / (3 * 256)), rel=0.03)
    assert deviation(model.lin_query) == pytest.approx(math.sqrt(2 / 256), rel=0.03)
    assert float(model.classifier.weight.detach().abs().max()) <= 1 / math.sqrt(512)


def test_joints_hear_each_other_through_the_graph_only() -> None:
    model = SGN(STICK, 4, 5, num_frames=6).eval()  # as it starts, without a graph
    seen: list[torch.Tensor] = []
    model.layers[-1].register_forward_hook(lambda module, inputs, output: seen.append(output))
    x = torch.randn(6, 3, 4)
    moved = x.clone()
    moved[:, 2] += 1.0
    model(x)
    model(moved)
    assert torch.equal(seen[0][:, :, :2], seen[1][:, :, :2])
    torch.nn.init.normal_(model.layers[0].lin_neighbours.weight)
    model(x)
    model(moved)
    assert not torch.allclose(seen[2][:, :, :2], seen[3][:, :, :2])


def test_persons_are_seen_alone_and_averaged() -> None:
    model = small()
    persons = torch.randn(3, 6, 3, 4, dtype=torch.double)
    x = persons.transpose(0, 1).flatten(1, 2)
    logits = model(x, batch=torch.tensor([0] * 6 + [1] * 3), batch_size=2)  # two persons, then one
    alone = [model(person)[0] for person in persons]
    torch.testing.assert_close(logits, torch.stack([(alone[0] + alone[1]) / 2, alone[2]]))


def test_the_order_of_frames_counts() -> None:
    model, x = small(), torch.randn(6, 3, 4, dtype=torch.double)
    assert not torch.allclose(model(x), model(x.flip(0)))


def test_dropout_acts_in_training_only() -> None:
    model, x = small(), torch.randn(6, 9, 4, dtype=torch.double)
    assert torch.equal(model(x), model(x))
    assert [module.p for module in model.modules() if isinstance(module, nn.Dropout)] == [0.2]
    model.temporal.train()
    assert not torch.equal(model(x), model(x))


def test_every_parameter_learns() -> None:
    model = small().train()
    model(torch.randn(6, 9, 4, dtype=torch.double), torch.tensor([0] * 3 + [1] * 6), 2).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.count_nonzero() > 0, name


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_takes_every_topology(topology: Topology) -> None:
    model = SGN(topology, 3, 4, num_frames=5).eval()
    assert model(torch.randn(5, 2 * topology.num_joints, 3)).shape == (1, 4)


def test_compiles_without_graph_breaks() -> None:
    model = small()
    x, batch = torch.randn(6, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, batch, 2), model(x, batch, 2))
    torch._dynamo.reset()


def test_exports() -> None:
    model = small()
    x, batch = torch.randn(6, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    program = torch.export.export(model, (x, batch, 2))
    other = torch.randn(6, 12, 4, dtype=torch.double)
    torch.testing.assert_close(program.module()(other, batch, 2), model(other, batch, 2))


def test_runs_in_bfloat16() -> None:
    model = small().float().train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(torch.randn(6, 12, 4))
    logits.float().square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_still_and_empty_clips_stay_finite() -> None:
    assert small().train()(torch.zeros(6, 9, 4, dtype=torch.double)).isfinite().all()


def test_wrong_frames() -> None:
    with pytest.raises(ValueError, match=r"x: expected 6 frames, got 7; sample them with SampleSegments\(6\)"):
        small()(torch.zeros(7, 9, 4, dtype=torch.double))


def test_wrong_channels() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[T, N, 4\] for in_channels = 4, got \[6, 9, 3\]; write x with"):
        small()(torch.zeros(6, 9, 3, dtype=torch.double))


def test_nodes_of_another_topology() -> None:
    with pytest.raises(ValueError, match="x: expected whole persons of 3 joints, got 10 nodes"):
        small()(torch.zeros(6, 10, 4, dtype=torch.double))
