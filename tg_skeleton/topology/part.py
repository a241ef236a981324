"""A part of a skeleton: a limb or the trunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Joint = int | str
"""A joint by its index or by its name."""

JointT_co = TypeVar("JointT_co", int, str, Joint, covariant=True)


@dataclass(frozen=True)
class Part(Generic[JointT_co]):
    """A limb or the trunk: joints that move together, and the two joints that define their frame of reference.

    Joints may be given by index or by name; the parts of a `Topology` hold indices.

    Args:
        name: The name of the part.
        joints: The joints of the part.
        origin: The joint at which the part is attached, the origin of its relative coordinates.
        reference: A second joint; the direction and the length from origin to reference scale those coordinates.
    """

    name: str
    joints: tuple[JointT_co, ...]
    origin: JointT_co
    reference: JointT_co
