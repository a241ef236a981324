from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lightning import seed_everything
from torch import Tensor, nn
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.models import ESAN, SGN
from tg_skeleton.topologies import COCO17, OPENPOSE18
from tg_skeleton.training import (
    Recipe,
    Recognizer,
    Setting,
    SkeletonDataModule,
    Start,
    finetune,
    fit_and_test,
    make_trainer,
)
from tg_skeleton.transforms.preprocessing import Preprocessing

NAMES = ("sit", "stand", "jump")


def trained(**changes: object) -> ActionRecognizer:
    """A small ESAN on COCO17, with weights and statistics of no training."""
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 2, "num_classes": 3, "num_frames": 6, "widths": (8, 8)},
        topology=COCO17,
        class_names=NAMES,
        num_frames=6,
        dims=2,
        clips=2,
        transform=Compose([T.CenterOnFirstFrame(0), T.SampleSegments(6, clips=2, seed=0)]),
        batch_transform=T.Streams("joint_velocity", clips=2),
    )
    card = replace(card, **changes)
    torch.manual_seed(3)
    model = card.build()
    with torch.no_grad():
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 1.5)
    return ActionRecognizer(model, card)


def recordings(count: int, split: str, topology: Topology = COCO17, classes: int = 3) -> list[SkeletonSequence]:
    generator = torch.Generator().manual_seed(len(split))
    return [
        SkeletonSequence.from_array(
            torch.randn(12, topology.num_joints, 2, generator=generator)
            + torch.arange(12.0)[:, None, None] * (number % classes),
            topology,
            y=number % classes,
            name=f"{split}{number}",
        )
        for number in range(count)
    ]


def short(prepare: Preprocessing, epochs: int = 2) -> Recipe:
    return Recipe(preprocessing=prepare, epochs=epochs, batch_size=4, optimizer="sgd", learning_rate=0.01)


class Prepared(list):
    """Recordings and the transform of their split, as a data set applies it."""

    def __init__(self, items: list[SkeletonSequence], transform: T.BodyTransform) -> None:
        super().__init__(items)
        self.transform = transform

    def __getitem__(self, index: int) -> SkeletonSequence:
        return self.transform(super().__getitem__(index))


def fit(
    network: nn.Module, setting: Setting, folder: Path, *, classes: int = 3, topology: Topology = COCO17
) -> Recognizer:
    seed_everything(0, workers=True, verbose=False)
    prepare = setting.recipe.preprocessing
    recognizer = Recognizer(network, classes, setting.recipe, start=setting.start)
    data = SkeletonDataModule(
        Prepared(recordings(8, "train", topology, classes), prepare.train_transform),
        None,
        Prepared(recordings(4, "test", topology, classes), prepare.test_transform),
        batch_size=4,
    )
    trainer = make_trainer(setting.recipe, folder, accelerator="cpu", progress_bar=False)
    fit_and_test(trainer, recognizer, data)
    return recognizer


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def test_everything_but_a_new_head_is_carried_over() -> None:
    source = trained()
    setting = finetune(source, ["walk", "run"], short)
    network = setting.build(2)
    assert isinstance(network, ESAN)
    for name, value in source.model.state_dict().items():
        if not name.startswith("classifier"):
            assert torch.equal(network.state_dict()[name], value), name
    assert network.classifier.weight.shape == (2, 8)
    assert setting.start.head == {"classifier.weight", "classifier.bias"}


def test_the_head_is_kept_where_the_classes_are_the_same() -> None:
    source = trained()
    kept = finetune(source, NAMES, short).build(3)
    other = finetune(source, ("sit", "jump", "stand"), short).build(3)
    assert torch.equal(kept.classifier.weight, source.model.classifier.weight)
    assert not torch.equal(other.classifier.weight, source.model.classifier.weight)


def test_the_checkpoint_s_own_preprocessing_is_used() -> None:
    prepare = finetune(trained(), NAMES, short).recipe.preprocessing
    assert repr(prepare.test_transform) == repr(
        Compose([T.CenterOnFirstFrame(0), T.SampleSegments(6, clips=2, seed=0)])
    )
    assert repr(prepare.train_transform) == repr(Compose([T.CenterOnFirstFrame(0), T.SampleSegments(6)]))
    assert repr(prepare.eval_batch_transform) == "Streams('joint_velocity', clips=2, start='zero')"
    assert repr(prepare.train_batch_transform) == "Streams('joint_velocity', clips=1, start='zero')"
    assert (prepare.num_frames, prepare.test_clips, prepare.val_clips) == (6, 2, 2)


def test_another_skeleton_is_carried_to_the_network_s(tmp_path: Path) -> None:
    setting = finetune(trained(), NAMES, short, topology=OPENPOSE18)
    steps = setting.recipe.preprocessing.test_transform.transforms
    assert repr(steps[0]) == "ToTopology('OPENPOSE18', 'COCO17')"
    recognizer = fit(setting.build(3), setting, tmp_path, topology=OPENPOSE18)
    assert len(recognizer.scores) == 4


@pytest.mark.parametrize(
    ("freeze", "changing"),
    [
        ("backbone", ("classifier",)),
        (1, ("blocks.1", "classifier")),
        (2, ("classifier",)),
        (None, ("input_norm", "velocity_norm", "input_embedding", "blocks.0", "blocks.1", "classifier")),
    ],
)
def test_frozen_parts_do_not_change(freeze: str | int | None, changing: tuple[str, ...], tmp_path: Path) -> None:
    setting = finetune(trained(), ["walk", "run"], short, freeze=freeze)
    network = setting.build(2)
    before = state(network)
    fit(network, setting, tmp_path, classes=2)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    if freeze is not None:
        assert all(name.startswith(changing) for name in changed), changed
    assert all(any(name.startswith(part) for name in changed) for part in changing)


def test_frozen_blocks_drop_nothing() -> None:
    setting = finetune(trained(), NAMES, functools.partial(short), freeze=1)
    recipe = replace(setting.recipe, attention_dropout=0.5, drop_path=0.5)
    network = setting.build(3)
    Recognizer(network, 3, recipe, start=setting.start).train()
    assert not network.blocks[0].drop_path.training
    assert network.blocks[1].drop_path.training


def test_the_backbone_learns_slower() -> None:
    setting = finetune(trained(), ["walk", "run"], short, backbone_rate=0.1, freeze=1)
    recognizer = Recognizer(setting.build(2), 2, setting.recipe, start=setting.start)
    names = {id(parameter): name for name, parameter in recognizer.model.named_parameters()}
    groups = recognizer.configure_optimizers()["optimizer"].param_groups
    rates = {names[id(parameter)]: group["lr"] for group in groups for parameter in group["params"]}
    assert rates.pop("classifier.weight") == rates.pop("classifier.bias") == 0.01
    assert {name.split(".")[1] for name in rates} == {"1"}
    assert list(rates.values()) == pytest.approx([0.001] * len(rates))


def test_a_round_trip_through_a_file_equals_going_on_in_memory(tmp_path: Path) -> None:
    """Both begin their second part with a new optimizer, for a file holds none."""
    source = trained()
    setting = finetune(source, NAMES, short)
    first = fit(setting.build(3), setting, tmp_path / "first").model
    in_one_go = fit(nn.Module.train(first), replace(setting, start=None), tmp_path / "one")  # the same object goes on
    network = fit(setting.build(3), setting, tmp_path / "again").model
    path = ActionRecognizer(network, source.card).save(tmp_path / "model.safetensors")
    loaded = finetune(ActionRecognizer.load(path), NAMES, short)
    round_trip = fit(loaded.build(3), loaded, tmp_path / "trip")
    expected = in_one_go.model.state_dict()
    for name, value in round_trip.model.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_a_weight_that_does_not_fit_is_named() -> None:
    source = trained()
    other = trained(arguments={"in_channels": 2, "num_classes": 3, "num_frames": 6, "widths": (8, 12)}).model
    whole = source.model.state_dict()
    start = functools.partial(Start, head=frozenset(), keeps_head=True, frozen=frozenset(), num_classes=3)
    with pytest.raises(ValueError, match=r"weights: expected \[12, 8\] for 'blocks.1.attention.lin_value.weight', got"):
        start(weights=whole).load_into(other)
    fewer = {name: value for name, value in whole.items() if name != "blocks.0.norm.weight"}
    with pytest.raises(ValueError, match=r"weights: the checkpoint has no 'blocks.0.norm.weight'; start from"):
        start(weights=fewer).load_into(source.model)
    with pytest.raises(ValueError, match="weights: the network has no 'extra'; start from"):
        start(weights={**whole, "extra": torch.ones(1)}).load_into(source.model)


@pytest.mark.parametrize("freeze", [0, 3, "head"])
def test_blocks_that_are_not_there_are_not_frozen(freeze: int | str) -> None:
    with pytest.raises(ValueError, match=rf"freeze: expected 'backbone', or 1..2 of ESAN's blocks, got {freeze!r}"):
        finetune(trained(), NAMES, short, freeze=freeze)


def test_a_network_without_blocks_has_none_to_count() -> None:
    source = trained(network="SGN", arguments={"in_channels": 2, "num_classes": 3, "num_frames": 6})
    assert isinstance(source.model, SGN)
    with pytest.raises(ValueError, match="freeze: SGN has no blocks to count, got 1; expected 'backbone'"):
        finetune(source, NAMES, short, freeze=1)
    with pytest.raises(ValueError, match="backbone_rate: expected a number above 0, got 0"):
        finetune(source, NAMES, short, backbone_rate=0)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of two classes, which differ by how fast all joints move."""
    root = tmp_path_factory.mktemp("own")
    made = [*recordings(12, "train", classes=2), *recordings(4, "test", classes=2)]
    ArrayDataset.from_arrays(
        root,
        [sequence.pos.numpy() for sequence in made],
        [("walk", "run")[int(sequence.y)] for sequence in made],
        COCO17,
        class_names=("walk", "run"),
        splits=["train"] * 12 + ["test"] * 4,
    )
    return root


def test_a_recognizer_is_finetuned_in_one_call(own: Path, tmp_path: Path) -> None:
    source, train, test = trained(), ArrayDataset(own, "train"), ArrayDataset(own, "test")
    before = state(source.model)
    tuned = source.finetune(train, steps=4, batch_size=6, device="cpu", folder=tmp_path / "run")
    assert tuned.card.class_names == ("walk", "run") and tuned.card.arguments["num_classes"] == 2
    assert all(torch.equal(value, before[name]) for name, value in source.model.state_dict().items())
    blocks = [name for name, _ in tuned.model.named_parameters() if name.startswith("blocks.0")]
    assert any(not torch.equal(tuned.model.get_parameter(name), before[name]) for name in blocks)
    said = tuned.predict(list(test))
    loaded = ActionRecognizer.load(tuned.save(tmp_path / "tuned.safetensors"))
    for one, again in zip(said, loaded.predict(list(test)), strict=True):
        assert one.label in ("walk", "run") and one.probabilities.tolist() == again.probabilities.tolist()
    assert (tmp_path / "run" / "checkpoints" / "last.ckpt").is_file()
    assert train.transform is None


def test_finetuning_freezes_and_chooses_an_epoch(own: Path) -> None:
    source, train = trained(), ArrayDataset(own, "train")
    tuned = source.finetune(train, ArrayDataset(own, "test"), steps=2, batch_size=6, freeze="backbone", device="cpu")
    before = source.model.state_dict()
    changed = {name for name, value in tuned.model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"classifier.weight", "classifier.bias"}


def test_recordings_of_another_skeleton_stay_carried_to_the_network_s(tmp_path: Path) -> None:
    arrays = [sequence.pos.numpy() for sequence in recordings(4, "train", OPENPOSE18, classes=2)]
    other = ArrayDataset.from_arrays(tmp_path, arrays, [0, 1, 0, 1], OPENPOSE18)
    tuned = trained().finetune(other, steps=1, batch_size=4, device="cpu")
    assert (tuned.card.topology, tuned.card.network_topology) == (OPENPOSE18, COCO17)
    assert tuned(other[0]).label in other.class_names
