"""What do attention within large and within ragged sets of nodes take, against PyG's over the same pairs?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.nn import TransformerConv

from tests.benchmark.measure import Count, Decimal, Ratio, Run, Table, milliseconds, peak_memory
from tg_skeleton.nn import SpatialSelfAttention
from tg_skeleton.nn.sets import find_sets

CHANNELS = 64

MOST_PAIRS = 4_000_000
"""A message for every pair of more would not fit into the memory of common machines."""

SETS: dict[str, Callable[[], Tensor]] = {
    "a graph of 1,000 nodes": lambda: torch.tensor([1000]),
    "a graph of 10,000 nodes": lambda: torch.tensor([10_000]),
    "256 of 5 to 60 nodes, as molecules are": lambda: torch.arange(256) % 56 + 5,
    "the same and one of 1,000": lambda: torch.cat([torch.arange(256) % 56 + 5, torch.tensor([1000])]),
    "16 of 100 to 2,000 nodes, as point clouds are": lambda: torch.linspace(100, 2000, 16).long(),
}


def run(device: torch.device) -> list[Table]:
    """Forward and backward pass, no Å."""
    rows: list[tuple[object, ...]] = []
    for name, sizes in SETS.items():
        counts = sizes()
        pairs, padded = int(counts.square().sum()), int(counts.numel() * counts.max().square())
        who = ["ours", "theirs"] if pairs <= MOST_PAIRS else ["ours"]
        times = milliseconds({one: pass_of(one, name, device) for one in who})
        peaks = {one: peak_memory(pass_of, one, name, device) for one in who}
        memory = {one: (peak.most - peak.before) / 1e6 for one, peak in peaks.items()}
        cells: tuple[object, ...] = "", "", ""
        if "theirs" in times:
            cells = Decimal(times["theirs"]), Decimal(memory["theirs"]), Ratio(times["theirs"] / times["ours"])
        rows.append(
            (name, Count(pairs), Ratio(padded / pairs), Decimal(times["ours"]), Decimal(memory["ours"]), *cells)
        )
    title = f"SpatialSelfAttention within sets, {CHANNELS} channels, forward and backward"
    header = ("sets", "pairs", "at one size", "ours ms", "ours MB", "TransformerConv ms", "TransformerConv MB", "ratio")
    return [Table(title, header, rows)]


def pass_of(who: str, name: str, device: torch.device) -> Run:
    torch.manual_seed(0)
    counts = SETS[name]()
    batch = torch.arange(counts.numel()).repeat_interleave(counts).to(device)
    x = torch.randn(batch.numel(), CHANNELS, device=device, requires_grad=True)
    conv: torch.nn.Module = SpatialSelfAttention(CHANNELS, CHANNELS, alpha=0.0)
    inputs: tuple[Tensor, ...] = (x,)
    if who == "theirs":
        conv = TransformerConv(CHANNELS, CHANNELS, root_weight=False)
        inputs = x, find_sets(batch, batch.numel()).pairs(x)
    conv = conv.to(device)
    options = {"batch": batch} if who == "ours" else {}

    def run() -> None:
        conv(*inputs, **options).sum().backward()

    return run
