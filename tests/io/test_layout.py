"""The order of an array's axes."""

import pytest

from tg_skeleton.io.layout import find_layout


@pytest.mark.parametrize(
    ("shape", "layout", "recordings", "expected"),
    [
        ((60, 25, 3), None, False, "TVC"),
        ((3, 60, 25), None, False, "CTV"),
        ((60, 2, 25, 3), None, False, "TMVC"),
        ((3, 300, 25, 2), None, False, "CTVM"),
        ((2, 3, 25, 2), None, False, "TMVC"),
        ((2, 60, 25, 3), "M T V C", False, "MTVC"),
        ((2, 60, 25, 3), "MTVD", False, "MTVC"),
        ((60, 25, 3), "T M V C", False, "TVC"),
        ((6, 3, 300, 25, 2), None, True, "NCTVM"),
        ((6, 60, 2, 25, 3), None, True, "NTMVC"),
        ((6, 60, 25, 3), None, True, "NTVC"),
    ],
)
def test_given_and_recognized(shape, layout, recordings, expected):
    assert find_layout(shape, 25, layout, recordings=recordings) == expected


@pytest.mark.parametrize(
    ("shape", "layout", "message"),
    [
        ((2, 300, 25, 3), None, "2 frames, 300 persons, 3 coordinates; .*; layout='M T V C': 2 persons, 300 frames"),
        ((3, 15, 25, 2), None, "give layout='T M V C': 3 frames, 15 persons, 2 coordinates; layout='C T V M': 3 coord"),
        (
            (60, 2, 17, 3),
            None,
            r"expected \[T, V = 25, C\] or .*, got \[60, 2, 17, 3\]; give layout=.* or check the top",
        ),
        ((60, 2, 25, 3), "M V T C", r"expected 25 joints along axis 1 \(M V T C\), got \[60, 2, 25, 3\]"),
        (
            (60, 2, 25, 3),
            "T M V X",
            "expected the letters C, T, V and perhaps M, each once, such as 'T M V C', got 'T M",
        ),
        ((60, 25), "T M V C", r"array: expected 4 axes \(T M V C\), got \[60, 25\]"),
    ],
)
def test_refused(shape, layout, message):
    with pytest.raises(ValueError, match=message):
        find_layout(shape, 25, layout)
