from __future__ import annotations

import pytest
import torch
from torch_geometric.utils import to_dense_adj

from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialSelfAttention, SpatioTemporalSelfAttention
from tg_skeleton.nn.functional import dense_normalized_adjacency
from tg_skeleton.nn.sets import find_sets

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def test_one_frame_is_spatial_attention() -> None:
    torch.manual_seed(0)
    st = SpatioTemporalSelfAttention(8, 6, heads=2).double()
    spatial = SpatialSelfAttention(8, 6, heads=2).double()
    spatial.load_state_dict(st.state_dict())
    x = torch.randn(1, 25, 8, dtype=torch.double)
    torch.testing.assert_close(st(x, NTU25.edge_index), spatial(x, NTU25.edge_index), rtol=0, atol=1e-12)


def test_window_of_one_frame_is_spatial_attention_in_each_frame() -> None:
    torch.manual_seed(0)
    st = SpatioTemporalSelfAttention(8, 6, window=1).double()
    spatial = SpatialSelfAttention(8, 6).double()
    spatial.load_state_dict(st.state_dict())
    x = torch.randn(2, 4, 25, 8, dtype=torch.double)
    windows = st(x, NTU25.edge_index)
    torch.testing.assert_close(windows.squeeze(2), spatial(x, NTU25.edge_index), rtol=0, atol=1e-12)


@pytest.mark.parametrize("mask_padding", [True, False])
def test_windows_equal_a_loop_over_windows(mask_padding: bool) -> None:
    torch.manual_seed(0)
    frames, window = 5, 3
    conv = SpatioTemporalSelfAttention(8, 6, window=window, mask_padding=mask_padding).double()
    x = torch.randn(frames, 3, 8, dtype=torch.double)
    bias = 0.8 * torch.tensor([[0.5, 6**-0.5, 0], [6**-0.5, 1 / 3, 6**-0.5], [0, 6**-0.5, 0.5]], dtype=torch.double)
    for t in range(frames):
        real = min(window, frames - t)
        clip = x[t : t + real].flatten(0, 1)
        padding = x.new_zeros((window - real) * 3, 8)
        query = torch.cat([conv.lin_query(clip), padding])
        key = torch.cat([conv.lin_key(clip), padding])
        value = torch.cat([conv.lin_value(clip), padding[:, :6]])
        logits = query @ key.T / 8**0.5 + bias.repeat(window, window)
        if mask_padding:
            logits[:, real * 3 :] = -torch.inf
        expected = (logits.softmax(1) @ value).view(window, 3, 6)
        torch.testing.assert_close(conv(x, PATH)[t], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)], ids=["TNC", "BTNC", "ABTNC"])
@pytest.mark.parametrize("frames", [1, 2, 6, 7])
@pytest.mark.parametrize("window", [1, 3, (3, 2), (5, 1), (2, 3)], ids=str)
def test_windows_of_one_set_slide_to_the_same_result(
    window: int | tuple[int, int], frames: int, lead: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    conv = SpatioTemporalSelfAttention(8, 6, window=window).double()
    x = torch.randn(*lead, frames, 3, 8, dtype=torch.double, requires_grad=True)
    adjacency = dense_normalized_adjacency(PATH, 3, dtype=torch.double)
    slid = conv(x, adjacency)
    slow, _ = conv._edgewise(x, (adjacency, None), find_sets(None, 3), keep=False)
    torch.testing.assert_close(slid, slow, rtol=0, atol=1e-10)
    cotangent = torch.randn_like(slid)
    gradients = [torch.autograd.grad(out, [x, *conv.parameters()], cotangent) for out in (slid, slow)]
    for fast, reference in zip(*gradients, strict=True):
        torch.testing.assert_close(fast, reference, rtol=0, atol=1e-10)


@pytest.mark.parametrize("stride", [2, 3])
def test_a_stride_skips_windows(stride: int) -> None:
    every = SpatioTemporalSelfAttention(8, 6, window=3).double()
    some = SpatioTemporalSelfAttention(8, 6, window=(3, stride)).double()
    some.load_state_dict(every.state_dict())
    x = torch.randn(2, 7, 3, 8, dtype=torch.double)
    torch.testing.assert_close(some(x, PATH), every(x, PATH)[:, ::stride])


def test_weights_are_those_of_the_unrolled_graph() -> None:
    torch.manual_seed(0)
    conv = SpatioTemporalSelfAttention(8, 8, alpha=0.0).double()
    x = torch.randn(4, 3, 8, dtype=torch.double)
    out, (pairs, weights) = conv(x, return_attention_weights=True)
    matrix = to_dense_adj(pairs, edge_attr=weights[:, 0])[0].T  # (target, source)
    torch.testing.assert_close(matrix @ conv.lin_value(x).view(12, 8), out.view(12, 8), rtol=0, atol=1e-12)


def test_repr() -> None:
    assert repr(SpatioTemporalSelfAttention(64, 32)) == "SpatioTemporalSelfAttention(64, 32, alpha=0.8)"
    said = repr(SpatioTemporalSelfAttention(64, 32, window=3, mask_padding=True, alpha=0.0))
    assert said == "SpatioTemporalSelfAttention(64, 32, window=3, mask_padding=True, alpha=0.0)"
    said = repr(SpatioTemporalSelfAttention(64, None, window=(3, 2)))
    assert said == "SpatioTemporalSelfAttention(64, None, window=(3, 2), alpha=0.8)"


def test_window_out_of_range() -> None:
    with pytest.raises(ValueError, match="window: expected at least one frame, or None for all frames, got 0"):
        SpatioTemporalSelfAttention(8, 8, window=0)
    with pytest.raises(ValueError, match=r"window: expected at least one frame, or None for all frames, got \(3, 0\)"):
        SpatioTemporalSelfAttention(8, 8, window=(3, 0))


def test_needs_frames() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, T, N, C\] \(frames before nodes\), got \[3, 8\]"):
        SpatioTemporalSelfAttention(8, 8)(torch.zeros(3, 8), PATH)


def test_missing_edge_index() -> None:
    with pytest.raises(ValueError, match=r"edge_index: alpha = 0.8 adds"):
        SpatioTemporalSelfAttention(8, 8)(torch.zeros(4, 3, 8))
