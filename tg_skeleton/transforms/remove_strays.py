"""Joints that are far from where their body can have them become missing."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("remove_strays")
class RemoveStrays(BodyTransform):
    r"""Makes joints missing whose bones are more than ``factor`` times as long as their median in the recording.

    Bone (i, parent of i) is torn in frame t if

    .. math:: |p_{t,i} - p_{t,\mathrm{parent}(i)}| > \mathrm{factor} \cdot \mathrm{median}_{t'}\,
        |p_{t',i} - p_{t',\mathrm{parent}(i)}|

    with the median over the frames in which the person's two joints were seen. A joint with two or more bones, all of
    them torn, is astray. The other torn bones take the body apart, and what does not hang together with its largest
    part is astray. A bone whose median is zero is never torn. Strays get score 0 and position 0; `FillMissing` behind
    this gives them a place.

    Reads and writes ``pos`` and ``score``; writes ``score`` where there was none and something is astray.

    Args:
        factor: How many times its median a bone may be as long.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``, ``score`` ``[T, N]``.

    Raises:
        ValueError: ``factor`` is not more than 1.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RemoveStrays
    >>> arm = Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))
    >>> pos = torch.tensor([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]).repeat(5, 1, 1)
    >>> pos[2, 2, 1] = 90.0
    >>> RemoveStrays(4)(SkeletonSequence.from_array(pos, arm)).score[:, 2]
    tensor([1., 1., 0., 1., 1.])
    """

    def __init__(self, factor: float) -> None:
        if not factor > 1:
            raise ValueError(f"factor: expected more than 1, got {factor}")
        self.factor = factor

    def apply(self, bodies: Bodies) -> Bodies:
        astray = self.astray(bodies)
        return bodies if astray is None else bodies.without(astray)

    def astray(self, bodies: Bodies) -> Tensor | None:
        """The joints astray, ``[T, P, V]`` bool; None where there are none (and nothing is exported)."""
        pos, seen = bodies.coordinates, bodies.seen
        assert bodies.parent is not None
        joints = pos.size(2)
        joint = torch.arange(joints, device=pos.device)
        is_bone = (bodies.parent != joint).expand(pos.size(1), -1)  # [P, V], not the root
        known = seen & bodies.at_parent(seen) & is_bone
        length = torch.linalg.vector_norm(pos - bodies.at_parent(pos), dim=-1)
        in_order = torch.where(known, length, torch.inf).sort(0).values
        median = in_order.gather(0, ((known.sum(0, keepdim=True) - 1) // 2).clamp(min=0))
        torn = known & (length > self.factor * median) & (median > 0)  # inf of a bone that never was known
        if not torch.compiler.is_compiling() and not bool(torn.any()):
            return None

        child = (bodies.parent[..., None, :] == joint[:, None]) & is_bone[:, None]  # [P, V, V], k is a child of j
        bones = known.long() + (known[:, :, None] & child).sum(-1)  # [T, P, V], of each joint
        torn_bones = torn.long() + (torn[:, :, None] & child).sum(-1)
        astray = (bones > 1) & (torn_bones == bones)

        torn = torn & ~astray & ~bodies.at_parent(astray)
        begins = torn | (bodies.parent == joint)
        part = torch.where(begins, joint, bodies.parent)  # [T, P, V], on the way up to where the joint's part begins
        for _ in range(joints.bit_length()):  # each step goes twice as far
            part = part.gather(-1, part)
        size = ((part[..., None] == part[..., None, :]) & (seen & ~astray)[..., None, :]).sum(-1)
        largest = torch.where(seen & ~astray, size, -1).argmax(-1, keepdim=True)
        return seen & (astray | (part != part.gather(-1, largest)))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.factor})"
