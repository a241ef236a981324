"""Published networks, and the parts for a network of your own: nodes to persons, the input norm, the mean."""

from torch import nn

from tg_skeleton.models.aagcn import AAGCN
from tg_skeleton.models.agcn import AGCN
from tg_skeleton.models.amanet import AMANet
from tg_skeleton.models.ctrgcn import CTRGCN
from tg_skeleton.models.dgnn import DGNN
from tg_skeleton.models.dual_head_net import DualHeadNet
from tg_skeleton.models.esan import ESAN
from tg_skeleton.models.everyday import AnyESAN
from tg_skeleton.models.hcn import HCN
from tg_skeleton.models.hypergcn import HyperGCN
from tg_skeleton.models.input_norm import InputNorm
from tg_skeleton.models.msg3d import MSG3D
from tg_skeleton.models.mstgcn import MSTGCN
from tg_skeleton.models.persons import mean_over_body, mean_over_persons, to_persons
from tg_skeleton.models.sgn import SGN
from tg_skeleton.models.shiftgcn import ShiftGCN
from tg_skeleton.models.stgcn import STGCN
from tg_skeleton.models.stgcnpp import STGCNPP
from tg_skeleton.models.sttr import STTR

NETWORKS: tuple[type[nn.Module], ...] = (
    *(AAGCN, AGCN, AMANet, CTRGCN, DGNN, DualHeadNet, ESAN, HCN, HyperGCN),
    *(MSG3D, MSTGCN, SGN, STGCN, STGCNPP, STTR, ShiftGCN),
)
"""The published networks."""

__all__ = [
    "AAGCN",
    "AGCN",
    "CTRGCN",
    "DGNN",
    "ESAN",
    "HCN",
    "MSG3D",
    "MSTGCN",
    "NETWORKS",
    "SGN",
    "STGCN",
    "STGCNPP",
    "STTR",
    "AMANet",
    "AnyESAN",
    "DualHeadNet",
    "HyperGCN",
    "InputNorm",
    "ShiftGCN",
    "mean_over_body",
    "mean_over_persons",
    "to_persons",
]
