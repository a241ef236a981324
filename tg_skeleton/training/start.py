"""The weights that a training starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """The weights that a training starts from, and which of them change how fast; `finetune` makes one.

    Args:
        weights: The weights of a trained network, by name.
        head: The names of those that depend on the number of classes.
        keeps_head: Whether the head is carried over too, because the classes are the same.
        frozen: The names of parameters that do not change.
        num_classes: The number of classes of the training.
        backbone_rate: Learning rate of all parameters but the head, as a multiple of the recipe's.

    Raises:
        ValueError: ``backbone_rate`` is not above 0.
    """

    weights: Mapping[str, Tensor] = field(repr=False)
    head: frozenset[str] = field(repr=False)
    keeps_head: bool
    frozen: frozenset[str] = field(repr=False)
    num_classes: int
    backbone_rate: float = 1.0

    def __post_init__(self) -> None:
        if not self.backbone_rate > 0:
            raise ValueError(
                f"backbone_rate: expected a number above 0, got {self.backbone_rate}; freeze='backbone' changes nothing"
            )

    def __repr__(self) -> str:
        checksum = sum(float(value.double().sum()) for value in self.weights.values())
        head = "kept" if self.keeps_head else "new"
        return (
            f"Start({len(self.weights)} weights of sum {checksum:.6f}, {head} head, {len(self.frozen)} frozen, "
            f"backbone_rate={self.backbone_rate})"
        )

    def load_into(self, network: nn.Module) -> None:
        """Set the weights of a network; a new head stays as it is.

        Raises:
            ValueError: A weight is missing, left over or of another shape.
        """
        new = set() if self.keeps_head else self.head
        state = network.state_dict()
        fix = "start from a checkpoint of the same network with the same arguments"
        for name in sorted(state.keys() ^ self.weights.keys()):
            where = "the checkpoint" if name in state else "the network"
            raise ValueError(f"weights: {where} has no '{name}'; {fix}")
        for name, value in state.items():
            if name not in new and value.shape != self.weights[name].shape:
                raise ValueError(
                    f"weights: expected {list(value.shape)} for '{name}', got {list(self.weights[name].shape)}; {fix}"
                )
        network.load_state_dict({name: value for name, value in self.weights.items() if name not in new}, strict=False)

    def freeze(self, network: nn.Module) -> None:
        """Put the frozen parts of a network into evaluation mode, and take their parameters out of the training."""
        for name, parameter in network.named_parameters():
            if name in self.frozen:
                parameter.requires_grad_(False)
        for prefix, module in network.named_modules():
            names = [f"{prefix}.{name}" if prefix else name for name, _ in module.named_parameters()]
            if names and self.frozen.issuperset(names):
                module.eval()

    def rate(self, name: str) -> float:
        """The learning rate of a parameter as a multiple of the recipe's."""
        return 1.0 if name in self.head else self.backbone_rate
