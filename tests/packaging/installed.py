"""Is an installed package whole? ``python installed.py CHECKOUT``, by the Python that it is installed for.

Run outside the checkout, from a wheel or an sdist that was installed with the extra plot alone; `.ci/run` does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tg_skeleton


def missing(checkout: Path) -> list[str]:
    """Files of the package in the checkout that the installed one lacks."""
    here = Path(tg_skeleton.__file__).resolve().parent
    files = [path.relative_to(checkout / "tg_skeleton") for path in (checkout / "tg_skeleton").rglob("*")]
    wanted = [file for file in files if file.suffix and file.suffix != ".pyc"]
    return sorted(str(file) for file in wanted if not (here / file).is_file())


def main() -> int:
    checkout = Path(sys.argv[1]).resolve()
    here = Path(tg_skeleton.__file__).resolve()
    if checkout in here.parents:
        raise RuntimeError(f"expected an installed package, got that of the checkout: {here}")
    if lacking := missing(checkout):
        raise RuntimeError(f"the installed package lacks {lacking}; see package-data in pyproject.toml")

    from tg_skeleton import NTU25, SkeletonSequence
    from tg_skeleton.datasets import simulate
    from tg_skeleton.visualization import Player

    wave = SkeletonSequence.from_array(simulate("wave").pos, NTU25, name="wave")
    page = Player([wave], NTU25.joints).save("player.html", "From the installed package")
    print(f"{here.parent}: whole; {page} has {Path(page).stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
