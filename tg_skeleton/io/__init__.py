"""Bytes to arrays: one reader per file format, useful without PyG."""

from tg_skeleton.io.kinetics import read_kinetics_json
from tg_skeleton.io.ntu_cleaning import NTUCleaning, clean_ntu
from tg_skeleton.io.ntu_skeleton import NTUBodies, parse_ntu_name, read_ntu_skeleton, write_ntu_skeleton
from tg_skeleton.io.nw_ucla import read_nw_ucla_json
from tg_skeleton.io.openmmlab import OpenMMLabRecords, OpenMMLabSet, read_openmmlab_pickle, read_openmmlab_record
from tg_skeleton.io.openpose import openpose_videos, read_openpose_folder
from tg_skeleton.io.pose import (
    Landmark,
    Poses,
    image_units,
    mediapipe_poses,
    mediapipe_world_poses,
    openpose_poses,
    rtmlib_poses,
)
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.sbu import read_sbu_text

__all__ = [
    "Landmark",
    "NTUBodies",
    "NTUCleaning",
    "OpenMMLabRecords",
    "OpenMMLabSet",
    "Poses",
    "Recording",
    "clean_ntu",
    "image_units",
    "mediapipe_poses",
    "mediapipe_world_poses",
    "openpose_poses",
    "openpose_videos",
    "parse_ntu_name",
    "read_kinetics_json",
    "read_ntu_skeleton",
    "read_nw_ucla_json",
    "read_openmmlab_pickle",
    "read_openmmlab_record",
    "read_openpose_folder",
    "read_sbu_text",
    "rtmlib_poses",
    "write_ntu_skeleton",
]
