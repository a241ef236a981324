"""The recordings that the package makes itself, as they reach the user."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.datasets.simulated import SimulatedActions, simulate

NAMES = SimulatedActions.class_names
SMALL = {"subjects": 4, "repetitions": 2}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulated")


@pytest.fixture(scope="module")
def trainval(root: Path) -> SimulatedActions:
    return SimulatedActions(root, "trainval", **SMALL)


def split_names(root: Path, split: str, protocol: str) -> list[str]:
    return SimulatedActions(root, split, protocol=protocol, **SMALL).names


# -- one recording ----------------------------------------------------------------------------------------------------


def test_there_are_at_least_twelve_classes_of_which_three_have_two_persons() -> None:
    persons = [simulate(name).pos.shape[1] for name in NAMES]
    assert len(NAMES) == len(set(NAMES)) >= 12
    assert persons == [1] * 12 + [2] * 4


def test_a_recording_says_who_where_and_what() -> None:
    recording = simulate("walk", subject=3, camera=1, repetition=2)
    assert recording.name == "S001C001P003R002A012"
    assert recording.label == 11
    assert dict(recording.facts) == {"subject": 3, "camera": 1, "repetition": 2}
    assert recording.score is None
    assert recording.pos.dtype == np.float32


@pytest.mark.parametrize("name", NAMES)
def test_coordinates_are_finite_and_lengths_fit_for_sampling(name: str) -> None:
    lengths = set()
    for subject in range(1, 7):
        pos = simulate(name, subject=subject).pos
        assert np.isfinite(pos).all()
        lengths.add(len(pos))
    assert 30 <= min(lengths) < max(lengths) <= 90


@pytest.mark.parametrize("camera", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_bodies_are_in_front_of_the_camera_and_stand_on_the_floor(name: str, camera: int) -> None:
    pos = simulate(name, subject=5, camera=camera, noise=False).pos
    assert pos[..., 2].min() > 1.5 and pos[..., 2].max() < 5.0
    assert np.abs(pos[..., 0]).max() < 2.5
    # the camera stands 1.1 m above the floor; foot joints lie some 2 cm above the sole
    assert pos[:, :, :, 1].min() == pytest.approx(-1.08, abs=0.02)
    assert 1.4 < pos[..., 1].max() + 1.1 < 2.7


def test_a_seed_gives_the_same_bytes() -> None:
    first, second = (simulate("hug", subject=2, camera=3, seed=7) for _ in range(2))
    assert first.pos.tobytes() == second.pos.tobytes()


def test_a_recording_is_the_same_in_another_process_and_after_other_recordings() -> None:
    code = (
        "import hashlib; from tg_skeleton.datasets.simulated import simulate; simulate('bow', 3); "
        "print(hashlib.sha256(simulate('push', 4, seed=1).pos.tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert hashlib.sha256(simulate("push", 4, seed=1).pos.tobytes()).hexdigest() == other


@pytest.mark.parametrize("change", [{"seed": 1}, {"subject": 2}, {"repetition": 2}, {"camera": 3}])
def test_seed_subject_repetition_and_camera_each_make_another_recording(change: dict[str, int]) -> None:
    assert simulate("wave").pos.tobytes() != simulate("wave", **change).pos.tobytes()


def test_persons_come_in_either_order() -> None:
    first_is_actor = set()
    for subject in range(1, 12):
        truth, seen = simulate("approach", subject, noise=False).pos, simulate("approach", subject).pos
        apart = [np.median(np.abs(truth[:, 0] - seen[:, person])) for person in (0, 1)]
        first_is_actor.add(bool(apart[0] < apart[1]))
    assert first_is_actor == {True, False}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"action": "sleep"}, r"action: expected one of 'drink', .*, got 'sleep'"),
        ({"action": "wave", "camera": 4}, r"camera: expected 1, 2 or 3, got 4"),
        ({"action": "wave", "subject": 0}, r"subject: expected a whole number from 1 to 999, got 0"),
        ({"action": "wave", "repetition": 1000}, r"repetition: expected a whole number from 1 to 999, got 1000"),
        ({"action": "wave", "seed": -1}, r"seed: expected a whole number from 0 to \d+, got -1"),
        ({"action": "wave", "seed": 1.5}, r"seed: expected a whole number from 0 to \d+, got 1.5"),
    ],
)
def test_wrong_arguments_of_simulate_are_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(**arguments)  # type: ignore[arg-type]


# -- the data set -----------------------------------------------------------------------------------------------------


def test_the_data_set_holds_what_simulate_makes(root: Path) -> None:
    dataset = SimulatedActions(root, "test", **SMALL)
    row = dataset.names.index("S001C003P002R002A013")
    expected = simulate("handshake", subject=2, camera=3, repetition=2).pos
    sequence = dataset[row]
    assert sequence.to_dense("pos").numpy().transpose(1, 0, 2, 3).tobytes() == expected.tobytes()
    assert (int(sequence.y), sequence.subject, sequence.camera, sequence.repetition) == (12, 2, 3, 2)


def test_the_default_set_is_counted_without_making_it() -> None:
    dataset = object.__new__(SimulatedActions)
    dataset.subjects, dataset.repetitions = 12, 2
    names = dataset.recording_names()
    assert len(names) == len(set(names)) == 16 * 12 * 2 * 3 == 1152


@pytest.mark.parametrize("protocol", ["xsub", "xview"])
def test_splits_are_disjoint_and_cover_everything(root: Path, protocol: str) -> None:
    train, val, test, trainval = (split_names(root, split, protocol) for split in ("train", "val", "test", "trainval"))
    assert sorted(train + val) == sorted(trainval)
    assert len(set(train + val + test)) == len(train) + len(val) + len(test) == 16 * 4 * 2 * 3


def test_xsub_tests_on_the_other_subjects(root: Path) -> None:
    assert {name[8:12] for name in split_names(root, "trainval", "xsub")} == {"P001", "P003"}
    assert {name[8:12] for name in split_names(root, "test", "xsub")} == {"P002", "P004"}


def test_xview_tests_on_the_first_camera(root: Path) -> None:
    assert {name[4:8] for name in split_names(root, "trainval", "xview")} == {"C002", "C003"}
    assert {name[4:8] for name in split_names(root, "test", "xview")} == {"C001"}


@pytest.mark.parametrize(("protocol", "views"), [("xsub", 3), ("xview", 2)])
def test_all_views_of_a_validation_performance_are_held_out(root: Path, protocol: str, views: int) -> None:
    val = split_names(root, "val", protocol)
    performances = {name[8:] for name in val}
    assert len(val) == views * len(performances)
    assert {name[-3:] for name in val} == {f"{label:03d}" for label in range(1, 17)}


def test_some_frames_are_dropped_and_the_rest_is_whole(trainval: SimulatedActions) -> None:
    lost = [sequence.to_dense("pos").eq(0).all(3).all(2) for sequence in trainval]  # [M, T] each
    recordings = [mask for mask in lost if mask.any()]
    assert 0.03 * len(lost) < len(recordings) < 0.4 * len(lost)
    assert all(1 <= int(mask.sum(1).max()) <= 5 for mask in recordings)


def test_lengths_are_ragged(trainval: SimulatedActions) -> None:
    assert len(set(trainval.index.frames.tolist())) > 20


def test_what_changes_the_data_changes_the_cache(root: Path, trainval: SimulatedActions) -> None:
    other = SimulatedActions(root, "trainval", subjects=2, repetitions=1, seed=3)
    assert other.processed_dir != trainval.processed_dir
    assert SimulatedActions(root, "trainval", protocol="xview", **SMALL).processed_dir == trainval.processed_dir
    assert other[0].pos.shape != trainval[0].pos.shape or not other[0].pos.equal(trainval[0].pos)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "training"}, r"split: expected one of 'train', 'val', 'test', 'trainval', got 'training'"),
        ({"split": "train", "protocol": "xset"}, r"protocol: expected 'xsub' or 'xview', got 'xset'"),
        ({"split": "train", "subjects": 1}, r"subjects: expected a whole number from 2 to 999, got 1"),
        ({"split": "train", "repetitions": 0}, r"repetitions: expected a whole number from 1 to 999, got 0"),
        ({"split": "train", "seed": -1}, r"seed: expected a whole number from 0 to \d+, got -1"),
    ],
)
def test_wrong_arguments_of_the_data_set_are_named(tmp_path: Path, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SimulatedActions(tmp_path, **arguments)  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())


def test_a_name_of_another_kind_is_refused(trainval: SimulatedActions) -> None:
    with trainval.reader() as read, pytest.raises(ValueError, match=r"recording 'a01': expected a name such as S001"):
        read("a01")
