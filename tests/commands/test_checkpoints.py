"""The card of every network that can be trained here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tg_skeleton.commands.ablations import rows_of
from tg_skeleton.commands.checkpoints import card_of
from tg_skeleton.commands.known import KNOWN
from tg_skeleton.commands.options import MODELS
from tg_skeleton.commands.systems import Setting, setting, streams_of
from tg_skeleton.commands.tables import TABLES
from tg_skeleton.datasets import NWUCLA
from tg_skeleton.inference import ActionRecognizer, Card

NW_UCLA = KNOWN["nw_ucla"].body("nw_ucla", Path())


def card(chosen: Setting, prepared: Path) -> Card:
    """Written and read again."""
    return Card.from_json(card_of(chosen, chosen.recipe, NWUCLA(prepared, "test"), dims=3, facts={}).to_json())


def assert_same_path(card: Card, chosen: Setting) -> None:
    prepare = chosen.recipe.preprocessing
    assert (repr(card.transform), card.clips) == (repr(prepare.test_transform), prepare.test_clips)
    assert repr(card.batch_transform) == repr(prepare.eval_batch_transform)
    assert (card.network_topology or card.topology) == chosen.topology
    assert (card.arguments["in_channels"], card.num_classes) == (chosen.channels, 10)


@pytest.mark.parametrize(("model", "stream"), [(model, stream) for model in MODELS for stream in streams_of(model)])
def test_every_stream_has_a_card(model: str, stream: str, prepared: Path) -> None:
    chosen = setting(model, NW_UCLA, "xview", stream)
    assert_same_path(card(chosen, prepared), chosen)


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_papers_tables_has_a_card(table: str, prepared: Path) -> None:
    for row in rows_of(table, NW_UCLA, "xview"):
        for chosen in row.parts.values():
            assert_same_path(card(chosen, prepared), chosen)


@pytest.mark.parametrize(("model", "stream"), [("sgn", "bone"), ("esan", "joint+bone"), ("amanet", "bone-barycenter")])
def test_the_network_of_a_card_takes_the_weights(model: str, stream: str, prepared: Path, tmp_path: Path) -> None:
    chosen = setting(model, NW_UCLA, "xview", stream)
    network, path = chosen.network(10).eval(), tmp_path / "model.safetensors"
    recordings = [NWUCLA(prepared, "test")[row] for row in (0, 30)]
    recognizer = ActionRecognizer(network, card(chosen, prepared))
    recognizer.save(path)
    batch = recognizer.prepare(recordings)
    assert torch.equal(ActionRecognizer.load(path).logits(batch), recognizer.logits(batch))
