"""MS-G3D."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.nn.blocks import G3D, MSGCN, MSTCN, TwoPaths
from tg_skeleton.topology import Topology


def ms_g3d_block(
    in_channels: int,
    out_channels: int,
    hops: Tensor,
    *,
    first: bool = False,
    windows: Sequence[int] = (3, 5),
    num_scales: tuple[int, int] = (13, 6),
    dilations: Sequence[int] = (1, 2, 3, 4),
) -> TwoPaths:
    """A block of MS-G3D, which `DualHeadNet` has too.

    The first block of a network widens in its graph convolutions and keeps the frames; another one widens in the
    convolutions behind them and halves the frames.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models.msg3d import ms_g3d_block
    >>> ms_g3d_block(6, 12, NTU25.hops)(torch.randn(2, 21, 25, 6)).shape
    torch.Size([2, 11, 25, 12])

    Args:
        in_channels: C.
        out_channels: C', a multiple of the dilations and two more.
        hops: The bones between any two joints, as `Topology.hops` has them.
        first: The block is the network's first.
        windows: τ of the paths of G3D, odd.
        num_scales: K of the joints of a frame, and of those of a window.
        dilations: Of the convolutions over time.
    """
    stride, middle = (1, out_channels) if first else (2, in_channels)
    near, across = num_scales
    factorised = nn.Sequential(
        MSGCN(in_channels, middle, hops, num_scales=near),
        MSTCN(middle, out_channels, stride=stride, dilations=dilations),
        MSTCN(out_channels, out_channels, dilations=dilations, activation=False),
    )
    both = G3D(
        in_channels, out_channels, hops, windows=windows, stride=stride, num_scales=across, hidden_channels=middle
    )
    return TwoPaths(factorised, both, MSTCN(out_channels, out_channels, dilations=dilations))


class MSG3D(BodyNetwork):
    r"""The multi-scale G3D network: joints at every number of bones apart, in a frame and across a window of frames.

    .. math:: x \leftarrow \mathrm{MSTCN}\left(\mathrm{ReLU}\left(
        \mathrm{MSTCN}(\mathrm{MSTCN}(\mathrm{MSGCN}(x))) + \mathrm{G3D}(x)\right)\right)

    It begins with a batch norm of every channel of every joint of every person, and ends with the mean over frames,
    joints and persons, and a linear classifier. The paper's second stream is a second network that reads bones; scores
    are added. Except for the input norm of each person, it is `AMANet` with ``spatial="ms-gcn"``,
    ``temporal="ms-tcn"``, ``spatio_temporal="g3d"`` and the same windows.

    Args:
        topology: The skeleton; gives V and the hops.
        in_channels: Channels of ``x``.
        num_classes: Classes to tell apart.
        widths: Channels of the blocks, multiples of 6. Each block after the first halves the frames.
        windows: τ of the paths of G3D, odd.
        num_scales: K of the joints of a frame, and of those of a window; (8, 8) for Kinetics-Skeleton.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: A width can't be divided among the branches, a window is even, there is no scale, ``num_persons`` is
            below 1, or ``x`` or ``batch`` does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import MSG3D
    >>> model = MSG3D(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    3194595
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Liu et al. 2020, "Disentangling and unifying graph convolutions for skeleton-based action recognition".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = (96, 192, 384),
        windows: Sequence[int] = (3, 5),
        num_scales: tuple[int, int] = (13, 6),
        num_persons: int = 2,
    ) -> None:
        super().__init__(topology, in_channels, num_persons=num_persons)
        hops = topology.hops
        blocks, channels = [], in_channels
        for place, width in enumerate(widths):
            blocks.append(ms_g3d_block(channels, width, hops, first=not place, windows=windows, num_scales=num_scales))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)
