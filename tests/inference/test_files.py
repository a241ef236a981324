"""Recordings from files of every form."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inference.reading import card, read, reason
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.datasets import simulate
from tg_skeleton.datasets.simulated_export import to_ntu_bodies
from tg_skeleton.inference.files import FileReader, read_recordings
from tg_skeleton.io import clean_ntu, find_recordings, read_ntu_skeleton, write_ntu_skeleton
from tg_skeleton.topologies import COCO17, NTU25_CHAIN, NWUCLA20, OPENPOSE18, OPENPOSE25
from tg_skeleton.transforms import ToTopology


def openpose(folder, frames=3, joints=25, video="walk"):
    folder.mkdir(exist_ok=True)
    people = [{"pose_keypoints_2d": [480.0, 120.0, 0.5] * joints}]
    for frame in range(frames):
        (folder / f"{video}_{frame:03}_keypoints.json").write_text(json.dumps({"people": people}))
    return folder


# -- each form ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def skeleton(tmp_path):
    recording = simulate("handshake", subject=3, camera=1)
    path = tmp_path / f"{recording.name}.skeleton"
    path.write_bytes(write_ntu_skeleton(to_ntu_bodies(recording)))
    return path


def test_an_ntu_file(skeleton):
    recording = read(skeleton)
    expected = clean_ntu(read_ntu_skeleton(skeleton))
    assert (recording.form, recording.label, recording.fps) == ("ntu", 12, 30.0)
    np.testing.assert_array_equal(recording.sequence.to_dense("pos").transpose(0, 1), expected.pos)
    assert recording.sequence.name == skeleton.stem
    assert read(skeleton, persons=1).sequence.num_persons == 1


def test_an_ntu_file_of_another_name_has_no_label(skeleton):
    other = skeleton.rename(skeleton.with_name("my kitchen.skeleton"))
    recording = read(other)
    assert (recording.sequence.name, recording.label, recording.sequence.num_persons) == ("my kitchen", None, 2)


def test_an_ntu_file_without_anybody(tmp_path):
    path = tmp_path / "empty.skeleton"
    path.write_text("2\n0\n0\n")
    assert reason(path) == "expected a body in at least one frame, got none in 2"


def test_the_network_s_bones_are_meant_where_the_joints_are_the_same(skeleton):
    sequence = read(skeleton, card=card(NTU25_CHAIN)).sequence
    assert sequence.parent_index[:25].tolist() == list(NTU25_CHAIN.parents)


@pytest.fixture(scope="module")
def real(shared_data, tmp_path_factory):
    """A few of the real recordings."""
    folder = tmp_path_factory.mktemp("real")
    with zipfile.ZipFile(shared_data / "all_sqe.zip") as archive:
        for name in ("a12_s06_e04_v03", "a03_s01_e02_v02"):
            (folder / f"{name}.json").write_bytes(archive.read(f"all_sqe/{name}.json"))
    with zipfile.ZipFile(shared_data / "kinetics-skeleton.zip") as archive:
        for member in ("kinetics_val/__u6odV5hrI.json", "kinetics_val_label.json"):
            path = folder / "kinetics" / member.split("/")[-1]
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(archive.read(f"kinetics-skeleton/{member}"))
    return folder


def test_real_files_of_nw_ucla(real):
    found, _ = find_recordings([real])
    skipped = []
    recordings = list(read_recordings(found, FileReader(card(NWUCLA20)), skipped))
    assert [(one.form, one.sequence.name, one.label) for one in recordings] == [
        ("nw_ucla", "a03_s01_e02_v02", 2),
        ("nw_ucla", "a12_s06_e04_v03", 9),
    ]
    assert all(one.sequence.num_nodes == 20 and one.fps is None for one in recordings)
    assert [skip.path.split("/")[-1] for skip in skipped] == ["__u6odV5hrI.json", "kinetics_val_label.json"]
    assert skipped[0].reason.startswith("expected 3 coordinates of each joint, got 2; take a network that was trained")
    assert skipped[1].reason.startswith("expected the JSON of NW-UCLA ('skeletons', 'label') or the JSON of Kin")


def test_a_real_clip_of_kinetics(real):
    recording = read(real / "kinetics" / "__u6odV5hrI.json", card=card(OPENPOSE18, 2))
    assert (recording.form, recording.label, recording.sequence.num_frames, recording.fps) == ("kinetics", 207, 262, 30)
    assert recording.sequence.score.shape == recording.sequence.pos.shape[:2]


@pytest.mark.parametrize(("joints", "topology"), [(18, OPENPOSE18), (25, OPENPOSE25)])
def test_a_folder_of_openpose(tmp_path, joints, topology):
    folder = openpose(tmp_path / "clip", joints=joints)
    recording = read(folder, card=card(topology, 2), image_size=(640, 480))
    assert (recording.form, recording.sequence.name, recording.label) == ("openpose", "clip", None)
    assert recording.sequence.pos.shape == (3, joints, 2) and recording.sequence.pos[0, 0].tolist() == [0.25, 0.25]
    assert "image_size: expected (width, height)" in reason(folder, card=card(topology, 2))


def test_a_folder_of_several_videos_of_openpose(tmp_path):
    openpose(openpose(tmp_path, video="sit"), 5, video="walk")
    reader = FileReader(card(OPENPOSE25, 2), image_size=(640, 480))
    made = [reader(source).sequence for source in find_recordings([tmp_path])[0]]
    assert [(one.name, one.num_frames) for one in made] == [("sit", 3), ("walk", 5)]


def test_arrays(tmp_path):
    pos = np.random.default_rng(0).random((9, 2, 25, 3), np.float32)
    np.save(tmp_path / "two.npy", pos)
    np.save(tmp_path / "one.npy", pos[:, 0])
    np.savez(tmp_path / "unnamed.npz", pos)
    full = {"score": np.ones((9, 25)), "name": "kitchen", "label": "stand", "fps": 25}
    np.savez(tmp_path / "full.npz", pos=pos[:, 0], **full)
    two, one, unnamed, full = (read(tmp_path / name) for name in ("two.npy", "one.npy", "unnamed.npz", "full.npz"))
    np.testing.assert_array_equal(two.sequence.to_dense("pos").transpose(0, 1), pos)
    np.testing.assert_array_equal(one.sequence.pos, pos[:, 0])
    np.testing.assert_array_equal(unnamed.sequence.pos, two.sequence.pos)
    assert (two.sequence.name, two.label, two.fps) == ("two", None, None)
    assert (full.sequence.name, full.label, full.fps) == ("kitchen", "stand", 25)
    assert full.sequence.score.shape == (9, 25)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"pos": np.zeros((9, 25))}, r"expected coordinates [T, M, V, D] or [T, V, D], got float64 of shape [9, 25]"),
        ({"pos": np.full((9, 25, 3), "a")}, "expected coordinates [T, M, V, D] or [T, V, D], got <U1 of shape"),
        ({"pos": np.zeros((9, 17, 3))}, "of NTU25's 25 joints, got shape [9, 17, 3]; where it is"),
        ({"pos": np.zeros((0, 25, 3))}, "array: expected at least one frame and one person, got 0 and 1"),
        ({"pos": np.zeros((9, 25, 2))}, "expected 3 coordinates of each joint, got 2; take a network that was trained"),
        ({"a": np.zeros(1), "b": np.zeros(1)}, "expected an array 'pos', got 'a', 'b'"),
        ({"pos": np.zeros((9, 25, 3)), "score": np.zeros(9)}, "score: expected numbers of shape [9, 25], got float64"),
        ({"pos": np.zeros((9, 25, 3)), "fps": [25, 30]}, "fps: expected one value, got shape [2]"),
        ({"pos": np.zeros((9, 25, 3)), "fps": -1}, "fps: expected frames per second above 0, got -1"),
    ],
)
def test_arrays_are_checked(tmp_path, values, expected):
    np.savez(tmp_path / "a.npz", **values)
    assert expected in reason(tmp_path / "a.npz")


class Trap:
    """Would write a file if a pickle that holds it were loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_no_pickle_is_loaded(tmp_path):
    made = np.empty(1, object)
    made[0] = Trap(tmp_path / "trapped")
    np.save(tmp_path / "a.npy", made, allow_pickle=True)
    np.savez(tmp_path / "b.npz", pos=made)
    for name in ("a.npy", "b.npz"):
        assert "expected numbers as np.save or np.savez writes them" in reason(tmp_path / name)
    assert not (tmp_path / "trapped").exists()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_damaged_arrays_are_told(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("a") / data.draw(st.sampled_from(["a.npy", "a.npz"]))
    (np.save if path.suffix == ".npy" else np.savez)(path, np.zeros((2, 25, 3)))
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert "expected numbers as np.save or np.savez writes them" in reason(path)


def test_a_single_frame_of_openpose_and_other_json(tmp_path):
    folder = openpose(tmp_path / "clip")
    frame = folder / "walk_000_keypoints.json"
    assert reason(frame) == "it is one frame of OpenPose's; give the folder of all of them"
    (tmp_path / "a.json").write_text("[1, 2]")
    assert reason(tmp_path / "a.json").endswith("got b'[1, 2]'")
    (tmp_path / "a.txt").touch()
    assert "got a file that ends in '.txt'" in reason(tmp_path / "a.txt")


# -- topologies --------------------------------------------------------------------------------------------------------


def test_another_skeleton_is_carried_over_when_it_is_named(tmp_path, skeleton):
    expected = "expected the joints of NWUCLA20, which the network takes, got those of NTU25; --from NTU25 carries them"
    assert reason(skeleton, card=card(NWUCLA20)).startswith(expected)
    carried = read(skeleton, card=card(NWUCLA20), origin=NTU25).sequence
    pos = clean_ntu(read_ntu_skeleton(skeleton)).pos
    direct = ToTopology(NTU25, NWUCLA20)(SkeletonSequence.from_array(pos, NTU25))
    np.testing.assert_array_equal(carried.pos, direct.pos)
    assert reason(skeleton, card=card(NWUCLA20), origin=COCO17) == (
        "expected the joints of COCO17, as --from says, got those of NTU25"
    )


def test_arrays_are_of_the_skeleton_that_is_named(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random((5, 17, 2)))
    recording = read(tmp_path / "a.npy", card=card(OPENPOSE18, 2), origin=COCO17)
    assert recording.sequence.pos.shape == (5, 18, 2)
    assert read(tmp_path / "a.npy", card=card(COCO17, 2)).sequence.pos.shape == (5, 17, 2)


# -- several -----------------------------------------------------------------------------------------------------------


def test_bad_recordings_are_skipped_with_their_reason_or_raised(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 25, 3)))
    np.save(tmp_path / "b.npy", np.zeros((3, 17, 3)))
    (tmp_path / "c.skeleton").write_text("x\n")
    found, skipped = find_recordings([tmp_path])
    assert [one.sequence.name for one in read_recordings(found, FileReader(card()), skipped)] == ["a"]
    assert [skip.path for skip in skipped] == [f"{tmp_path}/b.npy", f"{tmp_path}/c.skeleton"]
    assert skipped[1].reason.startswith("line 1: expected")
    with pytest.raises(ValueError, match=rf"^{tmp_path}/b.npy: expected .* of NTU25's 25 joints, got shape"):
        list(read_recordings(found, FileReader(card()), [], on_error="raise"))
    with pytest.raises(ValueError, match="on_error: expected 'raise' or 'skip', got 'stop'"):
        list(read_recordings(found, FileReader(card()), [], on_error="stop"))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="persons: expected 1 or more, got 0"):
        FileReader(card(), persons=0)
