"""Processed data on disk: whole or absent, and what becomes of bad recordings."""

import json
import threading

import numpy as np
import pytest
import torch

from tg_skeleton import Topology


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


# -- on disk -----------------------------------------------------------------------------------------------------------


def test_processed_once(tmp_path, sticks):
    assert sticks(tmp_path).fetched == 1
    assert sticks(tmp_path, "first").fetched == 0
    assert visible(tmp_path / "processed") == ["sticks-v1"]


def test_files_are_plain_arrays_and_tables(tmp_path, sticks):
    folder = tmp_path / "processed" / "sticks-v1"
    assert sticks(tmp_path).processed_dir == str(folder)
    assert visible(folder) == ["index.npz", "meta.json", "pos.npy", "report.csv"]
    rows = np.load(folder / "pos.npy", allow_pickle=False)
    assert rows.dtype == np.float32
    assert rows.shape == (sum((row + 1) * (2 if row % 3 == 2 else 1) for row in range(12)), 3, 2)
    assert json.loads((folder / "meta.json").read_text())["topology"]["joints"] == ["a", "b", "c"]


def test_force_reload_replaces(tmp_path, sticks, stick):
    sticks(tmp_path)
    newer = sticks(tmp_path, force_reload=True, rows={4: stick(4)})
    assert newer.names == ["r04"]
    assert visible(tmp_path / "processed") == ["sticks-v1"]


def test_a_newer_version_has_its_own_folder(tmp_path, sticks):
    class Newer(sticks):
        version = 2

    Newer.__name__ = "Sticks"
    sticks(tmp_path)
    Newer(tmp_path)
    assert visible(tmp_path / "processed") == ["sticks-v1", "sticks-v2"]


def test_parameters_have_folders_of_their_own(tmp_path, sticks):
    folders = {sticks(tmp_path, seed=seed).processed_dir for seed in (None, 0, 1, 0)}
    assert len(folders) == 3


def test_an_open_data_set_survives_a_force_reload(tmp_path, sticks, stick):
    dataset = sticks(tmp_path)
    before = dataset[1].pos
    sticks(tmp_path, force_reload=True, rows={4: stick(4)})
    assert torch.equal(dataset[1].pos, before)


def test_damaged_files_are_noticed(tmp_path, sticks):
    path = tmp_path / "processed" / "sticks-v1" / "pos.npy"
    sticks(tmp_path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(RuntimeError, match=f"pos.npy: expected {size} bytes, got {size - 8}; .*force_reload=True"):
        sticks(tmp_path)
    assert len(sticks(tmp_path, force_reload=True)) == 12


@pytest.mark.parametrize("name", ["index.npz", "pos.npy", "report.csv"])
def test_missing_files_are_noticed(tmp_path, name, sticks):
    sticks(tmp_path)
    (tmp_path / "processed" / "sticks-v1" / name).unlink()
    with pytest.raises(RuntimeError, match=f"{name}: expected .* bytes, got no file; delete the folder or pass force"):
        sticks(tmp_path)


@pytest.mark.parametrize("text", [None, "{"])
def test_damaged_meta(tmp_path, text, sticks):
    sticks(tmp_path)
    meta = tmp_path / "processed" / "sticks-v1" / "meta.json"
    meta.unlink() if text is None else meta.write_text(text)
    with pytest.raises(RuntimeError, match=r"sticks-v1: meta\.json is missing or damaged; delete the folder or pass"):
        sticks(tmp_path)


def test_another_format(tmp_path, sticks):
    sticks(tmp_path)
    meta = tmp_path / "processed" / "sticks-v1" / "meta.json"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "format": 99}))
    with pytest.raises(RuntimeError, match="expected format 1, got 99; delete the folder or pass force_reload=True"):
        sticks(tmp_path)


def test_another_topology(tmp_path, monkeypatch, sticks):
    sticks(tmp_path)
    monkeypatch.setattr(sticks, "topology", Topology("stick", ("a", "b", "c"), ("a", "a", "a")))
    with pytest.raises(RuntimeError, match=r"processed for topology 'stick'.*pass force_reload=True"):
        sticks(tmp_path)


def test_two_at_once_process_once(tmp_path, sticks):
    made = []
    threads = [threading.Thread(target=lambda: made.append(sticks(tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(dataset.fetched for dataset in made) == [0, 0, 1]


# -- bad recordings ----------------------------------------------------------------------------------------------------

BAD = {
    "nan": ({"pos": np.full((1, 1, 3, 2), np.nan)}, "recording 'r01': expected finite coordinates"),
    "joints": ({"pos": np.ones((1, 1, 4, 2))}, "recording 'r01': expected 3 joints"),
    "frames": ({"pos": np.ones((0, 1, 3, 2))}, "recording 'r01': expected at least one frame"),
    "label": ({"label": 2}, "recording 'r01': expected a label in 0..1, got 2"),
    "name": ({"name": "r00"}, "recording 'r00': expected unique names, got this one twice"),
    "dims": ({"pos": np.ones((1, 1, 3, 3))}, "recording 'r01': expected 2 coordinates as before, got 3"),
    "score": (
        {"score": np.ones((2, 1, 3))},
        "recording 'r01': expected scores for all recordings or for none",
    ),
    "facts": ({"facts": {"camera": 1}}, r"recording 'r01': expected the facts \['subject'\] as before, got"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_recording_raises_and_leaves_nothing(tmp_path, kind, sticks, stick):
    changes, reason = BAD[kind]
    with pytest.raises(ValueError, match=f"{reason}.*; repair or remove it, or pass on_error='skip'"):
        sticks(tmp_path, rows={0: stick(0), 1: stick(1, **changes), 2: stick(2)})
    assert visible(tmp_path / "processed") == []


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_recording_is_skipped_and_reported(tmp_path, kind, sticks, stick):
    changes, reason = BAD[kind]
    dataset = sticks(tmp_path, rows={0: stick(0), 1: stick(1, **changes), 2: stick(2)}, on_error="skip")
    assert dataset.names == ["r00", "r02"]
    assert torch.equal(dataset[1].to_dense("pos"), torch.from_numpy(stick(2).pos).transpose(0, 1))
    (issue,) = dataset.issues
    assert (issue.name, issue.level) == ("r01", "error")
    with pytest.raises(ValueError, match=reason):
        raise ValueError(issue.reason)


def test_skipped_recordings_are_not_forgotten(tmp_path, sticks, stick):
    rows = {0: stick(0), 1: stick(1, label=7)}
    sticks(tmp_path, rows=rows, on_error="skip")
    with pytest.raises(ValueError, match=r"1 recordings were skipped when it was processed .*pass on_error='skip'"):
        sticks(tmp_path)
    assert len(sticks(tmp_path, on_error="skip")) == 1


def test_nothing_is_left_when_all_are_skipped(tmp_path, sticks, stick):
    with pytest.raises(ValueError, match=r"none of 1 recordings could be used, the first because: .*0..1, got 7"):
        sticks(tmp_path, rows={1: stick(1, label=7)}, on_error="skip")
    assert visible(tmp_path / "processed") == []


def test_an_interruption_leaves_nothing_half_written(tmp_path, monkeypatch, sticks, stick):
    def interrupted(self):
        raise KeyboardInterrupt

    sticks(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("tg_skeleton.datasets.writer.SequenceWriter._write_tables", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sticks(tmp_path, force_reload=True, rows={4: stick(4)})
    assert visible(tmp_path / "processed") == ["sticks-v1"]
    assert len(sticks(tmp_path)) == 12


def test_the_remains_of_a_killed_process_are_removed(tmp_path, sticks):
    remains = tmp_path / "processed" / ".sticks-v1.tmp"
    remains.mkdir(parents=True)
    (remains / "pos.npy").write_bytes(b"half")
    assert len(sticks(tmp_path)) == 12
    assert visible(tmp_path / "processed") == ["sticks-v1"]


def test_no_recordings(tmp_path, monkeypatch, sticks):
    monkeypatch.setattr(sticks, "recording_names", lambda self: [])
    with pytest.raises(ValueError, match="expected recordings to process, found none"):
        sticks(tmp_path)


def test_unknown_on_error(tmp_path, sticks):
    with pytest.raises(ValueError, match="on_error: expected 'raise' or 'skip', got 'ignore'"):
        sticks(tmp_path, on_error="ignore")
