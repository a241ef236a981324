"""Threads and order of tests in parallel processes, and objects that the doctests of several modules share."""

from __future__ import annotations

import os

import pytest

if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # before torch is imported: processes share the CPUs
    threads = max(1, (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))

FIRST = ("tests/examples/", "tests/work/", "tests/commands/", "tests/pose/", "tests/inference/")
"""Folders with files of few tests that take long; were they last, one process would wait for the other."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep the order of the files, which pytest-xdist sorts by their number of tests otherwise."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long in front."""
    items.sort(
        key=lambda item: next((n for n, folder in enumerate(FIRST) if item.nodeid.startswith(folder)), len(FIRST))
    )


@pytest.fixture(autouse=True)
def _doctest_card(request: pytest.FixtureRequest) -> None:
    """``card``: the metadata of a small ESAN on NTU25 with the classes sit and stand, in every doctest."""
    if not isinstance(request.node, pytest.DoctestItem):
        return
    from tg_skeleton.inference import ModelCard
    from tg_skeleton.topologies import NTU25
    from tg_skeleton.transforms import SampleSegments, Streams

    request.getfixturevalue("doctest_namespace")["card"] = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": [8, 8]},
        topology=NTU25,
        class_names=("sit", "stand"),
        num_frames=20,
        transform=SampleSegments(20, mode="center"),
        batch_transform=Streams("joint"),
    )
