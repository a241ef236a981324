"""Bytes to arrays: one reader per file format, useful without PyG."""

from tg_skeleton.io.kinetics import read_kinetics_json
from tg_skeleton.io.ntu_cleaning import NTUCleaning, clean_ntu
from tg_skeleton.io.ntu_skeleton import NTUBodies, parse_ntu_name, read_ntu_skeleton, write_ntu_skeleton
from tg_skeleton.io.nw_ucla import read_nw_ucla_json
from tg_skeleton.io.openmmlab import OpenMMLabRecords, OpenMMLabSet, read_openmmlab_pickle, read_openmmlab_record
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.sbu import read_sbu_text

__all__ = [
    "NTUBodies",
    "NTUCleaning",
    "OpenMMLabRecords",
    "OpenMMLabSet",
    "Recording",
    "clean_ntu",
    "parse_ntu_name",
    "read_kinetics_json",
    "read_ntu_skeleton",
    "read_nw_ucla_json",
    "read_openmmlab_pickle",
    "read_openmmlab_record",
    "read_sbu_text",
    "write_ntu_skeleton",
]
