"""AMANet, the network of paper B."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, get_args, get_type_hints

from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.persons import clips_in, mean_over_body, mean_over_persons, to_persons
from tg_skeleton.nn.blocks import (
    G3D,
    MSGCN,
    MSTCN,
    SFEM,
    STFEM,
    TFEM,
    DataPreprocessing,
    FrameFeatures,
    JointFeatures,
    TwoPaths,
)
from tg_skeleton.nn.blocks.options import Value
from tg_skeleton.topology import Topology

Spatial = Literal["sfem", "ms-gcn", "sfem + ms-gcn"]
"""The spatial module: paper B's, MS-G3D's, or the former followed by the latter."""

Temporal = Literal["tfem", "ff", "jf", "ms-tcn"]
"""The temporal module: paper B's, one of its two parts followed by an MS-TCN, or MS-G3D's two MS-TCNs."""

SpatioTemporal = Literal["stfem", "g3d", "stfem + g3d"]
"""The spatio-temporal module, as in `Spatial`."""

Order = Literal["spatial first", "temporal first"]
"""The order of the two modules of the factorized path."""


class Constants(TypedDict, total=False):
    """The constants of paper B's modules; those that are left out have the paper's values."""

    alpha: float
    """α, the weight of Å among joints (SFEM): 0.8."""

    beta: float
    """β, the weight of Å among joints of several frames (STFEM): 0.8."""

    learned: bool
    """Whether α and β are learned, one of each for every block, from those values on: False."""

    group: int
    """g, the frames of a group (FF): 5."""

    kernel_size: int
    """R, the frames of FF's convolution, an odd number: g."""

    order: Order
    """The order of the two modules of the factorized path, for the ablation: spatial first."""


class AMANet(nn.Module):
    r"""The adaptively multi-correlations aggregation network: three blocks of two paths each.

    .. math:: x \leftarrow \mathrm{MSTCN}\left(\mathrm{ReLU}\left(
        \mathrm{TFEM}(\mathrm{SFEM}(x)) + \mathrm{STFEM}(x)\right)\right)

    It begins with a batch norm of every channel of every joint, and ends with the mean over frames, joints and persons,
    and a linear classifier. The four streams of MS-DS are four such networks.

    Assumption: blocks of MS-G3D's widths and strides, with the channels changed by the spatial and the joint features;
    values are linear maps, with which NTU RGB+D 60 takes 2,062,204 parameters (windows (3,)), 2,248,828 ((5,)) or
    2,765,680 ((3, 5)), with values that are the input 1,857,796, 2,044,420 or 2,514,748; windows, which the text does
    not state, are (3,). Differs from the paper: absent persons take no part; there, zeros stand for them.

    Args:
        topology: The skeleton; gives V, Å and the hops.
        in_channels: Channels of ``x``: 12 with the preprocessing of the joint stream in 3-D, 3 for a bare stream.
        num_classes: Classes to tell apart.
        widths: Channels of the blocks, multiples of 6. Each block after the first halves the frames.
        windows: τ of the paths of STFEM (and of G3D).
        value: The values of every attention are a linear map of its input, or the input itself.
        spatial: For the ablations; see `Spatial`.
        temporal: For the ablations; see `Temporal`.
        spatio_temporal: For the ablations; see `SpatioTemporal`.
        constants: α, β, g and R, and the order of the modules; see `Constants`.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: A choice or a constant is unknown, or ``x`` or ``batch`` does not fit the topology and the channels.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import AMANet
    >>> model = AMANet(NTU25, in_channels=12, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    2062204
    >>> model(torch.randn(16, 50, 12), batch=torch.arange(2).repeat_interleave(25), batch_size=2).shape
    torch.Size([2, 60])

    Source: paper B (AMANet, 2023), Fig. 2; Liu et al. 2020 (MS-G3D) for the frame.
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = (96, 192, 384),
        windows: Sequence[int] = (3,),
        value: Value = "linear",
        spatial: Spatial = "sfem",
        temporal: Temporal = "tfem",
        spatio_temporal: SpatioTemporal = "stfem",
        constants: Constants | None = None,
    ) -> None:
        super().__init__()
        _check("spatial", spatial, get_args(Spatial))
        _check("temporal", temporal, get_args(Temporal))
        _check("spatio_temporal", spatio_temporal, get_args(SpatioTemporal))
        order = (constants or {}).get("order", "spatial first")
        _check("order", order, get_args(Order))
        self.num_joints = topology.num_joints
        self.in_channels = in_channels
        self.preprocessing = DataPreprocessing(topology.num_joints, in_channels)
        build = _Modules(topology, constants or {}, value=value, windows=tuple(windows))
        blocks, channels = [], in_channels
        for place, width in enumerate(widths):
            stride, middle = (2, channels) if place else (1, width)  # MS-G3D's strides, and channels between the parts
            if order == "spatial first":
                first, then = build.spatial(spatial, channels, middle), build.temporal(temporal, middle, width, stride)
            else:
                first, then = build.temporal(temporal, channels, width, stride), build.spatial(spatial, width, width)
            both = build.spatio_temporal(spatio_temporal, channels, width, stride)
            blocks.append(TwoPaths(nn.Sequential(*first, *then), both, MSTCN(width, width)))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]`` or in the ``x`` of a PyG batch."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        x = self.preprocessing(to_persons(x, self.num_joints, self.in_channels))  # [P, T, V, C]
        x = mean_over_body(self.blocks(x))  # [P, C']
        return self.classifier(mean_over_persons(x, self.num_joints, batch, batch_size))


class _Modules:
    """Makes the modules of a block, which share skeleton, values, windows and constants."""

    def __init__(self, topology: Topology, constants: Constants, *, value: Value, windows: tuple[int, ...]) -> None:
        known = get_type_hints(Constants)
        if unknown := [key for key in constants if key not in known]:
            raise ValueError(f"constants: expected some of {', '.join(known)}, got {unknown[0]}")
        self.topology, self.value, self.windows = topology, value, windows
        self.learned = constants.get("learned", False)
        self.alpha, self.beta = constants.get("alpha", 0.8), constants.get("beta", 0.8)
        self.group = constants.get("group", 5)
        self.kernel_size = constants.get("kernel_size", self.group)

    def spatial(self, kind: Spatial, c_in: int, c_out: int) -> list[nn.Module]:
        if kind == "sfem":
            return [self._sfem(c_in, c_out)]
        front = [] if kind == "ms-gcn" else [self._sfem(c_in, c_in)]
        return [*front, MSGCN(c_in, c_out, self.topology.hops)]

    def temporal(self, kind: Temporal, c_in: int, c_out: int, stride: int) -> list[nn.Module]:
        joints, value, group, size = self.topology.num_joints, self.value, self.group, self.kernel_size
        if kind == "tfem":
            return [TFEM(c_in, c_out, joints, stride=stride, group=group, kernel_size=size, value=value)]
        if kind == "ff":
            frames = FrameFeatures(c_in, joints, group=group, kernel_size=size, value=value)
            return [frames, MSTCN(c_in, c_out, stride=stride, activation=False)]
        first: nn.Module = MSTCN(c_in, c_out, stride=stride)
        if kind == "jf":
            first = JointFeatures(c_in, c_out, stride=stride, value=value)
        return [first, MSTCN(c_out, c_out, activation=False)]

    def spatio_temporal(self, kind: SpatioTemporal, c_in: int, c_out: int, stride: int) -> nn.Module:
        if kind == "stfem":
            return self._stfem(c_in, c_out, stride, activation=False)
        hidden = c_out if stride == 1 else c_in  # MS-G3D's: the first block widens before its windows collapse
        hops, windows = self.topology.hops, self.windows
        g3d = G3D(c_in, c_out, hops, windows=windows, stride=stride, hidden_channels=hidden)
        return g3d if kind == "g3d" else nn.Sequential(self._stfem(c_in, c_in, 1, activation=True), g3d)

    def _sfem(self, c_in: int, c_out: int) -> SFEM:
        adjacency = self.topology.normalized_adjacency
        return SFEM(c_in, c_out, adjacency, alpha=self.alpha, learned=self.learned, value=self.value)

    def _stfem(self, c_in: int, c_out: int, stride: int, *, activation: bool) -> STFEM:
        return STFEM(
            c_in,
            c_out,
            self.topology.normalized_adjacency,
            windows=self.windows,
            stride=stride,
            beta=self.beta,
            learned=self.learned,
            value=self.value,
            activation=activation,
        )


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: expected one of {choices}, got {value!r}")
