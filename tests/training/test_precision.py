"""Warnings of a precision at which the processor is slow."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from lightning import Trainer

from tg_skeleton.training import precision


def trainer(**arguments: Any) -> Trainer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, **arguments)


def test_bfloat16_on_a_cpu_without_it_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: False)
    with pytest.warns(
        UserWarning, match="precision: expected 32-true on a CPU without .*, got bf16-mixed, .*; take 32-true"
    ):
        precision.warn_of_slow_precision(trainer(precision="bf16-mixed"))


@pytest.mark.parametrize(("has", "asked"), [(True, "bf16-mixed"), (False, "32-true")])
def test_nothing_is_said_otherwise(has: bool, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: has)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        precision.warn_of_slow_precision(trainer(precision=asked))


@pytest.mark.parametrize(
    ("machine", "supported", "expected"),
    [("x86_64", True, True), ("x86_64", False, False), ("arm64", False, True), ("AMD64", False, False)],
)
def test_what_is_unknown_counts_as_fast(
    machine: str, supported: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported, raising=False)
    assert precision.multiplies_bfloat16() is expected
