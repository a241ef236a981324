"""What a trained network looks at in a recording, as the player shows it."""

from __future__ import annotations

import numpy as np
import torch

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.evaluation import gradient_saliency
from tg_skeleton.evaluation.clips import clip_logits, stack_clips
from tg_skeleton.inference import ActionRecognizer


def saliency_of(recognizer: ActionRecognizer, sequence: SkeletonSequence) -> np.ndarray | None:
    """How much every joint spoke for the answer, ``[T, N]`` of a clip's T frames; the mean of all clips.

    What speaks against it counts as nothing. None: the network's nodes are not the recording's.
    """
    batch, clips = recognizer.prepare([sequence]), recognizer.card.clips
    nodes = batch.x.size(1)
    if nodes != sequence.pos.size(1) or recognizer.card.network_topology is not None:
        return None
    with torch.no_grad():
        said = clip_logits(recognizer.model, batch, clips).argmax(1)
    x, index, size = stack_clips(batch.x, batch.batch, 1, clips)
    saliency = gradient_saliency(recognizer.model, x, index, size, target=said.expand(clips))  # [T, clips * N]
    mean: np.ndarray = saliency.unflatten(1, (clips, nodes)).mean(1).clamp(min=0).cpu().numpy()
    return mean
