"""Rows of the table of data sets."""

import pytest

from tg_skeleton.datasets.table import DATASETS, Location


def test_an_unknown_protocol_is_an_error_that_names_those_that_exist(tmp_path):
    with pytest.raises(ValueError, match=r"protocol: ntu60 has xsub, xview, got 'xset'"):
        DATASETS["ntu60"].split(Location(tmp_path), "xset", "test")
