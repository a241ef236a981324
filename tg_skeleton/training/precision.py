"""Which precision a processor is slow at."""

from __future__ import annotations

import platform

import torch
from lightning import Trainer
from lightning.pytorch.utilities import rank_zero_warn


def multiplies_bfloat16() -> bool:
    """Whether this CPU has instructions for products of bfloat16; True where that is unknown."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return supported is None or platform.machine() not in ("x86_64", "AMD64") or bool(supported())


def warn_of_slow_precision(trainer: Trainer) -> None:
    """Warn of a training in bfloat16 on a CPU without instructions for it."""
    on_cpu = trainer.precision == "bf16-mixed" and trainer.strategy.root_device.type == "cpu"
    if on_cpu and not multiplies_bfloat16():
        rank_zero_warn(
            "precision: expected 32-true on a CPU without instructions for bfloat16, got bf16-mixed, with which a step "
            "takes several times as long; take 32-true"
        )
