"""Training a network for every skeleton."""

import pytest
import torch
from torch.utils.data import DataLoader

from tg_skeleton.collate import collate
from tg_skeleton.datasets import GeneratedActions
from tg_skeleton.models import AnyESAN
from tg_skeleton.training.everyday import fit_everyday, steps_done, train_everyday
from tg_skeleton.transforms import SampleSegments


def batches(start: int = 0) -> DataLoader:
    source = GeneratedActions(seed=0, start=start, transform=SampleSegments(8))
    return DataLoader(source, batch_size=4, collate_fn=collate)


def network() -> AnyESAN:
    torch.manual_seed(0)
    return AnyESAN(num_frames=8, widths=(16, 16, 16, 16))


def test_a_training_stops_after_its_steps_and_keeps_a_checkpoint(tmp_path) -> None:
    assert steps_done(tmp_path) == 0
    model = network()
    before = model.classifier.weight.clone()
    fit_everyday(model, batches(), tmp_path, steps=3, save_every=1, progress_bar=False)
    assert steps_done(tmp_path) == 3
    assert not torch.equal(before, model.classifier.weight)


@pytest.mark.filterwarnings("ignore")
def test_a_network_learns_a_batch_by_heart() -> None:
    model, batch = network(), next(iter(batches()))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        logits = model(batch)
        loss = torch.nn.functional.cross_entropy(logits, batch.y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_a_training_resumes_where_it_was_and_a_finished_one_is_read(tmp_path) -> None:
    whole = train_everyday(tmp_path / "whole", steps=2, batch_size=2, num_workers=0, num_frames=8, progress_bar=False)
    assert steps_done(tmp_path / "whole") == 2
    again = train_everyday(tmp_path / "whole", steps=2, batch_size=2, num_workers=0, num_frames=8, progress_bar=False)
    for one, two in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, two)
    with pytest.raises(ValueError, match="steps: the training in .* has made 2 of them, got 1; take another folder"):
        train_everyday(tmp_path / "whole", steps=1, num_workers=0)


@pytest.mark.parametrize("name", ["steps", "batch_size"])
def test_numbers_below_one_are_refused(tmp_path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected 1 or more, got 0"):
        train_everyday(tmp_path, **{"steps": 1, name: 0})
