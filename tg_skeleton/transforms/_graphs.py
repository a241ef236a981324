"""Which graph a node belongs to, and new graphs for sequences whose persons or joints change."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.utils import cumsum, scatter

from tg_skeleton.data import TIME_MAJOR, SkeletonSequence, body_graph
from tg_skeleton.topology import Topology


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


def body_sizes(data: SkeletonSequence) -> Tensor:
    """V of every graph, the joints of its first person, ``[B]``."""
    graph = graph_index(data)
    first_person = data.person[graph_ptr(data)[:-1]]
    return scatter((data.person == first_person[graph]).long(), graph, dim_size=num_graphs(data), reduce="sum")


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


def set_topology(data: SkeletonSequence, source: Topology, target: Topology) -> None:
    """Gives every person of ``source`` the joints and bones of ``target``; not the time series."""
    before, after = source.num_joints, target.num_joints
    persons, owner = data.joint.numel() // before, data.person[::before]
    if data.batch is not None:
        ptr = graph_ptr(data) // before * after
        set_batch(data, data.batch[::before].repeat_interleave(after), ptr)
    for key, value in body_graph(target, persons, device=data.joint.device).items():
        data[key] = value
    data.person = owner.repeat_interleave(after)


def set_persons(data: SkeletonSequence, num: int) -> None:
    """Gives every graph ``num`` persons built like its first one: edges and node indices, not the time series."""
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


def set_batch(data: SkeletonSequence, batch: Tensor, ptr: Tensor) -> None:
    """Sets which graph each node belongs to, ``[N]``, and the graphs' first nodes, ``[B + 1]``."""
    data.batch, data.ptr = batch, ptr
    for key in ("_slice_dict", "_inc_dict"):  # stale; without them PyG refuses to take the batch apart
        data._store.__dict__.pop(key, None)
