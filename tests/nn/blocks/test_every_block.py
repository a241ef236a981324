"""What holds for every block of paper B, on every topology."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton import NTU25
from tg_skeleton.nn import MSTCN, SFEM, STFEM, TFEM, DataPreprocessing, FrameFeatures, JointFeatures
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

Build = Callable[[Tensor], nn.Module]

BLOCKS: dict[str, Build] = {
    "DataPreprocessing": lambda a: DataPreprocessing(a.size(0), 6),
    "SFEM": lambda a: SFEM(6, 12, a),
    "FrameFeatures": lambda a: FrameFeatures(6, a.size(0)),
    "JointFeatures": lambda a: JointFeatures(6, 12),
    "JointFeatures stride": lambda a: JointFeatures(6, 12, stride=2),
    "MSTCN": lambda a: MSTCN(6, 12, stride=2),
    "TFEM": lambda a: TFEM(6, 12, a.size(0), stride=2),
    "STFEM": lambda a: STFEM(6, 12, a, windows=(3, 5), stride=2),
    "STFEM linear": lambda a: STFEM(6, 12, a, value="linear"),
}


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("name", [name for name in BLOCKS if name != "DataPreprocessing"])
def test_joints_may_be_listed_in_any_order(name: str, topology: Topology) -> None:
    torch.manual_seed(0)
    adjacency = topology.normalized_adjacency.double()
    order = torch.randperm(topology.num_joints)
    block = BLOCKS[name](adjacency).double().eval()
    other = BLOCKS[name](adjacency[order][:, order]).double().eval()
    other.load_state_dict(block.state_dict())
    x = torch.randn(2, 7, topology.num_joints, 6, dtype=torch.double)
    torch.testing.assert_close(other(x[:, :, order]), block(x)[:, :, order], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_person_is_seen_alone(name: str) -> None:
    torch.manual_seed(0)
    block = BLOCKS[name](NTU25.normalized_adjacency).eval()
    x = torch.randn(3, 7, 25, 6)
    together = block(x)
    for person in range(3):
        torch.testing.assert_close(block(x[person : person + 1]), together[person : person + 1])


@pytest.mark.parametrize("name", BLOCKS)
def test_one_frame_is_enough_and_a_batch_may_be_of_one_person(name: str) -> None:
    out = BLOCKS[name](NTU25.normalized_adjacency).eval()(torch.randn(1, 1, 25, 6))
    assert out.shape[:3] == (1, 1, 25)
    assert out.isfinite().all()


@pytest.mark.parametrize("name", BLOCKS)
def test_zeros_give_finite_gradients(name: str) -> None:
    x = torch.zeros(2, 7, 25, 6, requires_grad=True)
    block = BLOCKS[name](NTU25.normalized_adjacency)
    block(x).sum().backward()
    assert x.grad is not None
    for gradient in (x.grad, *(parameter.grad for parameter in block.parameters())):
        assert gradient is not None
        assert gradient.isfinite().all()


@pytest.mark.parametrize("name", BLOCKS)
def test_the_output_is_contiguous(name: str) -> None:
    assert BLOCKS[name](NTU25.normalized_adjacency)(torch.randn(2, 8, 25, 6)).is_contiguous()


@pytest.mark.parametrize("name", ["SFEM", "STFEM"])
def test_the_adjacency_follows_the_module_but_is_no_part_of_a_checkpoint(name: str) -> None:
    block = BLOCKS[name](NTU25.normalized_adjacency)
    assert not any("adjacency" in key for key in block.state_dict())
    assert block.double().adjacency.dtype == torch.double


@pytest.mark.parametrize("name", ["SFEM", "FrameFeatures", "STFEM"])
def test_other_joints_than_the_block_was_built_for(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"x: expected \[P, T, V = 25, C = 6\], got \[2, 7, 24, 6\]; build the block for its"
    ):
        BLOCKS[name](NTU25.normalized_adjacency)(torch.zeros(2, 7, 24, 6))


@pytest.mark.parametrize("name", ["SFEM", "FrameFeatures", "JointFeatures", "STFEM"])
def test_other_channels_than_the_block_was_built_for(name: str) -> None:
    with pytest.raises(ValueError, match=r"x: expected \[P, T, V.*, C = 6\], got \[2, 7, 25, 5\]"):
        BLOCKS[name](NTU25.normalized_adjacency)(torch.zeros(2, 7, 25, 5))
