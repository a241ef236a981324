"""NTU RGB+D, on simulated recordings in the raw format and on pickles of generated ones."""

import pickle
import shutil
import zipfile

import numpy as np
import pytest

from tg_skeleton.datasets import NTURGBD, export_ntu, simulate
from tg_skeleton.datasets.ntu_lists import MISSING_SKELETONS
from tg_skeleton.datasets.simulated_export import to_ntu_bodies
from tg_skeleton.io import NTUCleaning, write_ntu_skeleton
from tg_skeleton.topologies import COCO17, NTU25

ARCHIVE_60 = "nturgbd_skeletons_s001_to_s017.zip"
ARCHIVE_120 = "nturgbd_skeletons_s018_to_s032.zip"
FOLDER = "nturgb+d_skeletons"
SPLITS = ("train", "val", "trainval", "test")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """16 actions of subjects 1 and 2, who train, and 3, who tests, by 3 cameras."""
    root = tmp_path_factory.mktemp("ntu")
    export_ntu(root / "raw" / ARCHIVE_60, subjects=3, repetitions=1)
    NTURGBD(root)
    return root


@pytest.fixture
def content():
    return write_ntu_skeleton(to_ntu_bodies(simulate("wave"))).decode()


@pytest.fixture
def write(tmp_path, content):
    def write(names=("S001C001P001R001A001", "S001C002P003R001A050"), replace=None, archive=ARCHIVE_60):
        path = tmp_path / "raw" / archive
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as file:
            for name, text in (dict.fromkeys(names, content) | (replace or {})).items():
                file.writestr(f"{FOLDER}/{name}.skeleton", text)
        return path

    return write


@pytest.fixture
def write_pickle(tmp_path):
    def write(filename, joints, dims, names=("S001C001P001R001A001", "S001C002P003R001A050"), score=False):
        def annotation(row, name):
            shape = (2, 7 + row, joints, dims)
            out = {"frame_dir": name, "label": int(name[-3:]) - 1, "total_frames": shape[1]}
            out |= {"keypoint": np.full(shape, 96.0, np.float16), "img_shape": (1080, 1920)}
            return out | ({"keypoint_score": np.ones(shape[:3], np.float16)} if score else {})

        path = tmp_path / "raw" / filename
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [annotation(row, name) for row, name in enumerate(names)]
        path.write_bytes(pickle.dumps({"split": {}, "annotations": rows}))

    return write


def test_xsub(exported):
    sets = {split: NTURGBD(exported, "60", "xsub", split=split) for split in SPLITS}
    assert {split: len(dataset) for split, dataset in sets.items()} == {
        "train": 48,
        "val": 48,  # of two executions of each class one, in three views
        "trainval": 96,
        "test": 48,
    }
    assert set(sets["trainval"].index.facts["subject"]) == {1, 2}
    assert set(sets["test"].index.facts["subject"]) == {3}
    assert sorted(sets["train"].names + sets["val"].names) == sets["trainval"].names


def test_xview(exported):
    cameras = {split: set(NTURGBD(exported, protocol="xview", split=split).index.facts["camera"]) for split in SPLITS}
    assert cameras == {"train": {2, 3}, "val": {2, 3}, "trainval": {2, 3}, "test": {1}}


def test_views_of_an_execution_are_on_one_side(exported):
    train, val = (
        {name[:4] + name[8:] for name in NTURGBD(exported, protocol="xview", split=split).names}
        for split in ("train", "val")
    )
    assert train and val and not train & val


def test_a_sequence(exported):
    dataset = NTURGBD(exported, split="test")
    assert (dataset.topology, dataset.num_classes, dataset.class_names[49]) == (
        NTU25,
        60,
        "punching/slapping other person",
    )
    sequence = dataset[dataset.names.index("S001C002P003R001A005")]
    given = simulate("wave", subject=3, camera=2)
    assert (sequence.y.item(), sequence.setup, sequence.camera, sequence.subject) == (4, 1, 2, 3)
    assert (sequence.repetition, sequence.action) == (1, 5)
    assert (sequence.pos.view(-1, 1, 25, 3).numpy() == given.pos).all()


def test_two_persons(exported):
    dataset = NTURGBD(exported, split="trainval")
    persons = dict(zip(dataset.names, dataset.index.persons, strict=True))
    assert persons["S001C002P001R001A013"] == 2


def test_workers_and_this_process_give_the_same_bytes(exported, tmp_path):
    shutil.copytree(exported / "raw", tmp_path / "raw")
    dataset = NTURGBD(tmp_path, num_workers=2)
    there = NTURGBD(exported).processed_dir
    for file in ("pos.npy", "index.npz"):
        with open(f"{dataset.processed_dir}/{file}", "rb") as one, open(f"{there}/{file}", "rb") as other:
            assert one.read() == other.read()


def test_missing_skeletons_are_left_out(tmp_path, write):
    missing = min(MISSING_SKELETONS)
    write(names=(missing, "S001C001P001R001A001"))
    assert NTURGBD(tmp_path, split="trainval").names == ["S001C001P001R001A001"]


def test_both_archives_make_120(tmp_path, write):
    write()
    write(names=("S018C001P045R001A061", "S019C002P041R002A120"), archive=ARCHIVE_120)
    test = NTURGBD(tmp_path, "120", "xset", split="test")
    assert test.names == ["S001C001P001R001A001", "S001C002P003R001A050", "S019C002P041R002A120"]
    assert (test.num_classes, test.labels.tolist(), test.class_names[119][:15]) == (
        120,
        [0, 49, 119],
        "finger-guessing",
    )
    assert NTURGBD(tmp_path, "120", "xsub", split="trainval").names == ["S001C001P001R001A001", "S018C001P045R001A061"]
    assert len(NTURGBD(tmp_path, "60", split="test")) == 1


def test_recordings_of_120_in_an_archive_of_60_are_left_out(tmp_path, write):
    write(names=("S001C001P001R001A001", "S018C001P045R001A061"))
    assert NTURGBD(tmp_path, split="trainval").names == ["S001C001P001R001A001"]


def test_another_cleaning_has_data_of_its_own(tmp_path, write, content):
    write()
    usual, other = NTURGBD(tmp_path), NTURGBD(tmp_path, source=NTUCleaning(max_short=0))
    assert usual.processed_dir != other.processed_dir


def test_cleaning_is_applied(tmp_path):
    recording = simulate("handshake", noise=False)
    recording.pos[9:, 1] = 0.0  # seen in 9 frames
    name = recording.name
    path = tmp_path / "raw" / ARCHIVE_60
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.skeleton", write_ntu_skeleton(to_ntu_bodies(recording)))
    assert NTURGBD(tmp_path)[0].num_persons == 1
    assert NTURGBD(tmp_path, source=NTUCleaning(max_short=0))[0].num_persons == 2


def test_openmmlab_3d(tmp_path, write_pickle):
    write_pickle("ntu60_3danno.pkl", 25, 3, names=("S001C001P001R001A001", min(MISSING_SKELETONS)))
    dataset = NTURGBD(tmp_path, source="openmmlab-3d")
    assert (dataset.topology, dataset.names) == (NTU25, ["S001C001P001R001A001"])
    assert dataset[0].pos.shape == (7, 50, 3)
    assert (dataset[0].camera, dataset[0].y.item()) == (1, 0)


def test_openmmlab_2d(tmp_path, write_pickle):
    write_pickle("ntu120_hrnet.pkl", 17, 2, names=("S019C002P041R002A120", "S018C001P045R001A061"), score=True)
    dataset = NTURGBD(tmp_path, "120", "xset", split="trainval", source="openmmlab-2d")
    assert (dataset.topology, dataset.names, dataset.num_classes) == (COCO17, ["S018C001P045R001A061"], 120)
    sequence = dataset[0]
    assert (sequence.pos.shape, sequence.score.shape) == ((8, 34, 2), (8, 34))
    assert sequence.pos[0, 0].tolist() == pytest.approx([96 / 1920 - 0.5, 0.5 - 96 / 1080])


def test_a_malicious_pickle_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harmed"), "w"))

    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "ntu60_3danno.pkl").write_bytes(pickle.dumps({"split": {}, "annotations": [Harm()]}))
    with pytest.raises(ValueError, match=r"ntu60_3danno\.pkl"):
        NTURGBD(tmp_path, source="openmmlab-3d")
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: "", "empty"),
        (lambda text: text[: len(text) // 2], "line"),
        (lambda text: text.replace("25\n", "24\n", 1), "24"),
        (lambda text: "3\n0\n0\n0\n", "expected a body in at least one frame"),
    ],
)
def test_a_damaged_recording_is_named_or_skipped(tmp_path, write, content, damage, reason):
    write(replace={"S001C001P001R001A001": damage(content)})
    with pytest.raises(ValueError, match=f"S001C001P001R001A001.*({reason})"):
        NTURGBD(tmp_path)
    dataset = NTURGBD(tmp_path, split="test", on_error="skip")
    assert dataset.names == ["S001C002P003R001A050"]
    assert [(issue.name, issue.level) for issue in dataset.issues] == [("S001C001P001R001A001", "error")]
    with open(f"{dataset.processed_dir}/report.csv", encoding="utf-8") as report:
        assert "S001C001P001R001A001,error" in report.read()


@pytest.mark.parametrize("member", ["../../S001C001P001R001A009.skeleton", "x/S001C002P003R001A050.skeleton"])
def test_a_path_that_leads_out_and_a_name_twice(tmp_path, write, content, member):
    with zipfile.ZipFile(write(), "a") as file:
        file.writestr(member, content)
    with pytest.raises(ValueError, match="expected a path within the archive|expected one member, got 2"):
        NTURGBD(tmp_path)
    assert not (tmp_path.parent / "S001C001P001R001A009.skeleton").exists()
    assert NTURGBD(tmp_path, on_error="skip", split="trainval").names == ["S001C001P001R001A001"]


def test_another_archive(tmp_path, write):
    write(names=("readme",))
    with pytest.raises(ValueError, match=r"s001_to_s017\.zip: expected recordings of NTU RGB.D 60 with names such as"):
        NTURGBD(tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"subset": "61"}, "subset: expected '60' or '120', got '61'"),
        ({"protocol": "xset"}, "protocol: expected 'xsub' or 'xview' for NTU RGB.D 60, got 'xset'"),
        ({"split": "valid"}, "split: expected one of 'train', 'val', 'test', 'trainval', got 'valid'"),
        (
            {"source": "mat"},
            "source: expected one of 'raw', 'openmmlab-3d', 'openmmlab-2d', or an NTUCleaning, got 'mat'",
        ),
        (
            {"subset": "120", "mirror": "https://example.org/a.zip?dl=1"},
            r"mirror: expected a folder that holds nturgbd.*s017\.zip and nturgbd.*s032\.zip, got the one file",
        ),
    ],
)
def test_unknown_choices(tmp_path, options, reason):
    with pytest.raises(ValueError, match=reason):
        NTURGBD(tmp_path, **options)


@pytest.mark.parametrize(
    ("options", "filename", "address"),
    [
        ({}, ARCHIVE_60, "https://drive.google.com/uc?id=1CUZnBtYwifVXS21yVg62T-vrPVayso5H"),
        (
            {"source": "openmmlab-3d"},
            "ntu60_3danno.pkl",
            "https://download.openmmlab.com/mmaction/pyskl/data/nturgbd/ntu60_3danno.pkl",
        ),
        (
            {"source": "openmmlab-2d", "subset": "120"},
            "ntu120_hrnet.pkl",
            "https://download.openmmlab.com/mmaction/pyskl/data/nturgbd/ntu120_hrnet.pkl",
        ),
    ],
)
def test_what_is_said_when_an_archive_cannot_be_had(tmp_path, server, options, filename, address):
    server.codes = [404]
    with pytest.raises(FileNotFoundError) as caught:
        NTURGBD(tmp_path, mirror=server.url, **options)
    assert server.requests == [(f"/{filename}", None)]
    for part in (
        "HTTP 404",
        str(tmp_path / "raw" / filename),
        address,
        "TG_SKELETON_MIRROR",
        "https://rose1.ntu.edu.sg/dataset/actionRecognition/",
        "not for redistribution",
    ):
        assert part in str(caught.value)


def test_from_a_mirror_after_a_cut(tmp_path, write, server):
    path = write()
    server.content = path.read_bytes()
    path.unlink()
    server.cuts = [1000]
    assert len(NTURGBD(tmp_path, split="trainval", mirror=server.url)) == 1
    assert [asked for _, asked in server.requests] == [None, "bytes=1000-"]
