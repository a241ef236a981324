"""Figures of skeletons, attention and results, drawn with matplotlib; `save_figure` writes one.

`Player` is an HTML page that plays recordings in a browser.
"""

from tg_skeleton.visualization.animation import animate_sequence
from tg_skeleton.visualization.attention import plot_attention
from tg_skeleton.visualization.body_attention import plot_body_attention
from tg_skeleton.visualization.classes import plot_classes
from tg_skeleton.visualization.confusion import plot_confusion
from tg_skeleton.visualization.curves import plot_curves
from tg_skeleton.visualization.player import Player, player_head, write_player
from tg_skeleton.visualization.saliency import plot_saliency
from tg_skeleton.visualization.saving import save_figure
from tg_skeleton.visualization.sheet import plot_sheet
from tg_skeleton.visualization.skeleton import plot_sequence
from tg_skeleton.visualization.temporal_attention import plot_temporal_attention
from tg_skeleton.visualization.top_k import plot_top_k
from tg_skeleton.visualization.tradeoff import System, plot_tradeoff

__all__ = [
    "Player",
    "System",
    "animate_sequence",
    "player_head",
    "plot_attention",
    "plot_body_attention",
    "plot_classes",
    "plot_confusion",
    "plot_curves",
    "plot_saliency",
    "plot_sequence",
    "plot_sheet",
    "plot_temporal_attention",
    "plot_top_k",
    "plot_tradeoff",
    "save_figure",
    "write_player",
]
