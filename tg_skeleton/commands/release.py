"""One file of a trained network, to hand on: weights, recipe, scores and log, with the terms of its data."""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tg_skeleton.commands.arguments import add_networks, networks_of, slug
from tg_skeleton.commands.run_folder import RunFolder
from tg_skeleton.datasets.table import DATASETS, DataSet
from tg_skeleton.files import atomic_write, json_text, write_text

Arguments = argparse.Namespace

_RELEASE = """Write one zip file of a finished run of `train`: model.safetensors, run.json (the recipe), the scores of
the test, the log, the terms of the data set, and the SHA-256 of each; and its own SHA-256 next to it. A run gives the
same bytes each time. No recording is in it, and no path of this machine."""

PRIVATE = ("root",)
"""Facts of a run about this machine."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files in the zip, so that one run has one hash."""


def add_to(commands: Any) -> None:
    """Add ``release``."""
    release = commands.add_parser("release", description=_RELEASE)
    release.add_argument("folder", type=Path, metavar="RUN", help="folder of a run, .../seed0")
    add_networks(release)
    release.add_argument(
        "--out",
        type=Path,
        help="output file. Default: <network>_<data set>_<protocol>_seed<seed>.zip in the run's folder",
    )
    release.set_defaults(run=_release, command="release")


def _release(args: Arguments) -> int:
    from tg_skeleton.inference import ActionRecognizer

    run = RunFolder.read(args.folder)
    row = _checked(run)
    ActionRecognizer.load(args.folder / "model.safetensors", networks=networks_of(args))  # it can be loaded
    words = (run.facts["name"], row.name, run.facts["protocol"], f"seed{run.facts['seed']}")
    title = "_".join(slug(str(word)) for word in words if word)
    path = args.out or args.folder / f"{title}.zip"
    if path.suffix != ".zip":
        raise ValueError(f"--out: expected a file name ending in .zip, got '{path}'")
    with atomic_write(path) as part:
        _write(part, _files(run, row))
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
    write_text(path.with_name(f"{path.name}.sha256"), f"{digest}  {path.name}\n")
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}\n{_terms(row)}")
    return 0


def _checked(run: RunFolder) -> DataSet:
    """The data set of a run that may be handed on.

    Raises:
        FileNotFoundError: It has no checkpoint.
        ValueError: It is a smoke test, or of a part of the training recordings, or the data set is unknown.
    """
    facts, path = run.facts, run.folder / "model.safetensors"
    if facts["dataset"] not in DATASETS:
        raise ValueError(f"'{run.folder}': dataset: expected one of {', '.join(DATASETS)}, got {facts['dataset']!r}")
    if facts.get("fast_dev_run"):
        raise ValueError(f"'{run.folder}': expected a whole training, got a smoke test; train without --fast-dev-run")
    if "held_out" in facts:
        raise ValueError(
            f"'{run.folder}': expected a training on all training recordings, got one without {facts['held_out']}, of "
            "select; train the chosen recipe"
        )
    if not path.is_file():
        raise FileNotFoundError(f"'{path}': no such file; train --overwrite writes it")
    return DATASETS[facts["dataset"]]


def _files(run: RunFolder, row: DataSet) -> dict[str, bytes]:
    """The content of the files, by name."""
    facts = {key: value for key, value in run.facts.items() if key not in PRIVATE}
    names = ["model.safetensors", "test.npz", *(["val.npz"] if run.val is not None else [])]
    logs = sorted(run.folder.glob("logs/version_*/metrics.csv"))
    found = {name: (run.folder / name).read_bytes() for name in names}
    found |= {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in logs}
    found["run.json"] = (json_text(facts, indent=1) + "\n").encode()
    found["README.txt"] = _about(run, row).encode()
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(found.items())]
    return {**found, "SHA256SUMS": "".join(sums).encode()}


def _write(path: Path, found: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(found.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)


def _about(run: RunFolder, row: DataSet) -> str:
    facts = run.facts
    on = f"{row.description} {facts['protocol']}".strip()
    tested = "last epoch" if facts.get("trainval") else "best epoch on the validation split"
    return f"""{facts["name"]} on {on}, seed {facts["seed"]}: top-1 {100 * run.test.top_k(1):.2f} % of {len(run.test)} \
test recordings ({tested}), by tg_skeleton {facts["version"]}

model.safetensors  the network: python -m tg_skeleton predict model.safetensors PATH, or tg_skeleton.load in Python
run.json           its training: every value of the recipe, the seed, a checksum of the recordings
test.npz           the scores of the test recordings by name (and val.npz, of the validation split)
logs               losses and accuracies of each epoch
SHA256SUMS         sha256sum -c SHA256SUMS

{_terms(row)}
"""


def _terms(row: DataSet) -> str:
    """What may be done with a network of a data set."""
    if not row.terms:
        return f"{row.description}: no terms of others; hand it on as you like."
    return (
        f"{row.terms}\nThese terms are about the recordings, of which none is in this file; they say nothing of "
        "networks that were trained on them. Hand the weights on for research, with the citation, and with this text."
    )
