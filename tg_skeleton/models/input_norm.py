"""The norm at the entrance of the networks of the literature."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.models.persons import stack_persons


class InputNorm(nn.Module):
    """Batch norm of every channel of every joint of every person of a clip.

    With ``num_persons=1`` all persons share one norm, and a clip may have any number of them. With more, the first,
    second, ... person of a clip has statistics and gains of their own, as in 2s-AGCN, MS-G3D and CTR-GCN, and every
    clip needs exactly that many.

    Args:
        num_joints: V.
        channels: C.
        num_persons: M, the persons that are told apart.

    Shapes:
        - **x** ``[P, T, V, C]``, one body per person; **batch** ``[P V]``: the clip of each node (None: one clip)
        - **output** ``[P, T, V, C]``

    Raises:
        ValueError: ``num_persons`` is below 1, or a clip has another number of persons.

    >>> import torch
    >>> from tg_skeleton.models.input_norm import InputNorm
    >>> batch = torch.arange(3).repeat_interleave(50)
    >>> InputNorm(25, 3, num_persons=2)(torch.randn(6, 20, 25, 3), batch, batch_size=3).shape
    torch.Size([6, 20, 25, 3])
    """

    def __init__(self, num_joints: int, channels: int, num_persons: int = 2) -> None:
        super().__init__()
        if num_persons < 1:
            raise ValueError(f"num_persons: expected at least 1, got {num_persons}")
        self.num_persons = num_persons
        self.norm = nn.BatchNorm1d(num_persons * num_joints * channels)

    def forward(self, x: Tensor, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """The norm of ``x [P, T, V, C]``."""
        if self.num_persons == 1:
            return self.norm(x.flatten(2).flatten(0, 1)).view_as(x)
        clips = stack_persons(x, self.num_persons, batch, batch_size).transpose(1, 2)  # [B, T, M, V, C]
        normed = self.norm(clips.flatten(2).flatten(0, 1)).view(clips.shape)
        return normed.transpose(1, 2).flatten(0, 1)
