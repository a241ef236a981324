"""NW-UCLA, on an archive of generated recordings and on the real one."""

import json
import zipfile

import numpy as np
import pytest

from tg_skeleton.datasets import NWUCLA

GOOD = {"skeletons": [[[0.5, 0.5, 2.0]] * 20], "label": 1}


def names(path):
    return sorted(path.name for path in path.iterdir() if not path.name.startswith("."))


def executions(dataset):
    return {name.rpartition("_v")[0] for name in dataset.names}


def test_views_1_and_2_train_and_view_3_tests(tmp_path, write_nw_ucla):
    write_nw_ucla()
    cameras = {
        split: set(NWUCLA(tmp_path, split).index.facts["camera"]) for split in ("train", "val", "trainval", "test")
    }
    assert cameras == {"train": {1, 2}, "val": {1, 2}, "trainval": {1, 2}, "test": {3}}


def test_an_execution_is_on_one_side(tmp_path, write_nw_ucla):
    write_nw_ucla()
    train, val, trainval = (NWUCLA(tmp_path, split) for split in ("train", "val", "trainval"))
    assert not executions(train) & executions(val)
    assert sorted(train.names + val.names) == trainval.names
    assert np.bincount(val.labels).tolist() == [2] * 10  # one execution of each class, in two views


def test_fraction_and_seed_of_validation(tmp_path, write_nw_ucla):
    write_nw_ucla()
    assert len(NWUCLA(tmp_path, "val", val_fraction=0.5)) == 40
    assert NWUCLA(tmp_path, "val", val_seed=1).names != NWUCLA(tmp_path, "val").names


def test_labels_and_order(tmp_path, write_nw_ucla):
    write_nw_ucla()
    dataset = NWUCLA(tmp_path, "test")
    assert dataset.names == sorted(dataset.names)
    assert dataset[0].pos.shape == (1, 20, 3)
    last = dataset[-1]
    assert (last.name, last.y.item(), last.num_frames) == ("a12_s02_e01_v03", 9, 10)
    assert (last.action, last.subject, last.episode, last.camera) == (12, 2, 1, 3)
    assert dataset.class_names[9] == "carry"


def test_from_a_mirror(tmp_path, write_nw_ucla, server):
    server.content = write_nw_ucla(tmp_path / "elsewhere.zip").read_bytes()
    assert len(NWUCLA(tmp_path / "root", "test", mirror=server.url)) == 40
    assert names(tmp_path / "root" / "raw") == ["all_sqe.zip", "all_sqe.zip.sha256"]


def test_processed_data_need_no_archive(tmp_path, write_nw_ucla):
    path = write_nw_ucla()
    NWUCLA(tmp_path)
    path.unlink()
    assert len(NWUCLA(tmp_path, "trainval")) == 80


def test_missing_archive_says_where_to_place_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"placed at .*raw/all_sqe\.zip by hand .*\n.*CVPR 2014"):
        NWUCLA(tmp_path, mirror=tmp_path / "nowhere.zip")
    assert not (tmp_path / "processed" / "nwucla-v1").exists()


def test_unknown_split(tmp_path):
    with pytest.raises(ValueError, match="split: expected one of 'train', 'val', 'test', 'trainval', got 'valid'"):
        NWUCLA(tmp_path, "valid")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "expected JSON"),
        (json.dumps({"label": 1}), "expected an object with 'skeletons' and 'label'"),
        (json.dumps({**GOOD, "skeletons": []}), "expected at least one frame"),
        (json.dumps({**GOOD, "skeletons": [[[0.5] * 3] * 25]}), r"got shape \[1, 25, 3\]"),
        (json.dumps({**GOOD, "label": 11}), "expected a label in 1..10, got 11"),
        (
            json.dumps({**GOOD, "skeletons": [[[float("nan")] * 3] * 20]}),
            r"expected finite numbers, got \[nan, nan, nan\] at skel",
        ),
    ],
)
def test_a_bad_recording_is_named(tmp_path, write_nw_ucla, content, reason):
    write_nw_ucla(replace={"a02_s01_e00_v02": content})
    with pytest.raises(ValueError, match=f"a02_s01_e00_v02.*{reason}"):
        NWUCLA(tmp_path)
    dataset = NWUCLA(tmp_path, "trainval", on_error="skip")
    assert len(dataset) == 79
    assert [issue.name for issue in dataset.issues] == ["a02_s01_e00_v02"]


def test_one_frame_and_zero_coordinates_are_kept(tmp_path, write_nw_ucla):
    zero = json.dumps({"skeletons": [[[0.0] * 3] * 20], "label": 2})
    write_nw_ucla(replace={"a02_s01_e00_v03": zero})
    dataset = NWUCLA(tmp_path, "test")
    sequence = dataset[dataset.names.index("a02_s01_e00_v03")]
    assert sequence.pos.shape == (1, 20, 3)
    assert [(issue.name, issue.level) for issue in dataset.issues] == [("a02_s01_e00_v03", "warning")]


def test_truncated_archive(tmp_path, write_nw_ucla):
    path = write_nw_ucla()
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(RuntimeError, match=r"raw/all_sqe\.zip: the archive is damaged .*; delete it, and it will be"):
        NWUCLA(tmp_path)
    assert not (tmp_path / "processed" / "nwucla-v1").exists()


def test_corrupt_member(tmp_path, write_nw_ucla, server):
    path = write_nw_ucla(compression=zipfile.ZIP_STORED)
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"label": 7', b'"label": 8', 1))
    with pytest.raises(RuntimeError, match=r"damaged \(member all_sqe/a08_s01_e00_v03.*CRC.*delete it, and it will be"):
        NWUCLA(tmp_path, on_error="skip")
    assert names(tmp_path / "processed") == []
    path.unlink()
    server.content = good
    assert len(NWUCLA(tmp_path, "test", mirror=server.url)) == 40


def test_another_archive(tmp_path):
    (tmp_path / "raw").mkdir()
    with zipfile.ZipFile(tmp_path / "raw" / "all_sqe.zip", "w") as archive:
        archive.writestr("readme.txt", "not it")
    with pytest.raises(
        ValueError, match=r"all_sqe\.zip: expected recordings .*, found none; is it the archive of NWUCLA"
    ):
        NWUCLA(tmp_path)


def test_the_real_archive(tmp_path, shared_data):
    splits = {s: NWUCLA(tmp_path, s, mirror=shared_data / "all_sqe.zip") for s in ("train", "val", "trainval", "test")}
    assert {split: len(dataset) for split, dataset in splits.items()} == {
        "train": 922,
        "val": 98,
        "trainval": 1020,
        "test": 464,
    }
    frames = np.concatenate([splits["trainval"].index.frames, splits["test"].index.frames])
    assert (frames.min(), np.median(frames), frames.max(), (frames == 1).sum()) == (1, 31, 201, 2)
    assert not executions(splits["train"]) & executions(splits["val"])
    assert splits["test"].issues == []
    zeros = sum(int((s.pos == 0).all(-1).sum()) for split in ("trainval", "test") for s in splits[split])
    assert zeros == 12
