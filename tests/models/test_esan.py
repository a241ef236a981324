from __future__ import annotations

import copy
from typing import get_args

import pytest
import torch
from torch import Tensor

from tg_skeleton import NTU25, Topology
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import ESAN
from tg_skeleton.nn.blocks.self_attention_block import Kind
from tg_skeleton.topologies import NWUCLA20, OPENPOSE18

KINDS = get_args(Kind)
STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))


def count(topology: Topology = NTU25, in_channels: int = 6, num_classes: int = 60, **options: object) -> int:
    model = ESAN(topology, in_channels, num_classes, **options)  # type: ignore[arg-type]
    return sum(p.numel() for p in model.parameters())


def small(kind: Kind = "V", across_persons: bool = False) -> ESAN:
    torch.manual_seed(0)
    return ESAN(STICK, 4, 5, num_frames=6, widths=(8, 12), kind=kind, across_persons=across_persons).double()


def with_statistics(model: ESAN) -> ESAN:
    """In evaluation, with running statistics that are not zero and one."""
    with torch.no_grad():
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 1.5)
    return model.eval()


def test_parameters_of_the_paper() -> None:
    assert count() == 893_332  # 0.89 M
    assert count(directed=True) == 996_308  # 1.00 M
    assert count(in_channels=3) == 892_648
    assert count(num_classes=120) == 924_112
    assert count(OPENPOSE18, num_classes=400) == 1_067_136


def test_multiplications_of_a_clip() -> None:
    macs = complexity(ESAN(NTU25, 6, 60), torch.zeros(20, 25, 6)).macs
    assert macs == pytest.approx(0.4303e9, rel=1e-3)  # the paper says 0.32e9


@pytest.mark.parametrize(("widths", "parameters"), [((64, 128), 129_556), ((64, 128, 256), 285_844)])
def test_parameters_by_depth(widths: tuple[int, ...], parameters: int) -> None:
    assert count(widths=widths) == parameters


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "V"])
def test_parameters_of_the_other_kinds(kind: Kind) -> None:
    assert count(kind=kind) == 635_860


def test_parameters_of_directed_spatio_temporal_blocks() -> None:
    assert count(kind="ST", directed=True) == 738_836


def embedded(model: ESAN, x: Tensor) -> Tensor:
    """What the blocks see of one person ``x [T, V, C]`` in evaluation, with one-hots at every position."""
    frames, joints, channels = x.shape
    velocity = torch.zeros_like(x)
    for t in range(1, frames):
        velocity[t] = x[t] - x[t - 1]

    def normalize(value: Tensor, norm: torch.nn.BatchNorm1d) -> Tensor:
        flat = value.reshape(frames, joints * channels)
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None and variance is not None
        return ((flat - mean) / (variance + norm.eps).sqrt() * norm.weight + norm.bias).view_as(value)

    z = torch.zeros(frames, joints, 128, dtype=x.dtype)
    i = model.input_embedding(normalize(x, model.input_norm))
    v = model.velocity_embedding(normalize(velocity, model.velocity_norm))
    for t in range(frames):
        for joint in range(joints):
            one_joint, one_frame = torch.zeros(joints, dtype=x.dtype), torch.zeros(frames, dtype=x.dtype)
            one_joint[joint], one_frame[t] = 1, 1
            known = torch.cat([i[t, joint] + v[t, joint], model.joint_embedding(one_joint)])
            z[t, joint] = known + model.frame_embedding(one_frame)
    return z


def reference(model: ESAN, x: Tensor) -> Tensor:
    """The network on one person ``x [T, V, C]``, or on all joints ``[T, M V, C]`` of persons embedded already."""
    z = x if x.size(-1) == 128 else embedded(model, x)
    for block in model.blocks:
        z = block(z[None])[0]
    return model.classifier(z.mean((0, 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_reference_and_takes_the_mean_of_a_clips_persons(kind: Kind) -> None:
    model = with_statistics(small(kind))
    persons = torch.randn(3, 6, 3, 4, dtype=torch.double)
    x = persons.transpose(0, 1).flatten(1, 2)
    logits = model(x, batch=torch.tensor([0] * 6 + [1] * 3), batch_size=2)  # two persons, then one
    first = (reference(model, persons[0]) + reference(model, persons[1])) / 2
    torch.testing.assert_close(logits, torch.stack([first, reference(model, persons[2])]), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_across_persons_their_joints_are_one_set(kind: Kind) -> None:
    model = with_statistics(small(kind, across_persons=True))
    persons = torch.randn(4, 6, 3, 4, dtype=torch.double)
    x = persons.transpose(0, 1).flatten(1, 2)
    logits = model(x, batch=torch.tensor([0] * 6 + [1] * 6), batch_size=2)
    z = [embedded(model, person) for person in persons]
    clips = [reference(model, torch.cat(z[:2], 1)), reference(model, torch.cat(z[2:], 1))]
    torch.testing.assert_close(logits, torch.stack(clips), rtol=0, atol=1e-9)


def test_across_persons_the_sizes_of_clips_are_found() -> None:
    model = small(across_persons=True).eval()
    x, batch = torch.randn(6, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    torch.testing.assert_close(model(x, batch), model(x, batch, 2))
    torch.testing.assert_close(model(x[:, :6]), model(x, batch)[:1])


@pytest.mark.parametrize("sizes", [(6, 3), (3, 9)])
def test_across_persons_clips_of_unequal_persons(sizes: tuple[int, int]) -> None:
    batch = torch.arange(2).repeat_interleave(torch.tensor(sizes))
    with pytest.raises(ValueError, match=r"needs the same number of persons in every clip, got \d in 2 clips; fill"):
        small(across_persons=True)(torch.zeros(6, sum(sizes), 4, dtype=torch.double), batch, 2)


@pytest.mark.parametrize("across_persons", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_compiles_without_graph_breaks(kind: Kind, across_persons: bool) -> None:
    model = small(kind, across_persons).eval()
    x, batch = torch.randn(6, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, batch, 2), model(x, batch, 2))
    torch._dynamo.reset()


@pytest.mark.parametrize("across_persons", [False, True])
def test_exports(across_persons: bool) -> None:
    model = small(across_persons=across_persons).eval()
    x, batch = torch.randn(6, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    program = torch.export.export(model, (x, batch, 2))
    other = torch.randn(6, 12, 4, dtype=torch.double)
    torch.testing.assert_close(program.module()(other, batch, 2), model(other, batch, 2))


def test_every_parameter_learns() -> None:
    model = ESAN(NWUCLA20, 6, 10)
    model(torch.randn(20, 40, 6), torch.arange(2).repeat_interleave(20), 2).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


def test_still_and_empty_clips_stay_finite() -> None:
    model = small()
    assert model(torch.zeros(6, 9, 4, dtype=torch.double)).isfinite().all()


def test_without_batch_all_persons_are_one_clip() -> None:
    assert small()(torch.randn(6, 9, 4, dtype=torch.double)).shape == (1, 5)


def test_wrong_channels() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[T, N, 4\] for in_channels = 4, got \[6, 9, 3\]; write x with"):
        small()(torch.zeros(6, 9, 3, dtype=torch.double))


def test_wrong_frames() -> None:
    with pytest.raises(ValueError, match=r"x: expected 6 frames, got 7; sample them with SampleSegments\(6\)"):
        small()(torch.zeros(7, 9, 4, dtype=torch.double))


def test_nodes_of_another_topology() -> None:
    with pytest.raises(ValueError, match="x: expected whole persons of 3 joints, got 10 nodes"):
        small()(torch.zeros(6, 10, 4, dtype=torch.double))


def test_mixed_topologies_that_happen_to_divide() -> None:
    batch = torch.tensor([0] * 4 + [1] * 5)
    with pytest.raises(ValueError, match="batch: a person's joints stand in two clips"):
        small()(torch.zeros(6, 9, 4, dtype=torch.double), batch, 2)


def test_batch_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"batch: expected one clip per node, \[9\] for x \[T, 9, C\], got \[12\]"):
        small()(torch.zeros(6, 9, 4, dtype=torch.double), torch.zeros(12, dtype=torch.long), 1)
