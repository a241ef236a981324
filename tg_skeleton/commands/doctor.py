"""What is installed and found here, and whether it computes."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import tg_skeleton
from tg_skeleton.files import printable

CORE = ("torch", "torch-geometric", "numpy", "networkx", "safetensors")
"""The packages whose versions matter most."""

FOR_DEVELOPERS = {"test", "docs", "dev", "all"}
"""Extras that are not listed."""

ALLOCATOR = ("LD_PRELOAD", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
"""Variables of the environment that change how memory is handed out."""

_ABOUT = """Print versions, devices, extras, data sets and the allocator, and compute a little on each device (some two
seconds); the status is 1 where something failed. Send this with a report of a fault."""

_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)[^;]*; "
    r'(?:python_version (?P<order><|>=) "(?P<version>[\d.]+)" and )?'
    r'extra == "(?P<extra>\w+)"$'
)
"""A requirement of an extra, as metadata have it."""


def add_to(commands: Any) -> None:
    """Add ``doctor``."""
    doctor = commands.add_parser("doctor", description=_ABOUT)
    doctor.set_defaults(run=_run, command="doctor")


def _run(args: argparse.Namespace) -> int:
    _say("tg_skeleton", f"{tg_skeleton.__version__}, {Path(tg_skeleton.__file__).parent}")
    _say("python", f"{platform.python_version()}, {platform.platform()}")
    for name in CORE:
        _say(name, version_of(name) or f"not installed; pip install {name}")
    for extra, wanted in extras().items():
        _say(f"[{extra}]", _extra(extra, wanted))
    try:
        found = _devices()
    except (ImportError, OSError) as error:  # a broken installation is what is looked for
        _say("devices", f"torch can't be imported: {error}")
        return 1
    _say("allocator", _allocator())
    for line in _data_sets():
        _say("data set", line)
    return int(sum(_self_test(device) for device in found) > 0)


def _say(what: str, text: str) -> None:
    print(printable(f"{what:<16} {text}"))
    sys.stdout.flush()


def version_of(package: str) -> str | None:
    """The version of an installed package; None: it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def extras(
    requirements: Iterable[str] | None = None, python: tuple[int, ...] = sys.version_info[:2]
) -> dict[str, list[str]]:
    """The packages of each extra on this Python.

    >>> from tg_skeleton.commands.doctor import extras
    >>> extras(['scipy; extra == "mat"', 'numpy', 'simd>=2; python_version < "3.9" and extra == "data"'], (3, 11))
    {'mat': ['scipy']}

    Args:
        requirements: Lines of the package's metadata. Default: those of the installed package; none where it runs from
            its sources.
        python: The version of Python.
    """
    if requirements is None:
        try:
            requirements = metadata.requires("tg_skeleton") or []
        except metadata.PackageNotFoundError:
            requirements = []
    found: dict[str, list[str]] = {}
    for line in requirements:
        parts = _REQUIREMENT.match(line)
        if parts is None or parts["extra"] in FOR_DEVELOPERS or parts["name"] == "tg_skeleton":  # with its other extras
            continue
        if parts["order"] and (python < _numbers(parts["version"])) != (parts["order"] == "<"):
            continue
        found.setdefault(parts["extra"], []).append(parts["name"])
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _extra(extra: str, wanted: list[str]) -> str:
    versions = {name: version_of(name) for name in wanted}
    missing = [name for name, version in versions.items() if version is None]
    there = ", ".join(f"{name} {version}" for name, version in versions.items() if version is not None)
    if not missing:
        return there
    fix = "never needed" if extra == "scatter" else f"pip install 'tg_skeleton[{extra}]'"
    without = f"{', '.join(missing)} not installed; {fix}"
    return f"{there}; {without}" if there else without


def _devices() -> list[str]:
    """Print the devices; their names."""
    import torch

    capability = torch.backends.cpu.get_cpu_capability()
    _say("device", f"cpu: {os.cpu_count()} cores, of which torch uses {torch.get_num_threads()}, {capability}")
    found = ["cpu"]
    for number in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(number)
        _say("device", f"cuda:{number}: {facts.name}, {facts.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}")
        found.append(f"cuda:{number}")
    if torch.backends.mps.is_available():
        _say("device", "mps")
        found.append("mps")
    return found


def _allocator() -> str:
    library, version = platform.libc_ver()
    kept = platform.system() == "Linux" and library == "glibc"
    name = f"{library} {version}".strip() or platform.system()
    habit = "training keeps freed memory" if kept else "freed memory goes back to the system"
    changed = [f"{key}={os.environ[key]}" for key in ALLOCATOR if key in os.environ]
    return ", ".join([name, habit, *changed])


def _data_sets() -> list[str]:
    from tg_skeleton.commands.data import is_prepared
    from tg_skeleton.datasets.table import DATASETS, Location

    found = []
    for name, row in DATASETS.items():
        location = Location(row.default_root())
        if location.root.exists():
            state = "prepared" if is_prepared(location, row) else "not prepared"
            found.append(f"{name}: {state} in {location.root}")
    own = {folder.parents[1] for folder in Path("datasets").glob("*/processed/arraydataset-v*")}
    found += [f"own: prepared in {folder}" for folder in sorted(own)]
    return found or [f"none in {Path('datasets').absolute()}"]


def _self_test(device: str) -> int:
    """Run the self-test on a device and print what came of it; the number of failures."""
    from tg_skeleton.commands.self_test import CHECKS

    start, failed = time.perf_counter(), 0
    for check in CHECKS:
        try:
            check(device)
        except Exception as error:  # whatever fails is what is looked for
            failed += 1
            _say("self-test", f"{device}: {check.__name__.replace('_', ' ')} FAILED: {type(error).__name__}: {error}")
    good, seconds = len(CHECKS) - failed, time.perf_counter() - start
    _say("self-test", f"{device}: {good} of {len(CHECKS)} good, {seconds:.1f} s")
    return failed
