"""The executor of mpi4py: an archive by two workers has the bytes that one process writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tg_skeleton.datasets import NTURGBD
from tg_skeleton.datasets.simulated_export import export_ntu

ARCHIVE = "nturgbd_skeletons_s001_to_s017.zip"
SCRIPT = """
import sys
from mpi4py.futures import MPIPoolExecutor
from tg_skeleton.datasets import NTURGBD
if __name__ == "__main__":
    with MPIPoolExecutor() as executor:
        NTURGBD(sys.argv[1], "60", split="trainval", num_workers=executor)
        print("workers", executor.num_workers)
"""


def files_of(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.glob("processed/*/*.np[yz]")}


def test_an_archive_by_mpi_has_the_bytes_of_one_process(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    mpiexec = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if mpiexec is None:
        pytest.skip("mpi4py has no mpiexec here (pip install mpich)")
    for name in ("one", "mpi"):
        (tmp_path / name / "raw").mkdir(parents=True)
        export_ntu(tmp_path / name / "raw" / ARCHIVE, subjects=1, repetitions=1)
    NTURGBD(tmp_path / "one", "60", split="trainval", num_workers=0)
    (tmp_path / "prepare.py").write_text(SCRIPT)
    words = [mpiexec, "-n", "3", sys.executable, "-m", "mpi4py.futures", tmp_path / "prepare.py", tmp_path / "mpi"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0 and "workers 2" in done.stdout, done.stderr[-2000:]
    assert files_of(tmp_path / "mpi") == files_of(tmp_path / "one")
