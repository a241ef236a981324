from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.datasets.preprocessing import own_preprocessing
from tg_skeleton.datasets.table import DATASETS, Body, Location
from tg_skeleton.evaluation.clips import clip_logits
from tg_skeleton.topologies import COCO17
from tg_skeleton.training import Preprocessing, Setting, difference, strong
from tg_skeleton.training.recipes import NETWORKS


def body_of(name: str) -> Body:
    if name == "own":
        return Body(DATASETS["own"], COCO17, 2)
    return DATASETS[name].body(Location("datasets"))


def settings() -> list[tuple[str, str]]:
    found = []
    for model, network in NETWORKS.items():
        for name, row in DATASETS.items():
            keys = {key.partition("/")[0] for key in network.recipes}
            if name in keys or row.preprocessing is not None:
                found.append((model, name))
    return found


def paper(model: str, dataset: str) -> tuple[Setting, Body]:
    body, network = body_of(dataset), NETWORKS[model]
    if dataset == "own" and model == "amanet":
        body = replace(body, topology=COCO17.with_limbs())
    return network.setting(body, next(iter(DATASETS[dataset].protocols)), network.streams[0]), body


@pytest.mark.parametrize(("model", "dataset"), settings())
def test_every_strong_setting_makes_clips_for_its_network(model: str, dataset: str) -> None:
    setting = strong(*paper(model, dataset))
    recipe, body = setting.recipe, paper(model, dataset)[1]
    prepare, persons = recipe.preprocessing, 2
    pos = torch.randn(70, persons, body.topology.num_joints, body.dims)
    score = torch.ones(pos.shape[:3]) if body.scored else None
    recordings = [
        SkeletonSequence.from_array(pos, body.topology, score=score, y=label, name=str(label)) for label in range(2)
    ]
    network = setting.build(3).eval()
    for transform, batch_transform, clips in (
        (prepare.train_transform, prepare.train_batch_transform, 1),
        (prepare.test_transform, prepare.eval_batch_transform, prepare.test_clips),
        (prepare.val_transform, prepare.eval_batch_transform, prepare.val_clips),
    ):
        batch = batch_transform(Batch.from_data_list([transform(one) for one in recordings]))
        assert batch.x.shape == (clips * prepare.num_frames, batch.num_nodes, setting.channels)
        if clips == 1:
            with torch.no_grad():
                assert bool(clip_logits(network, batch, clips).isfinite().all())
    assert (recipe.decay, recipe.warmup_epochs, recipe.milestones, recipe.label_smoothing) == ("cosine", 5, (), 0.1)


def test_esan_on_nw_ucla_field_by_field() -> None:
    setting, body = paper("esan", "nw_ucla")
    lines = [line for line in difference(setting, strong(setting, body)) if not line.startswith("preprocessing")]
    assert lines == [
        "arguments.dropout: 0.0 -> 0.3",
        "attention_dropout: 0.0 -> 0.2",
        "batch_size: 32 -> 16",
        "decay: 'steps' -> 'cosine'",
        "drop_path: 0.0 -> 0.1",
        "ema: 0.0 -> 0.999",
        "epochs: 150 -> 600",
        "gradient_clip: None -> 1.0",
        "milestones: (90, 125, 142) -> ()",
        "optimizer: 'adam' -> 'adamw'",
        "warmup_epochs: 0 -> 5",
        "weight_decay: 0.0001 -> 0.05",
    ]
    steps = list(strong(setting, body).recipe.preprocessing.train_batch_transform.transforms)
    assert [repr(step) for step in steps] == [
        "RandomMirror('NWUCLA20', 0.5)",
        "SwapPersons(0.5)",
        "RandomJointDrop(0.1)",
        "FillMissing(limit=None, causal=False)",
        "RandomAxisDrop(0.25)",
        "JointNoise(0.03)",
        "Streams('joint', 'bone', clips=1, start='zero')",
    ]


def test_amanet_on_ntu60_field_by_field() -> None:
    setting, body = paper("amanet", "ntu60")
    changed = strong(setting, body)
    recipe = changed.recipe
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate, recipe.weight_decay) == (120, 64, 0.1, 5e-4)
    assert (recipe.optimizer, recipe.gradient_clip, recipe.ema) == ("sgd", None, 0.9999)
    assert repr(recipe.preprocessing.train_transform.transforms[-1]) == "SampleSegments(100, mode='random', clips=1)"
    assert (recipe.preprocessing.test_clips, recipe.preprocessing.num_frames) == (10, 100)
    assert (recipe.attention_dropout, recipe.drop_path, changed.arguments) == (0.2, 0.1, {})


def test_nothing_differs_from_itself() -> None:
    setting, _ = paper("esan", "sbu")
    assert difference(setting, setting) == []


def test_classes_of_ones_own_are_not_mirrored() -> None:
    changed = strong(*paper("sgn", "own"))
    steps = changed.recipe.preprocessing.train_batch_transform.transforms
    assert not any(isinstance(step, T.RandomMirror) for step in steps)


def test_more_clips_change_the_streams_of_both_splits() -> None:
    stick = Topology("stick", ("a", "b"), ("a", "a"))
    prepare = own_preprocessing(partial(T.Streams, "joint_velocity"), stick, 3).with_clips(7)
    assert (prepare.test_clips, prepare.val_clips) == (7, 7)
    assert repr(prepare.eval_batch_transform) == "Streams('joint_velocity', clips=7, start='zero')"
    assert "clips=7, seed=0" in repr(prepare.test_transform)
    with pytest.raises(ValueError, match="clips: expected SampleSegments in the test, got ReplayPad"):
        Preprocessing.unchanging(9, T.ReplayPad(9), T.Streams("joint")).with_clips(2)


def test_more_frames_change_every_split_and_the_network() -> None:
    setting = paper("esan", "nw_ucla")[0].with_frames(33)
    assert setting.arguments["num_frames"] == 33
    prepare = setting.recipe.preprocessing
    for transform, clips in ((prepare.train_transform, 1), (prepare.val_transform, 1), (prepare.test_transform, 5)):
        pos = torch.randn(40, 20, 3)
        out = transform(SkeletonSequence.from_array(pos, DATASETS["nw_ucla"].cls.topology))
        assert out.num_frames == 33 * clips
    with pytest.raises(ValueError, match="num_frames: expected SampleSegments, CropResize or ReplayPad in train_trans"):
        Preprocessing(num_frames=9).with_frames(10)
