from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import get_args

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.topologies import NTU25, NWUCLA20, OPENPOSE18, SBU15
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes.amanet import (
    amanet_kinetics,
    amanet_ntu60,
    amanet_ntu120,
    amanet_nw_ucla,
    amanet_sbu,
    amanet_simulated,
)
from tg_skeleton.transforms import MSDSName, Streams, ms_ds
from tg_skeleton.transforms.preprocessing import Channels

SETS = {
    amanet_ntu60: (NTU25, 3),
    amanet_ntu120: (NTU25, 3),
    amanet_kinetics: (OPENPOSE18, 2),
    amanet_nw_ucla: (NWUCLA20, 3),
    amanet_sbu: (SBU15, 3),
    amanet_simulated: (NTU25, 3),
}
PUBLISHED = {amanet_ntu60: (50, (30, 40)), amanet_ntu120: (60, (30, 50)), amanet_kinetics: (65, (45, 55))}


def two_recordings(topology: Topology, dims: int) -> list[SkeletonSequence]:
    """One person for 31 frames, two for 45."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(31, 1, topology.num_joints, dims), (45, 2, topology.num_joints, dims)]
    return [SkeletonSequence.from_array(torch.randn(shape, generator=generator), topology, y=0) for shape in shapes]


@pytest.mark.parametrize(("recipe", "course"), PUBLISHED.items())
def test_published_values_are_paper_b_s(recipe: Callable[[], Recipe], course: tuple[int, tuple[int, int]]) -> None:
    values = recipe()
    assert (values.epochs, values.milestones) == course
    assert (values.batch_size, values.optimizer, values.learning_rate) == (32, "sgd", 0.05)
    assert (values.weight_decay, values.gamma, values.label_smoothing) == (5e-4, 0.1, 0.0)
    assert values.preprocessing.num_frames == 300


@pytest.mark.parametrize("name", get_args(MSDSName))
@pytest.mark.parametrize("recipe", SETS)
def test_recipes_end_in_the_stream_of_equal_clips(recipe: Callable[[MSDSName], Recipe], name: MSDSName) -> None:
    topology, dims = SETS[recipe]
    prepare, stream = recipe(name).preprocessing, ms_ds(topology, dims)[name]
    for transform, batch_transform, clips in (
        (prepare.train_transform, prepare.train_batch_transform, 1),
        (prepare.val_transform, prepare.eval_batch_transform, prepare.val_clips),
        (prepare.test_transform, prepare.eval_batch_transform, prepare.test_clips),
    ):
        batch = batch_transform(Batch.from_data_list([transform(data) for data in two_recordings(topology, dims)]))
        assert batch.x.shape == (prepare.num_frames * clips, 3 * stream.topology.num_joints, stream.channels)
        assert batch.x.isfinite().all()


@pytest.mark.parametrize("recipe", SETS)
def test_no_velocity_leads_from_one_clip_to_the_next(recipe: Callable[[], Recipe]) -> None:
    topology, dims = SETS[recipe]
    prepare = recipe().preprocessing
    data = prepare.test_transform(two_recordings(topology, dims)[1])
    x = prepare.eval_batch_transform(Batch.from_data_list([data])).x
    starts = x[:: prepare.num_frames]
    assert len(starts) == prepare.test_clips
    torch.testing.assert_close(starts[..., 2 * dims : 3 * dims], starts[..., :dims])  # the first velocity: the position


@pytest.mark.parametrize("recipe", PUBLISHED)
def test_the_papers_recipes_change_nothing_at_random(recipe: Callable[[], Recipe]) -> None:
    topology, dims = SETS[recipe]
    prepare, data = recipe().preprocessing, two_recordings(topology, dims)[1]
    assert torch.equal(prepare.train_transform(data).pos, prepare.train_transform(data).pos)


@pytest.mark.parametrize("recipe", SETS)
def test_an_unknown_stream_is_refused(recipe: Callable[[str], Recipe]) -> None:
    with pytest.raises(ValueError, match=r"stream: expected one of \('joint', 'bone', .*\), or .*, got 'score'"):
        recipe("score")


@pytest.mark.parametrize("recipe", SETS)
def test_a_stream_may_be_what_makes_the_transform(recipe: Callable[[Channels], Recipe]) -> None:
    topology, dims = SETS[recipe]
    prepare = recipe(partial(Streams, "bone", "bone_velocity")).preprocessing
    batch = Batch.from_data_list([prepare.train_transform(two_recordings(topology, dims)[0])])
    assert prepare.train_batch_transform(batch).x.shape == (prepare.num_frames, topology.num_joints, 2 * dims)
