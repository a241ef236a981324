"""One network for all skeletons."""

import pytest
import torch

from tg_skeleton import SkeletonSequence
from tg_skeleton.collate import collate
from tg_skeleton.datasets.described import described
from tg_skeleton.models import AnyESAN
from tg_skeleton.models.everyday import body_motion, persons_of
from tg_skeleton.topologies import COCO17, NTU25, SBU15


def network() -> AnyESAN:
    torch.manual_seed(0)
    return AnyESAN(num_classes=5, num_frames=8, widths=(16, 16, 24, 24)).double().eval()


def clip(topology, persons: int = 1, dims: int = 3, seed: int = 0, scale: float = 1.0) -> SkeletonSequence:
    generator = torch.Generator().manual_seed(seed)
    pos = scale * torch.randn(8, persons, topology.num_joints, dims, generator=generator).double()
    return described(SkeletonSequence.from_array(pos, topology, y=0), topology)


def run(model: AnyESAN, data: SkeletonSequence, x: torch.Tensor | None = None) -> torch.Tensor:
    x = data.x if x is None else x
    batch = data.batch if "batch" in data else None
    return model(x.double(), batch, data.num_graphs if batch is not None else None)


def test_a_batch_of_any_skeletons_is_each_alone() -> None:
    model = network()
    clips = [clip(NTU25), clip(COCO17, dims=2, seed=1), clip(SBU15, persons=2, seed=2)]
    together = run(model, collate(clips))
    alone = torch.cat([run(model, one) for one in clips])
    assert together.shape == (3, 5)
    assert torch.allclose(together, alone, atol=1e-10)


def test_gradients_of_a_batch_are_those_of_each_alone() -> None:
    model, clips = network(), [clip(NTU25), clip(SBU15, persons=2, seed=2)]
    run(model, collate(clips)).square().sum().backward()
    together = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    for one in clips:
        run(model, one).square().sum().backward()
    for one, two in zip(together, (parameter.grad for parameter in model.parameters()), strict=True):
        assert torch.allclose(one, two, atol=1e-9)


def test_the_order_of_the_joints_does_not_matter() -> None:
    model, data = network(), clip(NTU25)
    order = torch.randperm(25, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(run(model, data), run(model, data, data.x[:, order]), atol=1e-10)


def test_where_a_body_is_and_how_large_does_not_matter() -> None:
    model, data = network(), clip(NTU25)
    moved = data.x.double().clone()
    moved[..., :3] = 3.0 * moved[..., :3] + 7.0
    assert torch.allclose(run(model, data), run(model, data, moved), atol=1e-8)


def test_an_unseen_joint_has_no_say() -> None:
    model, data = network(), clip(NTU25)
    unseen, astray = data.x.clone(), data.x.clone()
    unseen[:, 7, 3] = 0.0
    astray[:, 7, :4] = torch.tensor([100.0, 100.0, 100.0, 0.0])
    assert torch.allclose(run(model, data, unseen), run(model, data, astray), atol=1e-10)
    assert not torch.allclose(run(model, data), run(model, data, unseen), atol=1e-6)


def test_a_clip_in_which_nobody_is_seen_has_finite_logits() -> None:
    model, data = network(), clip(NTU25)
    nobody = data.x.clone()
    nobody[..., :4] = 0.0
    assert torch.isfinite(run(model, data, nobody)).all()


def test_motion_by_hand() -> None:
    pos = torch.tensor([[[0.0, 0.0, 5.0], [2.0, 0.0, 5.0]], [[0.0, 1.0, 5.0], [2.0, 1.0, 5.0]]])
    place = torch.zeros(2, 8)  # no depth
    node = torch.zeros(2, dtype=torch.long)
    # two joints, two frames: each is one from the middle, which rises by one
    joints, velocity = body_motion(pos, torch.ones(2, 2, 1), place, node, node, 1)
    assert joints[0, 0].tolist() == [
        -1.0,
        0.0,
        0.0,
        0.0,
        -0.5,
        0.0,
        1.0,
        0.0,
    ]
    assert velocity[:, 1].tolist() == [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_it_is_small() -> None:
    assert sum(parameter.numel() for parameter in AnyESAN().parameters()) * 4 < 4e6


def test_persons_are_told_apart_by_their_number_and_their_clip() -> None:
    number, batch = torch.tensor([0.0, 0, 1, 1, 0, 0, 0]), torch.tensor([0, 0, 0, 0, 1, 1, 2])
    assert persons_of(number, batch).tolist() == [0, 0, 1, 1, 2, 2, 3]


def test_it_reads_a_batch_of_pyg() -> None:
    model, batch = network(), collate([clip(NTU25), clip(SBU15, persons=2)])
    batch.x = batch.x.double()
    assert torch.equal(model(batch), run(model, batch))


@pytest.mark.parametrize("shape", [(7, 25, 13), (8, 25, 12), (8, 0, 13), (8, 25)])
def test_another_input_is_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"x: expected \[T, N, C\] = \[8, N, 13\], got .*SampleSegments\(8\).*DescribeJ"
    ):
        network()(torch.zeros(shape).double())


def test_a_batch_of_other_nodes_is_named() -> None:
    with pytest.raises(ValueError, match=r"batch: expected one clip per node, \[25\], got \[3\]"):
        network()(clip(NTU25).x.double(), torch.zeros(3, dtype=torch.long), 1)


def test_other_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="in_channels: expected the 13 channels of DescribeJoints, got 3"):
        AnyESAN(NTU25, 3, 5)


def test_an_odd_number_of_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="num_frames: expected an even number from 2, got 7"):
        AnyESAN(num_frames=7)
