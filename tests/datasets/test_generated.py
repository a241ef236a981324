"""The endless data set of generated motion."""

from itertools import islice

import numpy as np
import pytest
from torch.utils.data import DataLoader

from tg_skeleton.collate import collate
from tg_skeleton.datasets import ArrayDataset, GeneratedActions, write_generated
from tg_skeleton.motion import CLASSES, kinect_v1, take
from tg_skeleton.topologies import NWUCLA20
from tg_skeleton.transforms import SampleSegments


def test_recordings_come_by_their_numbers_and_go_on_from_any() -> None:
    first = [sequence.name for sequence in islice(GeneratedActions(seed=2), 4)]
    assert first == [f"seed2-{number:08d}" for number in range(4)]
    assert [sequence.name for sequence in islice(GeneratedActions(seed=2, start=2), 2)] == first[2:]


def test_workers_take_turns() -> None:
    loader = DataLoader(GeneratedActions(seed=1), batch_size=None, num_workers=2)
    assert sorted(sequence.name for sequence in islice(loader, 6)) == [f"seed1-{number:08d}" for number in range(6)]


def test_skeletons_mix_in_a_batch() -> None:
    source = GeneratedActions(seed=0, transform=SampleSegments(16))
    batch = collate(list(islice(source, 8)))
    assert batch.num_graphs == 8
    assert batch.x.shape == (16, batch.num_nodes, 13) and "pos" not in batch


@pytest.mark.filterwarnings("ignore:ArrayDataset.from_arrays")  # of persons who lie, or whose sides a sensor exchanges
def test_recordings_in_a_folder_are_those_of_the_source(tmp_path) -> None:
    write_generated(tmp_path, 48, NWUCLA20, kinect_v1, seed=3)
    dataset = ArrayDataset(tmp_path)
    one = take(2, seed=3, pairs={kinect_v1: (NWUCLA20,)})
    assert dataset.class_names == CLASSES and dataset[2].name == one.name
    assert int(dataset[2].y) == one.label
    persons = one.pos.any(axis=(0, 2, 3))
    assert np.allclose(dataset[2].pos.numpy().reshape(len(one.pos), -1, 20, 3), one.pos[:, persons])
