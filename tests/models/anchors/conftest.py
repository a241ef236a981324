"""Weights and inputs that are the same on every machine and in every version, and steps of a network in numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

Array = np.ndarray
Weights = dict[str, Array]
Block = Callable[[list[list[Array]], Weights, int, "type[Anchor]"], list[list[Array]]]
"""A block of a network in numpy: ``x[t][v]``, weights, the block's number, the steps that networks share."""


class Anchor:
    """What the anchors share; vectors hold the channels of one joint in one frame of one person."""

    @staticmethod
    def draw(model: nn.Module, seed: int = 0) -> Weights:
        """The weights and statistics of a model, which it gets drawn anew in the order of their names, by name."""
        random = np.random.RandomState(seed)  # its stream is frozen, unlike torch's and numpy's newer ones
        weights = {}
        for name, value in sorted(model.state_dict().items()):
            if not value.is_floating_point():
                continue
            normal = random.standard_normal(tuple(value.shape))
            if name.endswith("running_var"):
                normal = 0.5 + np.abs(normal)
            elif name.endswith(("bias", "running_mean")):
                normal = 0.2 * normal
            elif name.endswith("weight"):  # norms have gains near one, maps keep the size of what they map
                normal = 1 + 0.2 * normal if value.dim() == 1 else normal / np.sqrt(value[0].numel())
            weights[name] = normal
        model.double().load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=False)
        model.eval()
        return weights

    @staticmethod
    def draw_clips(frames: int, nodes: int, channels: int, seed: int = 1) -> Array:
        """An input ``[T, N, C]``."""
        return np.random.RandomState(seed).standard_normal((frames, nodes, channels))

    @staticmethod
    def lin(x: Array, weights: Weights, name: str) -> Array:
        """A linear map of a vector."""
        bias = weights.get(f"{name}.bias", 0.0)
        return weights[f"{name}.weight"] @ x + bias

    @staticmethod
    def norm(x: Array, weights: Weights, name: str) -> Array:
        """Batch norm of a vector with running statistics."""
        mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return (x - mean) / np.sqrt(var + 1e-5) * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    @staticmethod
    def temporal(
        x: list[list[Array]], weights: Weights, name: str, stride: int = 1, dilation: int = 1
    ) -> list[list[Array]]:
        """A convolution over frames of ``x[t][v]``, padded with zeros so that one of stride 1 keeps their number."""
        kernel = weights[f"{name}.weight"]  # [C', C, taps, 1]
        taps = kernel.shape[2]
        out = []
        for t in range(0, len(x), stride):
            seen = [(tap, t + dilation * (tap - taps // 2)) for tap in range(taps)]
            out.append(
                [
                    weights[f"{name}.bias"] + sum(kernel[:, :, tap, 0] @ x[s][v] for tap, s in seen if 0 <= s < len(x))
                    for v in range(len(x[0]))
                ]
            )
        return out

    @staticmethod
    def persons(x: Array, weights: Weights, joints: int, together: int) -> list[list[list[Array]]]:
        """The persons of ``x [T, N, C]`` as ``z[t][v]``, normed; ``together`` of them are a clip, told apart."""
        size, out = together * joints, []
        for start in range(0, x.shape[1], size):
            clip = [Anchor.norm(frame[start : start + size].reshape(-1), weights, "input_norm.norm") for frame in x]
            bodies = [frame.reshape(together, joints, -1) for frame in clip]
            out += [[list(frame[person]) for frame in bodies] for person in range(together)]
        return out

    @staticmethod
    def shortcut(x: Array, weights: Weights, name: str) -> Array:
        """What goes around a block: a vector, or its projection where there is one."""
        if f"{name}.lin.weight" not in weights:
            return x
        return Anchor.norm(Anchor.lin(x, weights, f"{name}.lin"), weights, f"{name}.norm")

    @staticmethod
    def ms_tcn(
        x: list[list[Array]], weights: Weights, name: str, dilations: tuple[int, ...], stride: int = 1
    ) -> list[list[Array]]:
        """Convolutions at several dilations, a maximum and a linear map of ``x[t][v]``, normed; no residual."""
        frames, joints = len(x), len(x[0])
        widths = [len(weights[f"{name}.convs.{branch}.bias"]) for branch in range(len(dilations))]

        def hidden(vector: Array, branch: int) -> Array:
            h = Anchor.norm(Anchor.lin(vector, weights, f"{name}.lin_in"), weights, f"{name}.norm_in")
            return np.maximum(np.split(h, np.cumsum(widths))[branch], 0)

        branches = []
        for branch, dilation in enumerate(dilations):
            parts = [[hidden(vector, branch) for vector in frame] for frame in x]
            branches.append(Anchor.temporal(parts, weights, f"{name}.convs.{branch}", stride, dilation))
        out = []
        for place, t in enumerate(range(0, frames, stride)):
            out.append([])
            for v in range(joints):
                around = [hidden(x[s][v], len(dilations)) for s in (t - 1, t, t + 1) if 0 <= s < frames]
                parts = [branch[place][v] for branch in branches]
                parts += [np.max(around, axis=0), Anchor.lin(x[t][v], weights, f"{name}.lin_skip")]
                out[-1].append(Anchor.norm(np.concatenate(parts), weights, f"{name}.norm"))
        return out

    @staticmethod
    def logits(persons: list[list[list[Array]]], weights: Weights, together: int) -> list[list[float]]:
        """The classifier on the mean of frames, joints and the persons of each clip, one list for each."""
        bodies = [sum(vector for frame in z for vector in frame) / (len(z) * len(z[0])) for z in persons]
        clips = [sum(bodies[start : start + together]) / together for start in range(0, len(bodies), together)]
        return [Anchor.lin(clip, weights, "classifier").tolist() for clip in clips]

    @staticmethod
    def check(model: nn.Module, block: Block, expected: list[list[float]], *, frames: int = 7) -> None:
        """Compare a network of blocks, on two clips of two persons, with ``block`` and with stored logits."""
        weights, x = Anchor.draw(model), Anchor.draw_clips(frames, 20, 2)
        persons = Anchor.persons(x, weights, joints=5, together=2)
        for number in range(len(model.blocks)):
            persons = [block(z, weights, number, Anchor) for z in persons]
        slow = Anchor.logits(persons, weights, together=2)
        np.testing.assert_allclose(slow, expected, rtol=0, atol=1e-9)
        fast = model(torch.from_numpy(x), torch.arange(2).repeat_interleave(10), 2)
        np.testing.assert_allclose(fast.detach().numpy(), slow, rtol=0, atol=1e-9)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Models are built in float64, so that a third in an adjacency is one."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(scope="session")
def anchor() -> type[Anchor]:
    """Drawn weights and inputs, and the steps that networks share."""
    return Anchor
