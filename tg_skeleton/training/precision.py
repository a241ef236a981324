"""Which precision a processor is slow at."""

from __future__ import annotations

import platform
import warnings

import torch
from lightning import Trainer


def multiplies_bfloat16() -> bool:
    """Whether this CPU has instructions for products of bfloat16; True where that is unknown."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return supported is None or platform.machine() not in ("x86_64", "AMD64") or bool(supported())


def warn_of_slow_precision(trainer: Trainer) -> None:
    """Warn of a training in bfloat16 on a CPU without instructions for it."""
    slow = trainer.strategy.root_device.type == "cpu" and not multiplies_bfloat16()
    if slow and trainer.precision == "bf16-mixed":
        warnings.warn(
            "precision: bf16-mixed, on a CPU without instructions for bfloat16, where a step takes three to seven "
            "times as long; take 32-true",
            stacklevel=3,
        )
