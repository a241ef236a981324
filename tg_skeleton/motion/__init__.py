"""Motion from nothing: persons move by programs of joint angles, and sensors look at them.

=================  ====================================================================================================
module             what it knows
=================  ====================================================================================================
``body``           41 joints and how they follow from joint angles (forward kinematics)
``person``         proportions and a way of moving
``course``         joint angles over time, and what bears the body
``gait``           steps
``poses``          arm poses and small helps that actions share
``actions``        what one person does: one function a class
``interactions``   what two persons do with each other
``vocabulary``     the classes, how long they take, where they occur
``scene``          who does it, when and where: positions as nobody measured them
``view``           where a sensor stands, and which joints it reports
``errors``         how sensors err
``sensors``        what sensors make of it: one function a sensor
``source``         an endless supply of recordings
=================  ====================================================================================================
"""

from tg_skeleton.motion.body import BODY
from tg_skeleton.motion.errors import Seen
from tg_skeleton.motion.scene import Scene, perform
from tg_skeleton.motion.sensors import (
    SENSORS,
    Sensor,
    detector,
    kinect_v1,
    kinect_v2,
    mediapipe,
    motion_capture,
)
from tg_skeleton.motion.source import PAIRS, Take, label_of, take
from tg_skeleton.motion.vocabulary import ACTIONS, CLASSES, OTHER, Action

__all__ = [
    "ACTIONS",
    "BODY",
    "CLASSES",
    "OTHER",
    "PAIRS",
    "SENSORS",
    "Action",
    "Scene",
    "Seen",
    "Sensor",
    "Take",
    "detector",
    "kinect_v1",
    "kinect_v2",
    "label_of",
    "mediapipe",
    "motion_capture",
    "perform",
    "take",
]
