"""SBU Kinect Interaction, on an archive of generated recordings and on the real one."""

import zipfile
from itertools import chain

import numpy as np
import pytest

from tg_skeleton.datasets import SBUInteraction
from tg_skeleton.datasets.folds import folds_of
from tg_skeleton.topologies import SBU15

PAIRS = sorted(chain(*SBUInteraction.folds))


def text(frames=4):
    return "\n".join(f"{frame}," + ",".join(["0.25", "0.5", "1.5"] * 30) for frame in range(1, frames + 1))


@pytest.fixture
def write(tmp_path):
    """Two trials of two classes by every pair."""

    def write(replace=None, extra=()):
        members = {
            f"{pair}/{action}/{trial}": text() for pair in PAIRS for action in ("02", "06") for trial in ("001", "002")
        }
        path = tmp_path / "raw" / "sbu.zip"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("sbu/s01s02/02/001/rgb_000001.png", "no skeleton")
            for name, content in {**members, **(replace or {}), **dict.fromkeys(extra, text())}.items():
                archive.writestr(f"sbu/{name}/skeleton_pos.txt", content)
        return path

    return write


def pairs(dataset):
    return {name.partition("_")[0] for name in dataset.names}


def test_an_empty_record_of_its_hash_does_not_make_it_unusable(tmp_path, write):
    path = write()
    record = path.with_name("sbu.zip.sha256")
    record.write_text("")
    assert len(SBUInteraction(tmp_path, 1, "train")) > 0
    assert record.read_text().endswith("  sbu.zip\n")


def test_every_pair_is_in_one_fold():
    assert len(PAIRS) == len(set(PAIRS)) == 21


@pytest.mark.parametrize("fold", [1, 2, 3, 4, 5])
def test_a_fold_tests_and_the_others_train(tmp_path, write, fold):
    write()
    sets = {split: SBUInteraction(tmp_path, fold, split) for split in ("train", "val", "trainval", "test")}
    assert pairs(sets["test"]) == set(SBUInteraction.folds[fold - 1])
    assert pairs(sets["trainval"]) == set(PAIRS) - pairs(sets["test"])
    assert sorted(sets["train"].names + sets["val"].names) == sets["trainval"].names


def test_trials_of_a_pair_are_on_one_side(tmp_path, write):
    write()
    val = SBUInteraction(tmp_path, 1, "val")
    assert np.bincount(val.labels).tolist() == [0, 4, 0, 0, 0, 4]  # two pairs of 17, two trials each
    assert {(name[:9], name[-3:]) for name in val.names} == {
        (name[:9], trial) for name in val.names for trial in ("001", "002")
    }


def test_a_sequence(tmp_path, write):
    write()
    dataset = SBUInteraction(tmp_path, 1, "test")
    sequence = dataset[0]
    assert (dataset.topology, dataset.class_names[1], dataset.num_classes) == (SBU15, "departing", 8)
    assert (sequence.name, sequence.first, sequence.second, sequence.trial) == ("s01s02_02_001", 1, 2, 1)
    assert (sequence.pos.shape, sequence.y.item()) == ((4, 30, 3), 1)


@pytest.mark.parametrize(
    "content", ["", text() + "\n5,0.1", text().replace("1.5", "x", 1), text().replace("1.5", "nan", 1)]
)
def test_a_bad_recording_is_named_or_skipped(tmp_path, write, content):
    write({"s02s03/02/002": content})
    with pytest.raises(ValueError, match="s02s03_02_002"):
        SBUInteraction(tmp_path)
    dataset = SBUInteraction(tmp_path, 2, "test", on_error="skip")
    assert (len(dataset), [issue.name for issue in dataset.issues]) == (15, ["s02s03_02_002"])


def test_a_pair_of_no_fold(tmp_path, write):
    write(extra=["s08s01/02/001"])
    with pytest.raises(ValueError, match="'s08s01_02_001': expected one of the 21 pairs of the folds, got 's08s01'"):
        SBUInteraction(tmp_path)


def test_another_archive(tmp_path):
    (tmp_path / "raw").mkdir()
    with zipfile.ZipFile(tmp_path / "raw" / "sbu.zip", "w") as archive:
        archive.writestr("readme.txt", "not it")
    with pytest.raises(
        ValueError, match=r"sbu\.zip: expected recordings sbu/s01s02/.*found none; is it the archive of SBU"
    ):
        SBUInteraction(tmp_path)


@pytest.mark.parametrize("fold", [0, 6, True, "1"])
def test_unknown_fold(tmp_path, fold):
    with pytest.raises(ValueError, match=f"fold: expected 1, 2, 3, 4 or 5, got {fold!r}"):
        SBUInteraction(tmp_path, fold)


def test_what_is_said_when_there_is_no_archive(tmp_path, monkeypatch):
    monkeypatch.delenv("TG_SKELETON_MIRROR", raising=False)
    with pytest.raises(FileNotFoundError) as caught:
        SBUInteraction(tmp_path)
    for part in (
        f"placed at {tmp_path / 'raw' / 'sbu.zip'} by hand",
        "no public address",
        "TG_SKELETON_MIRROR",
        "sbu.zip holds sbu/s01s02/01/001/skeleton_pos.txt",
        "published for research",
    ):
        assert part in str(caught.value)


def test_the_real_archive(tmp_path, shared_data):
    folds = [SBUInteraction(tmp_path, fold, "test", mirror=shared_data / "sbu.zip") for fold in (1, 2, 3, 4, 5)]
    trains = [SBUInteraction(tmp_path, fold, "trainval") for fold in (1, 2, 3, 4, 5)]
    assert sum(len(fold) for fold in folds) == 282
    assert {len(fold) + len(train) for fold, train in zip(folds, trains, strict=True)} == {282}
    assert all((fold.index.persons == 2).all() for fold in folds)
    assert set(folds[0].labels) == set(range(8))
    assert folds[0].issues == []


def test_pairs_of_the_training_part_are_left_out_in_parts(tmp_path, write):
    write()
    training = SBUInteraction(tmp_path, 1, "trainval")
    folds = folds_of(training, "first+second")
    held = [f"s{first.zfill(2)}s{second.zfill(2)}" for fold in folds for first, second in map(parted, fold.held)]
    assert len(folds) == 5
    assert sorted(held) == sorted(pairs(training)) == sorted(set(PAIRS) - set(SBUInteraction.folds[0]))


def parted(value):
    return value.split("-")
