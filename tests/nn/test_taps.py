"""The convolution whose weights learn by products, against torch's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25
from tg_skeleton.models import ESAN, SGN
from tg_skeleton.nn import taps
from tg_skeleton.nn.blocks import TemporalConv
from tg_skeleton.nn.taps import convolution, learns_by_products


def torchs(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    around = dilation * (weight.size(2) // 2)
    y = nn.functional.conv2d(x.permute(0, 3, 1, 2), weight, bias, padding=(around, 0), dilation=(dilation, 1))
    return y.permute(0, 2, 3, 1)


def leaves(frames: int, kernel: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    shapes = ((3, frames, 2, 4), (5, 4, kernel, 1), (5,))
    x, weight, bias = (torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes)
    return x, weight, bias


@pytest.mark.parametrize("frames", [1, 2, 3, 9])
@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (3, 1), (3, 2), (5, 3), (9, 1)])
def test_is_torchs_with_its_gradients(frames: int, kernel: int, dilation: int) -> None:
    inputs = leaves(frames, kernel)
    y, expected = convolution(*inputs, dilation), torchs(*inputs, dilation)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-12)
    gradient = torch.randn_like(y)
    for one, other in zip(
        torch.autograd.grad(y, inputs, gradient), torch.autograd.grad(expected, inputs, gradient), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_gradients_have_gradients() -> None:
    inputs = leaves(4, 3)
    assert torch.autograd.gradgradcheck(lambda *tensors: convolution(*tensors, 1), inputs)


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_what_needs_no_gradient_gets_none(frozen: int) -> None:
    inputs = [tensor.requires_grad_(place != frozen) for place, tensor in enumerate(leaves(4, 3))]
    convolution(*inputs).sum().backward()
    assert [tensor.grad is None for tensor in inputs] == [place == frozen for place in range(3)]


def test_a_bias_may_be_missing() -> None:
    x, weight, _ = leaves(4, 3)
    torch.testing.assert_close(convolution(x, weight), torchs(x, weight, None, 1), rtol=0, atol=1e-12)


def test_an_even_number_of_taps_is_refused() -> None:
    with pytest.raises(ValueError, match="weight: expected an odd number of taps, got 4"):
        convolution(torch.ones(1, 3, 2, 4), torch.ones(5, 4, 4, 1))


@pytest.fixture
def avx2(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if on a CPU where the products are faster, whatever the channels."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(taps, "LEAST_WEIGHTS", 1)


def test_serves_training_in_one_precision_alone(avx2: None) -> None:
    x, weight = torch.randn(2, 6, 3, 4), torch.randn(4, 4, 3, 1, requires_grad=True)
    assert learns_by_products(x, weight)
    assert not learns_by_products(x, weight.detach())
    assert not learns_by_products(x.half(), weight)
    assert not learns_by_products(x, weight[:, :, :1])
    with torch.no_grad():
        assert not learns_by_products(x, weight)
    with torch.autocast("cpu", torch.bfloat16):
        assert not learns_by_products(x, weight)


def test_the_transforms_of_torch_func_have_torchs(avx2: None) -> None:
    torch.manual_seed(0)
    layer, x = TemporalConv(4, 6, 3).double(), torch.randn(3, 1, 7, 2, 4, dtype=torch.double)
    each = torch.func.vmap(layer)(x)
    torch.testing.assert_close(each, torch.stack([layer(one) for one in x]), rtol=0, atol=1e-12)


def test_few_channels_and_other_instructions_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, narrow = (torch.randn(channels, 64, 3, 1, requires_grad=True) for channels in (64, 32))
    for capability in ("AVX2", "AVX512", "DEFAULT"):
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda capability=capability: capability)
        assert learns_by_products(torch.randn(1, 4, 2, 64), wide) == (capability == "AVX2")
        assert not learns_by_products(torch.randn(1, 4, 2, 64), narrow)


@pytest.mark.parametrize(
    ("options", "used"),
    [({}, 1), ({"dilation": 2}, 1), ({"stride": 2}, 0), ({"pad": False}, 0), ({"padding_mode": "replicate"}, 0)],
)
def test_a_layer_uses_it_where_frames_stay(
    options: dict[str, object], used: int, avx2: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    layer, x, calls = TemporalConv(4, 6, 3, **options).double(), torch.randn(2, 7, 3, 4, dtype=torch.double), []
    monkeypatch.setattr(
        "tg_skeleton.nn.blocks.temporal_conv.convolution", lambda *inputs: calls.append(1) or convolution(*inputs)
    )
    y = layer(x)
    assert len(calls) == used
    with torch.no_grad():
        torch.testing.assert_close(y, layer(x), rtol=0, atol=1e-12)
    assert len(calls) == used


@pytest.mark.parametrize("network", [ESAN, SGN])
def test_networks_have_the_same_gradients(
    network: type[nn.Module], avx2: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    model, x = network(NTU25, 3, 4).double(), torch.randn(20, 2 * 25, 3, dtype=torch.double)
    found = []
    for least in (1, 1_000_000):
        monkeypatch.setattr(taps, "LEAST_WEIGHTS", least)
        model.zero_grad()
        torch.manual_seed(1)
        model(x, torch.arange(2).repeat_interleave(25), 2).square().sum().backward()
        found.append([parameter.grad.clone() for parameter in model.parameters()])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)
