"""Reading OpenMMLab's pickles."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tg_skeleton.io import OpenMMLabRecords, read_openmmlab_pickle, read_openmmlab_record

NTU = "S001C002P003R001A023"


def solid(name=NTU, persons=1, frames=4, **more):
    """An annotation of 3D coordinates."""
    keypoint = np.arange(persons * frames * 25 * 3).reshape(persons, frames, 25, 3).astype(np.float16)
    return {"frame_dir": name, "label": 22, "total_frames": frames, "keypoint": keypoint, **more}


def flat(name="clip7", **more):
    """An annotation of 2D coordinates in a picture of 200 x 100, with scores."""
    keypoint = np.tile(np.array([150, 25], np.float16), (2, 3, 17, 1))
    score = np.full((2, 3, 17), 0.5, np.float16)
    fields = {"frame_dir": name, "label": 3, "total_frames": 3, "img_shape": (100, 200), "keypoint": keypoint}
    return {**fields, "keypoint_score": score, **more}


def without(fields, key):
    return {name: value for name, value in fields.items() if name != key}


def pickled(*annotations, **splits):
    return pickle.dumps({"split": splits, "annotations": list(annotations)})


def read(*annotations, **options):
    return read_openmmlab_pickle(pickled(*annotations), **options).records


def test_splits_names_and_records():
    content = read_openmmlab_pickle(pickled(solid("a"), solid("b"), xsub_train=["b"], xsub_val=["a", "gone"]))
    assert content.splits == {"xsub_train": ["b"], "xsub_val": ["a", "gone"]}
    assert content.records.names == ["a", "b"]
    assert [recording.name for recording in content.records] == ["a", "b"]


def test_a_3d_recording():
    recording = read(solid(persons=2))[0]
    assert recording.pos.shape == (4, 2, 25, 3)
    assert recording.pos.dtype == np.float32
    assert recording.pos[1, 0, 0].tolist() == [75, 76, 77]
    assert recording.pos[0, 1, 2].tolist() == [306, 307, 308]
    assert (recording.label, recording.score) == (22, None)


def test_facts_of_an_ntu_name_and_of_none():
    assert read(solid())[0].facts == {"setup": 1, "camera": 2, "subject": 3, "repetition": 1, "action": 23}
    assert read(solid("v_ApplyEyeMakeup_g01_c01"))[0].facts == {}


def test_2d_coordinates_are_image_units_with_y_up():
    recording = read(flat())[0]
    assert recording.pos.shape == (3, 2, 17, 2)
    assert recording.pos[0, 0, 0].tolist() == [0.25, 0.25]
    assert recording.score.shape == (3, 2, 17)
    assert recording.score.dtype == np.float32
    assert recording.score[2, 1, 16] == 0.5


def test_2d_coordinates_in_pixels():
    assert read(flat(), units="pixels")[0].pos[0, 0, 0].tolist() == [150, 25]
    assert read(without(flat(), "img_shape"), units="pixels")[0].pos[0, 0, 0].tolist() == [150, 25]


def test_units_leave_3d_coordinates_alone():
    np.testing.assert_array_equal(read(solid())[0].pos, read(solid(), units="pixels")[0].pos)


def test_a_joint_with_score_0_is_zero():
    score = np.full((2, 3, 17), 0.5, np.float16)
    score[1, 2, 4] = 0
    pos = read(flat(keypoint_score=score))[0].pos
    assert pos[2, 1, 4].tolist() == [0, 0]
    assert (pos.reshape(-1, 2).any(-1)).sum() == 2 * 3 * 17 - 1


def test_without_scores_a_joint_at_zero_is_absent():
    keypoint = flat()["keypoint"].copy()
    keypoint[1] = 0
    pos = read(without(flat(keypoint=keypoint), "keypoint_score"))[0].pos
    assert not pos[:, 1].any()
    assert pos[:, 0].all()


def test_records_are_a_sequence():
    records = read(solid("a"), solid("b"), solid("c"))
    assert len(records) == 3
    assert records[-1].name == "c"
    assert [recording.name for recording in records[1:]] == ["b", "c"]
    assert repr(records) == "OpenMMLabRecords(3)"
    with pytest.raises(IndexError):
        records[3]


def test_a_recording_owns_its_arrays():
    records = read(flat())
    records[0].pos[:] = 7
    records[0].score[:] = 7
    assert records[0].pos.max() == 0.25
    assert records[0].score.max() == 0.5
    assert records[0].pos.flags.c_contiguous


@settings(deadline=None, max_examples=25)
@given(
    npst.arrays(
        np.float16,
        npst.array_shapes(min_dims=4, max_dims=4, max_side=4).map(lambda s: (*s[:3], 3)),
        elements=st.floats(-100, 100, width=16),
    ),
    st.integers(2, 5),
)
def test_any_coordinates_come_back(keypoint, protocol):
    fields = {"frame_dir": "a", "label": np.int64(4), "total_frames": keypoint.shape[1], "keypoint": keypoint}
    recording = read_openmmlab_record(pickle.dumps(fields, protocol))
    np.testing.assert_array_equal(recording.pos, keypoint.transpose(1, 0, 2, 3).astype(np.float32))
    assert recording.label == 4


def test_a_list_of_annotations_has_no_splits():
    content = read_openmmlab_pickle(pickle.dumps([solid("a")]))
    assert content.splits == {}
    assert content.records.names == ["a"]


def test_a_file_is_read(tmp_path):
    path = tmp_path / "ntu.pkl"
    path.write_bytes(pickled(solid()))
    assert read_openmmlab_pickle(path).records[0].name == NTU
    path.write_bytes(pickle.dumps(solid()))
    assert read_openmmlab_record(str(path)).name == NTU


class Harm:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("read_it", [read_openmmlab_pickle, read_openmmlab_record])
@pytest.mark.parametrize("key", ["keypoint", "label", "extra"])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, read_it, key):
    path = tmp_path / "ntu60_3d.pkl"
    path.write_bytes(pickled(solid(**{key: Harm(tmp_path / "harm")})))
    with pytest.raises(ValueError, match=r"ntu60_3d\.pkl: expected .* it names (posix|nt)\.system"):
        read_it(path)
    assert not (tmp_path / "harm").exists()


def test_keypoints_of_objects_are_refused(tmp_path):
    content = pickled(solid(keypoint=np.array([[[[Harm(tmp_path / "harm")]]]])))
    with pytest.raises(ValueError, match="dtype 'O8'"):
        read_openmmlab_pickle(content)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "expected a pickle"),
        (pickled(solid())[:-20], "expected a pickle"),
        (pickled(solid()) + b"x", "got more bytes after its end"),
        (pickle.dumps(3), "expected a dict with 'split' and 'annotations', got int 3"),
        (pickle.dumps({"split": {}}), r"expected a dict with 'split' and 'annotations', got a dict with \['split'\]"),
        (pickle.dumps(solid()), "expected a set of records, got a single one; read it with read_openmmlab_record"),
        (pickled(), r"expected 'annotations' to be a list of dicts, got list \[\]"),
        (pickle.dumps({"split": {}, "annotations": {}}), "expected 'annotations' to be a list of dicts, got a dict"),
        (pickle.dumps({"split": [], "annotations": [solid()]}), r"expected 'split' to be a dict .*, got list \[\]"),
        (pickled(solid(), xsub_train="abc"), "expected split 'xsub_train' to be a list of names, got str 'abc'"),
        (pickled(solid(), xsub_train=["a", None]), "expected names in split 'xsub_train', got NoneType None"),
        (pickled(solid(), 7), "annotation 1: expected a dict with 'frame_dir', got int 7"),
        (pickled(without(solid(), "frame_dir")), "annotation 0: expected a dict with 'frame_dir', got a dict with"),
        (pickled(solid(name="")), "annotation 0: expected 'frame_dir' to be a name, got str ''"),
        (pickled(solid("a"), solid("b"), solid("a")), "expected every 'frame_dir' once, got 'a' 2 times"),
    ],
)
def test_what_is_no_set_is_named_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=f"^the given bytes: .*{reason}"):
        read_openmmlab_pickle(content)


def spoiled(value):
    keypoint = solid()["keypoint"].copy()
    keypoint[0, 3, 2, 1] = value
    return solid(keypoint=keypoint)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (without(solid(), "keypoint"), "expected 'keypoint', got a dict with"),
        (without(solid(), "label"), "expected 'label', got a dict with"),
        (solid(keypoint=[1, 2]), r"expected 'keypoint' to be an array of numbers, got list \[1, 2\]"),
        (solid(keypoint=np.zeros((1, 4, 25, 3), bool)), "to be an array of numbers, got an array of bool of shape"),
        (solid(keypoint=np.zeros((4, 25, 3))), r"expected 'keypoint' of shape \(M, T, V, C\), got \(4, 25, 3\)"),
        (solid(keypoint=np.zeros((1, 4, 25, 4))), r"with C = 2 or 3 and none empty, got \(1, 4, 25, 4\)"),
        (solid(frames=0), r"with C = 2 or 3 and none empty, got \(1, 0, 25, 3\)"),
        (solid(persons=0), r"with C = 2 or 3 and none empty, got \(0, 4, 25, 3\)"),
        (solid(total_frames=5), "expected 'total_frames' 4, the frames of 'keypoint', got int 5"),
        (spoiled(np.nan), r"expected finite numbers in 'keypoint', got nan at \(M, T, V, C\) = \(0, 3, 2, 1\)"),
        (spoiled(-np.inf), r"expected finite numbers in 'keypoint', got -inf at"),
        (solid(keypoint=np.full((1, 4, 25, 3), 1e300)), "expected finite numbers in 'keypoint', got inf"),
        (flat(keypoint_score=np.ones((2, 3, 16))), r"expected 'keypoint_score' \(2, 3, 17\), got \(2, 3, 16\)"),
        (flat(keypoint_score=np.full((2, 3, 17), np.nan)), "expected finite numbers in 'keypoint_score', got nan"),
        (flat(keypoint_score="none"), "expected 'keypoint_score' to be an array of numbers, got str 'none'"),
        (solid(label=-1), "expected 'label' to be a whole number from 0, got int -1"),
        (solid(label=True), "expected 'label' to be a whole number from 0, got bool True"),
        (solid(label=1.0), "expected 'label' to be a whole number from 0, got float 1.0"),
        (
            without(flat(), "img_shape"),
            r"expected 'img_shape' \(height, width\) .*, got NoneType None; or .* units='pix",
        ),
        (flat(img_shape=(0, 10)), r"expected 'img_shape' \(height, width\) .*, got tuple \(0, 10\)"),
        (flat(img_shape=(100, 200, 3)), r"expected 'img_shape' \(height, width\)"),
    ],
)
def test_a_damaged_record_is_named_when_it_is_asked_for(fields, reason):
    records = read(solid("good"), fields)
    assert records[0].name == "good"
    with pytest.raises(ValueError, match=rf"the given bytes: annotation 1 \('{fields['frame_dir']}'\): .*{reason}"):
        records[1]
    with pytest.raises(ValueError, match=rf"the given bytes \('{fields['frame_dir']}'\): .*{reason}"):
        read_openmmlab_record(pickle.dumps(fields))


def test_a_set_is_no_record():
    for content in (pickled(solid()), pickle.dumps([solid()])):
        with pytest.raises(ValueError, match="expected a single record, got a set of them; .* read_openmmlab_pickle"):
            read_openmmlab_record(content)
    with pytest.raises(ValueError, match="the given bytes: expected a dict with 'frame_dir', got int 3"):
        read_openmmlab_record(pickle.dumps(3))


@pytest.mark.parametrize("read_it", [read_openmmlab_pickle, read_openmmlab_record])
def test_unknown_units(read_it):
    with pytest.raises(ValueError, match="units: expected 'image' or 'pixels', got 'meters'"):
        read_it(b"", units="meters")


def test_the_real_record(shared_data):
    recording = read_openmmlab_record(shared_data / "pyskl_record.pkl")
    assert recording.name == "v_ApplyEyeMakeup_g01_c01"
    assert recording.pos.shape == (163, 2, 17, 2)
    assert recording.score.shape == (163, 2, 17)
    assert (recording.label, recording.facts) == (0, {})
    assert np.isfinite(recording.pos).all() and np.abs(recording.pos).max() < 0.9
    head, hip = recording.pos[:, 0, 0, 1], recording.pos[:, 0, 11, 1]
    assert (head > hip).mean() > 0.99  # y is up
    raw = read_openmmlab_record(shared_data / "pyskl_record.pkl", units="pixels").pos
    seen = recording.score > 0
    np.testing.assert_allclose(((recording.pos - [-0.5, 0.5]) * [340, -256])[seen], raw[seen], atol=1e-3)


def test_the_real_record_in_a_set(shared_data):
    fields = pickle.loads((shared_data / "pyskl_record.pkl").read_bytes())
    records = read(fields)
    assert isinstance(records, OpenMMLabRecords)
    np.testing.assert_array_equal(records[0].pos, read_openmmlab_record(shared_data / "pyskl_record.pkl").pos)


def test_img_shape_in_the_wrong_order_is_noticed():
    random = np.random.default_rng(0)
    keypoint = random.uniform((0, 0), (1920, 1080), (1, 30, 17, 2))
    record = {"frame_dir": "a", "label": 0, "total_frames": 30, "keypoint": keypoint, "img_shape": (1080, 1920)}
    pos = read_openmmlab_record(pickle.dumps(record)).pos
    expected = (keypoint / (1920, -1080) + (-0.5, 0.5)).swapaxes(0, 1)
    np.testing.assert_allclose(pos, expected, atol=1e-6)
    with pytest.raises(ValueError, match=r"got \(1920, 1080\), and 4\d% of the joints lie outside .*: exchange"):
        read_openmmlab_record(pickle.dumps(record | {"img_shape": (1920, 1080)}))
