"""Graph to graph: geometry, sampling, streams, and unrolling in time; each for one sequence and for a whole batch."""

from tg_skeleton.transforms.align_body import AlignBody, shortest_rotation
from tg_skeleton.transforms.barycenter import Barycenter, groups_of
from tg_skeleton.transforms.bodies import Bodies, BodyTransform
from tg_skeleton.transforms.center_on_first_frame import CenterOnFirstFrame
from tg_skeleton.transforms.crop_resize import CropResize
from tg_skeleton.transforms.describe_joints import DescribeJoints
from tg_skeleton.transforms.face_front import FaceFront
from tg_skeleton.transforms.fill_missing import FillMissing
from tg_skeleton.transforms.joint_noise import JointNoise
from tg_skeleton.transforms.min_max_normalize import MinMaxNormalize
from tg_skeleton.transforms.mirror import Flip, Mirror
from tg_skeleton.transforms.mix_up import MixUp, PartMix
from tg_skeleton.transforms.ms_ds import MSDSName, MSDSStream, ms_ds
from tg_skeleton.transforms.pad_persons import PadPersons
from tg_skeleton.transforms.random_axis_drop import RandomAxisDrop
from tg_skeleton.transforms.random_drop import RandomFrameDrop, RandomJointDrop
from tg_skeleton.transforms.random_mirror import RandomMirror
from tg_skeleton.transforms.random_rotate import RandomRotate, rotation_matrix
from tg_skeleton.transforms.random_scale import RandomScale
from tg_skeleton.transforms.random_shear import RandomShear
from tg_skeleton.transforms.random_temporal_crop import RandomTemporalCrop
from tg_skeleton.transforms.random_temporal_stretch import RandomTemporalStretch
from tg_skeleton.transforms.relative_coordinates import RelativeCoordinates
from tg_skeleton.transforms.remove_strays import RemoveStrays
from tg_skeleton.transforms.replay_pad import ReplayPad
from tg_skeleton.transforms.resample import Resample
from tg_skeleton.transforms.sample_segments import SampleSegments
from tg_skeleton.transforms.split_persons import SplitPersons
from tg_skeleton.transforms.streams import Stream, Streams, acceleration, bones, velocity
from tg_skeleton.transforms.swap_persons import SwapPersons
from tg_skeleton.transforms.to_spatio_temporal_graph import SpatioTemporalGraph, ToSpatioTemporalGraph
from tg_skeleton.transforms.to_topology import ToTopology

__all__ = [
    "AlignBody",
    "Barycenter",
    "Bodies",
    "BodyTransform",
    "CenterOnFirstFrame",
    "CropResize",
    "DescribeJoints",
    "FaceFront",
    "FillMissing",
    "Flip",
    "JointNoise",
    "MSDSName",
    "MSDSStream",
    "MinMaxNormalize",
    "Mirror",
    "MixUp",
    "PadPersons",
    "PartMix",
    "RandomAxisDrop",
    "RandomFrameDrop",
    "RandomJointDrop",
    "RandomMirror",
    "RandomRotate",
    "RandomScale",
    "RandomShear",
    "RandomTemporalCrop",
    "RandomTemporalStretch",
    "RelativeCoordinates",
    "RemoveStrays",
    "ReplayPad",
    "Resample",
    "SampleSegments",
    "SpatioTemporalGraph",
    "SplitPersons",
    "Stream",
    "Streams",
    "SwapPersons",
    "ToSpatioTemporalGraph",
    "ToTopology",
    "acceleration",
    "bones",
    "groups_of",
    "ms_ds",
    "rotation_matrix",
    "shortest_rotation",
    "velocity",
]
