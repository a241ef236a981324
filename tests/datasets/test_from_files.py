"""From files of any form to a data set, one generated source of each kind."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from tg_skeleton.datasets import ArrayDataset, check_store, simulate
from tg_skeleton.datasets.simulated_export import to_ntu_bodies
from tg_skeleton.io import write_ntu_skeleton
from tg_skeleton.npz import read_npy
from tg_skeleton.topologies import COCO17, MEDIAPIPE33, NTU25, OPENPOSE25

RNG = np.random.default_rng(0)


def bodies(count, frames=20, persons=2, joints=25, dims=3):
    return RNG.normal(2, 0.3, (count, frames, persons, joints, dims)).astype(np.float32)  # [N, T, M, V, D]


def opened(tmp_path, *sources, topology=None, **options):
    dataset = ArrayDataset.from_files(tmp_path / "made", sources, topology, **options)
    assert check_store(dataset.processed_dir) == []
    return dataset


# -- archives of other packages ----------------------------------------------------------------------------------------


def test_st_gcn(tmp_path):
    data = bodies(4)
    data[1, 13:] = 0  # padded in time
    data[2, :, 1] = 0  # one person
    for part, rows in (("train", slice(0, 3)), ("val", slice(3, 4))):
        np.save(tmp_path / f"{part}_data.npy", data[rows].transpose(0, 4, 1, 3, 2))  # [N, C, T, V, M]
        names = [f"S001C001P001R001A00{row + 1}.skeleton" for row in range(4)][rows]
        (tmp_path / f"{part}_label.pkl").write_bytes(pickle.dumps((names, [5, 0, 5, 0][rows])))
    sources = [tmp_path / "train_data.npy", tmp_path / "val_data.npy"]
    dataset = opened(tmp_path, *sources, topology="NTU25", class_names=[str(label) for label in range(6)])
    assert [one.pos.shape for one in dataset] == [(20, 50, 3), (13, 50, 3), (20, 25, 3), (20, 50, 3)]
    np.testing.assert_array_equal(dataset[3].to_dense("pos").transpose(0, 1), data[3])
    assert (dataset.given_splits, dataset.labels.tolist()) == (("train", "test"), [5, 0, 5, 0])
    assert dataset.names[0] == "S001C001P001R001A001"
    assert any(issue.reason == "7 empty frames at the ends of 20 were cut" for issue in dataset.issues)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("one_hot", [True, False])
def test_ctr_gcn(tmp_path, save, one_hot):
    data, labels = bodies(3), np.array([2, 0, 1])
    y = np.eye(3)[labels] if one_hot else labels
    x = data.reshape(3, 20, -1)  # [N, T, M V C]
    save(tmp_path / "CS.npz", x_train=x[:2], y_train=y[:2], x_test=x[2:], y_test=y[2:])
    dataset = opened(tmp_path, tmp_path / "CS.npz", topology=NTU25)
    assert (dataset.labels.tolist(), dataset.given_splits) == ([2, 0, 1], ("train", "test"))
    np.testing.assert_array_equal(dataset[2].to_dense("pos").transpose(0, 1), data[2])
    assert dataset.names == ["train_000000", "train_000001", "test_000000"]


def test_pyskl(tmp_path):
    record = {"total_frames": 9, "img_shape": (480, 640)}
    annotations = [
        record
        | {"frame_dir": f"clip{row}", "label": row % 2, "keypoint": RNG.uniform(50, 400, (1, 9, 17, 2))}
        | {"keypoint_score": np.full((1, 9, 17), 0.5)}
        for row in range(4)
    ]
    split = {"sub1_train": ["clip0", "clip1"], "sub1_val": ["clip3"]}
    (tmp_path / "mine.pkl").write_bytes(pickle.dumps({"split": split, "annotations": annotations}))
    dataset = opened(tmp_path, tmp_path / "mine.pkl", topology="COCO17", class_names=["fall", "walk"])
    assert (dataset.names, dataset.labels.tolist()) == (["clip0", "clip1", "clip3"], [0, 1, 1])
    assert (dataset.given_splits, dataset.topology) == (("train", "test"), COCO17)
    assert dataset[0].score.unique().tolist() == [0.5]


# -- folders of files --------------------------------------------------------------------------------------------------


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        head = ",".join(f"{kind}{joint}" for joint in range(array.shape[1]) for kind in "xyz"[: array.shape[2]])
        np.savetxt(path, array.reshape(len(array), -1), delimiter=",", header=head, comments="")
    else:
        np.save(path, array)


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
@pytest.mark.parametrize("workers", [0, 2])
def test_folders_are_classes(tmp_path, suffix, workers):
    arrays = {f"{name}/{row}": bodies(1, 8 + row, 1)[0, :, 0] for name in ("walk", "sit") for row in (0, 1)}
    for place, array in arrays.items():
        save(tmp_path / "mine" / f"{place}{suffix}", array)
    (tmp_path / "mine" / "notes.txt").touch()
    dataset = opened(tmp_path, tmp_path / "mine", topology="NTU25", num_workers=workers)
    assert (dataset.names, dataset.class_names) == (["sit_0", "sit_1", "walk_0", "walk_1"], ("sit", "walk"))
    np.testing.assert_allclose(dataset[3].pos, arrays["walk/1"], rtol=1e-6)
    assert dataset.issues[0].reason == "skipped: expected a recording, got a file that ends in '.txt'"


def test_folders_of_splits(tmp_path):
    for place in ("train/walk/a", "train/sit/b", "test/walk/c"):
        save(tmp_path / "mine" / f"{place}.npy", bodies(1, 8, 1)[0, :, 0])
    opened(tmp_path, tmp_path / "mine", topology="NTU25")
    splits = {split: ArrayDataset(tmp_path / "made", split).names for split in ("train", "test")}
    assert splits == {"train": ["b", "a"], "test": ["c"]}


def test_openpose_folders(tmp_path):
    for name, label in (("one", "walk"), ("two", "sit")):
        folder = tmp_path / "mine" / label / name
        folder.mkdir(parents=True)
        for frame in (3, 4, 6):
            people = [{"pose_keypoints_2d": [480.0, 120.0, 0.5] * 25}]
            (folder / f"{name}_{frame:012}_keypoints.json").write_text(json.dumps({"people": people}))
    dataset = opened(tmp_path, tmp_path / "mine", image_size=(640, 480))
    assert (dataset.topology, dataset.names, dataset.class_names) == (OPENPOSE25, ["two", "one"], ("sit", "walk"))
    assert dataset[0].score[:, 0].tolist() == [0.5, 0.5, 0, 0.5] and dataset[0].pos[0, 0].tolist() == [0.25, 0.25]
    reasons = [issue.reason for issue in dataset.issues if issue.name == "two"]
    assert reasons == ["1 of 4 frames have no file; they are empty frames"]


@pytest.mark.parametrize("channels", [3, 4, 5])
def test_mediapipe_s_landmarks(tmp_path, channels):
    landmarks = RNG.random((12, 33, channels)).astype(np.float32)
    save(tmp_path / "mine" / "walk" / "a.npy", landmarks)
    save(tmp_path / "mine" / "sit" / "b.npy", landmarks)
    dataset = opened(tmp_path, tmp_path / "mine", topology=MEDIAPIPE33)
    np.testing.assert_array_equal(dataset[0].pos, landmarks[..., :3])
    assert ("score" in dataset[0]) == (channels > 3)
    if channels > 3:
        np.testing.assert_array_equal(dataset[0].score, landmarks[..., 3])
        assert any("the channels are MediaPipe's: x, y, z, visibility" in issue.reason for issue in dataset.issues)


def test_files_that_state_their_classes(tmp_path):
    for action in ("handshake", "push"):
        recording = simulate(action, subject=3, camera=1)
        (tmp_path / f"{recording.name}.skeleton").write_bytes(write_ntu_skeleton(to_ntu_bodies(recording)))
    dataset = opened(tmp_path, tmp_path)
    assert dataset.topology == NTU25 and dataset.num_classes == 2
    assert dataset[0].setup == 1


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_bad_files_are_named_or_skipped(tmp_path):
    save(tmp_path / "mine" / "walk" / "a.npy", bodies(1, 8, 1)[0, :, 0])
    save(tmp_path / "mine" / "walk" / "b.npy", np.zeros((8, 25, 3)))
    (tmp_path / "mine" / "walk" / "c.npy").write_bytes(b"no array")
    with pytest.raises(ValueError, match="recording 'b': expected a person in it, but no joint was seen in any frame"):
        opened(tmp_path, tmp_path / "mine", topology="NTU25")
    dataset = opened(tmp_path, tmp_path / "mine", topology="NTU25", on_error="skip")
    assert dataset.names == ["a"]
    errors = {issue.name: issue.reason for issue in dataset.issues if issue.level == "error"}
    assert errors["c"].endswith(
        "expected numbers as np.save or np.savez writes them, got something else: "
        + errors["c"].rpartition("else: ")[2]
    )
    assert sorted(errors) == ["b", "c"]


def test_what_is_missing_is_asked_for(tmp_path):
    save(tmp_path / "a.npy", bodies(1, 8, 1)[0, :, 0])
    with pytest.raises(ValueError, match=r"'a': expected a class, got none; put the files into folders that are named"):
        opened(tmp_path, tmp_path, topology="NTU25")
    save(tmp_path / "mine" / "walk" / "a.npy", bodies(1, 8, 1)[0, :, 0])
    with pytest.raises(ValueError, match=r"topology: expected the skeleton of the recordings, got none \(.*--skeleton"):
        opened(tmp_path, tmp_path / "mine")
    with pytest.raises(FileNotFoundError, match="nowhere': no such file or folder"):
        opened(tmp_path, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="expected recordings in .*empty, found none"):
        opened(tmp_path, tmp_path / "empty")


def test_interrupted_work_is_continued(tmp_path, monkeypatch):
    monkeypatch.setattr("tg_skeleton.datasets.processing.CHUNK", 2)
    for row in range(6):
        save(tmp_path / "mine" / "walk" / f"{row}.npy", bodies(1, 8, 1)[0, :, 0])
    bad = tmp_path / "mine" / "walk" / "4.npy"
    content = bad.read_bytes()
    read = []

    def load(path):
        read.append(path.name)
        if read[-1] == "4.npy":
            raise KeyboardInterrupt
        return read_npy(path)

    with monkeypatch.context() as patch:
        patch.setattr("tg_skeleton.io.arrays.read_npy", load)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path, tmp_path / "mine", topology="NTU25")
    assert read == ["0.npy", "1.npy", "2.npy", "3.npy", "4.npy"] and bad.read_bytes() == content
    read.clear()
    with monkeypatch.context() as patch:
        patch.setattr("tg_skeleton.io.arrays.read_npy", lambda path: read.append(path.name) or read_npy(path))
        assert len(opened(tmp_path, tmp_path / "mine", topology="NTU25")) == 6
    assert read == ["4.npy", "5.npy"]
