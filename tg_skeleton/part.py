"""A limb or the trunk of a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Joint = int | str
"""A joint by its index or by its name."""

JointT_co = TypeVar("JointT_co", int, str, Joint, covariant=True)


@dataclass(frozen=True)
class Part(Generic[JointT_co]):
    """A limb or the trunk: the joints that move together, with the two joints that fix a frame of reference.

    Joints may be given by index or by name; the parts that a `Topology` holds have indices.

    Args:
        name: What the part is called.
        joints: Its joints.
        origin: The joint at which the part is attached, the origin of its relative coordinates.
        reference: A second joint; the direction and the length of origin -> reference scale those coordinates.
    """

    name: str
    joints: tuple[JointT_co, ...]
    origin: JointT_co
    reference: JointT_co
