"""Bytes to arrays: one reader per file format, and the table of forms (`FORMS`) by which a file finds its reader."""

from tg_skeleton.io._poses import Tracks
from tg_skeleton.io._unpickle import PickledArray, load_plain
from tg_skeleton.io.arrays import read_array, stored_array
from tg_skeleton.io.coordinate_change import Axis, CoordinateChange, Up
from tg_skeleton.io.coordinates import Channels, Coordinates, as_coordinates
from tg_skeleton.io.finding import Skipped, find_recordings, form_of, nothing_found, nothing_read, read_file
from tg_skeleton.io.forms import FORMS, Form, ReadOptions, Source, is_video, time_range, titles
from tg_skeleton.io.kinetics import read_kinetics_json
from tg_skeleton.io.kinetics_classes import KINETICS_CLASSES
from tg_skeleton.io.layout import find_layout
from tg_skeleton.io.mocap import read_bvh, read_c3d, read_mat
from tg_skeleton.io.ntu_classes import NTU_CLASSES
from tg_skeleton.io.ntu_cleaning import NTUCleaning, clean_ntu
from tg_skeleton.io.ntu_skeleton import NTUBodies, parse_ntu_name, read_ntu_skeleton, write_ntu_skeleton
from tg_skeleton.io.nw_ucla import NW_UCLA_CLASSES, read_nw_ucla_json
from tg_skeleton.io.openmmlab import OpenMMLabRecords, OpenMMLabSet, read_openmmlab_pickle, read_openmmlab_record
from tg_skeleton.io.openpose import openpose_videos, read_openpose_folder
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.sbu import SBU_CLASSES, read_sbu_text
from tg_skeleton.io.tables import read_table
from tg_skeleton.io.units import aspect_of, image_units, in_one_unit

__all__ = [
    "FORMS",
    "KINETICS_CLASSES",
    "NTU_CLASSES",
    "NW_UCLA_CLASSES",
    "SBU_CLASSES",
    "Axis",
    "Channels",
    "CoordinateChange",
    "Coordinates",
    "Form",
    "NTUBodies",
    "NTUCleaning",
    "OpenMMLabRecords",
    "OpenMMLabSet",
    "PickledArray",
    "ReadOptions",
    "Recording",
    "Skipped",
    "Source",
    "Tracks",
    "Up",
    "as_coordinates",
    "aspect_of",
    "clean_ntu",
    "find_layout",
    "find_recordings",
    "form_of",
    "image_units",
    "in_one_unit",
    "is_video",
    "load_plain",
    "nothing_found",
    "nothing_read",
    "openpose_videos",
    "parse_ntu_name",
    "read_array",
    "read_bvh",
    "read_c3d",
    "read_file",
    "read_kinetics_json",
    "read_mat",
    "read_ntu_skeleton",
    "read_nw_ucla_json",
    "read_openmmlab_pickle",
    "read_openmmlab_record",
    "read_openpose_folder",
    "read_sbu_text",
    "read_table",
    "stored_array",
    "time_range",
    "titles",
    "write_ntu_skeleton",
]
