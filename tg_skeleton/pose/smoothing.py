"""Smoothing that looks at the past alone."""

from __future__ import annotations

import math

import numpy as np

_SPEED = 1.0  # hertz; the cutoff for the speed itself


class OneEuro:
    r"""A low-pass filter that follows what moves fast and steadies what stands still, of numbers for several persons.

    .. math:: \hat x_t = \hat x_{t-1} + \alpha (x_t - \hat x_{t-1}), \quad
        \alpha = \frac{1}{1 + 1 / (2 \pi f \Delta t)}, \quad f = f_{\min} + \beta \lvert \hat v_t \rvert

    with the speed :math:`\hat v` (per second) filtered in the same way at 1 Hz. Rates and gaps are in
    :math:`\Delta t`: a stream of 15 frames a second is smoothed over the same time as one of 60.

    >>> import numpy as np
    >>> from tg_skeleton.pose import OneEuro
    >>> smooth = OneEuro(cutoff=1.0, beta=0.0)
    >>> [round(float(smooth(7, np.array([value]), row / 30)[0]), 3) for row, value in enumerate((0.0, 1.0, 1.0))]
    [0.0, 0.173, 0.316]

    Args:
        cutoff: :math:`f_{\min}`, hertz.
        beta: How much faster the filter follows for each unit a second.
        patience: Seconds after which a person who is seen again begins anew.

    Source: Casiez et al., 1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems,
    CHI 2012. Here the speed is the norm over the last dimension, so that an axis does not bend the way.
    """

    def __init__(self, cutoff: float, beta: float, *, patience: float = 0.5) -> None:
        self.cutoff, self.beta, self.patience = cutoff, beta, patience
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._last: dict[int, tuple[float, np.ndarray, np.ndarray, np.ndarray]] = {}

    def __call__(self, number: int, value: np.ndarray, time: float, seen: np.ndarray | None = None) -> np.ndarray:
        """The smoothed value of a person.

        Args:
            number: Who.
            value: ``[..., D]``.
            time: Seconds since the stream began.
            seen: ``[...]`` bool; what was not seen is not smoothed, and begins anew later. Default: all was.
        """
        here = np.ones(value.shape[:-1], bool) if seen is None else seen
        last = self._last.get(number)
        if last is None or not 0 < time - last[0] <= self.patience:
            self._last[number] = (time, value, np.zeros_like(value), here)
            return value
        before, old, speed, were = last
        step = time - before
        both = (here & were)[..., None]
        speed = np.where(both, speed + _share(_SPEED, step) * ((value - old) / step - speed), 0.0)
        cutoff = self.cutoff + self.beta * np.linalg.norm(speed, axis=-1, keepdims=True)
        out: np.ndarray = np.where(both, old + _share(cutoff, step) * (value - old), value)
        self._last[number] = (time, out, speed, here)
        return out

    def keep(self, time: float) -> None:
        """Forget who was not seen for longer than the patience."""
        self._last = {number: last for number, last in self._last.items() if time - last[0] <= self.patience}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(cutoff={self.cutoff}, beta={self.beta}, patience={self.patience})"


def _share(cutoff: np.ndarray | float, step: float) -> np.ndarray | float:
    return 1 / (1 + 1 / (2 * math.pi * cutoff * step))
