"""Evaluation of trained networks: scores by recording, their fusion, reports, attention and saliency."""

from tg_skeleton.evaluation.attention_maps import attention_maps
from tg_skeleton.evaluation.choice import Paired, paired, verdict
from tg_skeleton.evaluation.complexity import Complexity, complexity
from tg_skeleton.evaluation.ensemble import ensemble
from tg_skeleton.evaluation.report import report
from tg_skeleton.evaluation.saliency import gradient_saliency, occlusion_saliency
from tg_skeleton.evaluation.scores import Scores
from tg_skeleton.evaluation.stream_report import stream_report, top_k_accuracies, top_k_report
from tg_skeleton.evaluation.tune_weights import tune_weights

__all__ = [
    "Complexity",
    "Paired",
    "Scores",
    "attention_maps",
    "complexity",
    "ensemble",
    "gradient_saliency",
    "occlusion_saliency",
    "paired",
    "report",
    "stream_report",
    "top_k_accuracies",
    "top_k_report",
    "tune_weights",
    "verdict",
]
