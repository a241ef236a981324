"""A genuine ``.task`` file, as newer releases of MediaPipe read it, of the models in the wheel of 0.10.21."""

from __future__ import annotations

import zipfile
from pathlib import Path

MODELS = ("pose_detection/pose_detection.tflite", "pose_landmark/pose_landmark_full.tflite")


def write_task(path: Path) -> Path:
    """Write the file.

    Raises:
        ImportError: MediaPipe is not installed.
        FileNotFoundError: Its wheel has no models.
    """
    import mediapipe
    from mediapipe.tasks.python.metadata.metadata_writers import metadata_writer

    modules = Path(mediapipe.__file__).parent / "modules"
    detector, landmarks = (bytearray((modules / model).read_bytes()) for model in MODELS)
    writer = metadata_writer.MetadataWriter.create(landmarks)
    writer.add_image_input([0.0], [255.0])  # the landmark model says nothing about its input: values from 0 to 1
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pose_detector.tflite", bytes(detector))
        archive.writestr("pose_landmarks_detector.tflite", bytes(writer.populate()[0]))
    return path
