"""Trained networks in use: checkpoints with all metadata, and predictions for recordings of your own."""

from tg_skeleton.inference.card import ModelCard, network_name
from tg_skeleton.inference.prediction import Prediction
from tg_skeleton.inference.recognizer import ActionRecognizer
from tg_skeleton.inference.stream_prediction import StageTimes, StreamPrediction
from tg_skeleton.inference.streaming import StreamingRecognizer

__all__ = [
    "ActionRecognizer",
    "ModelCard",
    "Prediction",
    "StageTimes",
    "StreamPrediction",
    "StreamingRecognizer",
    "network_name",
]
