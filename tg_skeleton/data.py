"""One recording as a PyG graph, and what a batch of them is."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

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
    ``pos``            ``[T, N, D]`` float32    coordinates: metres in camera space (D = 3), image units (D = 2)
    ``score``          ``[T, N]`` float32       detector confidence 0-1 (optional)
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
        layout: Literal["TMVD", "MTVD"] = "TMVD",
        score: np.ndarray | Tensor | None = None,
        y: int | None = None,
        name: str | None = None,
        keep_absent: bool = False,
        extra: Mapping[str, str | int] | None = None,
    ) -> SkeletonSequence:
        """A sequence from coordinates ``[T, M, V, D]`` or ``[M, T, V, D]``; ``[T, V, D]`` is one person.

        Persons whose coordinates are zero in every frame (the literature's padding) are left out, unless
        ``keep_absent``; of an all-zero recording the first person stays.

        Args:
            array: Coordinates, float or integer.
            topology: The skeleton; gives edges, parents and the expected V.
            layout: The order of the array's axes: T frames, M persons, V joints, D coordinates.
            score: Confidence of each joint, the array's shape without D.
            y: The class.
            name: The key of the recording.
            keep_absent: Keep all-zero persons.
            extra: Further attributes such as ``{"subject": 3, "camera": 1}``.

        Raises:
            ValueError: The array has another number of axes or joints, no frames, or the scores another shape; the
                layout is unknown.
        """
        pos, confidence = _time_major(array, score, layout)
        frames, persons, joints, dims = pos.shape
        if joints != topology.num_joints:
            raise ValueError(
                f"array: topology '{topology.name}' has {topology.num_joints} joints, got {joints} in an array of "
                f"shape {list(np.shape(array))} read as {layout}; check layout= and the topology"
            )
        if frames == 0 or persons == 0:
            raise ValueError(f"array: expected at least one frame and one person, got {frames} and {persons}")
        if not keep_absent and persons > 1:
            present = pos.ne(0).any(3).any(2).any(0)
            present[0] |= not bool(present.any())
            pos = pos[:, present]
            confidence = None if confidence is None else confidence[:, present]
            persons = pos.size(1)
        sequence = cls(pos=pos.reshape(frames, persons * joints, dims), **body_graph(topology, persons))
        if confidence is not None:
            sequence.score = confidence.reshape(frames, persons * joints)
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
            return _FrameCount.of(value.size(0))
        if key in ("edge_index", "parent_index") and "joint" in self:
            return self["joint"].numel()  # num_nodes, without PyG's search for it
        return super().__inc__(key, value, *args, **kwargs)

    def __contains__(self, key: str) -> bool:
        return key in self._store  # PyG's lists all keys first, which is most of a small transform's time


class _FrameCount(Tensor):
    """The increment of a time-major attribute: zero, but refuses to stand beside that of another length.

    PyG's collate shows the sequences of a batch to each other in one place only, where it stacks their increments;
    that makes every PyG loader raise our error instead of torch.cat's.
    """

    frames: int

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, frames: int) -> _FrameCount:
        zero = torch.zeros((), dtype=torch.long).as_subclass(cls)
        zero.frames = frames
        return zero

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.stack:
            lengths = [item.frames for item in args[0]]
            if len(set(lengths)) > 1:
                other = next(length for length in lengths if length != lengths[0])
                raise ValueError(
                    f"a batch needs sequences of one length, got {lengths[0]} and {other} frames; fix the length with "
                    "a transform of the data set: SampleSegments(num_frames) or ReplayPad(num_frames)"
                )
            return torch.zeros(len(lengths), dtype=torch.long)
        return super().__torch_function__(func, types, args, kwargs or {})


def _time_major(
    array: np.ndarray | Tensor, score: np.ndarray | Tensor | None, layout: str
) -> tuple[Tensor, Tensor | None]:
    """Coordinates ``[T, M, V, D]`` and scores ``[T, M, V]`` that own their memory, from either layout."""
    pos, confidence = _float32(array), None if score is None else _float32(score)
    if layout not in ("TMVD", "MTVD"):
        raise ValueError(f"layout: expected 'TMVD' or 'MTVD', got {layout!r}")
    if pos.dim() not in (3, 4):
        raise ValueError(
            f"array: expected [T, M, V, D], [M, T, V, D] or [T, V, D], got {list(pos.shape)}; "
            "add or drop axes so that frames, persons, joints and coordinates remain"
        )
    if confidence is not None and confidence.shape != pos.shape[:-1]:
        raise ValueError(
            f"score: expected the array's shape without its last axis, {list(pos.shape[:-1])}, got "
            f"{list(confidence.shape)}; give one confidence per frame, person and joint, in the array's layout"
        )
    persons = layout.index("M")
    if pos.dim() == 3:
        pos, confidence = pos.unsqueeze(persons), None if confidence is None else confidence.unsqueeze(persons)
    return pos.movedim(persons, 1), None if confidence is None else confidence.movedim(persons, 1)


def _float32(array: np.ndarray | Tensor) -> Tensor:
    if isinstance(array, Tensor):
        return array.to(torch.float32, copy=True)
    return torch.from_numpy(np.array(array, dtype=np.float32))


def present(pos: Tensor, score: Tensor | None = None) -> Tensor:
    """Whether bodies are there, that is, have a joint that was seen and is not zero: ``[*, V, D]`` -> ``[*]`` bool.

    >>> import torch
    >>> from tg_skeleton.data import present
    >>> two_joints = torch.tensor([[[0.0, 0.0], [1.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]])
    >>> present(two_joints), present(two_joints, torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    (tensor([ True, False]), tensor([False, False]))

    Args:
        pos: Coordinates of V joints.
        score: ``[*, V]``, 0 where a joint was not seen.
    """
    if pos.is_cpu and not torch.compiler.is_compiling():  # nearly always one coordinate answers
        here = pos[..., 0, 0] != 0
        if score is not None:
            here &= score[..., 0] > 0
        if not here.all():
            here[~here] = _present(pos[~here], None if score is None else score[~here])
        return here
    return _present(pos, score)


def _present(pos: Tensor, score: Tensor | None) -> Tensor:
    extent = pos.abs().amax(-1)
    return (extent if score is None else torch.where(score > 0, extent, 0.0)).amax(-1) != 0


def body_graph(
    topology: Topology, persons: int = 1, *, device: torch.device | str | None = "cpu"
) -> dict[str, Tensor]:
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
    with torch.device("cpu"):  # not on a default device of the caller's
        edges = topology.edge_index
    edges, parents = edges.to(device), torch.tensor(topology.parents, device=device)
    return {
        "edge_index": (edges[:, None] + start).reshape(2, -1),
        "parent_index": (parents + start).reshape(-1),
        "joint": joint.repeat(persons),
        "person": person.repeat_interleave(topology.num_joints),
    }
