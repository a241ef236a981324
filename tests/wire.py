"""An executor as of another machine: everything goes through pickle, and the work is done here."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, Future
from typing import Any


class Wire(Executor):
    """Pickles tasks and results; ``sent`` holds the tasks."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def submit(self, function: Any, /, *args: Any, **options: Any) -> Future[Any]:
        self.sent.append(pickle.dumps((function, args, options)))
        done: Future[Any] = Future()
        try:
            function, args, options = pickle.loads(self.sent[-1])
            done.set_result(pickle.loads(pickle.dumps(function(*args, **options))))
        except Exception as error:
            done.set_exception(error)
        return done
