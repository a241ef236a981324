from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks import ChannelNorm
from tg_skeleton.nn.blocks.folding import composed, finished, folded, normed


class Layer(nn.Module):
    """A linear map, a norm, a sum and a ReLU."""

    def __init__(self, residual: Tensor | None, *, relu: bool, folding: bool) -> None:
        super().__init__()
        self.lin, self.norm = nn.Linear(3, 4), ChannelNorm(4)
        self.residual, self.relu, self.folding = residual, relu, folding

    def forward(self, x: Tensor) -> Tensor:
        if self.folding:
            y = F.linear(x, *folded(self.norm, self.lin.weight, self.lin.bias))
            return finished(y, self.norm, self.residual, relu=self.relu)
        return normed(self.lin(x), self.norm, self.residual, relu=self.relu)


@pytest.mark.parametrize("folding", [True, False], ids=["finished", "normed"])
@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_equals_the_layers_one_after_another(slow, relu: bool, added: bool, folding: bool) -> None:
    torch.manual_seed(0)
    residual = torch.randn(2, 3, 5, 4, dtype=torch.double) if added else None
    layer = Layer(residual, relu=relu, folding=folding)

    def reference(x: Tensor) -> Tensor:
        y = slow.norm(slow.lin(x, layer.lin), layer.norm)
        y = y if residual is None else y + residual
        return torch.relu(y) if relu else y

    slow.compare(layer, reference, torch.randn(2, 3, 5, 3))


@pytest.mark.parametrize("training", [True, False])
def test_what_is_added_keeps_its_values_and_its_gradient(training: bool) -> None:
    torch.manual_seed(0)
    residual = torch.randn(2, 3, 5, 4, dtype=torch.double, requires_grad=True)
    layer = Layer(residual, relu=True, folding=True).double().train(training)
    before = residual.detach().clone()
    y = layer(torch.randn(2, 3, 5, 3, dtype=torch.double))
    (gradient,) = torch.autograd.grad(y.sum(), residual)
    assert torch.equal(residual, before)
    assert torch.equal(gradient, (y > 0).double())


def test_two_linear_maps_as_one() -> None:
    torch.manual_seed(0)
    outer, inner = nn.Linear(4, 5).double(), nn.Linear(3, 4).double()
    x = torch.randn(2, 3, dtype=torch.double)
    torch.testing.assert_close(F.linear(x, *composed(outer, inner)), outer(inner(x)), rtol=0, atol=1e-12)
    assert composed(outer, nn.Identity()) == (outer.weight, outer.bias)
