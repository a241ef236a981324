"""Limits of pickles, compared with the opcodes before one is loaded: no memo bombs, no exponential sharing."""

from __future__ import annotations

import mmap
import pickle
import pickletools
import struct
from typing import TypeAlias

_SHARED = 1 << 16
"""Containers that the references of a small pickle may repeat."""

_STEP = 1 << 26
"""Bytes of a mapped file after which its pages are given back."""

_long = struct.Struct("<I").unpack_from

_Cell: TypeAlias = "list[int] | None"
"""A container as [the number of containers in it, how often it was referred to]; None for any other value."""


_PUSH, _MEMOIZE, _PUT, _GET, _CONTAINER, _MARK, _TUPLE, _FILL, _FILL_TO_MARK, _SIZED = range(10)
_LINES, _REDUCE, _NOTHING, _POP, _BUILD, _POP_MARK, _TO_MARK, _STOP, _REFUSED = range(10, 19)
_PUSHED = {"NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINFLOAT"}
_KIND_OF = {
    **dict.fromkeys(_PUSHED, _PUSH),
    **dict.fromkeys(("INT", "LONG", "FLOAT", "STRING", "UNICODE", "GLOBAL", "INST"), _LINES),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _PUT),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _GET),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET", "EMPTY_TUPLE"), _CONTAINER),
    **dict.fromkeys(("TUPLE1", "TUPLE2", "TUPLE3"), _TUPLE),
    **dict.fromkeys(("TUPLE", "LIST", "DICT", "FROZENSET"), _TO_MARK),
    **dict.fromkeys(("APPEND", "SETITEM"), _FILL),
    **dict.fromkeys(("APPENDS", "SETITEMS", "ADDITEMS"), _FILL_TO_MARK),
    **dict.fromkeys(("REDUCE", "NEWOBJ", "STACK_GLOBAL"), _REDUCE),
    **dict.fromkeys(("PROTO", "FRAME"), _NOTHING),
    # All but the first end a pickle with an error of the unpickler's own.
    **dict.fromkeys(("STOP", "PERSID", "BINPERSID", "NEXT_BUFFER"), _STOP),
    **{"MEMOIZE": _MEMOIZE, "MARK": _MARK, "POP_MARK": _POP_MARK},
    **{"POP": _POP, "BUILD": _BUILD},
}
_KIND, _SIZE, _NAME = [_STOP] * 256, [0] * 256, [""] * 256  # an unknown opcode is an error, too
for _op in pickletools.opcodes:
    _length = _op.arg.n if _op.arg else 0
    _sized = _length < pickletools.UP_TO_NEWLINE and _op.name not in _KIND_OF
    _KIND[ord(_op.code)] = _SIZED if _sized else _KIND_OF.get(_op.name, _REFUSED)
    _SIZE[ord(_op.code)] = {-2: 1, -3: 4, -4: 4, -5: 8}.get(_length, max(_length, 0))
    _NAME[ord(_op.code)] = _op.name


def check_limits(data: bytes | mmap.mmap) -> None:
    """Raise if loading a pickle would take memory or time out of proportion to its size.

    The place of a memo is below the number of bytes, and containers that references repeat have at most as many
    containers in them, all together. A container that refers to itself is refused. The stack is followed, values are
    not made.

    Raises:
        pickle.UnpicklingError: A limit is not kept, or an opcode is not one of plain data.
        IndexError: The stack is too short, or the pickle is cut off.
        ValueError: A number is none.
    """
    _Follower(data).run()


class _Follower:
    """The stack and the memo of a pickle, as far as containers are concerned."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.size = data, len(data)
        self.stack: list[_Cell] = []
        self.marks: list[int] = []
        self.memo: dict[int, list[int]] = {}
        self.count = 0  # entries of the memo, where they are numbered by themselves
        self.shared, self.most = 0, max(self.size, _SHARED)

    def run(self) -> None:
        data, stack, memo, at, give_back = self.data, self.stack, self.memo, 0, _STEP
        push, known = stack.append, memo.get
        while True:
            op = data[at]
            kind, size = _KIND[op], _SIZE[op]
            at += 1
            if kind == _GET:
                cell = known(data[at] if size == 1 else _long(data, at)[0]) if size else self._get_by_line(at)
                at = at + size if size else self._line(at)[1]
                if cell is not None:
                    self.share(cell)
                push(cell)
            elif kind == _MEMOIZE:
                cell = stack[-1]
                if cell is not None:
                    memo[self.count] = cell
                self.count += 1
            elif kind == _PUSH:
                at += size
                push(None)
            elif kind == _TUPLE:
                first = len(stack) - (op - 0x84)  # TUPLE1 is 0x85
                stack[first:] = [[_weight(stack[first:]), 0]]
            elif kind == _SIZED:
                at += size + int.from_bytes(data[at : at + size], "little")
                if at > self.size:
                    raise pickle.UnpicklingError("pickle data was truncated")
                push(None)
                if at > give_back and isinstance(data, mmap.mmap):
                    give_back = at + _STEP
                    data.madvise(mmap.MADV_DONTNEED)
            elif kind == _PUT:
                at = self._put(at, size)
            elif kind == _MARK:
                self.marks.append(len(stack))
            elif kind == _NOTHING:
                at += size
            elif kind == _LINES:
                at = self._lines(op, at)
            elif kind == _STOP:
                return
            else:
                self._rarer(op, kind)

    def _put(self, at: int, size: int) -> int:
        if size:
            place, at = int.from_bytes(self.data[at : at + size], "little"), at + size
        else:
            line, at = self._line(at)
            place = int(line)
        if place > self.size:
            raise pickle.UnpicklingError(f"its memo has a place {place:,}, and it has {self.size:,} bytes")
        if self.count:
            raise pickle.UnpicklingError("it numbers the entries of its memo in two ways")
        cell = self.stack[-1]
        if cell is not None:
            self.memo[place] = cell
        elif self.memo:
            self.memo.pop(place, None)
        return at

    def _get_by_line(self, at: int) -> _Cell:
        return self.memo.get(int(self._line(at)[0]))

    def share(self, cell: list[int]) -> None:
        """Count a container that is referred to."""
        cell[1] += 1
        self.shared += cell[0]
        if self.shared > self.most:
            raise pickle.UnpicklingError(f"it repeats parts of itself more than {self.most:,} times")

    def _line(self, at: int) -> tuple[bytes, int]:
        end = self.data.find(b"\n", at)
        if end < 0:
            raise IndexError("it is cut off")
        return bytes(self.data[at:end]), end + 1

    def _lines(self, op: int, at: int) -> int:
        for _ in range(1 + (_NAME[op] in ("GLOBAL", "INST"))):
            at = self._line(at)[1]
        if _NAME[op] == "INST":
            del self.stack[self.marks.pop() :]
        self.stack.append(None)
        return at

    def _rarer(self, op: int, kind: int) -> None:
        stack = self.stack
        if kind == _CONTAINER:
            stack.append([1, 0])
        elif kind == _TO_MARK:
            first = self.marks.pop()
            stack[first:] = [[_weight(stack[first:]), 0]]
        elif kind in (_FILL, _FILL_TO_MARK):
            first = self.marks.pop() if kind == _FILL_TO_MARK else len(stack) - (1 + (op == 0x73))  # SETITEM: 2
            target = stack[first - 1] if first > 0 else None
            if target is not None:
                if target[1]:
                    raise pickle.UnpicklingError("it holds a container that refers to itself")
                target[0] += _weight(stack[first:]) - 1
            del stack[first:]
        elif kind == _REDUCE:
            stack.pop()
            stack[-1] = None
        elif kind == _POP_MARK:
            del stack[self.marks.pop() :]
        elif kind == _BUILD:
            stack.pop()
        elif kind == _POP:
            (self.marks if self.marks and self.marks[-1] == len(stack) else stack).pop()
        else:
            raise pickle.UnpicklingError(f"it uses the opcode {_NAME[op] or hex(op)}, which plain data have not")


def _weight(cells: list[_Cell]) -> int:
    """The containers in a container of some values, and itself."""
    weight = 1
    for cell in cells:
        if cell is not None:
            weight += cell[0]
    return weight
