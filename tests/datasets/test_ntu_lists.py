"""Facts of NTU RGB+D, against the published split sizes and the lists of the authors."""

from collections import Counter
from itertools import product

import numpy as np
import pytest

from tg_skeleton.datasets.ntu_lists import MISSING_SKELETONS, SETUPS, TRAINING_SUBJECTS, trains
from tg_skeleton.io import KINETICS_CLASSES, NTU_CLASSES, parse_ntu_name

PUBLISHED = {
    ("60", "xsub"): (40_091, 16_487),
    ("60", "xview"): (37_646, 18_932),
    ("120", "xsub"): (63_026, 50_919),
    ("120", "xset"): (54_468, 59_477),
}
PAIRS = {"60": 158, "120": 318}
PER_PAIR = 3 * 2 * 60  # cameras, repetitions, actions


def facts_of(names):
    rows = [parse_ntu_name(name) for name in names]
    return {key: np.array([row[key] for row in rows]) for key in ("setup", "camera", "subject", "action")}


def missing_of(subset):
    return sorted(name for name in MISSING_SKELETONS if int(name[1:4]) <= SETUPS[subset])


def grid():
    """As many names as NTU 120 has: every camera, repetition and action of 318 pairs of a setup and a subject.

    The authors publish no list of names. Which pairs there are is known of those in `MISSING_SKELETONS` only; the
    others are made up, so that as many pairs as in the data set lie on either side of each protocol.
    """
    known = {(facts["setup"], facts["subject"]) for facts in map(parse_ntu_name, MISSING_SKELETONS)}
    quotas = {  # of pairs, by (setup of NTU 60, training subject, even setup)
        **{(True, True, True): 54, (True, True, False): 58, (True, False, True): 22, (True, False, False): 24},
        **{(False, True, True): 30, (False, True, False): 34, (False, False, True): 46, (False, False, False): 50},
    }
    pairs = []
    for setup, subject in (*sorted(known), *product(range(1, 33), range(1, 107))):
        kind = (setup <= 17, subject in TRAINING_SUBJECTS["120"], setup % 2 == 0)
        if quotas[kind] and (setup, subject) not in pairs and (setup > 17 or subject <= 40):
            quotas[kind] -= 1
            pairs.append((setup, subject))
    assert not any(quotas.values()) and known <= set(pairs)
    return [
        f"S{setup:03}C{camera:03}P{subject:03}R{repetition:03}A{action + 60 * (setup > 17):03}"
        for (setup, subject), camera, repetition, action in product(pairs, (1, 2, 3), (1, 2), range(1, 61))
    ]


def test_split_sizes_over_a_full_list_of_names():
    full = grid()
    assert (len(full), len(set(full))) == (114_480, 114_480)
    facts = facts_of([name for name in full if name not in MISSING_SKELETONS])
    for (subset, protocol), sizes in PUBLISHED.items():
        training = trains(facts, subset, protocol)[facts["setup"] <= SETUPS[subset]]
        assert (training.sum(), (~training).sum()) == sizes, (subset, protocol)


@pytest.mark.parametrize(("subset", "protocol"), [("60", "xsub"), ("120", "xsub"), ("120", "xset")])
def test_published_sizes_and_missing_names_make_whole_pairs(subset, protocol):
    missing = trains(facts_of(missing_of(subset)), subset, protocol)
    train, test = PUBLISHED[subset, protocol]
    pairs = (train + missing.sum()) / PER_PAIR, (test + (~missing).sum()) / PER_PAIR
    assert all(number.is_integer() for number in pairs)
    assert sum(pairs) == PAIRS[subset]


def test_cameras_of_xview_are_thirds_with_the_missing_names():
    missing = trains(facts_of(missing_of("60")), "60", "xview")
    train, test = PUBLISHED["60", "xview"]
    assert (train + missing.sum(), test + (~missing).sum()) == (2 * 18_960, 18_960)


def test_missing_skeletons():
    assert (len(missing_of("60")), len(missing_of("120"))) == (302, 535)
    assert {"S001C002P005R002A008", "S001C003P005R002A005", "S003C002P018R002A055"} <= MISSING_SKELETONS
    facts = facts_of(missing_of("120"))
    assert set(facts["action"][facts["setup"] <= 17]) <= set(range(1, 61))
    assert set(facts["action"][facts["setup"] > 17]) <= set(range(61, 121))


def test_training_subjects():
    assert {subset: len(set(subjects)) for subset, subjects in TRAINING_SUBJECTS.items()} == {"60": 20, "120": 53}


def test_class_names():
    assert Counter(map(len, (NTU_CLASSES, set(NTU_CLASSES)))) == {120: 2}
    assert (NTU_CLASSES[0], NTU_CLASSES[49], NTU_CLASSES[59]) == (
        "drink water",
        "punching/slapping other person",
        "walking apart from each other",
    )
    assert Counter(map(len, (KINETICS_CLASSES, set(KINETICS_CLASSES)))) == {400: 2}
    assert (KINETICS_CLASSES[0], KINETICS_CLASSES[399]) == ("abseiling", "zumba")


def test_a_protocol_of_the_other_subset():
    with pytest.raises(ValueError, match="protocol: expected 'xsub' or 'xset' for NTU RGB.D 120, got 'xview'"):
        trains({}, "120", "xview")
    with pytest.raises(ValueError, match="subset: expected '60' or '120', got 60"):
        trains({}, 60, "xsub")


def test_against_the_published_lists(shared_data):
    def lines(name):
        return [line.strip() for line in (shared_data / "lists" / name).read_text(encoding="utf-8").splitlines()]

    assert set(lines("NTU_RGBD120_samples_with_missing_skeletons.txt")[3:]) - {""} == MISSING_SKELETONS
    assert set(lines("NTU_RGBD_samples_with_missing_skeletons.txt")[3:]) - {""} == set(missing_of("60"))
    assert [name.replace("’", "'") for name in lines("ntu120_classes.txt")] == list(NTU_CLASSES)
    assert lines("ntu60_classes.txt") == list(NTU_CLASSES[:60])
    assert lines("kinetics400_classes.txt") == list(KINETICS_CLASSES)
