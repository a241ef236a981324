"""The frame of ST-GCN and of the networks after it: input norm, blocks, means, linear classifier."""

from __future__ import annotations

from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.absent import of_each_body
from tg_skeleton.models.input_norm import InputNorm
from tg_skeleton.models.persons import clips_in, mean_over_body, mean_over_persons, to_persons
from tg_skeleton.topology import Topology


class BodyNetwork(nn.Module):
    """Base class of networks that see each person alone and average over frames, joints and persons.

    A subclass sets `blocks`, from ``[P, T, V, in_channels]`` to ``[P, T', V, C']``, and `classifier`. Persons are the
    first axis throughout and meet in batch norms only: equal absent ones are computed once (`of_each_body`).

    Args:
        topology: The skeleton; gives V.
        in_channels: Channels of ``x``.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``
    """

    blocks: nn.Module
    classifier: nn.Module
    tiles: int = 1
    """How often the persons stand in the input of a norm, one after the other; other multiples are inside of each."""

    def __init__(self, topology: Topology, in_channels: int, *, num_persons: int) -> None:
        super().__init__()
        self.num_joints = topology.num_joints
        self.in_channels = in_channels
        self.input_norm = InputNorm(topology.num_joints, in_channels, num_persons)

    def features(self, x: Tensor) -> Tensor:
        """Features ``[P, C']`` of the normed persons ``[P, T, V, in_channels]``."""
        return mean_over_body(self.blocks(x))

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]`` or in the ``x`` of a PyG batch."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        bodies = to_persons(x, self.num_joints, self.in_channels)  # [P, T, V, C]
        normed = self.input_norm(bodies, batch, batch_size)
        found = of_each_body(
            self, self.features, bodies, normed, num_persons=self.input_norm.num_persons, tiles=self.tiles
        )
        logits: Tensor = self.classifier(mean_over_persons(found, self.num_joints, batch, batch_size))
        return logits
