"""An import of videos that is killed again and again: nothing may be lost, nothing done twice.

python -m tests.benchmark.killed_imports [KILLS]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from tests.datasets.test_videos import IMPORT, Still, write_video
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.datasets.video_poses import KeptVideos


def main(kills: int) -> None:
    here, place = str(Path(__file__).resolve().parents[2]), Path(tempfile.mkdtemp())
    clips, notes, root = place / "clips", place / "notes", place / "mine"
    videos = [
        write_video(clips / ("walk" if number % 2 else "sit") / f"{number:02}.avi", 40 + number)
        for number in range(120)
    ]
    code = IMPORT.format(here=here, root=str(root), clips=str(clips), notes=str(notes))
    draw, killed, lost = random.Random(0), 0, 0
    while killed < kills:
        kept = set((root / "poses").glob("*.npz"))
        process = subprocess.Popen([sys.executable, "-c", code], cwd=here)
        while process.poll() is None and set((root / "poses").glob("*.npz")) == kept:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.1))
        if process.poll() is not None:
            print(f"it was done after {killed} kills", flush=True)
            break
        process.kill()  # its workers end with it
        process.wait()
        killed += 1
        now = set((root / "poses").glob("*.npz"))
        lost += not kept <= now  # what was kept stays
        print(f"kill {killed}: {len(now)} videos kept", flush=True)
    dataset = ArrayDataset.from_files(root, [clips], estimator=partial(Still, notes, 0.02))
    whole = ArrayDataset.from_files(place / "whole", [clips], estimator=Still)
    same = all(np.array_equal(one.pos, other.pos) for one, other in zip(dataset, whole, strict=True))
    reader = KeptVideos(root / "poses", partial(Still, notes, 0.02))
    begun = len(notes.read_text().split())
    print(
        f"{killed} kills: {len(dataset)} of {len(videos)} recordings, equal to those of an import in one go: {same}; "
        f"kept {sum(reader.place(video).exists() for video in videos)}, lost {lost}; begun {begun} times, at most "
        f"{len(videos) + 2 * killed} where no video that was kept is done again (two were at work at each kill)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
