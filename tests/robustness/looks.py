"""Which injuries are warned of, and whether real recordings are."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness.injuries import injuries
from tg_skeleton import Topology
from tg_skeleton.body_statistics import BodyStatistics
from tg_skeleton.datasets import NWUCLA, ArrayDataset, SBUInteraction
from tg_skeleton.io import read_kinetics_json, read_openmmlab_record
from tg_skeleton.plausibility import implausibilities
from tg_skeleton.topologies import COCO17, OPENPOSE18

KINDS: dict[str, tuple[str, ...]] = {
    "y down": ("upside_down",),
    "z up": ("up_axis",),
    "mirrored": ("mirrored",),
    "left and right exchanged": ("mirrored",),
    "millimeters": ("units",),
    "centimeters": ("units",),
}
"""The findings that are right; of another order of joints, and of nothing, any is."""


def detect(root: Path, most: int) -> str:
    """The percentage of recordings that are warned of, at import and by a network that was trained on the others."""
    train, test = ArrayDataset(root, "train"), ArrayDataset(root, "test")
    expected = train.body_statistics()
    recordings = [np.array(pos) for pos, _ in test.bodies(most)]
    lines = [f"| {len(recordings)} recordings | at import | at prediction |", "|---|---|---|"]
    for name, injure in injuries(train.topology).items():
        if name not in KINDS and not name.startswith(("order", "untouched")):
            continue
        counts = [0, 0]
        for pos in recordings:
            injured = injure(pos, np.random.default_rng(0))
            for place, usual in enumerate((None, expected)):
                found = {one.kind for one in implausibilities(injured, None, train.topology, expected=usual)}
                counts[place] += bool(found & set(KINDS[name]) if name in KINDS else found)
        cells = [f"{100 * count / len(recordings):.1f}" for count in counts]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def alarms(data: Path) -> str:
    """How many real recordings are warned of, set by set."""
    with tempfile.TemporaryDirectory() as folder:
        nw_ucla = [NWUCLA(f"{folder}/u", split, mirror=data / "all_sqe.zip") for split in ("trainval", "test")]
        sbu = [SBUInteraction(f"{folder}/s", 1, split, mirror=data / "sbu.zip") for split in ("trainval", "test")]
        found: dict[str, tuple[Topology, list[Any]]] = {
            "NW-UCLA": (nw_ucla[0].topology, [one for part in nw_ucla for one in part.bodies()]),
            "SBU": (sbu[0].topology, [one for part in sbu for one in part.bodies()]),
        }
        found["Kinetics-Skeleton"] = OPENPOSE18, clips(data / "kinetics-skeleton.zip")
        record = read_openmmlab_record(data / "pyskl_record.pkl")
        found["OpenMMLab"] = COCO17, [(record.pos, record.score)]
        lines = []
        for name, (topology, recordings) in found.items():
            expected = BodyStatistics.measure(recordings[::2], topology)
            alone = sum(bool(implausibilities(*one, topology)) for one in recordings)
            among = sum(bool(implausibilities(*one, topology, expected=expected)) for one in recordings)
            lines.append(f"{name}: {alone} at import and {among} at prediction, of {len(recordings):,} recordings")
    return "\n".join(lines)


def clips(archive: Path) -> list[Any]:
    """The clips of Kinetics-Skeleton in an archive."""
    with zipfile.ZipFile(archive) as file:
        names = [name for name in file.namelist() if name.endswith(".json") and not name.endswith("_label.json")]
        read = [read_kinetics_json(file.read(name), Path(name).stem) for name in names]
    return [(one.pos, one.score) for one in read]
