"""Which graph, person and frame a node's values belong to, worked out on the device where they lie."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch_geometric.utils import cumsum, scatter

from tg_skeleton.data import TIME_MAJOR, SkeletonSequence
from tg_skeleton.topology import Topology


def positions(data: SkeletonSequence) -> Tensor:
    """``pos`` ``[T, N, D]``, or an error that says what to do without it."""
    if "pos" not in data:
        raise ValueError(
            "pos: expected coordinates [T, N, D], got a sequence without them; build it with "
            "SkeletonSequence.from_array, and apply the transforms that change coordinates while it has pos"
        )
    pos: Tensor = data["pos"]
    return pos


def time_major(data: SkeletonSequence) -> dict[str, Tensor]:
    """The attributes of this sequence that hold one value per frame and node, ``[T, N, ...]``."""
    return {key: data[key] for key in TIME_MAJOR if key in data}


def num_graphs(data: SkeletonSequence) -> int:
    """B, the number of sequences in a batch; 1 for a single one."""
    return 1 if data.batch is None else graph_ptr(data).numel() - 1


def graph_index(data: SkeletonSequence) -> Tensor:
    """The graph of every node, ``[N]``; zeros for a single sequence."""
    return torch.zeros_like(data.joint) if data.batch is None else data.batch


def graph_ptr(data: SkeletonSequence) -> Tensor:
    """The first node of every graph, and N after them, ``[B + 1]``."""
    if data.batch is None:
        return torch.arange(2, device=data.joint.device) * data.joint.numel()
    if "ptr" in data:
        ptr: Tensor = data["ptr"]
        return ptr
    return cumsum(torch.bincount(data.batch))


def per_node(value: Tensor, data: SkeletonSequence) -> Tensor:
    """A value per graph ``[B, ...]`` as one per node ``[N, ...]``, or ``[1, ...]`` where there is one graph."""
    return value if data.batch is None else value[data.batch]


def per_graph(value: Tensor, data: SkeletonSequence, reduce: Literal["min", "max", "sum"]) -> Tensor:
    """A value per node ``[N, ...]`` reduced to one per graph ``[B, ...]``."""
    if data.batch is None:
        if reduce == "sum":
            return value.sum(0, keepdim=True)
        return value.amin(0, keepdim=True) if reduce == "min" else value.amax(0, keepdim=True)
    return scatter(value, data.batch, dim=0, dim_size=num_graphs(data), reduce=reduce)


def present(data: SkeletonSequence) -> Tensor:
    """Whether the node's person is in the frame, that is, not all zero there: ``[T, N]`` bool."""
    seen = positions(data).abs().amax(-1)
    # N bounds the number of persons, and asking for the number itself would wait for the device.
    persons = torch.zeros_like(seen).index_add_(1, data.person, seen)
    return persons.index_select(1, data.person) != 0


def body_sizes(data: SkeletonSequence) -> Tensor:
    """V of every graph, the joints of its first person, ``[B]``."""
    first_person = data.person[graph_ptr(data)[:-1]]
    return per_graph((data.person == per_node(first_person, data)).long(), data, "sum")


def check_joint(data: SkeletonSequence, joint: int, argument: str) -> None:
    """Raises if the first person of a graph has no such joint; ``argument`` says where the joint was given."""
    joints = body_sizes(data)
    if bool((joints <= joint).any()):
        raise ValueError(
            f"{argument}: expected the index of a joint, got {joint} for a body of {int(joints.min())} joints; "
            f"choose one of 0..{int(joints.min()) - 1}"
        )


def check_topology(data: SkeletonSequence, topology: Topology) -> None:
    """Raises if a person has other joints than ``topology``, in another order, or other parents."""
    device, joints = data.joint.device, topology.num_joints
    if data.joint.numel() % joints == 0:
        node = torch.arange(data.joint.numel(), device=device)
        found = torch.stack([data.joint, data.parent_index - node + data.joint]).view(2, -1, joints)
        expected = torch.tensor([range(joints), topology.parents], device=device)
        if bool((found == expected[:, None]).all()):
            return
    raise ValueError(
        f"topology: expected persons of '{topology.name}' ({joints} joints) alone, got {data.joint.numel()} nodes with "
        "other joints or parents among them; give the topology that the data set was made with, and batch topologies "
        "apart"
    )


def turn(pos: Tensor, rotation: Tensor, data: SkeletonSequence) -> Tensor:
    """Every graph's coordinates by its matrix: ``[T, N, D]``, ``[B, D, D]`` -> ``[T, N, D]``."""
    columns = per_node(rotation, data).unbind(-1)
    # Not a matrix product, which TF32 or autocast would round to three digits.
    turned = pos[..., :1] * columns[0]
    for axis in range(1, pos.size(-1)):
        turned = torch.addcmul(turned, pos[..., axis : axis + 1], columns[axis])
    return turned


def take_frames(data: SkeletonSequence, frames: Tensor) -> SkeletonSequence:
    """Sets every time-major attribute to its ``frames``: ``[F]`` for all nodes, or ``[B, F]``, a row per graph."""
    for key, value in time_major(data).items():
        if frames.dim() == 1:
            data[key] = value.index_select(0, frames)
        elif data.batch is None:
            data[key] = value.index_select(0, frames[0])
        else:
            data[key] = value[frames[data.batch].t(), torch.arange(value.size(1), device=value.device)]
    return data


def set_persons(data: SkeletonSequence, num: int) -> tuple[Tensor, Tensor]:
    """Gives every graph ``num`` persons built like its first one: edges and node indices, not the time series.

    Returns:
        Of every new node, the graph and its place within it, both ``[N']``. Nodes keep their place within their graph.
    """
    first, joints = graph_ptr(data)[:-1], body_sizes(data)
    ptr = cumsum(joints * num)
    graph = torch.repeat_interleave(joints * num)
    place = torch.arange(graph.numel(), device=graph.device) - ptr[graph]
    slot = place // joints[graph]
    model = first[graph] + place % joints[graph]

    source_graph = graph_index(data)[data.edge_index[0]]
    within = (data.edge_index - first[source_graph] < joints[source_graph]).all(0)
    bones, owner = data.edge_index[:, within], source_graph[within]
    shift = (ptr[:-1] - first)[owner] + torch.arange(num, device=owner.device)[:, None] * joints[owner]
    edges = (bones[:, None] + shift).flatten(1)

    data.edge_index = edges[:, torch.argsort(owner.repeat(num), stable=True)]
    data.parent_index = data.parent_index[model] + (ptr[:-1] - first)[graph] + slot * joints[graph]
    data.joint = data.joint[model]
    data.person = graph * num + slot
    if data.batch is not None:
        set_batch(data, graph, ptr)
    return graph, place


def set_batch(data: SkeletonSequence, batch: Tensor, ptr: Tensor) -> None:
    """Sets which graph each node belongs to, ``[N]``, and the graphs' first nodes, ``[B + 1]``."""
    data.batch, data.ptr = batch, ptr
    for key in ("_slice_dict", "_inc_dict"):  # stale; without them PyG refuses to take the batch apart
        data._store.__dict__.pop(key, None)
