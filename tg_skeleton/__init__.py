"""tg_skeleton: recognising human actions from skeletons with PyTorch Geometric."""

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topologies import NTU25
from tg_skeleton.topology import Part, Topology

__version__ = "0.1.0"

__all__ = ["NTU25", "Part", "SkeletonSequence", "Topology", "__version__"]
