"""The live page: what its server answers to whom, and what a browser draws of frames that are shown."""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tg_skeleton.datasets import simulate
from tg_skeleton.topologies import COCO17, NTU25
from tg_skeleton.visualization.live import LivePage

pytest.importorskip("websockets", reason="the extra page (websockets) is not installed")

WAVE = simulate("wave", seed=2).pos


@pytest.fixture
def page() -> Iterator[LivePage]:
    with LivePage(NTU25, 3, title="Camera <0>") as page:
        yield page


def ask(page: LivePage, path: str = "/", **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    connection.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, dict(answer.getheaders())


def test_the_page_is_served_whole(page):
    status, body, headers = ask(page)
    assert status == 200 and body.startswith("<!doctype html>") and "Camera &lt;0&gt;" in body
    assert headers["Content-Type"] == "text/html; charset=utf-8" and headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in body and "connect-src 'self'" in body
    assert "http://" not in body and "https://" not in body  # nothing is fetched from elsewhere
    assert ask(page, "/else")[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", ""])
@pytest.mark.parametrize("path", ["/", "/live"])
def test_other_names_for_this_machine_are_refused(page, host, path):
    status, body, _ = ask(page, path, Host=host)
    assert (status, body) == (403, "This page is for the machine that it runs on.\n")


def test_localhost_is_this_machine(page):
    assert ask(page, Host=f"localhost:{page.port}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_pages_of_others_are_refused(page, origin):
    assert ask(page, "/live", Origin=origin)[:2] == (403, "This page is not for other pages.\n")


def test_it_listens_on_the_loopback_address_alone(page):
    assert page._server.socket.getsockname()[0] == "127.0.0.1"
    assert page.address == f"http://127.0.0.1:{page.port}/" and repr(page) == f"LivePage('{page.address}')"


def test_a_slow_reader_gets_the_newest_frame(page):
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{page.port}/live") as socket:
        hello = json.loads(socket.recv())
        assert hello == {"joints": list(NTU25.joints), "parents": list(NTU25.parents), "flat": False}
        page.show(WAVE[0], np.ones((1, 25)), [7], classes=[("wave", 0.75)], frame=3, fps=29.5, delay=41.2)
        said = json.loads(socket.recv())
        assert said["persons"][0]["id"] == 7 and np.shape(said["persons"][0]["pos"]) == (25, 3)
        assert (said["classes"], said["frame"], said["fps"], said["delay"]) == ([["wave", 0.75]], 3, 29.5, 41.2)
        for frame in range(2000):
            page.show(WAVE[0], np.ones((1, 25)), [7], frame=frame)
        numbers = [json.loads(socket.recv())["frame"]]
        while numbers[-1] < 1999:
            numbers.append(json.loads(socket.recv())["frame"])
        assert numbers == sorted(set(numbers))


def test_it_ends_while_somebody_looks():
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    page = LivePage(COCO17, 2)
    with connect(f"ws://127.0.0.1:{page.port}/live") as socket:
        assert json.loads(socket.recv())["flat"] is True
        page.close()
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
    assert not page._thread.is_alive()


def test_without_websockets_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "websockets.sync.server", None)
    with pytest.raises(ImportError, match=r"websockets, which is not installed; pip install 'tg_skeleton\[page\]'"):
        LivePage(NTU25, 3)


STEPS = """
const until = async (test) => { while (!test()) await new Promise((go) => setTimeout(go, 20)); };
await until(() => window.tgsLive && window.tgsLive.count > 5);
const canvas = document.querySelector(".tgs-stage");
const drawn = () => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, index) => index % 4 === 3 && value > 0).length / (pixels.length / 4);
};
log.drawn = drawn();
log.persons = window.tgsLive.stage.recording.persons;
log.facts = document.querySelector(".tgs-live-facts").textContent;
log.bars = [...document.querySelectorAll(".tgs-live-bars li:not([hidden])")].map((row) => row.textContent);
log.widths = [...document.querySelectorAll(".tgs-live-bars li:not([hidden]) .tgs-fill")].map((bar) => bar.style.width);
const box = canvas.getBoundingClientRect();
const point = (kind, x) => canvas.dispatchEvent(new PointerEvent(kind, {
  pointerId: 1, bubbles: true, clientX: box.x + x * box.width, clientY: box.y + 0.5 * box.height, buttons: 1,
}));
point("pointerdown", 0.4); point("pointermove", 0.6); point("pointerup", 0.6);
log.yaw = window.tgsLive.view.yaw;
const count = window.tgsLive.count;
await until(() => window.tgsLive.count > count + 5);
log.lives = true;
"""


def test_a_browser_draws_what_is_shown(page, browser):
    ended = threading.Event()

    def camera() -> None:
        frame = 0
        while not ended.wait(0.03):
            pos = np.stack([WAVE[frame % len(WAVE), 0], WAVE[frame % len(WAVE), 0] + (1.0, 0.0, 0.5)])
            page.show(
                pos, np.ones((2, 25)), [1, 4], classes=[("wave", 0.8), ("sit", 0.1)], frame=frame, fps=30, delay=9
            )
            frame += 1

    thread = threading.Thread(target=camera)
    thread.start()
    try:
        log = browser.visit(page.address, STEPS, (1000, 700))
    finally:
        ended.set()
        thread.join()
    assert log["drawn"] > 0.01 and log["persons"] == 2 and log["lives"]
    assert log["facts"].startswith("2 persons · 30.0 frames a second · 9 ms behind · frame ")
    assert log["bars"] == ["wave0.80", "sit0.10"] and log["widths"] == ["80%", "10%"]
    assert log["yaw"] == pytest.approx(36, abs=1)


FOLLOWED = """
while (!window.tgsLive) await new Promise((go) => setTimeout(go, 20));
const Living = window.tgsLive.stage.recording.constructor;
const living = new Living({ joints: ["nose"], parents: [0], flat: false });
const at = (milliseconds, ...places) => {
  [living.places, living.scores] = [places, places.map(() => 1)];
  living.follow(milliseconds);
};
at(0, [0, 0, -3]);
at(33, [0.3, 0, -3]);
log.calm = living.box.center[0];
at(133, [0.3, 0, -3], [0.3, -3, -3]);
at(333, [0.3, 0, -3], [0.3, -3, -3]);
log.center = living.box.center[1];
log.up = living.box.up;
"""


def test_the_view_follows_slowly_but_hurries_to_who_is_not_in_it(page, browser):
    log = browser.visit(page.address, FOLLOWED, (1000, 700))
    assert 0 < log["calm"] < 0.03  # a tenth of the way
    assert log["center"] - log["up"] < -2.9 and log["center"] + log["up"] > -0.1  # both are in view after 0.3 seconds
