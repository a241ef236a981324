"""Pictures of skeletons, of attention and of results, drawn with matplotlib; ``figure.savefig(path)`` writes one."""

from tg_skeleton.visualization.attention import plot_attention
from tg_skeleton.visualization.confusion import plot_confusion
from tg_skeleton.visualization.skeleton import plot_sequence

__all__ = ["plot_attention", "plot_confusion", "plot_sequence"]
