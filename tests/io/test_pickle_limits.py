"""Pickles that ask for more memory or time than their size allows."""

from __future__ import annotations

import pickle
import pickletools
import struct

import numpy as np
import pytest

from tg_skeleton.io import load_plain, read_openmmlab_pickle


def nested(count: int) -> bytes:
    """A tuple of two of a tuple of two of ...: 2 ** count of them, in some bytes."""
    return b"\x80\x04)\x94" + b"".join(b"h" + bytes([number]) + b"\x86\x94" for number in range(count))


@pytest.mark.parametrize("end", [b".", b"}\x8c\x01as."], ids=["bare", "key"])
def test_tuples_that_share_themselves_are_refused(end: bytes):
    with pytest.raises(
        ValueError, match=r"bomb\.pkl: expected a pickle .* it repeats parts of itself more than 65,536"
    ):
        load_plain(nested(60) + end, "bomb.pkl")


def test_shared_lists_and_dicts_are_refused():
    value: list[object] = []
    for _ in range(40):
        value = [value, value]
    for protocol in (0, 2, 4):
        with pytest.raises(ValueError, match="it repeats parts of itself"):
            load_plain(pickle.dumps(value, protocol), "bomb.pkl")


def test_a_container_in_itself_is_refused():
    value: list[object] = []
    value.append(value)
    with pytest.raises(ValueError, match="it holds a container that refers to itself"):
        load_plain(pickle.dumps(value), "bomb.pkl")


@pytest.mark.parametrize("put", [b"r" + struct.pack("<I", 2**31), b"p2147483648\n"], ids=["binary", "text"])
def test_a_place_of_the_memo_beyond_the_file_is_refused(put: bytes):
    with pytest.raises(ValueError, match=r"its memo has a place 2,147,483,648, and it has \d+ bytes"):
        load_plain(b"\x80\x02]" + put + b".", "bomb.pkl")


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"\x80\x02N2.", "DUP"), (b"\x80\x02\x82\x01.", "EXT1"), (b"\x80\x04)}\x92.", "NEWOBJ_EX"), (b"(No.", "OBJ")],
)
def test_opcodes_that_plain_data_have_not_are_refused(content: bytes, name: str):
    with pytest.raises(ValueError, match=f"it uses the opcode {name}, which plain data have not"):
        load_plain(content, "file")


def test_a_text_that_is_longer_than_the_file_is_refused():
    with pytest.raises(ValueError, match="pickle data was truncated"):
        load_plain(b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x.", "file")


def test_a_shape_that_is_a_bomb_is_quoted_shortly():
    array = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
    none = b"J\xff\xff\xff\xff"
    dtype = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f2\x89\x88tR(K\x03X\x01\x00\x00\x00<NNN" + 2 * none + b"K\x00tb"
    deep = b")" + b"\x85" * 5000
    with pytest.raises(ValueError, match="an array of shape") as caught:
        load_plain(b"\x80\x03" + array + b"(K\x01" + deep + dtype + b"\x89C\x04abcdtb.", "file")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("protocol", range(6))
def test_data_sets_keep_the_limits(protocol: int):
    names = [f"clip{row}" for row in range(300)]
    shape = (480, 640)  # one object, as a constant of a program is
    clips = [
        {"frame_dir": name, "label": 1, "img_shape": shape, "keypoint": np.ones((1, 2, 17, 2), np.float16)}
        for name in names
    ]
    content = pickle.dumps({"split": {"train": names}, "annotations": clips}, protocol)
    assert read_openmmlab_pickle(content).records.names == names
    assert load_plain(pickletools.optimize(content), "file")["split"]["train"] == names
