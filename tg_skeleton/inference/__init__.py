"""Trained networks in use: checkpoints that carry everything, and answers about recordings of one's own."""

from tg_skeleton.inference.card import Card
from tg_skeleton.inference.prediction import Prediction
from tg_skeleton.inference.recognizer import ActionRecognizer
from tg_skeleton.inference.stream_prediction import StageTimes, StreamPrediction
from tg_skeleton.inference.streaming import StreamingRecognizer

__all__ = ["ActionRecognizer", "Card", "Prediction", "StageTimes", "StreamPrediction", "StreamingRecognizer"]
