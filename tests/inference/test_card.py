"""Cards written and read, and every way in which one can be wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton
import tg_skeleton.transforms as T
from tg_skeleton import NTU25, Topology
from tg_skeleton.inference import ModelCard
from tg_skeleton.inference.card import FORMAT, MODELS
from tg_skeleton.models import ESAN, STGCN

COARSE = T.Barycenter(NTU25)
CARD = ModelCard(
    network="STGCN",
    arguments={"in_channels": 3, "num_classes": 3, "widths": (4, 4), "center": "joint", "dropout": 0.25},
    topology=NTU25,
    network_topology=COARSE.topology,
    class_names=("sit down", "Å", "stand"),
    num_frames=8,
    clips=2,
    transform=Compose([T.CenterOnFirstFrame(), T.SampleSegments(8, clips=2, seed=0)]),
    batch_transform=Compose([COARSE, T.Streams("joint", clips=2)]),
    facts={"dataset": "made up", "top1": 0.5, "seed": 3},
)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "AAGCN": {"widths": (4,), "num_persons": 1},
    "AGCN": {"widths": (4,), "num_persons": 1},
    "AnyESAN": {"in_channels": 13, "widths": (8, 8)},
    "AMANet": {"widths": [12, 12], "windows": (3,)},
    "CTRGCN": {"widths": (8, 8), "dilations": [1, 2]},
    "DGNN": {"in_channels": 6, "widths": (4,), "num_persons": 1},
    "DualHeadNet": {"width": 24, "num_scales": (2, 2), "num_persons": 1},
    "ESAN": {"widths": [8, 8], "num_frames": 8, "kind": "S1", "directed": True},
    "HCN": {"num_frames": 16, "dropout": 0.0},
    "HyperGCN": {"widths": (16,), "heads": 2, "num_persons": 1},
    "MSG3D": {"widths": (12,), "windows": [3], "num_scales": (2, 2)},
    "MSTGCN": {"widths": (12,), "num_persons": 1},
    "SGN": {"num_frames": 8, "dropout": 0.0},
    "STGCNPP": {"widths": [8], "dilations": [1, 2]},
    "ShiftGCN": {"widths": (4,), "num_persons": 1},
    "STTR": {"widths": [8, 16], "heads": 2, "attention": "temporal", "num_persons": 1},
    "STGCN": {"widths": [4], "partition": "uniform", "center": 1},
}


def read(card: ModelCard) -> ModelCard:
    return ModelCard.from_json(card.to_json())


def test_a_card_comes_back() -> None:
    back = read(CARD)
    for name in ("network", "arguments", "topology", "network_topology", "class_names", "num_frames", "dims", "clips"):
        assert getattr(back, name) == getattr(CARD, name), name
    assert (back.num_persons, back.facts, back.versions) == (1, CARD.facts, CARD.versions)
    assert [repr(back.transform), repr(back.batch_transform)] == [repr(CARD.transform), repr(CARD.batch_transform)]
    assert type(back.arguments["widths"]) is tuple


def test_versions_are_those_of_here() -> None:
    assert CARD.versions["tg_skeleton"] == tg_skeleton.__version__
    assert CARD.versions["torch"] == str(torch.__version__)


def test_the_network_is_on_the_skeleton_that_the_transforms_make() -> None:
    with pytest.raises(ValueError, match=r"STGCN: its arguments don't go together: .*no joint 'joint'"):
        CARD.build()
    network = replace(CARD, arguments={**CARD.arguments, "center": 1}).build()
    assert isinstance(network, STGCN)
    assert (network.num_joints, network.training) == (11, False)
    assert isinstance(replace(CARD, network_topology=None, arguments={**CARD.arguments, "center": 1}).build(), STGCN)


@pytest.mark.parametrize("name", MODELS)
def test_every_network_is_built(name: str) -> None:
    arguments = {"in_channels": 3, "num_classes": 3, **ARGUMENTS[name]}
    card = read(replace(CARD, network=name, arguments=arguments, network_topology=None))
    expected = MODELS[name](NTU25, **arguments)
    assert repr(card.build()) == repr(expected.eval())


def test_building_draws_nothing_from_torch_s_generator() -> None:
    before = torch.get_rng_state()
    replace(CARD, network="ESAN", arguments={"in_channels": 3, "num_classes": 3, **ARGUMENTS["ESAN"]}).build()
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"network": "Transformer"}, "network: there is no 'Transformer' in this version, only AAGCN, AGCN, "),
        ({"class_names": ("a", "b")}, "class_names: expected one for each of the network's 3 classes, got 2"),
        ({"class_names": (1, 2, 3)}, "class_names: expected strings"),
        ({"num_frames": 0}, "num_frames: expected a whole number of 1 or more, got 0"),
        ({"clips": 2.0}, "clips: expected a whole number of 1 or more, got 2.0"),
        ({"num_persons": True}, "num_persons: expected a whole number of 1 or more, got True"),
    ],
    ids=str,
)
def test_a_card_that_contradicts_itself_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as error:
        replace(CARD, **change)
    assert said in str(error.value)


class Own(BaseTransform):
    def forward(self, data: Any) -> Any:
        return data


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"transform": Own()}, r"transform: expected a transform of tg_skeleton, got .*of your own: leave it out"),
        ({"facts": {"a": {1: "b"}}}, r"facts: expected a transform of tg_skeleton, a topology or a plain value"),
        ({"arguments": {**CARD.arguments, "dropout": torch.ones(1)}}, r"arguments: expected .* got tensor"),
    ],
    ids=["transform", "facts", "arguments"],
)
def test_what_can_t_be_written_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(CARD, **change).to_json()


def changed(**values: Any) -> str:
    return json.dumps({**json.loads(CARD.to_json()), **values})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "expected the JSON text of a card"),
        ("[" * 100_000, "expected the JSON text of a card"),
        ("[]", "expected a card with a format number, got '[]'"),
        ('{"format": "1"}', "expected a card with a format number"),
        (changed(format=FORMAT + 1), f"format: expected {FORMAT} or lower, got {FORMAT + 1}; a newer tg_skeleton "),
        (changed(format=FORMAT + 1), "pip install --upgrade tg_skeleton"),
        ('{"format": 1, "network": "ESAN"}', "arguments, topology, network_topology, class_names, "),
        (changed(network="NetOfTomorrow"), "update tg_skeleton if a newer version wrote it"),
        (changed(arguments=[]), "arguments: expected names and values, got []"),
        (changed(topology=None), "topology: expected another kind of value, got None"),
        (changed(transform={"tuple": []}), "transform: expected another kind of value"),
        (changed(transform={"transform": "Tomorrow", "arguments": {}}), "transform: there is no transform 'Tomorrow'"),
    ],
)
def test_a_text_that_is_no_card_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError) as error:
        ModelCard.from_json(text)
    assert said in str(error.value)


def test_an_argument_of_a_newer_network_is_named() -> None:
    card = replace(CARD, network="ESAN", arguments={"in_channels": 3, "num_classes": 3, "depth": 9})
    with pytest.raises(ValueError, match=r"ESAN: expected the arguments topology, in_channels, .* got depth; update"):
        card.build()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a JSON text."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*path, key))


@pytest.mark.parametrize("junk", [None, [], {}, "x", -1, 0.5, [["x"]], {"tuple": [{}]}], ids=repr)
def test_junk_anywhere_is_a_value_error_or_nothing(junk: Any) -> None:
    small = Topology("arm", ("a", "b", "c"), (0, 0, 1))
    card = replace(
        CARD,
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 3, "widths": [4], "num_frames": 8},
        topology=small,
        network_topology=None,
        batch_transform=T.Streams("joint", T.RelativeCoordinates(small, "center")),
    )
    whole = json.loads(card.to_json())
    for path in places(whole):
        content = json.loads(card.to_json())
        if path:
            holder = content
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = junk
        else:
            content = junk
        try:
            network = ModelCard.from_json(json.dumps(content)).build()
        except ValueError:
            continue
        assert isinstance(network, ESAN), path
