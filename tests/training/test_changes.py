from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tests.rounding import assert_equal_up_to_rounding
from tests.training.test_strong import paper
from tg_skeleton import SkeletonSequence
from tg_skeleton.topologies import NWUCLA20
from tg_skeleton.training import difference, strong
from tg_skeleton.training.changes import CHANGES, changed
from tg_skeleton.transforms.augmentations import AUGMENTATIONS
from tg_skeleton.transforms.preprocessing import steps_of


def lines(model: str, dataset: str, names: str) -> list[str]:
    setting, body = paper(model, dataset)
    return difference(setting, changed(setting, body, names))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("batch", ["batch_size: 32 -> 16"]),
        ("adamw", ["gradient_clip: None -> 1.0", "optimizer: 'adam' -> 'adamw'", "weight_decay: 0.0001 -> 0.05"]),
        ("cosine", ["decay: 'steps' -> 'cosine'", "milestones: (90, 125, 142) -> ()", "warmup_epochs: 0 -> 5"]),
        ("average", ["ema: 0.0 -> 0.999"]),
        ("longer", ["epochs: 150 -> 600", "milestones: (90, 125, 142) -> (360, 500, 568)"]),
        ("dropout", ["arguments.dropout: 0.0 -> 0.3", "attention_dropout: 0.0 -> 0.2", "drop_path: 0.0 -> 0.1"]),
        ("smoothing", []),  # it has it
        ("length", []),  # ESAN does not halve time
    ],
)
def test_a_change_of_esan_on_nw_ucla_field_by_field(name: str, expected: list[str]) -> None:
    assert lines("esan", "nw_ucla", name) == expected


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_augmentation_comes_in_front_of_the_streams(name: str) -> None:
    setting, body = paper("esan", "nw_ucla")
    steps = list(steps_of(changed(setting, body, name).recipe.preprocessing.train_batch_transform))
    assert [repr(step) for step in steps[:-1]] == [repr(step) for step in steps_of(AUGMENTATIONS[name](NWUCLA20))]
    assert isinstance(steps[-1], T.Streams)


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_leaves_clips_for_the_network(name: str) -> None:
    setting, body = paper("esan", "nw_ucla")
    prepare = changed(setting, body, name).recipe.preprocessing
    recordings = [SkeletonSequence.from_array(torch.randn(40, 1, 20, 3), NWUCLA20, y=y, name=str(y)) for y in range(2)]
    for transform, then, clips in (
        (prepare.train_transform, prepare.train_batch_transform, 1),
        (prepare.test_transform, prepare.eval_batch_transform, prepare.test_clips),
    ):
        batch = then(Batch.from_data_list([transform(one.clone()) for one in recordings]))
        assert batch.x.shape == (20 * clips, 40, 6)


def test_strong_is_made_of_the_changes() -> None:
    setting, body = paper("esan", "nw_ucla")
    names = "batch+longer+adamw+cosine+average+smoothing+dropout+length+clips+noise+axis+joints+persons+mirror"
    assert difference(strong(setting, body), changed(setting, body, names)) == []


def test_a_crop_stands_in_front_of_the_sampling() -> None:
    setting, body = paper("esan", "nw_ucla")
    steps = list(steps_of(changed(setting, body, "crop").recipe.preprocessing.train_transform))
    assert [repr(step) for step in steps[-2:]] == [
        "RandomTemporalCrop(0.6, 1.0)",
        "SampleSegments(20, mode='random', clips=1)",
    ]


def test_a_stretch_stands_in_front_of_the_sampling() -> None:
    setting, body = paper("esan", "nw_ucla")
    steps = list(steps_of(changed(setting, body, "stretch").recipe.preprocessing.train_transform))
    assert repr(steps[-2]) == "RandomTemporalStretch(1.0, 1.0, warp=0.5)"


def test_recordings_that_face_front_do_not_depend_on_the_camera() -> None:
    setting, body = paper("esan", "nw_ucla")
    prepare = changed(setting, body, "front").recipe.preprocessing
    (rotate,) = [step for step in steps_of(prepare.train_transform) if isinstance(step, T.RandomRotate)]
    assert rotate.bounds == (15, 45.0, 0)
    pos = torch.randn(30, 1, 20, 3, dtype=torch.float64)
    turn = T.rotation_matrix(torch.tensor([0.0, 2.0, 0.0], dtype=torch.float64))
    both = [SkeletonSequence.from_array(one, NWUCLA20, name="a") for one in (pos, pos @ turn.T)]
    for transform in (prepare.test_transform, prepare.val_transform):
        one, other = (transform(recording).pos for recording in both)
        assert_equal_up_to_rounding(one, other, depth=30 * 20)
    published = setting.recipe.preprocessing.test_transform
    assert (published(both[0]).pos - published(both[1]).pos).abs().max() > 0.1


def test_what_faces_front_already_stays_as_it_is() -> None:
    assert lines("amanet", "ntu60", "front") == []


@pytest.mark.parametrize(
    ("dataset", "names", "message"),
    [
        (
            "nw_ucla",
            "mirror+blur",
            r"change: expected one of mirror, .*, dropout, or several as in mirror\+noise, got 'blur'",
        ),
        ("own", "front", "front: expected recordings in space, got 2 coordinates; leave this change out"),
    ],
)
def test_a_change_that_cannot_be_made_says_why(dataset: str, names: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed(*paper("sgn", dataset), names)
