"""A page on this machine alone that shows what a camera sees: living skeletons, classes, frame rate and delay."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any

import numpy as np

from tg_skeleton.topology import Topology
from tg_skeleton.visualization._page import page, resource

HOST = "127.0.0.1"
SCRIPTS = ("player_colors.js", "player_names.js", "player_stage.js", "player_gestures.js", "live.js")
_DIGITS = 4
_WAIT = 0.5  # seconds until a silent connection looks whether it shall end
_BODY = """<section class="tgs-live"><div>
<div class="tgs-frame"><canvas class="tgs-stage" tabindex="0" aria-label="Skeletons"></canvas>
<div class="tgs-tip" hidden></div></div>
<p class="tgs-live-facts"></p><p class="tgs-live-state">Waiting for the first frame ...</p>
<p class="tgs-live-help">Drag to turn, wheel to zoom, n for the joints' names, 0 to look from the camera.</p>
</div><ol class="tgs-live-bars"></ol></section>"""


class LivePage:
    """A page at ``http://127.0.0.1:PORT/`` that draws the frames which `show` is given, as they come.

    Only this machine reaches it: it listens on the loopback address, and refuses requests whose ``Host`` is not that
    address (so that no other site's name can be pointed at it) or that other sites' pages make. It fetches nothing from
    elsewhere. A browser that is slower than the frames skips some.

    ``with LivePage(NTU25, 3, title="Camera 0") as page: print(page.address); page.show(...)``

    Args:
        topology: The skeleton.
        dims: 2 or 3 coordinates of each joint, as of `tg_skeleton.pose.TrackedFrame`.
        title: The title of the page.
        port: Where it listens. Default: a free port.

    Raises:
        ImportError: The package websockets is not installed.
        OSError: The port is taken.
    """

    def __init__(self, topology: Topology, dims: int, *, title: str = "Live", port: int = 0) -> None:
        serve = _serve()
        self._hello = json.dumps({"joints": topology.joints, "parents": topology.parents, "flat": dims == 2})
        style, script = resource("player.css", "live.css"), resource(*SCRIPTS)
        self._html = page(title, _BODY, style=style, script=script, connects=True).encode()
        self._changed = threading.Condition()
        self._message, self._number, self._ended = "", 0, False
        self._server = serve(self._tell, HOST, port, process_request=self._answer, compression=None)
        self.port: int = self._server.socket.getsockname()[1]
        self._hosts = {f"{HOST}:{self.port}", f"localhost:{self.port}"}
        self._thread = threading.Thread(target=self._server.serve_forever, name="LivePage", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.port}/"

    def show(
        self,
        points: np.ndarray,
        score: np.ndarray,
        ids: Sequence[int],
        *,
        classes: Sequence[tuple[str, float]] = (),
        frame: int = 0,
        fps: float = 0.0,
        delay: float = 0.0,
    ) -> None:
        """Show a frame to everybody who looks; what nobody has drawn yet is replaced.

        Args:
            points: The persons' joints.
            score: Their confidence.
            ids: The number of each person.
            classes: The first classes and their probabilities.
            frame: The number of the frame.
            fps: Frames a second.
            delay: Milliseconds since the picture was taken.

        Shapes:
            ``[M, V, D]``, ``[M, V]``, M numbers
        """
        persons = [
            {"id": int(number), "pos": np.round(pos, _DIGITS).tolist(), "score": np.round(seen, 2).tolist()}
            for number, pos, seen in sorted(zip(ids, points, score, strict=True), key=lambda one: int(one[0]))
        ]
        message = json.dumps(
            {"persons": persons, "classes": list(classes), "frame": frame, "fps": fps, "delay": delay},
            default=float,
        )
        with self._changed:
            self._message, self._number = message, self._number + 1
            self._changed.notify_all()

    def close(self) -> None:
        """End the server."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._server.shutdown()
        self._thread.join()

    def __enter__(self) -> LivePage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r})"

    # -- in the server's threads ---------------------------------------------------------------------------------------

    def _answer(self, connection: Any, request: Any) -> Any:
        """The page, a refusal, or None: the socket opens."""
        hosts = request.headers.get_all("Host")
        origins = request.headers.get_all("Origin")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return self._respond(HTTPStatus.FORBIDDEN, b"This page is for the machine that it runs on.\n")
        if any(origin not in {f"http://{host}" for host in self._hosts} for origin in origins):
            return self._respond(HTTPStatus.FORBIDDEN, b"This page is not for other pages.\n")
        if request.path == "/live":
            return None
        if request.path == "/":
            return self._respond(HTTPStatus.OK, self._html, "text/html; charset=utf-8")
        return self._respond(HTTPStatus.NOT_FOUND, b"There is one page here: /\n")

    def _respond(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> Any:
        from websockets.datastructures import Headers
        from websockets.http11 import Response

        headers = Headers(
            {
                "Content-Type": kind,
                "Content-Length": str(len(body)),
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Connection": "close",
            }
        )
        return Response(status.value, status.phrase, headers, body)

    def _tell(self, connection: Any) -> None:
        """The newest frame, whenever there is a newer one."""
        from websockets.exceptions import ConnectionClosed

        told = 0
        try:
            connection.send(self._hello)
            while not self._ended:
                with self._changed:
                    if self._number == told:
                        self._changed.wait(_WAIT)
                    message, number = self._message, self._number
                if number != told:
                    connection.send(message)
                    told = number
        except ConnectionClosed:
            return


def _serve() -> Any:
    try:
        from websockets.sync.server import serve
    except ImportError as error:
        raise ImportError(
            "the live page is served with websockets, which is not installed; pip install 'tg_skeleton[page]'"
        ) from error
    return serve
