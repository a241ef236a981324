"""Whole published networks."""

from tg_skeleton.models.amanet import AMANet
from tg_skeleton.models.esan import ESAN

__all__ = ["ESAN", "AMANet"]
