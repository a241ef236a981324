"""The player in a browser without a window: what it shows, and what it makes of keys, mouse and fingers."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tg_skeleton import SkeletonSequence
from tg_skeleton.datasets import simulate
from tg_skeleton.io import read_nw_ucla_json, read_sbu_text
from tg_skeleton.topologies import NTU25, NWUCLA20, SBU15
from tg_skeleton.visualization import Player
from tg_skeleton.visualization._page import resource

Log = dict[str, Any]
Browse = Callable[..., Log]

TOOLS = """
const root = document.querySelector(".tgs-player");
const canvas = root.querySelector("canvas");
const note = (name) => { log[name] = { ...root.dataset }; };
const key = (name, more = {}) => {
  root.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
};
const wheel = (one) => one.querySelector("canvas").dispatchEvent(new WheelEvent("wheel", { deltaY: -200 }));
const point = (kind, x, y, more = {}) => {
  const box = root.querySelector("canvas").getBoundingClientRect();
  const place = { clientX: box.x + x * box.width, clientY: box.y + y * box.height };
  const event = { pointerId: 1, bubbles: true, cancelable: true, ...place, ...more };
  root.querySelector("canvas").dispatchEvent(new PointerEvent(kind, event));
};
const drawn = () => {
  const canvas = root.querySelector("canvas");
  const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, index) => index % 4 === 3 && value > 0).length / (pixels.length / 4);
};
"""
STEPS = """
note("start");
log.drawn = drawn();
log.label = canvas.getAttribute("aria-label");
log.playable = root.querySelector("[aria-label='Pause']") !== null;
key(" "); note("paused");
key("Home"); note("home"); key("ArrowRight"); note("right"); key("ArrowRight", { shiftKey: true }); note("ten");
key("End"); note("end"); key("ArrowRight"); note("beyond");
key("]"); note("faster"); key("["); key("["); note("slower");
key("q"); note("turned"); key("ArrowUp"); note("tilted"); key("+"); note("zoomed"); key("r"); note("reset");
key("n"); note("names"); key("h"); note("help");
log.keys = root.querySelector(".tgs-help").innerText;
key("Escape"); note("closed");
key("s"); note("saliency"); key("a"); note("attention");
point("pointerdown", 0.5, 0.5); point("pointermove", 0.6, 0.4); point("pointerup", 0.6, 0.4); note("dragged");
wheel(root); note("wheeled");
point("pointerdown", 0.4, 0.5); point("pointerdown", 0.6, 0.5, { pointerId: 2 });
point("pointermove", 0.8, 0.5, { pointerId: 2 });
point("pointerup", 0.8, 0.5, { pointerId: 2 }); point("pointerup", 0.4, 0.5);
note("pinched");
key("r"); await painted();
const tip = root.querySelector(".tgs-tip");
for (let y = 0.05; y < 1 && !root.dataset.joint; y += 0.02) {
  for (let x = 0.2; x < 0.8 && !root.dataset.joint; x += 0.01) point("pointermove", x, y);
}
note("hovered"); await painted();
log.tip = tip.textContent;
const scrub = root.querySelector("input[type=range]");
scrub.value = "7"; scrub.dispatchEvent(new Event("input")); note("scrubbed");
log.told = scrub.getAttribute("aria-valuetext");
const head = root.querySelector("[aria-label='Attention head']");
head.value = "1"; head.dispatchEvent(new Event("change")); note("headed");
log.heads = [...head.options].map((option) => option.textContent);
key(" "); await new Promise((go) => setTimeout(go, 400)); key(" "); note("played");
location.hash = "#frame=5&yaw=-30&pitch=50&names=0"; await new Promise((go) => setTimeout(go, 50)); note("linked");
document.querySelector(".tgs-theme").click(); await painted();
log.theme = document.documentElement.dataset.theme;
log.ground = getComputedStyle(document.body).backgroundColor;
await painted(); log.drawnDark = drawn();
log.unnamed = [...document.querySelectorAll("button, select, input, canvas")].filter((one) => (
  !one.textContent.trim() && !one.getAttribute("aria-label") && one.getAttribute("aria-hidden") !== "true")).length;
"""


def sequence(action: str = "handshake") -> SkeletonSequence:
    return SkeletonSequence.from_array(simulate(action).pos, NTU25, name=action)


@pytest.fixture(scope="module")
def log(browse: Browse) -> Log:
    shake = sequence()
    frames, nodes = shake.pos.shape[:2]
    generator = np.random.default_rng(0)
    links = generator.random((2, 5, nodes, nodes))
    player = Player(shake, NTU25.joints, saliency=generator.random((frames, nodes)), attention=links)
    return browse(player.page("Two persons"), TOOLS + STEPS, address="#theme=light")


def test_it_is_drawn_and_told(log: Log) -> None:
    assert 0.01 < log["drawn"] < 0.9
    assert log["label"].startswith("handshake: 2 persons, frame ")
    assert log["unnamed"] == 0


def test_it_plays_of_itself_and_stops(log: Log) -> None:
    assert (log["start"]["playing"], log["paused"]["playing"], log["playable"]) == ("true", "false", True)
    assert int(log["played"]["frame"]) > 7


def test_keys_go_through_the_frames(log: Log) -> None:
    last = int(log["start"]["last"])
    assert last == sequence().num_frames - 1
    frames = [int(log[step]["frame"]) for step in ("home", "right", "ten", "end", "beyond")]
    assert frames == [0, 1, 11, last, last]


def test_keys_change_the_speed(log: Log) -> None:
    assert [log[step]["speed"] for step in ("home", "faster", "slower")] == ["1", "2", "0.5"]


def test_keys_turn_tilt_zoom_and_reset(log: Log) -> None:
    start = {name: log["start"][name] for name in ("yaw", "pitch", "zoom")}
    assert float(log["turned"]["yaw"]) == float(start["yaw"]) - 10
    assert float(log["tilted"]["pitch"]) == float(start["pitch"]) + 5
    assert float(log["zoomed"]["zoom"]) == 1.15
    assert {name: log["reset"][name] for name in start} == start


def test_keys_show_and_hide(log: Log) -> None:
    assert [log[step]["names"] for step in ("reset", "names")] == ["false", "true"]
    assert [log[step]["help"] for step in ("names", "help", "closed")] == ["false", "true", "false"]
    assert [log[step]["saliency"] for step in ("start", "saliency")] == ["true", "false"]
    assert [log[step]["attention"] for step in ("start", "attention")] == ["true", "false"]
    assert "play or pause" in log["keys"]


def test_the_mouse_turns_and_the_wheel_and_fingers_zoom(log: Log) -> None:
    assert float(log["dragged"]["yaw"]) == pytest.approx(float(log["reset"]["yaw"]) + 18)
    assert float(log["dragged"]["pitch"]) == pytest.approx(float(log["reset"]["pitch"]) - 12)
    assert float(log["wheeled"]["zoom"]) > 1.2
    assert float(log["pinched"]["zoom"]) == pytest.approx(2 * float(log["wheeled"]["zoom"]), rel=1e-3)


def test_a_joint_under_the_pointer_has_a_name(log: Log) -> None:
    name, _, rest = log["tip"].partition(", person ")
    assert name.replace(" ", "_") in NTU25.joints
    assert log["tip"].startswith(log["hovered"]["joint"])
    assert "saliency 0." in rest


def test_scrubbing_is_told_in_frames_and_seconds(log: Log) -> None:
    assert (log["scrubbed"]["frame"], log["scrubbed"]["playing"]) == ("7", "false")
    assert log["told"] == f"frame 7 of {log['start']['last']}, 0.23 seconds"


def test_a_head_is_chosen_and_attention_shown(log: Log) -> None:
    assert log["heads"] == ["all heads", "head 1", "head 2"]
    assert (log["headed"]["head"], log["headed"]["attention"]) == ("1", "true")


def test_an_address_chooses_moment_and_view(log: Log) -> None:
    assert [log["linked"][name] for name in ("frame", "yaw", "pitch", "names")] == ["5", "-30", "50", "false"]


def test_the_theme_changes(log: Log) -> None:
    assert (log["theme"], log["ground"]) == ("dark", "rgb(18, 21, 24)")
    assert log["drawnDark"] > 0.01


def test_recordings_are_chosen_one_by_one(browse: Browse) -> None:
    player = Player([sequence("wave"), sequence()], NTU25.joints)
    steps = """
note("start");
const chooser = root.querySelector("[aria-label='Recording']");
log.names = [...chooser.options].map((option) => option.textContent);
chooser.value = "0"; chooser.dispatchEvent(new Event("change")); await painted(); note("chosen");
log.title = root.querySelector(".tgs-title").textContent;
log.buttons = [...root.querySelectorAll("button, select")].filter((one) => one.offsetParent).length;
"""
    log = browse(player.page("x"), TOOLS + steps, address="#recording=1&frame=3&saliency=1", size=(400, 700))
    assert log["names"] == ["wave", "handshake"]
    assert [(log[step]["recording"], log[step]["frame"]) for step in ("start", "chosen")] == [("1", "3"), ("0", "3")]
    assert (log["title"], log["start"]["saliency"]) == ("wave", "false")
    assert log["buttons"] == 8  # chooser, back, play, next, speed, names, view, help


def test_players_of_one_page_are_apart_and_recordings_beside_each_other_are_not(browse: Browse) -> None:
    flat = SkeletonSequence.from_array(simulate("wave").pos[..., :2], NTU25, name="<b>flat</b>")
    first = Player([flat, sequence()], NTU25.joints, beside=True)
    second = Player(sequence(), NTU25.joints)
    page = second.page("x").replace("</main>", f"{first.fragment(start=0.5)}</main>").replace(" data-alone", "")
    steps = """
const players = [...document.querySelectorAll(".tgs-player")];
const state = () => players.map((one) => ({ ...one.dataset }));
log.start = state();
players[1].dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
log.home = state();
log.canvases = players.map((one) => one.querySelectorAll("canvas.tgs-stage").length);
log.title = players[1].querySelector(".tgs-title").textContent;
wheel(players[1]);
log.unfocused = state();
players[1].querySelector("canvas").focus();
wheel(players[1]);
log.focused = state();
"""
    log = browse(page, TOOLS + steps)
    last = max(flat.num_frames, sequence().num_frames) - 1
    assert [int(state["last"]) for state in log["start"]] == [sequence().num_frames - 1, last]
    assert int(log["start"][1]["frame"]) == pytest.approx(last / 2, abs=1)
    assert (log["home"][1]["frame"], log["canvases"], log["title"]) == ("0", [1, 2], "<b>flat</b>")
    assert [log[step][1]["zoom"] for step in ("start", "unfocused")] == ["1", "1"]
    assert float(log["focused"][1]["zoom"]) > 1.2
    assert log["focused"][0]["zoom"] == "1"


def test_real_recordings_are_drawn(browse: Browse, shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "sbu.zip") as archive:
        content = archive.read("sbu/s01s03/03/001/skeleton_pos.txt")
    kick = SkeletonSequence.from_array(read_sbu_text(content, "s01s03_03_001").pos, SBU15)
    with zipfile.ZipFile(shared_data / "all_sqe.zip") as archive:
        content = archive.read("all_sqe/a11_s03_e00_v02.json")
    throw = SkeletonSequence.from_array(read_nw_ucla_json(content, "a11_s03_e00_v02").pos, NWUCLA20)
    for sequence, joints in ((kick, SBU15.joints), (throw, NWUCLA20.joints)):
        log = browse(Player(sequence, joints).page("x"), TOOLS + "log.drawn = drawn();", address="#frame=9&theme=dark")
        assert 0.02 < log["drawn"] < 0.9


def test_names_overlap_neither_each_other_nor_a_joint(browse: Browse) -> None:
    page = f"<!doctype html><script>{resource('player_gestures.js', 'player_names.js')}</script>"
    steps = """
let seed = 1;
const random = () => (seed = (16807 * seed) % 2147483647) / 2147483647;
const room = [500, 400];
const points = [...Array(50)].map(() => ({ x: 100 + 300 * random(), y: 100 + 200 * random(), gap: 8 }));
const widths = points.map(() => 30 + 60 * random());
const boxes = besidePoints(points, widths, 12, room).filter((box) => box !== null);
log.named = boxes.length;
log.overlapping = boxes.filter((one, row) => boxes.some((two, other) => other > row && !apart(one, two))).length;
log.covering = boxes.filter(({ x, y, width, height }) => points.some((point) => (
  point.x > x && point.x < x + width && point.y > y && point.y < y + height))).length;
log.outside = boxes.filter(({ x, y, width, height }) => (
  x < 0 || y < 0 || x + width > room[0] || y + height > room[1])).length;
log.far = besidePoints([{ x: 50, y: 50, gap: 8 }], [30], 12, room)[0].far;
log.nowhere = besidePoints([{ x: 5, y: 5, gap: 8 }], [600], 12, room);
log.rows = namedRows([0.9, 1, 0.2, 0.5, 0], 3, 6);
log.edge = namedRows([1, 0, 0.9, 0], 5, 10); // the first name stands lower than its row, to be whole
"""
    log = browse(page, steps)
    assert log["named"] > 35
    assert (log["overlapping"], log["covering"], log["outside"]) == (0, 0, 0)
    assert (log["far"], log["nowhere"], log["rows"], log["edge"]) == (False, [None], [1, 3], [0])


def test_the_head_stays_in_view_however_near(browse: Browse) -> None:
    steps = """
await painted();
const found = new Set();
for (let y = 0.02; y < 0.5; y += 0.02) {
  for (let x = 0.02; x < 1; x += 0.02) { point("pointermove", x, y); found.add(root.dataset.joint); }
}
log.found = [...found];
"""
    page = Player(sequence("throw"), NTU25.joints).page("x")
    for frame in (0, 30, 60):
        log = browse(page, TOOLS + steps, address=f"#frame={frame}&zoom=5")
        assert "head" in log["found"]


def test_the_strip_names_its_strongest_joints(browse: Browse) -> None:
    shake = sequence()
    saliency = np.full(shake.pos.shape[:2], 0.01)
    saliency[10:20, NTU25.index("right_hand")] = 1.0
    saliency[30:40, 25 + NTU25.index("left_foot")] = 0.8
    steps = "await painted(); log.label = root.querySelector('.tgs-strip').getAttribute('aria-label');"
    log = browse(Player(shake, NTU25.joints, saliency=saliency).page("x"), TOOLS + steps)
    assert log["label"] == "Saliency over time, strongest: right hand, person 1, left foot, person 2"


@pytest.mark.parametrize("beside", [False, True])
def test_the_controls_are_in_view_on_a_phone(browse: Browse, beside: bool) -> None:
    waves = [sequence("wave") for _ in range(3 if beside else 1)]
    saliency = [np.ones(one.pos.shape[:2]) for one in waves]
    steps = """
const box = root.querySelector(".tgs-controls").getBoundingClientRect();
Object.assign(log, { top: box.top, bottom: box.bottom, wide: document.documentElement.scrollWidth });
log.strip = root.querySelector(".tgs-strip").getBoundingClientRect().bottom;
"""
    page = Player(waves, NTU25.joints, saliency=saliency, beside=beside).page(
        "A wave, and what a network looks at in it"
    )
    log = browse(page, TOOLS + steps, address="#frame=5", size=(390, 800))
    assert 0 < log["top"] < log["bottom"] <= 800
    assert log["wide"] <= 390
    assert beside or log["strip"] <= log["top"]  # one recording is in view as a whole
