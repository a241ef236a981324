"""Networks that bring their own training loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor

Criterion = Callable[[Tensor], Tensor]
"""The recipe's loss of a batch, given logits ``[B, K]``."""


@runtime_checkable
class WithLoss(Protocol):
    """A network whose training loss is not the criterion of its logits, such as `models.DualHeadNet`."""

    def loss(self, criterion: Criterion, x: Tensor, batch: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
        """The loss of a batch, and its logits ``[B, K]``."""
