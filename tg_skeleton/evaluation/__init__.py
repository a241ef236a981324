"""What a trained network is worth: scores under the recordings' names, and a report."""

from tg_skeleton.evaluation.report import report
from tg_skeleton.evaluation.scores import Scores

__all__ = ["Scores", "report"]
