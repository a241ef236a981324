"""HCN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.persons import clips_in, max_over_persons, to_persons
from tg_skeleton.models.semantics import check_frames
from tg_skeleton.nn.blocks import TemporalConv
from tg_skeleton.topology import Topology


class HCN(nn.Module):
    r"""The hierarchical co-occurrence network: ordinary convolutions in which the joints become the channels.

    .. math:: h = \mathrm{tower}_1(x) \,\|\, \mathrm{tower}_2(\dot x), \qquad
        \mathrm{logits} = W_2\, \mathrm{ReLU}\left(W_1 \max\nolimits_{\mathrm{persons}} \mathrm{head}(h)\right)

    A tower maps the coordinates of every joint to features, then takes the joints as the channels of an image of frames
    and features, so that its convolutions mix all joints. The motion :math:`\dot x` is the difference of successive
    frames, interpolated back to their number. There is no graph and no norm.

    Differs from the paper: absent persons take no part in the maximum; there, zeros stand for them (`PadPersons` brings
    them back).
    Assumption: ReLUs stand where the published layers have them: behind a tower's first map, the head's convolutions
    and the first linear map of the classifier.

    Args:
        topology: The skeleton; gives V.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        num_frames: T, a multiple of 16; an image is as wide as it is high.
        dropout: Dropout of whole channels behind the last convolution of a tower and those of the head, and in front of
            the last linear map.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: ``num_frames`` is no positive multiple of 16, or ``x`` or ``batch`` does not fit the topology, the
            channels and the frames.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import HCN
    >>> model = HCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    2647868
    >>> model(torch.randn(64, 75, 3), batch=torch.tensor([0] * 50 + [1] * 25), batch_size=2).shape
    torch.Size([2, 60])

    Source: Li et al. 2018, "Co-occurrence feature learning from skeleton data for action recognition and detection with
    hierarchical aggregation".
    """

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, num_frames: int = 64, dropout: float = 0.5
    ) -> None:
        super().__init__()
        if num_frames < 16 or num_frames % 16:
            raise ValueError(
                f"num_frames: expected a positive multiple of 16, for frames are halved four times, got {num_frames}"
            )
        joints = topology.num_joints
        self.num_joints = joints
        self.num_frames = num_frames
        self.in_channels = in_channels
        self.position = _Tower(in_channels, joints, num_frames, dropout=dropout)
        self.motion = _Tower(in_channels, joints, num_frames, dropout=dropout)
        layers: list[nn.Module] = []
        for width in (128, 256):
            layers += [nn.Conv2d(128, width, 3, padding=1), nn.ReLU(), nn.Dropout2d(dropout), nn.MaxPool2d(2)]
        self.head = nn.Sequential(*layers, nn.Flatten())
        self.classifier = nn.Sequential(
            nn.Linear(256 * (num_frames // 16) ** 2, 512), nn.ReLU(), nn.Dropout(dropout), nn.Linear(512, num_classes)
        )

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]`` or in the ``x`` of a PyG batch."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        check_frames(x, self.num_frames)
        x = to_persons(x, self.num_joints, self.in_channels)  # [P, T, V, C]
        h = torch.cat([self.position(x), self.motion(_motion(x))], dim=1)  # [P, 128, T / 4, T / 4]
        h = self.head(h)  # [P, 256 (T / 16)²]
        return self.classifier(max_over_persons(h, self.num_joints, batch, batch_size))


class _Tower(nn.Module):
    """``[P, T, V, C]`` to ``[P, 64, T / 4, W / 4]``, of W features a joint."""

    def __init__(self, in_channels: int, num_joints: int, features: int, *, dropout: float) -> None:
        super().__init__()
        self.joint = nn.Sequential(nn.Linear(in_channels, 64), nn.ReLU(), TemporalConv(64, features, 3))
        self.image = nn.Sequential(
            nn.Conv2d(num_joints, 32, 3, padding=1),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.Dropout2d(dropout),
            nn.MaxPool2d(2),
        )

    def forward(self, x: Tensor) -> Tensor:
        image: Tensor = self.image(self.joint(x).transpose(1, 2))  # of [P, V, T, W]: joints are channels
        return image


def _motion(x: Tensor) -> Tensor:
    """The differences of successive frames, interpolated to as many as there were: ``[P, T, V, C]`` to the same."""
    steps = x.diff(dim=1).flatten(2).transpose(1, 2)  # [P, V C, T - 1]
    return F.interpolate(steps, size=x.size(1), mode="linear").transpose(1, 2).reshape(x.shape)
