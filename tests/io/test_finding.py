"""What is among files and folders."""

from __future__ import annotations

import pytest

from tg_skeleton.io import Skipped, Source, find_recordings, nothing_found, nothing_read


def openpose(folder, frames=3, video="walk"):
    folder.mkdir(exist_ok=True)
    for frame in range(frames):
        (folder / f"{video}_{frame:03}_keypoints.json").touch()
    return folder


def test_folders_are_walked_by_name_and_a_folder_of_openpose_is_one_recording(tmp_path):
    openpose(tmp_path / "b")
    for name in ("a.SKELETON", "c.npz", "d/e.json", "d/f.mp4", ".hidden.npy", ".git/x.npy", "b/more.npy"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found, skipped = find_recordings([tmp_path])
    names = [source.path.relative_to(tmp_path).as_posix() for source in found]
    assert names == ["a.SKELETON", "b", "b/more.npy", "c.npz", "d/e.json", "d/f.mp4"]
    assert skipped == []


def test_paths_keep_their_order(tmp_path):
    for name in ("b.npy", "a.npy"):
        (tmp_path / name).touch()
    found, _ = find_recordings([tmp_path / "b.npy", str(tmp_path / "a.npy")])
    assert [source.path.name for source in found] == ["b.npy", "a.npy"]


def test_a_folder_of_several_openpose_videos_is_several_recordings(tmp_path):
    openpose(openpose(tmp_path, video="sit"), 5, video="walk")
    found, _ = find_recordings([tmp_path])
    assert found == [Source(tmp_path, "sit"), Source(tmp_path, "walk")] and str(found[0]) == f"{tmp_path} (sit)"


def test_a_link_to_a_folder_above_is_not_followed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.npy").touch()
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_recordings([tmp_path])[0]) == 1


def test_other_files_are_told(tmp_path):
    (tmp_path / "notes.txt").touch()
    _, skipped = find_recordings([tmp_path])
    assert skipped == [Skipped(f"{tmp_path}/notes.txt", "expected a recording, got a file that ends in '.txt'")]


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npy': no such file or folder"):
        find_recordings([tmp_path / "nowhere.npy"])


def test_nothing_is_an_error_that_lists_what_is_known():
    error = nothing_found(["a", "b"], [Skipped(f"{number}", "bad") for number in range(7)])
    assert "expected recordings in a, b, found none. Known forms: NTU RGB+D's .skeleton" in str(error)
    assert "\n  4: bad\n  and 2 more" in str(error)


def test_recordings_of_which_none_can_be_used_are_an_error_without_the_forms():
    assert str(nothing_read([Skipped("a.npy", "bad")])) == "a.npy: bad"
    error = nothing_read([Skipped(f"{number}", "bad") for number in range(7)])
    assert str(error).startswith("expected recordings that can be used, got none among 7:\n  0: bad\n")
    assert str(error).endswith("\n  and 2 more")
