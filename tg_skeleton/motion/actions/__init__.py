"""What one person does: one function an action, each a family of movements.

A function draws what belongs to one performance (which hand, how far, how often, with which help of trunk and legs) and
adds it to the motion; times run from 0 to 1, angles are in degrees.
"""
