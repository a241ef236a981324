"""How simulated recordings come about: a body moves by a program of joint angles, and a depth camera looks at it.

=================  ==================================================================================================
module             what it knows
=================  ==================================================================================================
``body``           proportions and style of a person; joint angles to joint positions (forward kinematics)
``motion``         joint angles over time: keys, swings, steps
``actions``        what one person does, in degrees
``interactions``   what two persons do to each other
``performance``    who does it, how long, where on the stage: positions without noise, in meters
``sensor``         where the cameras stand, what they miss and how they err
=================  ==================================================================================================

Axes, everywhere right-handed like Kinect's camera space: x to the right of a person who faces the camera, y up,
z away from the camera, so that this person looks along -z. Meters, degrees, seconds at 30 frames a second.
"""
