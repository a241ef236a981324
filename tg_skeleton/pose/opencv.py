"""OpenCV, imported when it is used."""

from __future__ import annotations

import os
from types import ModuleType


def opencv() -> ModuleType:
    """The module ``cv2``, which says nothing about damaged videos by itself: our errors do.

    Raises:
        ImportError: It is not installed.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    try:
        import cv2
    except ImportError as error:
        raise ImportError(
            "videos and cameras are read with OpenCV, which is not installed; pip install 'tg_skeleton[video]' (joints "
            "in space) or 'tg_skeleton[pose]'"
        ) from error
    module: ModuleType = cv2
    # where another package imported it before; OpenCV 5 has the function elsewhere
    silence = module.setLogLevel if hasattr(module, "setLogLevel") else module.utils.logging.setLogLevel
    silence(0)
    return module
