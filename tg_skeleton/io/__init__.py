"""Bytes to arrays: one reader per file format, useful without PyG."""

from tg_skeleton.io.nw_ucla import read_nw_ucla_json
from tg_skeleton.io.recording import Recording

__all__ = ["Recording", "read_nw_ucla_json"]
