"""Pictures to skeletons: pose estimators, following persons, placing them in space, reading videos and cameras."""

from tg_skeleton.pose.blazepose import MediaPipeEstimator, mediapipe_estimator
from tg_skeleton.pose.choice import fitting_estimator
from tg_skeleton.pose.drawing import draw_persons, draw_video
from tg_skeleton.pose.estimator import Estimate, PoseEstimator
from tg_skeleton.pose.finder import PersonFinder, PoseOptions, TrackedFrame, track_frames
from tg_skeleton.pose.pictures import Arrival, Picture, VideoFile, camera_pictures, latest_pictures, paced
from tg_skeleton.pose.placing import FIELD_OF_VIEW, place_in_space
from tg_skeleton.pose.poses import (
    Landmark,
    Poses,
    mediapipe_poses,
    mediapipe_world_poses,
    openpose_poses,
    rtmlib_poses,
)
from tg_skeleton.pose.rtmpose import RTMLibEstimator, rtmlib_estimator
from tg_skeleton.pose.sides import SideKeeper
from tg_skeleton.pose.smoothing import OneEuro
from tg_skeleton.pose.tracking import PersonTracker
from tg_skeleton.pose.video import VideoRecording, camera_frames, read_video

__all__ = [
    "FIELD_OF_VIEW",
    "Arrival",
    "Estimate",
    "Landmark",
    "MediaPipeEstimator",
    "OneEuro",
    "PersonFinder",
    "PersonTracker",
    "Picture",
    "PoseEstimator",
    "PoseOptions",
    "Poses",
    "RTMLibEstimator",
    "SideKeeper",
    "TrackedFrame",
    "VideoFile",
    "VideoRecording",
    "camera_frames",
    "camera_pictures",
    "draw_persons",
    "draw_video",
    "fitting_estimator",
    "latest_pictures",
    "mediapipe_estimator",
    "mediapipe_poses",
    "mediapipe_world_poses",
    "openpose_poses",
    "paced",
    "place_in_space",
    "read_video",
    "rtmlib_estimator",
    "rtmlib_poses",
    "track_frames",
]
