"""Parents, pairs and parts of a skeleton whose joints are put together in groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tg_skeleton.topology.part import Part

Group = tuple[int, ...]


def contracted_parents(groups: Sequence[Group], parents: Sequence[int], label: Callable[[int], str]) -> list[int]:
    """The parent of every group.

    Raises:
        ValueError: A group is not connected.
    """
    group_of = _group_of(groups)
    result = []
    for number, group in enumerate(groups):
        tops = [joint for joint in group if parents[joint] == joint or group_of[parents[joint]] != number]
        if len(tops) != 1:
            named = " and ".join(label(joint) for joint in tops) or "no joint"
            raise ValueError(
                f"contract: group {number}: expected one connected piece, got {len(tops)}, topped by {named}"
            )
        result.append(group_of[parents[tops[0]]])
    return result


def contracted_pairs(
    groups: Sequence[Group], pairs: Sequence[tuple[int, int]], mirror: Sequence[int]
) -> list[tuple[int, int]]:
    """The pairs of groups that the mirror exchanges; none if it maps a group onto no group."""
    numbers = {frozenset(group): number for number, group in enumerate(groups)}
    images = [numbers.get(frozenset(mirror[joint] for joint in group), -1) for group in groups]
    if -1 in images:
        return []
    lefts = {left for left, _ in pairs}
    return [(i, j) if groups[i][0] in lefts else (j, i) for i, j in enumerate(images) if i < j]


def contracted_parts(groups: Sequence[Group], parts: Sequence[Part[int]]) -> list[Part[int]]:
    """The parts in terms of groups; none if a group lies in two parts or is both origin and reference of one."""
    group_of = _group_of(groups)
    result: list[Part[int]] = []
    for part in parts:
        inside = tuple(number for number, group in enumerate(groups) if set(group) <= set(part.joints))
        if sum(len(groups[number]) for number in inside) < len(part.joints):
            return []
        result.append(Part(part.name, inside, group_of[part.origin], group_of[part.reference]))
    return [] if any(part.origin == part.reference for part in result) else result


def _group_of(groups: Sequence[Group]) -> dict[int, int]:
    return {joint: number for number, group in enumerate(groups) for joint in group}
