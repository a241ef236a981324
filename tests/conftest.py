"""Fixtures that every room's tests share."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import rounding

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
TROUBLE = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
LAUNCH = """
import fcntl, os, sys
theirs, mouth = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(theirs, 3)  # the protocol's pipes are the descriptors 3 and 4
os.dup2(mouth, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
PAINTED = "const painted = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings beside the checkout; a test that needs it skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real recordings (../shared/data beside the checkout) are not on this machine")
    return folder


@pytest.fixture(autouse=True)
def _name_margins(request: pytest.FixtureRequest) -> Iterator[None]:
    """Gives the float32 comparisons of a test its name, for the summary."""
    first = len(rounding.margins)
    yield
    rounding.margins[first:] = [(margin, f"{request.node.nodeid}: {word}") for margin, word in rounding.margins[first:]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hands the comparisons of a parallel process to the one that prints them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["margins"] = rounding.margins


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collects the comparisons of a parallel process."""
    rounding.margins.extend(tuple(item) for item in getattr(node, "workeroutput", {}).get("margins", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints how close the float32 comparisons came to their tolerances."""
    if rounding.margins:
        margin, test = min(rounding.margins)
        terminalreporter.write_line(
            f"{len(rounding.margins)} float32 comparisons, the smallest margin {margin:.1f} times: {test}"
        )


class Browser:
    """A Chromium without a window, spoken to through two pipes by its DevTools protocol."""

    def __init__(self, path: str, profile: Path) -> None:
        (theirs, self.pen), (self.ear, mouth) = os.pipe(), os.pipe()
        command = [sys.executable, "-c", LAUNCH, str(theirs), str(mouth), path, *FLAGS, f"--user-data-dir={profile}"]
        self.process = subprocess.Popen(command, pass_fds=(theirs, mouth), stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(mouth)
        self.heard, self.count, self.events = b"", 0, []  # type: ignore[var-annotated]

    def call(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> Any:
        """A command's result; what the page says meanwhile is kept in `events`."""
        self.count += 1
        said = {"id": self.count, "method": method, "params": parameters or {}}
        os.write(self.pen, json.dumps(said if session is None else {**said, "sessionId": session}).encode() + b"\0")
        while (message := self.hear()).get("id") != self.count:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    def hear(self, seconds: float = 120.0) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b"\0" not in self.heard:
            ready = select.select([self.ear], [], [], max(0.0, end - time.monotonic()))[0]
            part = os.read(self.ear, 65536) if ready else b""
            assert part, "the browser is silent"
            self.heard += part
        message, _, self.heard = self.heard.partition(b"\0")
        heard: dict[str, Any] = json.loads(message)
        return heard

    def visit(self, address: str, steps: str, size: tuple[int, int]) -> dict[str, Any]:
        """Opens a page, takes steps in it, and gives what they wrote to ``log``; the page must make no trouble."""
        target = self.call("Target.createTarget", {"url": "about:blank", "newWindow": True})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.events = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable", session=session)
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", metrics, session)
        self.call("Page.navigate", {"url": address}, session)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.hear())
        script = f"(async () => {{ {PAINTED} const log = {{}}; await painted(); {steps}; return log; }})()"
        evaluated = {"expression": script, "awaitPromise": True, "returnByValue": True}
        outcome = self.call("Runtime.evaluate", evaluated, session)
        self.call("Target.closeTarget", {"targetId": target})
        assert "exceptionDetails" not in outcome, outcome
        trouble = [event["params"] for event in self.events if event.get("method") in TROUBLE]
        assert trouble == []
        log: dict[str, Any] = outcome["result"]["value"]
        return log

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        os.close(self.pen)
        os.close(self.ear)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser of all tests, which skip where there is none."""
    path = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if path is None:
        pytest.skip(f"no browser ({', '.join(BROWSERS)}) is on this machine")
    browser = Browser(path, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browse(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Opens a page's text in the browser and takes steps (JavaScript) in it; gives what they wrote to ``log``."""

    def browse(html: str, steps: str, *, address: str = "", size: tuple[int, int] = (1000, 800)) -> dict[str, Any]:
        path = tmp_path_factory.mktemp("page") / "page.html"
        path.write_text(html, encoding="utf-8")
        return browser.visit(f"{path.as_uri()}{address}", steps, size)

    return browse
