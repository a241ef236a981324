"""What users of PyG's convolutions expect of an operator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch_geometric.typing import WITH_TORCH_SPARSE
from torch_geometric.utils import sparse

from tg_skeleton.nn import (
    AdaptiveGraphConv,
    MultiScaleGraphConv,
    SpatialSelfAttention,
    SpatioTemporalSelfAttention,
    TemporalSelfAttention,
)
from tg_skeleton.nn.conv.self_attention import SelfAttention

EDGES = torch.tensor([[0, 1, 3, 4], [1, 0, 4, 3]])
BATCH = torch.tensor([0, 0, 0, 1, 1, 1])
WEIGHT = torch.tensor([1.0, 2.0, 0.5, 3.0])

OPERATORS: dict[str, Callable[[int], SelfAttention]] = {
    "S1": lambda c: SpatialSelfAttention(c, 12, heads=2),
    "S1 wide": lambda c: SpatialSelfAttention(c, 12),
    "S1 bare": lambda c: SpatialSelfAttention(c, None),
    "S2": lambda c: SpatialSelfAttention(c, 12, per_frame=False, directed=False),
    "T1": lambda c: TemporalSelfAttention(c, 12, group=(None, 2)),
    "T2": lambda c: TemporalSelfAttention(c, 12, per_joint=False, group=3),
    "ST": lambda c: SpatioTemporalSelfAttention(c, 12),
    "ST window": lambda c: SpatioTemporalSelfAttention(c, 12, window=3),
}


def features() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(5, 6, 8)


@pytest.mark.parametrize("name", ["S1", "S2", "ST", "ST window"])
@pytest.mark.parametrize("layout", ["coo", "csr"])
def test_a_sparse_matrix_is_its_edges(layout: str, name: str) -> None:
    conv, x = OPERATORS[name](8), features()
    matrix = torch.sparse_coo_tensor(EDGES.flip(0), WEIGHT, (6, 6))  # (target, source), as everywhere in PyG
    matrix = matrix if layout == "coo" else matrix.to_sparse_csr()
    torch.testing.assert_close(conv(x, matrix, batch=BATCH), conv(x, EDGES, WEIGHT, batch=BATCH), rtol=0, atol=1e-5)


@pytest.mark.skipif(WITH_TORCH_SPARSE, reason="torch_sparse is installed")
def test_a_matrix_of_torch_sparse_is_its_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stored:  # what PyG asks of torch_sparse.SparseTensor
        def size(self, axis: int) -> int:
            return 6

        def coo(self) -> tuple[Tensor, Tensor, Tensor]:
            return EDGES[1], EDGES[0], WEIGHT

    monkeypatch.setattr(sparse, "SparseTensor", Stored)
    conv, x = SpatialSelfAttention(8, 8), features()
    torch.testing.assert_close(conv(x, Stored()), conv(x, EDGES, WEIGHT), rtol=0, atol=0)


def test_a_sparse_matrix_of_other_nodes_or_with_weights_apart() -> None:
    conv, matrix = SpatialSelfAttention(8, 8), torch.sparse_coo_tensor(EDGES, WEIGHT, (5, 5))
    with pytest.raises(ValueError, match=r"edge_index: expected a sparse matrix \[N, N\] .* got \[5, 5\]"):
        conv(features(), matrix)
    with pytest.raises(ValueError, match="edge_weight: a sparse edge_index holds its weights itself"):
        conv(features(), matrix, WEIGHT)


def test_a_batch_by_position() -> None:
    with pytest.raises(ValueError, match=r"edge_weight: expected floats \[E\], .* passed by name: .* batch=batch\)"):
        SpatialSelfAttention(8, 8)(features(), EDGES, BATCH)
    for conv in (MultiScaleGraphConv(8, 8), AdaptiveGraphConv(8, 8, partition="distance")):
        with pytest.raises(ValueError, match=r"edge_weight: .* a batch vector is passed by name"):
            conv(features(), EDGES, BATCH)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("S1", (5, 0, 12)), ("S1 wide", (5, 0, 12)), ("S2", (5, 0, 12)), ("T1", (3, 0, 12)), ("T2", (5, 0, 12)),
     ("ST", (5, 0, 12)), ("ST window", (5, 3, 0, 12))],
)  # fmt: skip
@pytest.mark.parametrize("batch", [None, torch.zeros(0, dtype=torch.long)], ids=["one set", "batch"])
def test_a_graph_without_nodes(name: str, shape: tuple[int, ...], batch: Tensor | None) -> None:
    edges = torch.zeros(2, 0, dtype=torch.long)
    assert OPERATORS[name](8)(torch.zeros(5, 0, 8), edges, batch=batch).shape == shape


@pytest.mark.parametrize("name", OPERATORS)
def test_lazy_channels_are_those_of_the_first_input(name: str) -> None:
    torch.manual_seed(1)
    lazy = OPERATORS[name](-1)
    torch.manual_seed(1)
    eager = OPERATORS[name](8)
    torch.manual_seed(1)
    out = lazy(features(), EDGES, batch=BATCH)
    assert repr(lazy) == repr(eager)
    assert {n: v.shape for n, v in lazy.state_dict().items()} == {n: v.shape for n, v in eager.state_dict().items()}
    eager.load_state_dict(lazy.state_dict())
    assert torch.equal(lazy(features(), EDGES, batch=BATCH), out)
    torch.testing.assert_close(eager(features(), EDGES, batch=BATCH), out, rtol=0, atol=1e-5)


def test_lazy_channels_that_the_heads_do_not_divide() -> None:
    with pytest.raises(ValueError, match="attn_channels: expected a multiple of heads = 3, got the 8 channels of x"):
        SpatialSelfAttention(-1, 12, heads=3)(features(), EDGES)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("name", ["S1", "S1 wide", "S2", "T1", "ST", "ST window"])
def test_compiles_whole_with_a_batch(name: str, ragged: bool) -> None:
    conv, x, batch = OPERATORS[name](8), features(), torch.tensor([0, 0, 0, 1, 1, 2]) if ragged else BATCH
    edges = EDGES[:, :2] if ragged else EDGES
    compiled = torch.compile(conv, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, edges, batch=batch), conv(x, edges, batch=batch), rtol=0, atol=1e-5)
    torch._dynamo.reset()


@pytest.mark.parametrize("with_batch", [False, True])
@pytest.mark.parametrize("name", ["S1", "S1 wide", "S2", "T1", "ST", "ST window"])
def test_no_value_is_read_on_a_device(name: str, with_batch: bool) -> None:
    conv, x = OPERATORS[name](8).to("meta"), features().to("meta")  # whose tensors have no values
    batch = BATCH.to("meta") if with_batch else None
    assert conv(x, EDGES.to("meta"), batch=batch).shape == OPERATORS[name](8)(features(), EDGES).shape
