"""What injuries of recordings cost a trained network, and which of them are noticed.

    python -m tests.robustness make nw_ucla --raw ../shared/data/all_sqe.zip --root own/nw_ucla
    python -m tests.robustness make simulated --root own/simulated
    python -m tests.robustness train esan after_esan.safetensors --root own/nw_ucla
    python -m tests.robustness measure after_esan.safetensors --root own/nw_ucla --json after_esan.json
    python -m tests.robustness table before_esan.json after_esan.json
    python -m tests.robustness detect --root own/nw_ucla
    python -m tests.robustness alarms --raw ../shared/data

``make``, ``train`` and ``measure`` run with older versions, too, from another folder:
``PYTHONPATH=OLD:THIS python -m tests.robustness ...``. The networks are narrow and trained for minutes on one core;
the figures compare versions, they are no records.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.robustness.networks import make, measure, table, train


def main() -> None:
    """Run an action."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("make", "train", "measure", "table", "detect", "alarms"))
    parser.add_argument("what", nargs="*")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--raw", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--most", type=int, default=155, help="test recordings, evenly spaced")
    args = parser.parse_args()
    if args.action == "make":
        make(args.what[0], args.root, args.raw)
    elif args.action == "train":
        train(args.what[0], args.root, Path(args.what[1]), args.epochs)
    elif args.action == "measure":
        found = measure(args.root, Path(args.what[0]), args.most)
        if args.json is not None:
            args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    elif args.action == "table":
        print(table([Path(one) for one in args.what]))
    else:
        from tests.robustness.looks import alarms, detect

        print(detect(args.root, args.most) if args.action == "detect" else alarms(args.raw))


if __name__ == "__main__":
    main()
