"""Graph to graph: geometry, sampling, streams, and unrolling in time; each for one sequence and for a whole batch."""

from tg_skeleton.transforms.center_on_first_frame import CenterOnFirstFrame
from tg_skeleton.transforms.min_max_normalize import MinMaxNormalize
from tg_skeleton.transforms.pad_persons import PadPersons
from tg_skeleton.transforms.random_rotate import RandomRotate, rotation_matrix
from tg_skeleton.transforms.random_scale import RandomScale
from tg_skeleton.transforms.replay_pad import ReplayPad
from tg_skeleton.transforms.sample_segments import SampleSegments
from tg_skeleton.transforms.split_persons import SplitPersons
from tg_skeleton.transforms.streams import Streams, bones, velocity
from tg_skeleton.transforms.to_spatio_temporal_graph import SpatioTemporalGraph, ToSpatioTemporalGraph

__all__ = [
    "CenterOnFirstFrame",
    "MinMaxNormalize",
    "PadPersons",
    "RandomRotate",
    "RandomScale",
    "ReplayPad",
    "SampleSegments",
    "SpatioTemporalGraph",
    "SplitPersons",
    "Streams",
    "ToSpatioTemporalGraph",
    "bones",
    "rotation_matrix",
    "velocity",
]
