"""Checks of a rooted tree of joints, and the limbs that its shape shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tg_skeleton.topology.part import Part

SMALLEST_LIMB = 3
"""Number of joints from which a branch of the tree counts as a limb."""


def children_of(parents: Sequence[int]) -> list[list[int]]:
    """The children of every joint, in the order of the joints."""
    children: list[list[int]] = [[] for _ in parents]
    for joint, parent in enumerate(parents):
        if joint != parent:
            children[parent].append(joint)
    return children


def check_tree(subject: str, parents: Sequence[int], label: Callable[[int], str]) -> None:
    """Raise unless the parents lead from every joint to one root.

    Raises:
        ValueError: There are several roots or a cycle. The message names the joints by ``label``.
    """
    roots = [joint for joint, parent in enumerate(parents) if joint == parent]
    if len(roots) > 1:
        named = ", ".join(label(joint) for joint in roots)
        raise ValueError(
            f"{subject}: expected one root, got {len(roots)}: {named} are their own parents; "
            "give all but one of them a parent"
        )
    for joint in range(len(parents)):
        path = [joint]
        while (parent := parents[path[-1]]) != path[-1]:
            if parent in path:
                raise ValueError(
                    f"{subject}: joint {label(parent)} is its own ancestor; "
                    "the parents must lead from every joint to the root without a cycle"
                )
            path.append(parent)


def check_pairs(
    subject: str, parents: Sequence[int], pairs: Sequence[tuple[int, int]], label: Callable[[int], str]
) -> None:
    """Raise unless the pairs are disjoint and map every bone onto a bone.

    Raises:
        ValueError: A joint is paired twice, or the image of a bone is not a bone.
    """
    members = [joint for pair in pairs for joint in pair]
    if repeated := [label(joint) for joint in members if members.count(joint) > 1]:
        raise ValueError(f"{subject}: joint {repeated[0]} is paired twice; expected once")
    mirror = mirror_of(len(parents), pairs)
    for child, parent in enumerate(parents):
        left, right = mirror[child], mirror[parent]
        if child != parent and parents[left] != right and parents[right] != left:
            raise ValueError(
                f"{subject}: the pairs map the bone {label(child)} - {label(parent)} onto "
                f"{label(left)} - {label(right)}, which is no bone; pair the joints of both ends alike"
            )


def check_each_once(
    subject: str, joints: int, sets: Sequence[Sequence[int]], label: Callable[[int], str], kind: str
) -> None:
    """Raise unless every joint is in exactly one of the sets.

    Raises:
        ValueError: A joint is in none or in several.
    """
    for joint in range(joints):
        count = sum(list(members).count(joint) for members in sets)
        if count != 1:
            raise ValueError(f"{subject} {label(joint)} is in {count} {kind}; expected exactly one")


def mirror_of(joints: int, pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The permutation that exchanges the joints of every pair."""
    swap = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    return tuple(swap.get(joint, joint) for joint in range(joints))


def limbs_of(joints: Sequence[str], parents: Sequence[int], pairs: Sequence[tuple[int, int]]) -> tuple[Part[int], ...]:
    """The trunk and the limbs; see `Topology.limbs` for the rule."""
    children, sizes = children_of(parents), _sizes(parents)
    core = _core(parents, pairs, children, sizes)
    trunk, limbs = list(core), []
    for joint in core:
        for child in children[joint]:
            if child in core:
                continue
            if sizes[child] < SMALLEST_LIMB:
                trunk += _below(child, children)
            else:
                limbs += _split_at_forks(child, pairs, children, sizes)
    root = _root(parents)
    neighbors = sorted(children[root], key=lambda child: child not in trunk)  # those in the trunk first
    return (
        Part("trunk", tuple(sorted(trunk)), root, (neighbors or [root])[0]),
        *(Part(joints[top], tuple(sorted([top, *rest])), top, parents[top]) for top, *rest in sorted(limbs)),
    )


def _sizes(parents: Sequence[int]) -> list[int]:
    """The number of joints from every joint to the tips, itself included."""
    sizes = [0] * len(parents)
    for joint in range(len(parents)):
        sizes[joint] += 1
        while parents[joint] != joint:
            joint = parents[joint]
            sizes[joint] += 1
    return sizes


def _core(
    parents: Sequence[int], pairs: Sequence[tuple[int, int]], children: list[list[int]], sizes: list[int]
) -> set[int]:
    """The joints that span the trunk: the midline of a mirrored body, else its large forks and the root."""
    # The midline is connected: the mirror leaves the path between two of its joints in place, too.
    mirror, root = mirror_of(len(parents), pairs), _root(parents)
    if pairs and mirror[root] == root:
        return {joint for joint, image in enumerate(mirror) if joint == image}
    core = {root}
    for joint in range(len(parents)):
        branches = [sizes[child] for child in children[joint]] + [sizes[root] - sizes[joint]]
        if sum(size >= SMALLEST_LIMB for size in branches) >= 3:  # a fork of three limbs
            while joint not in core:
                core.add(joint)
                joint = parents[joint]
    return core


def _split_at_forks(
    top: int, pairs: Sequence[tuple[int, int]], children: list[list[int]], sizes: list[int]
) -> list[list[int]]:
    """The limb that begins at a joint, and those that leave it at its forks, each with its first joint first."""
    left_of = {right: left for left, right in pairs}
    limb, others, pending = [], [], [top]
    while pending:
        joint = pending.pop()
        limb.append(joint)
        # Ties go by the left joint's number, so that both sides are split alike.
        branches = sorted(children[joint], key=lambda child: (sizes[child], left_of.get(child, child)))
        for place, child in enumerate(branches):
            if place and sizes[child] >= SMALLEST_LIMB:
                others += _split_at_forks(child, pairs, children, sizes)
            else:
                pending.append(child)
    return [limb, *others]


def _root(parents: Sequence[int]) -> int:
    return next(joint for joint, parent in enumerate(parents) if joint == parent)


def _below(top: int, children: list[list[int]]) -> list[int]:
    """A joint and all of its descendants."""
    return [top, *(joint for child in children[top] for joint in _below(child, children))]
