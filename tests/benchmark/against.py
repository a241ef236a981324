"""``python -m tests.benchmark.against CHECKOUT [task ...]``: is this checkout as fast as another one?

Two processes, one a checkout, each with its own library and its own benchmarks' inputs, take turns: task by task, round
by round, one computes while the other waits. A disturbance of the machine therefore meets both, and the ratio holds.

    git worktree add --detach ../before COMMIT
    python -m tests.benchmark.against ../before
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

Run = Callable[[], object]
Tasks = Iterator[tuple[str, Run]]


def networks(stack: ExitStack) -> Tasks:
    """Forward pass and training step of ESAN and AMANet, sizes of NTU RGB+D 60."""
    import torch

    from tests.benchmark import amanet, inputs, steps
    from tg_skeleton import NTU25
    from tg_skeleton.models import ESAN

    torch.manual_seed(0)
    batch, model = inputs.ntu_like(64, 20, 6), ESAN(NTU25, 6, inputs.CLASSES)
    yield "ESAN, forward", steps.forward(model, steps.ours(batch))
    yield "ESAN, training step", steps.step(model, steps.ours(batch), steps.adam)
    arguments = "ours", torch.device("cpu"), 2, 300, (3,), "float32"
    yield "AMANet, forward", amanet.forward_of(*arguments)  # type: ignore[arg-type]
    yield "AMANet, training step", amanet.step_of(*arguments)  # type: ignore[arg-type]


def operators(stack: ExitStack) -> Tasks:
    """Every attention operator as it is called, with ``edge_index`` and ``batch``."""
    import torch

    from tests.benchmark import attention

    for name, (conv, clips) in attention.OPERATORS.items():
        x, edge_index, batch = attention.inputs(clips, torch.device("cpu"))

        def path(x: torch.Tensor, conv=conv, edge_index=edge_index, batch=batch) -> torch.Tensor:  # type: ignore[no-untyped-def]
            output: torch.Tensor = conv(x, edge_index, batch=batch)
            return output

        yield f"{name}, forward", attention.forward(path, x)
        yield f"{name}, forward and backward", attention.backward(path, x, list(conv.parameters()))


def loader(stack: ExitStack) -> Tasks:
    """Batches of 64 clips with the transforms of paper A."""
    from torch_geometric.transforms import Compose

    from tests.benchmark import loader

    dataset = loader.NTULike(Path(stack.enter_context(tempfile.TemporaryDirectory())), 2000)
    batch = Compose([loader.ROTATE, loader.STREAMS])
    chosen = loader.with_transform(dataset, loader.CENTER, loader.SPLIT, loader.SAMPLE)
    yield "loader, every transform on batches", loader.epoch(chosen, batch, batches=16)
    alone = loader.with_transform(dataset, loader.CENTER, loader.SPLIT, loader.SAMPLE, loader.ROTATE, loader.STREAMS)
    yield "loader, every transform on recordings", loader.epoch(loader.OneByOne(alone))


def streaming(stack: ExitStack) -> Tasks:
    """Twenty frames of a camera, the network at every frame."""
    import numpy as np

    from tests.benchmark import streaming
    from tg_skeleton.inference import StreamingRecognizer

    for persons in (1, 10):
        stream = StreamingRecognizer(streaming.recognizer(), window=streaming.WINDOW, every=1, answers="persons")
        noise = np.random.default_rng(0).standard_normal((streaming.WINDOW, persons, 25, 3), dtype=np.float32)
        for frame in noise:
            stream.push(frame, range(persons))

        def run(stream=stream, noise=noise, persons=persons) -> None:  # type: ignore[no-untyped-def]
            for frame in noise[:20]:
                stream.push(frame, range(persons)).person(0)

        yield f"stream of {persons}, 20 frames", run


def exported(stack: ExitStack) -> Tasks:
    """ONNX files of whole recordings, in onnxruntime and in torch."""
    from functools import partial

    from tests.benchmark import export

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    for name in ("ESAN", "AMANet"):
        made = export.export(export.build(name), folder / f"{name}.onnx")
        inputs = made.module.example(1)
        yield f"{name} exported, onnxruntime", partial(made.runner(), inputs)
        yield f"{name} exported, torch", partial(export.eager, made.module, inputs)


TASKS: dict[str, Callable[[ExitStack], Tasks]] = {
    "networks": networks,
    "operators": operators,
    "loader": loader,
    "streaming": streaming,
    "export": exported,
}


def serve(names: list[str], threads: int) -> None:
    """Prepare the tasks, then time the one whose number is read, until the input ends."""
    import torch

    from tests.benchmark.measure import seconds
    from tg_skeleton.training import keep_freed_memory

    torch.set_num_threads(threads)
    keep_freed_memory()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an exporter prints is no answer
    with ExitStack() as stack:
        tasks = [task for name in names for task in TASKS[name](stack)]
        print(json.dumps([name for name, _ in tasks]), file=answers, flush=True)
        for line in sys.stdin:
            run = tasks[int(line)][1]
            run()  # the caches are this process's own again
            repeats = [seconds(run)]
            while sum(repeats) < 0.3 and len(repeats) < 50:
                repeats.append(seconds(run))
            print(json.dumps(1e3 * median(repeats)), file=answers, flush=True)


class Contender:
    """A process that times the tasks with the library of one checkout."""

    def __init__(self, checkout: Path, names: list[str], threads: int) -> None:
        command = [sys.executable, __file__, "--serve", "--threads", str(threads), ".", *names]
        environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}
        self.process = subprocess.Popen(
            command, cwd=checkout, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.tasks: list[str] = self.answer()

    def answer(self):  # type: ignore[no-untyped-def]
        """What the process answers next."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the process of {self.process.args!r} ended with {self.process.wait()}")
        return json.loads(line)

    def milliseconds(self, task: int) -> float:
        """The median time of a task in a turn of some 0.3 seconds."""
        assert self.process.stdin is not None
        print(task, file=self.process.stdin, flush=True)
        return float(self.answer())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.against", description=__doc__)
    parser.add_argument("checkout", type=Path, help="folder of the other checkout")
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"some of {', '.join(TASKS)}; default: all")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each checkout; default: 7")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch; default: 2")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.tasks) - set(TASKS)):
        parser.error(f"tasks: expected some of {', '.join(TASKS)}, got {', '.join(unknown)}")
    if arguments.serve:
        serve(arguments.tasks, arguments.threads)
        return
    if not (arguments.checkout / "tests" / "benchmark").is_dir():
        parser.error(f"checkout: expected a folder with tests/benchmark, got {arguments.checkout}")
    names = arguments.tasks or list(TASKS)
    here = Path(__file__).resolve().parents[2]
    old, new = (Contender(folder.resolve(), names, arguments.threads) for folder in (arguments.checkout, here))
    print(f"{arguments.threads} threads, {arguments.rounds} rounds; medians of ms, and of the ratios round by round\n")
    print(f"| task | {arguments.checkout.name} | here | here / {arguments.checkout.name} | smallest | largest |")
    print("|---|---|---|---|---|---|")
    for task, name in enumerate(new.tasks):
        pairs = []
        for turn in range(arguments.rounds):  # A B B A: neither is always the second
            pair = {who: who.milliseconds(task) for who in ((old, new) if turn % 2 else (new, old))}
            pairs.append((pair[old], pair[new]))
        ratios = sorted(ours / theirs for theirs, ours in pairs)
        theirs, ours = (median(side) for side in zip(*pairs, strict=True))
        cells = f"{theirs:.2f} | {ours:.2f} | {median(ratios):.3f} | {ratios[0]:.3f} | {ratios[-1]:.3f}"
        print(f"| {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
