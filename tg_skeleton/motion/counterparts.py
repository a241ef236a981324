"""Which classes of recorded data sets are which of the generated ones."""

from __future__ import annotations

from collections.abc import Mapping

COUNTERPARTS: Mapping[str, Mapping[str, str]] = {
    "nw_ucla": {
        "pick up with one hand": "pick up with one hand",
        "pick up with two hands": "pick up with both hands",
        "walk around": "walk",
        "sit down": "sit down",
        "stand up": "stand up",
        "donning": "put on a jacket",
        "doffing": "take off a jacket",
        "throw": "throw",
        "carry": "carry",
    },
    "sbu": {
        "approaching": "approach",
        "departing": "depart",
        "kicking": "kick a person",
        "pushing": "push a person",
        "shaking hands": "shake hands",
        "hugging": "hug",
        "exchanging": "exchange an object",
        "punching": "punch a person",
    },
    "simulated": {
        "drink": "drink",
        "throw": "throw",
        "sit down": "sit down",
        "stand up": "stand up",
        "wave": "wave",
        "raise arm": "raise hand",
        "clap": "clap",
        "kick": "kick",
        "jump": "jump",
        "squat": "squat",
        "bow": "bow",
        "walk": "walk",
        "handshake": "shake hands",
        "push": "push a person",
        "approach": "approach",
        "hug": "hug",
    },
    "ntu60": {
        "drink water": "drink",
        "pickup": "pick up with one hand",
        "throw": "throw",
        "sitting down": "sit down",
        "standing up (from sitting position)": "stand up",
        "clapping": "clap",
        "wear jacket": "put on a jacket",
        "take off jacket": "take off a jacket",
        "hand waving": "wave",
        "kicking something": "kick",
        "jump up": "jump",
        "make a phone call/answer phone": "phone call",
        "pointing to something with finger": "point",
        "check time (from watch)": "check the watch",
        "nod head/bow": "bow",
        "falling": "fall down",
        "punching/slapping other person": "punch a person",
        "kicking other person": "kick a person",
        "pushing other person": "push a person",
        "hugging other person": "hug",
        "giving something to other person": "exchange an object",
        "handshaking": "shake hands",
        "walking towards each other": "approach",
        "walking apart from each other": "depart",
    },
}
"""By data set, the class there and the class of `CLASSES`; other classes have no counterpart."""

DOUBTFUL: Mapping[str, Mapping[str, str]] = {
    "nw_ucla": {
        "throw": "overhand, sideways and from the chest, with steps before and after",
        "carry": "often with the thing being lifted at the beginning and put down at the end",
        "walk around": "in curves, with turns in some",
    },
    "sbu": {
        "exchanging": "one arm each, which meet as in a handshake",
        "punching": "with the whole body, while the other person leans back",
    },
    "ntu60": {
        "pickup": "with one hand or both",
        "nod head/bow": "the head alone is a nod",
        "kicking something": "the same movement as at a person",
    },
}
"""Pairs that are not quite the same action, with the reason."""
