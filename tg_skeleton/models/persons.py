"""The entrance and the exit that all models share: nodes to persons, persons to clips."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter


def clips_in(
    x: Tensor | Data, batch: Tensor | None, batch_size: int | None
) -> tuple[Tensor, Tensor | None, int | None]:
    """What a model reads, where a PyG batch stands for its ``x``, ``batch`` and number of graphs.

    Raises:
        ValueError: The batch has no ``x``.

    >>> import torch
    >>> from torch_geometric.data import Batch, Data
    >>> from tg_skeleton.models.persons import clips_in
    >>> clips = Batch.from_data_list([Data(x=torch.zeros(25, 3)) for _ in range(2)])
    >>> x, batch, batch_size = clips_in(clips, None, None)
    >>> x.shape, batch.shape, batch_size
    (torch.Size([50, 3]), torch.Size([50]), 2)
    """
    if isinstance(x, Tensor):
        return x, batch, batch_size
    if x.x is None:
        raise ValueError(f"x: expected a batch with x, got {list(x.keys())}; the transform Streams writes x")
    return x.x, x.batch, x.num_graphs if isinstance(x, Batch) else 1


def to_persons(x: Tensor, num_joints: int, in_channels: int) -> Tensor:
    """The persons of a batch: ``[T, N, C]`` to a contiguous ``[P, T, V, C]``.

    Raises:
        ValueError: ``x`` has other axes or channels, or its nodes are no whole number of persons.

    >>> import torch
    >>> from tg_skeleton.models.persons import to_persons
    >>> to_persons(torch.zeros(20, 50, 3), num_joints=25, in_channels=3).shape
    torch.Size([2, 20, 25, 3])
    """
    if x.dim() != 3 or x.size(2) != in_channels:
        raise ValueError(
            f"x: expected [T, N, {in_channels}] for in_channels = {in_channels}, got {list(x.shape)}; "
            "write x with the Streams transform that the model's in_channels stand for"
        )
    if x.size(1) == 0 or x.size(1) % num_joints:
        raise ValueError(
            f"x: expected whole persons of {num_joints} joints, got {x.size(1)} nodes; "
            "a model reads one topology: batch the data sets of each apart"
        )
    return x.unflatten(1, (-1, num_joints)).transpose(0, 1).contiguous()


def join_persons(x: Tensor, batch: Tensor | None, batch_size: int | None) -> Tensor:
    """The persons of each clip side by side: ``[P, T, V, C]`` to ``[B, T, M V, C]``, M persons a clip.

    Args:
        x: One body per person.
        batch: The clip of each node, ``[N]``; None: all persons are of one clip.
        batch_size: B; None: taken from ``batch``, which makes a GPU wait.

    Raises:
        ValueError: ``batch`` does not have one entry per node, or clips differ in their number of persons.

    >>> import torch
    >>> from tg_skeleton.models.persons import join_persons
    >>> join_persons(torch.zeros(4, 20, 25, 3), torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 20, 50, 3])
    """
    clips, equal = _clips_of_equal_persons(x, batch, batch_size)
    if not equal:
        raise ValueError(
            "batch: attention across persons needs the same number of persons in every clip, got "
            f"{x.size(0)} in {clips} clips; fill them up with PadPersons, or use across_persons=False"
        )
    return x.unflatten(0, (clips, -1)).transpose(1, 2).flatten(2, 3)


def stack_persons(x: Tensor, num_persons: int, batch: Tensor | None, batch_size: int | None) -> Tensor:
    """The persons of each clip as an axis of their own: ``[P, T, V, C]`` to ``[B, M, T, V, C]``, M persons a clip.

    Args:
        x: One body per person.
        num_persons: M.
        batch: The clip of each node, ``[N]``; None: all persons are of one clip.
        batch_size: B; None: taken from ``batch``, which makes a GPU wait.

    Raises:
        ValueError: ``batch`` does not have one entry per node, or a clip does not have M persons.

    >>> import torch
    >>> from tg_skeleton.models.persons import stack_persons
    >>> stack_persons(torch.zeros(6, 20, 25, 3), 2, torch.arange(3).repeat_interleave(50), batch_size=3).shape
    torch.Size([3, 2, 20, 25, 3])
    """
    clips, equal = _clips_of_equal_persons(x, batch, batch_size)
    if not equal or x.size(0) != clips * num_persons:
        raise ValueError(
            f"batch: num_persons = {num_persons} tells the persons of a clip apart, so every clip needs exactly "
            f"{num_persons}, got {x.size(0)} persons in {clips} clip{'s' * (clips != 1)}; fill the clips up with "
            f"PadPersons({num_persons}), or build the model with num_persons=1"
        )
    return x.unflatten(0, (clips, num_persons))


def mean_over_body(x: Tensor) -> Tensor:
    """The mean over frames and joints: ``[P, T, V, C]`` to ``[P, C]``."""
    return x.sum(dim=(1, 2)) / (x.size(1) * x.size(2))  # a sum's gradient is a view, a mean's is a pass over x


def mean_over_persons(features: Tensor, num_joints: int, batch: Tensor | None, batch_size: int | None) -> Tensor:
    """The mean of each clip's persons: ``[P, C]`` to ``[B, C]``.

    Args:
        features: One row per person.
        num_joints: V, the nodes of a person.
        batch: The clip of each node, ``[N]``; None: all persons are of one clip.
        batch_size: B; None: taken from ``batch``, which makes a GPU wait.

    Raises:
        ValueError: ``batch`` does not have one entry per node, or a person stands in two clips.
    """
    if batch is None:
        return features.mean(0, keepdim=True)
    clip = _clip_of_persons(batch, features.size(0), num_joints)
    return scatter(features, clip, dim=0, dim_size=batch_size, reduce="mean")


def max_over_persons(features: Tensor, num_joints: int, batch: Tensor | None, batch_size: int | None) -> Tensor:
    """The maximum over each clip's persons: ``[P, C]`` to ``[B, C]``; arguments and errors of `mean_over_persons`."""
    if batch is None:
        return features.amax(0, keepdim=True)
    clip = _clip_of_persons(batch, features.size(0), num_joints)
    return scatter(features, clip, dim=0, dim_size=batch_size, reduce="max")


def _clips_of_equal_persons(x: Tensor, batch: Tensor | None, batch_size: int | None) -> tuple[int, bool]:
    """The number of clips, and whether all have the same number of persons (checked on the CPU only)."""
    if batch is None:
        return 1, True
    persons = x.size(0)
    clip = _clip_of_persons(batch, persons, x.size(2))
    clips = int(clip.max()) + 1 if batch_size is None else batch_size
    equal = persons % clips == 0
    if equal and not torch.compiler.is_compiling() and batch.device.type == "cpu":
        equal = torch.equal(clip, torch.arange(clips).repeat_interleave(persons // clips))
    return clips, equal


def _clip_of_persons(batch: Tensor, persons: int, joints: int) -> Tensor:
    """The clip of each person, ``[P]``."""
    nodes = persons * joints
    if batch.dim() != 1 or batch.numel() != nodes:
        raise ValueError(f"batch: expected one clip per node, [{nodes}] for x [T, {nodes}, C], got {list(batch.shape)}")
    clips = batch.view(-1, joints)
    if not torch.compiler.is_compiling() and batch.device.type == "cpu" and bool((clips != clips[:, :1]).any()):
        raise ValueError(
            "batch: a person's joints stand in two clips; the batch holds skeletons of another topology than the "
            "model's: batch the data sets of each apart"
        )
    return clips[:, 0]
