"""One recording as a PyG graph, and what a batch of them is."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from tg_skeleton.io.layout import find_layout
from tg_skeleton.missing import NaN, Zeros, check_nan, filled_frames, find_missing, present
from tg_skeleton.topology import Topology

TIME_MAJOR = ("pos", "x", "score")
"""The attributes that hold one value per frame and node, ``[T, N, ...]``."""

NODE_INDICES = ("parent_index", "joint", "person")
"""The attributes that hold one integer per node, ``[N]``."""


class SkeletonSequence(Data):
    r"""One recording: joints of persons as nodes, bones as edges, a time series on every node.

    Nodes are ordered persons first, joints in the topology's order (N = persons x joints). Node attributes are
    time-major, which is PyG's static-graph layout (node dimension -2), so convolutions that take static graphs run on
    a sequence or a batch as it is. A batch of B sequences of P persons in all is again a `SkeletonSequence` with
    `batch`, `ptr` and `person` counting up to P.

    =================  =======================  ================================================================
    attribute          shape, dtype             meaning
    =================  =======================  ================================================================
    ``pos``            ``[T, N, D]`` float32    coordinates: meters in camera space (D = 3), image units (D = 2)
    ``score``          ``[T, N]`` float32       confidence 0-1; 0: not seen, and ``pos`` is 0 (optional)
    ``x``              ``[T, N, C]`` float32    what the network reads; written by stream transforms
    ``edge_index``     ``[2, E]`` int64         bones in both directions, (source, target)
    ``parent_index``   ``[N]`` int64            node index of the parent joint; a root points to itself
    ``joint``          ``[N]`` int64            joint type 0..V-1
    ``person``         ``[N]`` int64            which skeleton a node belongs to; counts up across a batch
    ``y``              ``[1]`` int64            class
    ``name``, …        str, int                 identity; ``name`` is the key by which streams are fused
    =================  =======================  ================================================================

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> sequence = SkeletonSequence.from_array(np.ones((60, 2, 25, 3)), NTU25, y=4)
    >>> sequence
    SkeletonSequence(edge_index=[2, 96], pos=[60, 50, 3], parent_index=[50], joint=[50], person=[50], y=[1])
    >>> sequence.num_frames, sequence.num_persons, sequence.to_dense("pos").shape
    (60, 2, torch.Size([2, 60, 25, 3]))
    """

    @classmethod
    def from_array(
        cls,
        array: np.ndarray | Tensor,
        topology: Topology,
        *,
        layout: str | None = None,
        score: np.ndarray | Tensor | None = None,
        zeros: Zeros = "missing",
        nan: NaN = "refuse",
        y: int | None = None,
        name: str | None = None,
        keep_absent: bool = False,
        extra: Mapping[str, str | int | float] | None = None,
    ) -> SkeletonSequence:
        """A sequence from ``[T, M, V, C]``, ``[T, V, C]`` (one person), ``[C, T, V, M]``, or another layout.

        Persons who are in no frame (the literature's padding) and frames at either end in which nobody is are left out,
        unless ``keep_absent``; of an all-zero recording the first person and all frames stay.

        Coordinates hidden in a masked array, or all zero in a person who is there, are of joints that were not seen:
        score 0, position 0; see `tg_skeleton.missing.find_missing`. Without ``score``, all were.

        Args:
            array: Coordinates, float or integer.
            topology: The skeleton; gives edges, parents and the expected V.
            layout: The letters of the array's axes, such as ``"M T V C"`` (persons, frames, joints, coordinates).
                Default: recognized, see `tg_skeleton.io.layout.find_layout`.
            score: Confidence of each joint, the array's shape without C; 0: it was not seen.
            zeros: Whether a joint at the origin was not seen, or is a real place.
            nan: ``"missing"`` where NaN marks joints that were not seen. Default: it is refused.
            y: The class.
            name: The key of the recording.
            keep_absent: Keep all-zero persons, and frames without anybody at both ends.
            extra: Further attributes such as ``{"subject": 3, "camera": 1}``.

        Raises:
            ValueError: The array has another number of axes or joints, no frames, or coordinates that are not finite;
                the scores have another shape; the layout is unknown, or none or several of the known ones fit.
        """
        check_nan(nan, array)
        if zeros not in get_args(Zeros):
            raise ValueError(f"zeros: expected one of {get_args(Zeros)}, got {zeros!r}")
        pos, confidence = _time_major(array, score, layout, topology)
        frames, persons = pos.shape[:2]
        if frames == 0 or persons == 0:
            raise ValueError(f"array: expected at least one frame and one person, got {frames} and {persons}")
        pos, confidence = find_missing(pos, topology, confidence, zeros=zeros)
        if not keep_absent:
            here = present(pos, confidence)  # [T, M]
            ever = here.any(0)
            ever[0] |= not bool(ever.any())
            pos, confidence = pos[:, ever], None if confidence is None else confidence[:, ever]
            first, last = filled_frames(pos, confidence)
            pos, confidence = pos[first:last], None if confidence is None else confidence[first:last]
        sequence = cls(pos=pos.flatten(1, 2), **body_graph(topology, pos.size(1)))
        if confidence is not None:
            sequence.score = confidence.flatten(1, 2)
        if y is not None:
            sequence.y = torch.tensor([y])
        if name is not None:
            sequence.name = name
        for key, value in (extra or {}).items():
            sequence[key] = value
        return sequence

    @property
    def num_frames(self) -> int:
        """T, the number of frames."""
        for key in TIME_MAJOR:
            if key in self:
                return int(self[key].size(0))
        raise ValueError("num_frames: a sequence without pos, x and score has no frames; set one of them first")

    @property
    def num_persons(self) -> int:
        """M, or P in a batch: the number of skeletons."""
        return int(self["person"][-1]) + 1

    def to_dense(self, key: str = "x") -> Tensor:
        """A time-major attribute per person: ``[T, N, C]`` as a contiguous ``[P, T, V, C]`` (``score``: ``[P, T, V]``).

        Raises:
            ValueError: The persons are not all of one topology, or there is no such attribute.
        """
        if key not in self:
            raise ValueError(
                f"to_dense: the sequence has no '{key}'; a stream transform such as Streams('joint') writes x, and "
                "to_dense('pos') gives the coordinates"
            )
        value = self[key]
        joints = self._joints_per_person()
        dense = value.reshape(value.size(0), -1, joints, *value.shape[2:])
        return dense.transpose(0, 1).contiguous()

    def with_dense(self, dense: Tensor, key: str = "x") -> SkeletonSequence:
        """The inverse of `to_dense`: a shallow copy with ``key`` set from ``[P, T, V, C]``.

        Raises:
            ValueError: The persons or joints of ``dense`` are not those of the sequence.
        """
        joints = self._joints_per_person()
        if dense.dim() < 3 or dense.size(0) * joints != self.num_nodes or dense.size(2) != joints:
            raise ValueError(
                f"dense: expected [{(self.num_nodes or 0) // joints}, T, {joints}, ...] for {self.num_nodes} nodes, "
                f"got {list(dense.shape)}"
            )
        out: SkeletonSequence = copy.copy(self)
        out[key] = dense.transpose(0, 1).reshape(dense.size(1), -1, *dense.shape[3:])
        return out

    def _joints_per_person(self) -> int:
        joints = int(self.joint.max()) + 1
        node = torch.arange(self.joint.numel(), device=self.joint.device)
        tree = torch.stack([self.joint, node - self.parent_index], dim=1)
        if node.numel() % joints or bool((tree.view(-1, joints, 2) != tree[:joints]).any()):
            raise ValueError(
                "the persons of this batch have different topologies, and a dense tensor holds one; batch the "
                "topologies apart, or use the operators of tg_skeleton.nn, which take ragged sets"
            )
        return joints

    def __cat_dim__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key in TIME_MAJOR:
            return 1
        if key in NODE_INDICES:
            return 0
        return super().__cat_dim__(key, value, *args, **kwargs)

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key == "person":
            return self.num_persons
        if key in TIME_MAJOR:
            return _Increment.of(self, value.size(0))
        if key in ("edge_index", "parent_index") and "joint" in self:
            return self["joint"].numel()  # num_nodes, without PyG's search for it
        if not isinstance(value, Tensor):
            return 0  # a fact, also where its name reminds PyG of indices ("subject_index", "face")
        return super().__inc__(key, value, *args, **kwargs)

    def __contains__(self, key: str) -> bool:
        return key in self._store  # PyG's lists all keys first, which is most of a small transform's time


class _Increment(Tensor):
    """The increment of a time-major attribute: zero, but refuses to be stacked with that of a sequence that differs.

    PyG's collate shows the sequences of a batch to each other only where it stacks their increments.
    """

    frames: int
    sequence: SkeletonSequence

    @classmethod
    def of(cls, sequence: SkeletonSequence, frames: int) -> _Increment:
        zero = torch.zeros((), dtype=torch.long).as_subclass(cls)
        zero.frames, zero.sequence = frames, sequence
        return zero

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.stack:
            _check_alike([item.sequence for item in args[0]], [item.frames for item in args[0]])
            return torch.zeros(len(args[0]), dtype=torch.long)
        return super().__torch_function__(func, types, args, kwargs or {})


def _check_alike(sequences: Sequence[SkeletonSequence], lengths: Sequence[int]) -> None:
    """Raises where sequences can't make a batch."""
    if len(set(lengths)) > 1:
        other = next(length for length in lengths if length != lengths[0])
        raise ValueError(
            f"a batch needs sequences of one length, got {lengths[0]} and {other} frames; fix the length with "
            "a transform of the data set: SampleSegments(num_frames) or ReplayPad(num_frames)"
        )
    for key, fix in (
        ("score", "give all of them scores, tg_skeleton.collate.with_scores(sequences), or delete score"),
        ("y", "give all of them a class, or delete y"),
    ):
        having = [key in sequence for sequence in sequences]
        if any(having) and not all(having):
            names = [one.get("name", place) for place, one in enumerate(sequences)]
            with_it, without = (repr(names[having.index(known)]) for known in (True, False))
            raise ValueError(
                f"a batch needs {key} in all sequences or in none: {with_it} has it, {without} has not; {fix}"
            )


def _time_major(
    array: np.ndarray | Tensor, score: np.ndarray | Tensor | None, layout: str | None, topology: Topology
) -> tuple[Tensor, Tensor | None]:
    """Coordinates ``[T, M, V, C]`` and scores ``[T, M, V]`` that own their memory, from any layout."""
    pos, confidence = _float32(array), None if score is None else _float32(score)
    axes = find_layout(pos.shape, topology.num_joints, layout)
    without = axes.replace("C", "")
    expected = [size for axis, size in zip(axes, pos.shape, strict=True) if axis != "C"]
    if confidence is not None and list(confidence.shape) != expected:
        raise ValueError(
            f"score: expected the array's shape without coordinates, {expected}, got {list(confidence.shape)}; give "
            "one confidence per frame, person and joint, in the array's layout"
        )
    if "M" not in axes:
        pos, confidence = pos.unsqueeze(0), None if confidence is None else confidence.unsqueeze(0)
        axes, without = "M" + axes, "M" + without
    pos = pos.permute([axes.index(axis) for axis in "TMVC"])
    return pos, None if confidence is None else confidence.permute([without.index(axis) for axis in "TMV"])


def _float32(array: np.ndarray | Tensor) -> Tensor:
    if isinstance(array, Tensor):
        return array.detach().to(torch.float32, copy=True)
    if isinstance(array, np.ma.MaskedArray):
        array = np.ma.filled(array.astype(np.float32), np.nan)
    return torch.from_numpy(np.array(array, dtype=np.float32))


def body_graph(topology: Topology, persons: int = 1, *, device: torch.device | str | None = "cpu") -> dict[str, Tensor]:
    """The graph attributes of ``persons`` skeletons: ``edge_index``, ``parent_index``, ``joint`` and ``person``.

    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.data import body_graph
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> graph = body_graph(stick, persons=2)
    >>> graph["edge_index"].tolist(), graph["parent_index"].tolist()
    ([[0, 1, 2, 3], [1, 0, 3, 2]], [0, 0, 2, 2])
    >>> graph["joint"].tolist(), graph["person"].tolist()
    ([0, 1, 0, 1], [0, 0, 1, 1])
    """
    person = torch.arange(persons, device=device)
    start, joint = person[:, None] * topology.num_joints, torch.arange(topology.num_joints, device=device)
    edges, parents = (value.to(device) for value in _tree(topology))
    return {
        "edge_index": (edges[:, None] + start).reshape(2, -1),
        "parent_index": (parents + start).reshape(-1),
        "joint": joint.repeat(persons),
        "person": person.repeat_interleave(topology.num_joints),
    }


@lru_cache(maxsize=64)
def _tree(topology: Topology) -> tuple[Tensor, Tensor]:
    """``edge_index`` and parents of one body."""
    with torch.device("cpu"):  # not the caller's default device
        return topology.edge_index, torch.tensor(topology.parents)
