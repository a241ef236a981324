"""One network for all skeletons."""

import pytest
import torch

from tg_skeleton import SkeletonSequence
from tg_skeleton.collate import collate
from tg_skeleton.models import AnyESAN
from tg_skeleton.models.everyday import body_motion
from tg_skeleton.topologies import COCO17, NTU25, SBU15
from tg_skeleton.transforms import DescribeJoints


def network() -> AnyESAN:
    torch.manual_seed(0)
    return AnyESAN(5, num_frames=8, widths=(16, 16, 24, 24)).double().eval()


def clip(topology, persons: int = 1, dims: int = 3, seed: int = 0) -> SkeletonSequence:
    generator = torch.Generator().manual_seed(seed)
    pos = torch.randn(8, persons, topology.num_joints, dims, generator=generator)
    return DescribeJoints(topology)(SkeletonSequence.from_array(pos, topology, y=0))


def run(model: AnyESAN, data: SkeletonSequence, **changes) -> torch.Tensor:
    values = {key: data[key] for key in ("pos", "score", "place", "person")} | changes
    values = {key: value.double() if value.is_floating_point() else value for key, value in values.items()}
    batch = data.batch if "batch" in data else None
    return model(**values, batch=batch, batch_size=data.num_graphs if batch is not None else None)


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
    moved = {"pos": data.pos[:, order], "score": data.score[:, order], "place": data.place[order]}
    assert torch.allclose(run(model, data), run(model, data, **moved), atol=1e-10)


def test_where_a_body_is_and_how_large_does_not_matter() -> None:
    model, data = network(), clip(NTU25)
    moved = run(model, data, pos=3.0 * data.pos.double() + 7.0)
    assert torch.allclose(run(model, data), moved, atol=1e-8)


def test_an_unseen_joint_has_no_say() -> None:
    model, data = network(), clip(NTU25)
    score = data.score.clone()
    score[:, 7] = 0.0
    pos = data.pos.clone()
    pos[:, 7] = 100.0
    assert torch.allclose(run(model, data, score=score), run(model, data, score=score, pos=pos), atol=1e-10)
    assert not torch.allclose(run(model, data), run(model, data, score=score), atol=1e-6)


def test_a_clip_in_which_nobody_is_seen_has_finite_logits() -> None:
    model, data = network(), clip(NTU25)
    assert torch.isfinite(run(model, data, score=torch.zeros_like(data.score))).all()


def test_motion_by_hand() -> None:
    pos = torch.tensor([[[0.0, 0.0, 5.0], [2.0, 0.0, 5.0]], [[0.0, 1.0, 5.0], [2.0, 1.0, 5.0]]])
    place = torch.zeros(2, 8)  # no depth
    node = torch.zeros(2, dtype=torch.long)
    # two joints, two frames: each is one from the middle, which rises by one
    joints, velocity = body_motion(pos, torch.ones(2, 2, 1), place, node, node)
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
    assert sum(parameter.numel() for parameter in AnyESAN(48).parameters()) * 4 < 4e6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pos": torch.zeros(7, 25, 3)},
            r"pos: expected \[8, 25, 3\] for num_frames = 8 and 25 nodes of place, got \[7,",
        ),
        (
            {"score": torch.zeros(8, 24)},
            r"score: expected \[8, 25\].*\[8, 24\]; sample frames with SampleSegments\(8\)",
        ),
        ({"person": torch.zeros(3, dtype=torch.long)}, r"person: expected \[25\].*got \[3\].*DescribeJoints"),
    ],
)
def test_what_does_not_fit_is_named(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        run(network(), clip(NTU25), **changes)


def test_an_odd_number_of_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="num_frames: expected an even number from 2, got 7"):
        AnyESAN(5, num_frames=7)
