"""Stochastic depth, and the two dropouts within a network."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.conv.self_attention import SelfAttention


class DropPath(nn.Module):
    r"""Drops a residual branch, in training, for each clip of a person alone.

    .. math:: y_p = \frac{m_p}{1 - p}\, x_p, \qquad m_p \sim \mathrm{Bernoulli}(1 - p)

    Args:
        p: The probability; 0 changes nothing and draws nothing.

    Shapes:
        - **x** ``[P, *]``
        - **output** ``[P, *]``

    Raises:
        ValueError: ``p`` is not within 0 to 1, or 1.

    >>> import torch
    >>> from tg_skeleton.nn.blocks import DropPath
    >>> out = DropPath(0.5)(torch.ones(100, 20, 25, 4))
    >>> out.unique().tolist(), out.flatten(1).std(1).max().item()
    ([0.0, 2.0], 0.0)

    Source: Huang et al. 2016, Deep networks with stochastic depth.
    """

    def __init__(self, p: float = 0.0) -> None:
        super().__init__()
        self.p = _probability("p", p)

    def forward(self, x: Tensor) -> Tensor:
        """The branch ``x [P, *]``, or what is left of it."""
        if not self.training or self.p == 0.0:
            return x
        kept = x.new_empty(x.size(0), *[1] * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * (kept / (1 - self.p))

    def extra_repr(self) -> str:
        return f"p={self.p}"


def has_attention(network: nn.Module) -> bool:
    """Whether a network has operators and branches that `regularize` finds."""
    return any(isinstance(module, SelfAttention) for module in network.modules())


def regularize(network: nn.Module, *, attention_dropout: float, drop_path: float) -> None:
    """Set the dropout of every attention operator, and the probability of every `DropPath`, in place; 0 sets nothing.

    Raises:
        ValueError: A probability is not within 0 to 1, or 1, or the network has no such module.
    """
    for name, p, kind in (("attention_dropout", attention_dropout, SelfAttention), ("drop_path", drop_path, DropPath)):
        found = [module for module in network.modules() if isinstance(module, kind)]
        if _probability(name, p) and not found:
            raise ValueError(
                f"{name}: {type(network).__name__} has no {kind.__name__} in it, got {p}; give 0, or train a network "
                "of attention blocks"
            )
        for module in found if p else ():
            setattr(module, "p" if isinstance(module, DropPath) else "dropout", p)


def _probability(name: str, p: float) -> float:
    if not 0.0 <= p < 1.0:
        raise ValueError(f"{name}: expected a probability in [0, 1), got {p}")
    return p
