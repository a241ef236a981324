from __future__ import annotations

from torch import nn

from tg_skeleton import NTU25
from tg_skeleton.models import AGCN


def test_residuals_of_the_graph_convolutions_are_the_paper_s() -> None:
    blocks = AGCN(NTU25, 3, 60).blocks
    projected = [isinstance(block.spatial.residual.lin, nn.Linear) for block in blocks]
    assert projected == [True, False, False, False, True, False, False, True, False, False]
