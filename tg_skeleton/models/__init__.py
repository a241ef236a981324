"""Published networks, and the parts for a network of your own: nodes to persons, the input norm, the mean."""

from torch import nn

from tg_skeleton.models.aagcn import AAGCN
from tg_skeleton.models.agcn import AGCN
from tg_skeleton.models.amanet import AMANet
from tg_skeleton.models.ctrgcn import CTRGCN
from tg_skeleton.models.esan import ESAN
from tg_skeleton.models.everyday import AnyESAN
from tg_skeleton.models.hcn import HCN
from tg_skeleton.models.input_norm import InputNorm
from tg_skeleton.models.msg3d import MSG3D
from tg_skeleton.models.persons import mean_over_body, mean_over_persons, to_persons
from tg_skeleton.models.sgn import SGN
from tg_skeleton.models.shiftgcn import ShiftGCN
from tg_skeleton.models.stgcn import STGCN
from tg_skeleton.models.stgcnpp import STGCNPP
from tg_skeleton.models.sttr import STTR

NETWORKS: tuple[type[nn.Module], ...] = (
    *(AGCN, CTRGCN, ESAN, MSG3D, SGN, STGCN, AMANet),
    *(AAGCN, HCN, STGCNPP, STTR, ShiftGCN),
)
"""The published networks."""

__all__ = [
    "AAGCN",
    "AGCN",
    "CTRGCN",
    "ESAN",
    "HCN",
    "MSG3D",
    "NETWORKS",
    "SGN",
    "STGCN",
    "STGCNPP",
    "STTR",
    "AMANet",
    "AnyESAN",
    "InputNorm",
    "ShiftGCN",
    "mean_over_body",
    "mean_over_persons",
    "to_persons",
]
