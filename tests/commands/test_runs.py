"""The card of every network that can be trained here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tg_skeleton.commands.ablations import TABLES, rows_of
from tg_skeleton.commands.runs import card_of
from tg_skeleton.datasets import NWUCLA
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.training import Setting
from tg_skeleton.training.recipes import NETWORKS

NW_UCLA = DATASETS["nw_ucla"].body(Location(Path()))


def card(chosen: Setting, prepared: Path) -> ModelCard:
    """Written and read again."""
    return ModelCard.from_json(card_of(chosen, chosen.recipe, NWUCLA(prepared, "test"), dims=3, facts={}).to_json())


def assert_same_path(card: ModelCard, chosen: Setting) -> None:
    prepare = chosen.recipe.preprocessing
    assert (repr(card.transform), card.clips) == (repr(prepare.test_transform), prepare.test_clips)
    assert repr(card.batch_transform) == repr(prepare.eval_batch_transform)
    assert (card.network_topology or card.topology) == chosen.topology
    assert (card.arguments["in_channels"], card.num_classes) == (chosen.channels, 10)


@pytest.mark.parametrize(
    ("model", "stream"), [(name, stream) for name, row in NETWORKS.items() for stream in row.all_streams]
)
def test_every_stream_has_a_card(model: str, stream: str, prepared: Path) -> None:
    chosen = NETWORKS[model].setting(NW_UCLA, "xview", stream)
    assert_same_path(card(chosen, prepared), chosen)


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_papers_tables_has_a_card(table: str, prepared: Path) -> None:
    for row in rows_of(table, NW_UCLA, "xview"):
        for chosen in row.parts.values():
            assert_same_path(card(chosen, prepared), chosen)


@pytest.mark.parametrize(("model", "stream"), [("sgn", "bone"), ("esan", "joint+bone"), ("amanet", "bone-barycenter")])
def test_the_network_of_a_card_takes_the_weights(model: str, stream: str, prepared: Path, tmp_path: Path) -> None:
    chosen = NETWORKS[model].setting(NW_UCLA, "xview", stream)
    network, path = chosen.build(10).eval(), tmp_path / "model.safetensors"
    recordings = [NWUCLA(prepared, "test")[row] for row in (0, 30)]
    recognizer = ActionRecognizer(network, card(chosen, prepared))
    recognizer.save(path)
    batch = recognizer.prepare(recordings)
    assert torch.equal(ActionRecognizer.load(path).logits(batch), recognizer.logits(batch))
