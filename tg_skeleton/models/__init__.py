"""Whole published networks."""

from tg_skeleton.models.agcn import AGCN
from tg_skeleton.models.amanet import AMANet
from tg_skeleton.models.ctrgcn import CTRGCN
from tg_skeleton.models.dgnn import DGNN
from tg_skeleton.models.dual_head_net import DualHeadNet
from tg_skeleton.models.esan import ESAN
from tg_skeleton.models.hypergcn import HyperGCN
from tg_skeleton.models.msg3d import MSG3D
from tg_skeleton.models.mstgcn import MSTGCN
from tg_skeleton.models.sgn import SGN
from tg_skeleton.models.stgcn import STGCN

__all__ = ["AGCN", "CTRGCN", "DGNN", "ESAN", "MSG3D", "MSTGCN", "SGN", "STGCN", "AMANet", "DualHeadNet", "HyperGCN"]
