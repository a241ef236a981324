from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import Topology
from tg_skeleton.evaluation import gradient_saliency, occlusion_saliency
from tg_skeleton.models import ESAN

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
BATCH = torch.tensor([0] * 6 + [1] * 3)  # two persons, then one


class Weighted(nn.Module):
    """Logits that are weighted sums of a clip's features, of any number of persons."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.arange(2.0 * 5 * 3 * 2, dtype=torch.double).view(2, 5, 3, 2).sin())

    def forward(self, x: Tensor, batch: Tensor, batch_size: int) -> Tensor:
        weight = self.weight.repeat(1, 1, x.size(1) // 3, 1)
        return x.new_zeros(batch_size, 2).index_add(0, batch, (weight * x).sum((1, 3)).T)


def clip(persons: int = 3) -> Tensor:
    return torch.randn(5, 3 * persons, 2, dtype=torch.double, generator=torch.Generator().manual_seed(0))


def esan() -> ESAN:
    torch.manual_seed(0)
    return ESAN(STICK, 2, 4, num_frames=5, widths=(8, 8)).double()


def test_of_a_linear_network_both_are_the_terms_of_its_sum() -> None:
    model, x, target = Weighted(), clip(), torch.tensor([1, 0])
    weight = (model.weight[target] - model.weight.mean(0)).detach()  # [B, T, V, C]
    per_node = torch.cat([weight[0], weight[0], weight[1]], dim=1)
    expected = (per_node * x).sum(-1)
    torch.testing.assert_close(gradient_saliency(model, x, BATCH, 2, target=target), expected)
    torch.testing.assert_close(occlusion_saliency(model, x, BATCH, 2, target=target, window=1), expected)


def test_occlusion_is_what_is_lost_without_a_node_in_a_window() -> None:
    model, x = esan().eval(), clip()
    saliency = occlusion_saliency(model, x, BATCH, 2, window=2, target=torch.tensor([1, 3]))

    def evidence(x: Tensor) -> Tensor:
        logits = model(x, BATCH, 2)
        return logits[[0, 1], [1, 3]] - logits.mean(1)

    for node in range(9):
        for start, end in ((0, 2), (2, 4), (4, 5)):
            hidden = x.clone()
            hidden[start:end, node] = 0
            lost = (evidence(x) - evidence(hidden))[BATCH[node]]
            torch.testing.assert_close(saliency[start:end, node], lost.expand(end - start))


def test_the_mean_as_filling_hides_motion_only() -> None:
    still = clip()[:1].repeat(5, 1, 1)
    saliency = occlusion_saliency(esan(), still, BATCH, 2, fill="mean")
    torch.testing.assert_close(saliency, torch.zeros(5, 9, dtype=torch.double), rtol=0, atol=1e-12)


def test_the_number_of_copies_that_run_at_once_changes_nothing() -> None:
    one, many = (occlusion_saliency(esan(), clip(), BATCH, 2, clips_per_run=runs) for runs in (1, 50))
    torch.testing.assert_close(one, many)


@pytest.mark.parametrize("saliency", [gradient_saliency, occlusion_saliency])
def test_clips_do_not_depend_on_their_neighbours(saliency: Callable[..., Tensor]) -> None:
    model, x = esan(), clip()
    together = saliency(model, x, BATCH, 2)
    torch.testing.assert_close(together[:, :6], saliency(model, x[:, :6]))
    torch.testing.assert_close(together[:, 6:], saliency(model, x[:, 6:]))


@pytest.mark.parametrize("saliency", [gradient_saliency, occlusion_saliency])
def test_the_predicted_class_is_asked_about(saliency: Callable[..., Tensor]) -> None:
    model = esan().eval()
    target = model(clip(), BATCH, 2).argmax(1)
    torch.testing.assert_close(saliency(model, clip(), BATCH, 2), saliency(model, clip(), BATCH, 2, target=target))


@pytest.mark.parametrize("saliency", [gradient_saliency, occlusion_saliency])
def test_the_network_stays_as_it_was(saliency: Callable[..., Tensor]) -> None:
    model, x = esan().train(), clip()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        found = saliency(model, x, BATCH, 2)
    assert model.training and not found.requires_grad and not x.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("saliency", [gradient_saliency, occlusion_saliency])
@pytest.mark.parametrize("target", [[0], [0, 4], [-1, 0]])
def test_classes_that_do_not_fit_are_refused(saliency: Callable[..., Tensor], target: list[int]) -> None:
    with pytest.raises(ValueError, match=r"target: expected one class per clip, \[2\] integers in 0..3, got \["):
        saliency(esan(), clip(), BATCH, 2, target=torch.tensor(target))


def test_windows_and_fillings_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="window: expected at least 1, got 0"):
        occlusion_saliency(esan(), clip(), window=0)
    with pytest.raises(ValueError, match="clips_per_run: expected at least 1, got 0"):
        occlusion_saliency(esan(), clip(), clips_per_run=0)
    with pytest.raises(ValueError, match="fill: expected 'zero' or 'mean', got 'noise'"):
        occlusion_saliency(esan(), clip(), fill="noise")  # type: ignore[arg-type]
