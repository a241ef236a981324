"""How does ESAN's speed compare with the layout commonly used in the field, and with its bare matrix products?"""

from __future__ import annotations

import torch

from tests.benchmark import bare, comparators
from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Decimal, Ratio, Share, Table, milliseconds
from tests.benchmark.steps import adam, forward, loaded, ours, precisions, present, step, theirs
from tg_skeleton import NTU25
from tg_skeleton.models import ESAN

FRAMES, CHANNELS = 20, 6


def run(device: torch.device, clips: int = 64) -> list[Table]:
    """Joints and bones of NTU RGB+D 60; Adam."""
    torch.manual_seed(0)
    batch = ntu_like(clips, FRAMES, CHANNELS, device=device)
    model = ESAN(NTU25, CHANNELS, CLASSES).to(device)
    comparator = loaded(comparators.ESAN(NTU25, CHANNELS, CLASSES), model).to(device)
    rows: list[tuple[object, ...]] = []
    for precision in precisions(device):
        dtype = torch.float32 if precision == "float32" else torch.bfloat16
        for name in ("forward", "training step"):
            back = name == "training step"
            products = bare.Products(device, dtype, backward=back)
            contenders = {"bare": bare.esan(products, batch.persons, clips=clips, in_channels=CHANNELS)}
            for said, network, inputs in (
                ("ours", model, ours(batch)),
                ("padded", comparator, theirs(batch)),
                ("present", comparator, present(batch)),
            ):
                contenders[said] = (
                    step(network, inputs, adam, precision) if back else forward(network, inputs, precision)
                )
            times = milliseconds(contenders)
            own = times["ours"]
            figures = (
                *(Decimal(times[said]) for said in ("ours", "padded", "present", "bare")),
                Decimal(1e3 * clips / own),
            )
            ratios = Ratio(times["padded"] / own), Ratio(times["present"] / own), Share(times["bare"] / own)
            rows.append((name, precision, *figures, *ratios))
    header = (
        "",
        "precision",
        "ESAN ms",
        "channels first, padded ms",
        "channels first, present persons ms",
        "bare products ms",
        "clips/s",
        "padded / ESAN",
        "present / ESAN",
        "bare / ESAN",
    )
    title = f"ESAN, {clips} clips of {FRAMES} frames, {batch.persons} persons ({2 * clips} padded)"
    return [Table(title, header, rows)]
