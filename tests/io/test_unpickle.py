"""Pickles are read without running what they name."""

import os
import pickle
import struct
import sys
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tg_skeleton.io._unpickle import PickledArray, load_plain

PLAIN = {"a": [1, 2.5, "text", None, True, b"\x00\xff", b""], ("t", 1): {1, 2}, "f": frozenset({3}), "big": 2**70}
DTYPES = ("<f2", "<f4", ">f8", "|b1", "|i1", "<i8", "|u1", "<U3", "|S4")


def called(module, name, arguments=b")"):
    """A pickle that calls `module.name`; by default without arguments."""
    return b"\x80\x03c" + f"{module}\n{name}\n".encode() + arguments + b"R."


class Harm:
    """A pickle of it touches a file when it is loaded naively."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_come_back(protocol):
    assert load_plain(pickle.dumps(PLAIN, protocol), "file") == PLAIN


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_come_back(dtype, protocol):
    array = np.array([[1, 0, 1], [0, 1, 1]]).astype(dtype)
    for given_array in (array, array.T, array[:0]):
        found = load_plain(pickle.dumps([given_array], protocol), "file")[0].array
        assert found.dtype == np.dtype(dtype)
        assert found.tolist() == given_array.tolist()
        assert not found.flags.writeable


@settings(deadline=None, max_examples=50)
@given(
    npst.arrays(
        st.sampled_from([np.float16, np.float32, np.int64, np.bool_]), npst.array_shapes(min_dims=0, min_side=0)
    ),
    st.integers(0, 5),
)
def test_any_array_comes_back(array, protocol):
    found = load_plain(pickle.dumps(array, protocol), "file").array
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


def test_the_bytes_are_not_copied():
    found = load_plain(pickle.dumps(np.arange(5)), "file")
    assert isinstance(found, PickledArray)
    assert found.array.base is not None


@pytest.mark.parametrize("protocol", range(6))
def test_numpy_scalars_become_python_numbers(protocol):
    found = load_plain(pickle.dumps([np.int64(7), np.float16(0.5), np.str_("ab"), np.bool_(True)], protocol), "file")
    assert found == [7, 0.5, "ab", True]
    assert [type(value) for value in found] == [int, float, str, bool]


def test_names_of_numpy_1_and_2_mean_the_same():
    new = pickle.dumps(np.arange(3, dtype=np.int16), 2)
    old = new.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    for content in (old, old.replace(b"numpy.core.multiarray", b"numpy._core.multiarray")):
        assert load_plain(content, "file").array.tolist() == [0, 1, 2]


def test_a_file_is_read(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"x": np.zeros(3)}))
    assert load_plain(path, "file")["x"].array.tolist() == [0, 0, 0]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("wrap", [lambda harm: harm, lambda harm: {"a": [harm]}, lambda harm: np.array([harm, None])])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, wrap, protocol):
    marker = tmp_path / "harm"
    content = pickle.dumps(wrap(Harm(marker)), protocol)
    with pytest.raises(ValueError, match=r"a\.pkl: expected a pickle of numpy arrays .*(posix|nt)\.system|dtype 'O8'"):
        load_plain(content, "a.pkl")
    assert not marker.exists()
    pickle.loads(content)
    assert marker.exists()  # it would have


@pytest.mark.parametrize(
    "name",
    [
        "os system",
        "posix system",
        "builtins eval",
        "builtins exec",
        "builtins getattr",
        "builtins __import__",
        "builtins open",
        "builtins bytearray",
        "__builtin__ eval",
        "subprocess Popen",
        "copyreg _reconstructor",
        "operator attrgetter",
        "collections OrderedDict",
        "importlib import_module",
        "pickle loads",
        "numpy load",
        "numpy fromfile",
        "numpy memmap",
        "numpy f2py.compile",
        "numpy.f2py compile",
        "numpy.testing._private.utils runstring",
        "numpy._core.multiarray fromfile",
        "numpy._core.multiarray _reconstruct.__globals__",
        "numpy ndarray.tofile",
        "numpy.matrixlib.defmatrix matrix",
        "numpy.ma.core _mareconstruct",
        "torch load",
        "tg_skeleton.io._unpickle load_plain",
        "a_module_that_is_not_there f",
    ],
)
@pytest.mark.parametrize("form", ["global", "stack", "instance"])
def test_names_are_refused_before_they_are_imported(name, form):
    module, _, attribute = name.partition(" ")
    content = {
        "global": called(module, attribute),
        "stack": b"\x80\x04"
        + b"".join(b"\x8c" + bytes([len(t)]) + t.encode() for t in (module, attribute))
        + b"\x93)R.",
        "instance": f"(i{module}\n{attribute}\n.".encode(),
    }[form]
    before = set(sys.modules)
    with pytest.raises(
        ValueError, match=f"it names {module}.{attribute}, which is neither a numpy array nor plain data"
    ):
        load_plain(content, "file")
    assert set(sys.modules) == before


ARRAY = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
FLOATS = (
    b"cnumpy\ndtype\n(X\x02\x00\x00\x00f2\x89\x88tR(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)


def state(shape=b"K\x02\x85", dtype=FLOATS, content=b"C\x04abcd"):
    """A pickle of a float16 array of two numbers, or of something that pretends to be one."""
    return b"\x80\x03" + ARRAY + b"(K\x01" + shape + dtype + b"\x89" + content + b"tb."


def test_the_array_written_by_hand_is_one():
    assert load_plain(state(), "file").array.tolist() == np.frombuffer(b"abcd", "<f2").tolist()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (state(content=b"C\x03abc"), "buffer size|reshape"),
        (state(content=b"C\x06abcdef"), "reshape"),
        (state(content=b"]"), "content is list, not bytes"),
        (state(shape=b"J\xff\xff\xff\xff\x85"), r"shape \(-1,\)"),
        (state(shape=b"N"), "shape None"),
        (state(shape=b"X\x01\x00\x00\x002\x85"), r"shape \('2',\)"),
        (state(dtype=b"N"), "without a numeric dtype"),
        (state(dtype=FLOATS.split(b"(K\x03")[0]), "without a numeric dtype"),
        (state(dtype=FLOATS.replace(b"f2", b"O8")), "dtype 'O8'"),
        (state(dtype=FLOATS.replace(b"f2", b"V2")), "dtype 'V2'"),
        (state(dtype=FLOATS.replace(b"<N", b"<)")), "structured array"),
        (state(dtype=FLOATS.replace(b"<N", b"?N")), "dtype of state"),
        (b"\x80\x03" + ARRAY + b"Nb.", "something else"),
        (called("numpy", "ndarray", b"K\x03\x85"), "calls numpy.ndarray"),
        (called("numpy", "dtype", b"cnumpy\nndarray\n\x85"), "an array of dtype"),
        (called("numpy._core.multiarray", "_reconstruct", b"cnumpy\ndtype\nNN\x87"), "a type of its own"),
        (called("numpy._core.multiarray", "scalar", b"N]\x86"), "without a numeric dtype"),
        (called("_codecs", "encode", b"X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86"), "calls a codec"),
        (b"\x80\x03cnumpy\nndarray\n}X\x05\x00\x00\x00_makeNsb.", "changes what it names"),
        (b"\x80\x03cnumpy\nndarray\nN}X\x05\x00\x00\x00_makeNs\x86b.", "changes what it names"),
        (b"\x80\x04cnumpy\nndarray\n)\x81.", "NEWOBJ"),
        (pickle.dumps(np.zeros(2, [("a", "f4")])), "dtype 'V4'"),
        (pickle.dumps(np.array([None])), "dtype 'O8'"),
        (pickle.dumps(np.zeros(2, "M8[s]")), "dtype 'M8'"),
        (pickle.dumps(np.ma.array([1.0])), "it names numpy.ma.core._mareconstruct"),
        (pickle.dumps(OrderedDict(a=1)), "it names collections.OrderedDict"),
        (pickle.dumps(len), "it names builtins.len"),
        (pickle.dumps([1]) + b"more", "more bytes after its end"),
        (b"\x80\x03Pthis\n.", "persistent"),
        (b"\x80\x05\x97.", "buffer"),
        (b"\x80\x03B" + struct.pack("<I", 2**31 - 1) + b"abc", "truncated"),
        (b"", "it ends too early"),
        (b"{'split': {}}", "something else"),
        (b"\x80\x09.", "unsupported pickle protocol: 9"),
    ],
)
def test_what_is_not_plain_is_refused(content, reason):
    with pytest.raises(ValueError, match=rf"a\.pkl: expected .*({reason})"):
        load_plain(content, "a.pkl")


def test_the_names_stay_what_they_are_when_a_pickle_tried_to_change_them():
    for content in (
        b"\x80\x03cnumpy\ndtype\n}X\x01\x00\x00\x00xNsb.",
        b"\x80\x03cbuiltins\nset\nN}X\x01\x00\x00\x00xNs\x86b.",
    ):
        with pytest.raises(ValueError, match="changes what it names"):
            load_plain(content, "file")
    assert load_plain(pickle.dumps([np.zeros(1), {1}], 3), "file")[1] == {1}


def test_every_truncation_is_refused():
    content = pickle.dumps({"a": [np.arange(4, dtype=np.float16), "text", 3]}, 4)
    for end in range(len(content)):
        with pytest.raises(ValueError, match="file: expected"):
            load_plain(content[:end], "file")


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_bytes_are_read_or_refused_with_the_file_named(data):
    content = bytearray(pickle.dumps({"a": [np.arange(4, dtype=np.float16), "text", 3]}, data.draw(st.integers(2, 5))))
    for _ in range(data.draw(st.integers(1, 3))):
        # not p and r: they put into a place of the memo, and one of thousands of millions takes that much memory
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.sampled_from([*range(112), 113, *range(115, 256)])
        )
    try:
        load_plain(bytes(content), "file")
    except ValueError as error:
        assert str(error).startswith("file: expected")
