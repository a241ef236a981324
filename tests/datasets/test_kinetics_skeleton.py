"""Kinetics-Skeleton, on an archive of generated clips and on genuine ones."""

import json
import zipfile

import numpy as np
import pytest

from tg_skeleton.datasets import KineticsSkeleton
from tg_skeleton.topologies import OPENPOSE18

FOLDER = "kinetics-skeleton"


def clip(label, frames=3, persons=1):
    skeletons = [
        {"pose": [0.5 + 0.1 * person, 0.25] * 18, "score": [0.9 - 0.1 * person] * 18} for person in range(persons)
    ]
    data = [{"frame_index": frame, "skeleton": skeletons} for frame in range(1, frames + 1)]
    return {"data": data, "label": "?", "label_index": label}


def entry(label, has_skeleton=True):
    return {"has_skeleton": has_skeleton, "label": "?", "label_index": label}


@pytest.fixture
def write(tmp_path):
    """Twenty clips of classes 0 and 1 that train, and two that test; some members replaced, None leaves one out."""

    def write(replace=None):
        train = {f"t{row:02}": row % 2 for row in range(20)}
        val = {"v00": 1, "v01": 0}
        members = {
            "kinetics_train_label.json": {**{name: entry(y) for name, y in train.items()}, "none": entry(5, False)},
            "kinetics_val_label.json": {name: entry(y) for name, y in val.items()},
            **{f"kinetics_train/{name}.json": clip(y, persons=3) for name, y in train.items()},
            **{f"kinetics_val/{name}.json": clip(y) for name, y in val.items()},
        }
        path = tmp_path / "raw" / "kinetics-skeleton.zip"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**members, **(replace or {})}.items():
                if content is not None:
                    archive.writestr(f"{FOLDER}/{name}", content if isinstance(content, str) else json.dumps(content))

    return write


def test_splits(tmp_path, write):
    write()
    sets = {split: KineticsSkeleton(tmp_path, split) for split in ("train", "val", "trainval", "test")}
    assert {split: len(dataset) for split, dataset in sets.items()} == {
        "train": 18,
        "val": 2,
        "trainval": 20,
        "test": 2,
    }
    assert sets["test"].names == ["v00", "v01"]
    assert sets["test"].labels.tolist() == [1, 0]
    assert np.bincount(sets["val"].labels).tolist() == [1, 1]


def test_a_sequence(tmp_path, write):
    write()
    dataset = KineticsSkeleton(tmp_path, "trainval")
    sequence = dataset[0]
    assert (dataset.topology, dataset.num_classes, sequence.part) == (OPENPOSE18, 400, 0)
    assert (sequence.pos.shape, sequence.score.shape) == ((3, 36, 2), (3, 36))
    assert sequence.pos[0, 18].tolist() == pytest.approx([0.1, 0.25])


def test_more_persons_and_tracks_have_data_of_their_own(tmp_path, write):
    write()
    assert KineticsSkeleton(tmp_path, persons=3)[0].num_persons == 3
    folders = {
        KineticsSkeleton(tmp_path, **options).processed_dir for options in ({}, {"persons": 3}, {"tracks": "position"})
    }
    assert len(folders) == 3


@pytest.mark.parametrize(
    ("replace", "reason"),
    [
        ({"kinetics_train/t03.json": None}, r"recording 'train/t03\.json': there is no such member in .*kinetics-skel"),
        (
            {"kinetics_train/t03.json": clip(0)},
            r"clip 't03': expected label_index 1 as in kinetics_train_label\.json, got 0",
        ),
        ({"kinetics_train/t03.json": "{"}, "t03: expected JSON"),
        ({"kinetics_train/t03.json": {"label_index": 1}}, "t03: expected an object with 'data' and 'label_index'"),
    ],
)
def test_a_bad_clip_is_named_or_skipped(tmp_path, write, replace, reason):
    write(replace)
    with pytest.raises(ValueError, match=reason):
        KineticsSkeleton(tmp_path)
    dataset = KineticsSkeleton(tmp_path, "trainval", on_error="skip")
    assert len(dataset) == 19
    assert [issue.name for issue in dataset.issues] == ["t03"]


def test_a_clip_in_both_parts(tmp_path, write):
    write({"kinetics_val_label.json": {"v00": entry(1), "t03": entry(1)}})
    with pytest.raises(ValueError, match="clip 't03': expected it in one label file, found it in both"):
        KineticsSkeleton(tmp_path)


@pytest.mark.parametrize("content", [None, "[", "[]", {"t00": {"has_skeleton": True}}, {"t00": 3}])
def test_a_bad_label_file(tmp_path, write, content):
    write({"kinetics_val_label.json": content})
    with pytest.raises(
        ValueError, match=r"kinetics-skeleton\.zip, kinetics_val_label\.json: expected an object of clips"
    ):
        KineticsSkeleton(tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"tracks": "id"}, "tracks: expected 'confidence' or 'position', got 'id'"),
        ({"persons": 0}, "persons: expected a whole number from 1, got 0"),
        ({"persons": True}, "persons: expected a whole number from 1, got True"),
    ],
)
def test_unknown_choices(tmp_path, options, reason):
    with pytest.raises(ValueError, match=reason):
        KineticsSkeleton(tmp_path, **options)


def test_what_is_said_when_the_archive_cannot_be_had(tmp_path, server):
    server.codes = [404]
    with pytest.raises(FileNotFoundError) as caught:
        KineticsSkeleton(tmp_path, mirror=server.url)
    for part in (
        str(tmp_path / "raw" / "kinetics-skeleton.zip"),
        "https://drive.google.com/uc?id=1SPQ6FmFsjGg3f59uCWfdUWI-5HJM_YhZ",
        "for research; cite",
    ):
        assert part in str(caught.value)


def test_genuine_clips(tmp_path, shared_data):
    mirror = shared_data / "kinetics-skeleton.zip"
    train, test = (KineticsSkeleton(tmp_path, split, mirror=mirror) for split in ("trainval", "test"))
    assert train.names == ["__NrybzYzUg", "__PYrzYbzKE", "__U_scuxNlQ", "__lt03EF4ao"]
    assert [train.class_names[label] for label in train.labels] == [
        "abseiling",
        "jumpstyle dancing",
        "clay pottery making",
        "passing American football (in game)",
    ]
    assert [test.class_names[label] for label in test.labels] == ["parkour", "parkour", "strumming guitar"]
    for dataset in (train, test):
        assert dataset.issues == []
        assert (dataset.index.frames <= 300).all() and (dataset.index.persons <= 2).all()
        for sequence in dataset:
            assert sequence.pos.abs().max() <= 0.6  # some joints are guessed a little outside of the picture
            assert (sequence.pos[sequence.score == 0] == 0).all()
