"""The augmentations that the command line has words for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch_geometric.transforms import Compose

from tg_skeleton.topology import Topology
from tg_skeleton.transforms.fill_missing import FillMissing
from tg_skeleton.transforms.joint_noise import JointNoise
from tg_skeleton.transforms.mix_up import MixUp, PartMix
from tg_skeleton.transforms.random_axis_drop import RandomAxisDrop
from tg_skeleton.transforms.random_drop import RandomFrameDrop, RandomJointDrop
from tg_skeleton.transforms.random_mirror import RandomMirror
from tg_skeleton.transforms.random_rotate import RandomRotate
from tg_skeleton.transforms.random_scale import RandomScale
from tg_skeleton.transforms.random_shear import RandomShear
from tg_skeleton.transforms.swap_persons import SwapPersons

AUGMENTATIONS: Mapping[str, Callable[[Topology], Callable[[Any], Any]]] = {
    "mirror": RandomMirror,
    "rotate": lambda topology: RandomRotate(17),
    "persons": lambda topology: SwapPersons(),
    "joints": lambda topology: Compose([RandomJointDrop(0.1), FillMissing()]),
    "frames": lambda topology: Compose([RandomFrameDrop(0.1), FillMissing()]),
    "axis": lambda topology: RandomAxisDrop(0.25),
    "noise": lambda topology: JointNoise(0.03),  # where bodies are two units high, that is three centimeters
    "shear": lambda topology: RandomShear(0.2),
    "scale": lambda topology: RandomScale(0.8, 1.2, per_axis=True),
    "mixup": lambda topology: MixUp(2.0, p=0.5),
    "partmix": lambda topology: PartMix(topology, p=0.5),
}
"""Transforms of batches in training, by the name of ``--augment``; for persons of a skeleton."""
