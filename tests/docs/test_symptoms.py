"""The messages on the page of symptoms are those that are given."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.docs.symptoms import SYMPTOMS, no_gpu, said_by

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "symptoms.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.__name__)
def test_a_message_of_the_page_is_given(
    symptom: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if symptom is no_gpu and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    monkeypatch.chdir(tmp_path)
    said = said_by(symptom, lambda: capsys.readouterr().err)
    assert said in MESSAGES


def test_the_page_has_no_other_messages() -> None:
    assert len(set(MESSAGES)) == len(MESSAGES) == len(SYMPTOMS) >= 30
