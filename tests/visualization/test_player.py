"""The player's data and pages; tests/visualization/test_player_page.py opens them in a browser."""

from __future__ import annotations

import base64
import json
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.visualization import Player, player_head, write_player

STICK = Topology("stick", ("foot", "hip", "head"), (0, 0, 1))


def recording(frames: int = 4, persons: int = 1, dims: int = 3, name: str | None = None) -> SkeletonSequence:
    pos = np.random.default_rng(0).normal(size=(frames, persons, 3, dims))
    return SkeletonSequence.from_array(pos, STICK, name=name)


def data(player: Player) -> dict:
    found = re.search(r'<script type="application/json">(.*?)</script>', player.fragment(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def only(player: Player) -> dict:
    return data(player)["recordings"][0]


def codes(text: str, dtype: str = "u1") -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


def positions(entry: dict) -> np.ndarray:
    rows = codes(entry["pos"], "<u2").reshape(entry["frames"], -1, len(entry["low"]))
    return np.array(entry["low"]) + rows * np.array(entry["step"])


@pytest.mark.parametrize("dims", [2, 3])
def test_coordinates_come_back_within_half_a_step(dims: int) -> None:
    sequence = recording(persons=2, dims=dims)
    entry = only(Player(sequence))
    pos = sequence.pos.numpy()
    assert np.abs(positions(entry) - pos).max() <= 0.51 * (pos.max() - pos.min()) / 65535
    assert (entry["frames"], entry["persons"], entry["parents"]) == (4, 2, [0, 0, 1])


def test_a_point_sized_recording_can_be_played() -> None:
    sequence = SkeletonSequence.from_array(np.full((2, 1, 3, 3), 7.0), STICK)
    np.testing.assert_allclose(positions(only(Player(sequence))), 7.0)


@pytest.mark.parametrize(
    ("dims", "y_down", "flip"),
    [(3, False, [-1, 1, -1]), (3, True, [1, -1, -1]), (2, False, [1, 1, 0]), (2, True, [1, -1, 0])],
)
def test_a_recording_is_seen_from_its_camera_and_never_mirrored(dims: int, y_down: bool, flip: list[int]) -> None:
    assert only(Player(recording(dims=dims), y_down=y_down))["flip"] == flip
    assert dims == 2 or np.prod(flip) == 1


def test_scores_are_bytes_and_what_is_nowhere_is_left_out() -> None:
    sequence = recording(1)
    sequence.score = torch.tensor([[1.0, 0.5, 0.0]])
    assert codes(only(Player(sequence))["shown"]).tolist() == [255, 128, 1]
    sequence.pos[0, 2] = 0
    assert codes(only(Player(sequence))["shown"]).tolist() == [255, 128, 0]


def test_an_absent_person_is_left_out_and_a_joint_at_the_origin_stays() -> None:
    sequence = recording(2, persons=2)
    sequence.pos[1, 3:] = 0
    sequence.pos[0, 0] = 0
    assert codes(only(Player(sequence))["shown"]).reshape(2, 6).tolist() == [[255] * 6, [255] * 3 + [0] * 3]
    assert only(Player(recording(2, persons=2)))["shown"] is None


def test_saliency_is_bytes_of_its_largest() -> None:
    heat = only(Player(recording(), saliency=torch.tensor([[0.0, 1.0, 2.0]])))["saliency"]
    assert (heat["frames"], heat["top"], codes(heat["values"]).tolist()) == (1, 2.0, [0, 128, 255])
    nothing = only(Player(recording(), saliency=np.zeros((4, 3))))["saliency"]
    assert not codes(nothing["values"]).any()


@pytest.mark.parametrize(("shape", "heads", "frames"), [((3, 3), 1, 1), ((2, 3, 3), 2, 1), ((2, 4, 3, 3), 2, 4)])
def test_attention_has_heads_and_frames(shape: tuple[int, ...], heads: int, frames: int) -> None:
    weights = np.random.default_rng(0).random(shape)
    links = only(Player(recording(), attention=weights))["attention"]
    assert (links["heads"], links["frames"]) == (heads, frames)
    np.testing.assert_allclose(codes(links["values"]) / 255 * links["top"], weights.ravel(), atol=weights.max() / 500)


def test_several_recordings_have_titles_notes_and_maps_of_their_own() -> None:
    player = Player(
        [recording(name="a"), recording(6)], notes=["first", "second"], saliency=[np.ones((4, 3)), None], beside=True
    )
    found = data(player)
    assert [entry["title"] for entry in found["recordings"]] == ["a", "recording 2"]
    assert [entry["note"] for entry in found["recordings"]] == ["first", "second"]
    assert [entry["saliency"] is None for entry in found["recordings"]] == [False, True]
    assert (found["beside"], repr(player)) == (True, "Player(2 recordings, 10 frames)")


def test_no_name_ends_its_element() -> None:
    evil = "</script><script>alert(1)</script><!--"
    player = Player(recording(name=evil), [evil, "&amp;", "\u2028"], notes=[evil])
    page = player.page(evil)
    assert "alert(1)</script>" not in page and "<!--" not in page
    assert data(player)["joints"] == [evil, "&amp;", "\u2028"]
    assert only(player)["note"] == evil


def test_a_page_fetches_nothing() -> None:
    page = Player(recording()).page("x")
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"'<]*", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(src|href|action)=|url\(|@import|\bfetch\(|\bimport\b[ (]", page)


def test_fragments_of_one_page_share_a_head() -> None:
    first, second = Player(recording()).fragment(), Player(recording(9)).fragment(start=0.5)
    assert first.startswith('<section class="tgs-player" aria-label=') and "data-alone" not in first + second
    assert json.loads(second.split("application/json")[1][2:].split("</script>")[0])["start"] == 0.5
    assert "class Player" in player_head() and "class Player" not in first


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    path = write_player(recording(name="walk"), tmp_path / "new" / "walk.html")
    assert "<title>walk</title>" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in path.parent.iterdir()] == ["walk.html"]
    with pytest.raises(ValueError, match=r"path: expected a file name ending in .html, got '.*walk.txt'"):
        write_player(recording(), tmp_path / "walk.txt")


RESOURCES = [
    name.name for name in files("tg_skeleton.visualization").iterdir() if name.name.endswith((".js", ".css", ".html"))
]


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_scripts_and_styles_are_short_and_readable(name: str) -> None:
    lines = files("tg_skeleton.visualization").joinpath(name).read_text(encoding="utf-8").splitlines()
    assert 1 <= len(lines) <= 300
    assert all(len(line) <= 200 and line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fps": 0}, "fps: expected a positive number of frames per second, got 0"),
        ({"joints": ["a"]}, "joints: expected 3 names, one per joint, got 1"),
        ({"titles": ["a", "b"]}, "titles: expected 1, one per recording, got 2"),
        ({"notes": "n"}, "notes: expected 1, one per recording, got 'n'"),
        ({"saliency": np.ones((4, 2))}, r"saliency: expected \[T', 3\] with one frame or more, got \[4, 2\]"),
        ({"saliency": -np.ones((4, 3))}, "saliency: expected finite numbers >= 0, got -1.0; take the absolute values"),
        ({"saliency": [None, None]}, "saliency: expected 1, one per recording, got 2"),
        ({"attention": np.ones(3)}, r"attention: expected \[3, 3\], \[H, 3, 3\] or \[H, T', 3, 3\].*got \[3\]"),
        ({"attention": np.full((3, 3), np.nan)}, "attention: expected finite numbers >= 0, got nan"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Player(recording(), **arguments)


def broken(**changes: object) -> SkeletonSequence:
    sequence = recording()
    for key, value in changes.items():
        sequence[key] = value
    return sequence


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "sequences: expected at least one recording, got none"),
        ([Batch.from_data_list([recording(), recording()])], r"sequences\[0\]: expected one recording, got a batch"),
        (
            [recording(), broken(pos=torch.zeros(0, 3, 3))],
            r"sequences\[1\]: expected frames of 2 or 3 coordinates, got 0",
        ),
        ([broken(pos=torch.zeros(2, 3, 4))], "got 2 frames of 4"),
        (
            [broken(pos=torch.tensor([[[0.0, 0, 0], [0, 0, 0], [0, torch.nan, 0]]]))],
            "expected finite coordinates, got .* for node 2 in frame 0; set missing joints to 0, with score 0",
        ),
        (
            [recording(), SkeletonSequence.from_array(np.ones((4, 1, 2, 3)), Topology("two", ("a", "b"), (0, 0)))],
            r"sequences: \[0\] and \[1\] have 3 and 2 joints, or other bones; expected one topology",
        ),
    ],
)
def test_recordings_that_can_not_be_played_are_refused(sequences: list[SkeletonSequence], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Player(sequences)


def test_a_recording_without_coordinates_is_refused() -> None:
    sequence = recording()
    del sequence.pos
    with pytest.raises(
        ValueError, match=r"expected a recording with pos, got one without; play it before pos is dropped"
    ):
        Player(sequence)


def test_maps_of_several_recordings_are_a_list() -> None:
    with pytest.raises(ValueError, match="saliency: expected a list of 2, one per recording, got one array"):
        Player([recording(), recording()], saliency=np.ones((4, 3)))
