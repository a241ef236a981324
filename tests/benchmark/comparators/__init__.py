"""What the package is measured against: the same mathematics in the layout that most public code of the field has.

Persons are padded to two a clip and folded into the batch, ``[N, C, T, V, M]`` to ``[N M, C, T, V]``; linear maps are
1×1 convolutions, attention is einsum, sum, softmax and einsum, windows are unfolded by copying. No part of the package.
"""

from tests.benchmark.comparators.aagcn import AAGCN
from tests.benchmark.comparators.blocks import FF, JF, MSTCN, SFEM, STFEM, VBlock
from tests.benchmark.comparators.ctrgcn import CTRGCN
from tests.benchmark.comparators.dgnn import DGNN
from tests.benchmark.comparators.models import ESAN, TFEM, AMANet
from tests.benchmark.comparators.mstgcn import MSTGCN
from tests.benchmark.comparators.shiftgcn import ShiftGCN
from tests.benchmark.comparators.stgcnpp import STGCNPP
from tests.benchmark.comparators.sttr import STTR
from tests.benchmark.comparators.weights import channels_first_weights

__all__ = [
    "AAGCN",
    "CTRGCN",
    "DGNN",
    "ESAN",
    "FF",
    "JF",
    "MSTCN",
    "MSTGCN",
    "SFEM",
    "STFEM",
    "STGCNPP",
    "STTR",
    "TFEM",
    "AMANet",
    "ShiftGCN",
    "VBlock",
    "channels_first_weights",
]
