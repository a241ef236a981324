"""The report of a run that is written here: NW-UCLA's 40 generated test recordings, of which 6 are mistaken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.commands.run_folder import Pair, RunFolder, confused_pairs
from tg_skeleton.datasets import NWUCLA
from tg_skeleton.evaluation import Scores
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.topologies import NWUCLA20
from tg_skeleton.transforms import SampleSegments, Streams

FACTS = {
    "name": "sgn joint",
    "dataset": "nw_ucla",
    "protocol": "xview",
    "source": "raw",
    "seed": 7,
    "trainval": False,
    "version": "0.1.0",
    "recipe.epochs": "2",
    "recipe.optimizer": "'<sgd>'",
    "seconds": 3725.2,
    "epochs": 2,
    "parameters": 665018,
    "macs": 134976000,
}
METRICS = (
    "epoch,step,train/loss,train/top1,val/loss,val/top1\n0,9,,,2.0,0.25\n0,9,1.5,0.5,,\n1,19,1.25,0.75,,\n,20,,,,\n"
)


def mistaken(dataset: NWUCLA, wrong: dict[int, tuple[int, ...]]) -> Scores:
    """Logits of certain answers; the first recordings of a class may be taken for others."""
    logits = np.zeros((len(dataset), 10))
    logits[np.arange(len(dataset)), dataset.labels] = 3.0
    for label, others in wrong.items():
        for row, other in zip(np.flatnonzero(dataset.labels == label), others, strict=False):
            logits[row, other] = 5.0 + row / 10
    return Scores(dataset.names, logits, dataset.labels)


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A run of a training."""
    run = tmp_path / "runs" / "seed7"
    (run / "logs" / "version_0").mkdir(parents=True)
    (run / "logs" / "version_0" / "metrics.csv").write_text(METRICS)
    (run / "run.json").write_text(json.dumps(FACTS))
    mistaken(NWUCLA(prepared, "test"), {1: (2, 2, 2), 2: (1,), 9: (8, 8)}).save(run / "test.npz")
    mistaken(NWUCLA(prepared, "val"), {0: (1,)}).save(run / "val.npz")
    return run


def report(folder: Path, root: Path, *arguments: str) -> str:
    assert main(["report", str(folder), "--root", str(root), *arguments]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


def checkpoint(path: Path) -> None:
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 10, "num_frames": 8, "widths": (8, 8)},
        topology=NWUCLA20,
        class_names=NWUCLA.class_names,
        num_frames=8,
        clips=2,
        transform=SampleSegments(8, clips=2),
        batch_transform=Streams("joint", clips=2),
        versions={"torch": "9.9"},
    )
    ActionRecognizer(card.build(), card).save(path)


def players(page: str) -> list[dict]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_a_page_has_numbers_curves_confusion_classes_and_facts(folder: Path, prepared: Path) -> None:
    page = report(folder, prepared)
    told = re.sub(r"<[^>]+>", "", re.sub(r"<(style|script)[^>]*>.*?</\1>", "", page, flags=re.DOTALL))
    assert "sgn joint on nw_ucla" in told and "40 test recordings of 10 classes, nw_ucla xview, seed 7" in told
    for number in (
        "85.00 %",
        "100.00 %",
        "95.00 %",
        "665 k",
        "135 M",
        "1 h 2 min",
        "1.250",
        "75.0 %",
        "6 of 40 lie off",
    ):
        assert number in told, number
    assert "&#x27;&lt;sgd&gt;&#x27;" in page and "<sgd>" not in page


def test_facts_that_tell_nothing_are_left_out(folder: Path, prepared: Path) -> None:
    facts = {**FACTS, "seed": 0, "protocol": "xview", "processes": 1, "finished": True, "sync_norm": False}
    facts |= {"precision": "16-mixed", "recipe.ema": "0.0", "recipe.gradient_clip": "None", "recipe.gamma": "0.1"}
    (folder / "run.json").write_text(json.dumps(facts))
    rows = re.findall(r'<th scope="row">([^<]*)</th>', report(folder, prepared))
    assert {"seed", "protocol", "precision", "recipe: gamma"} <= set(rows)
    assert not {"source", "processes", "finished", "sync_norm", "recipe: ema", "recipe: gradient_clip"} & set(rows)


def test_the_most_confused_pairs_stand_beside_what_they_were_taken_for(folder: Path, prepared: Path) -> None:
    found = players(report(folder, prepared))
    assert [[entry["title"] for entry in player["recordings"]] for player in found] == [
        ["is pick up with two hands", "is drop trash"],
        ["is carry", "is throw"],
        ["is drop trash", "is pick up with two hands"],
    ]
    assert found[0]["recordings"][0]["note"] == "taken for drop trash, 91 % · a02_s01_e02_v03"
    assert found[0]["recordings"][1]["note"] == "correct, 69 % · a03_s01_e01_v03"
    assert all(player["beside"] for player in found)
    assert [entry["frames"] for entry in found[0]["recordings"]] == [2, 3]  # T = 1 + class


def test_the_number_of_pairs_can_be_chosen(folder: Path, prepared: Path) -> None:
    assert len(players(report(folder, prepared, "--pairs", "1"))) == 1
    assert main(["report", str(folder), "--pairs", "-1"]) == 1


def test_a_run_without_mistakes_says_so(folder: Path, prepared: Path) -> None:
    mistaken(NWUCLA(prepared, "test"), {}).save(folder / "test.npz")
    page = report(folder, prepared)
    assert "No recording was misclassified." in page
    assert players(page) == []


def test_with_the_checkpoint_players_show_what_the_network_looked_at(folder: Path, prepared: Path) -> None:
    assert all(entry["saliency"] is None for entry in players(report(folder, prepared))[0]["recordings"])
    checkpoint(folder / "model.safetensors")
    page = report(folder, prepared)
    assert [entry["saliency"]["frames"] for entry in players(page)[0]["recordings"]] == [8, 8]
    assert "gradient × input" in page and "torch 9.9" in page


def test_without_the_data_players_are_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = report(folder, tmp_path / "nothing")
    said = f"There are no players: nw_ucla is not prepared in {tmp_path}/nothing; --root names its folder."
    assert said in page and said in capsys.readouterr().out
    assert players(page) == []
    assert '<span class="tgs-swap">taken for</span> drop trash' in page
    assert not (tmp_path / "nothing").exists()


def test_the_page_opens_in_a_browser(folder: Path, prepared: Path, browse: Callable[..., dict]) -> None:
    checkpoint(folder / "model.safetensors")
    steps = """
const roots = [...document.querySelectorAll(".tgs-player")];
log.ready = roots.map((root) => root.dataset.ready);
log.fits = document.documentElement.scrollWidth <= document.documentElement.clientWidth;
log.paused = roots.every((root) => root.dataset.playing === "false");
"""
    log = browse(report(folder, prepared), steps, size=(420, 900))
    assert log == {"ready": ["true"] * 3, "fits": True, "paused": True}


def test_resumed_trainings_are_one_curve(folder: Path) -> None:
    again = folder / "logs" / "version_10"
    again.mkdir()
    (again / "metrics.csv").write_text("epoch,step,train/loss\n1,19,1.125\n2,29,1.0\n")
    history = RunFolder.read(folder).history
    assert history["train/loss"] == [(0, 1.5), (1, 1.125), (2, 1.0)]
    assert history["val/top1"] == [(0, 0.25)]


def test_pairs_stand_by_how_often_then_by_which_share() -> None:
    labels = [0, 0, 0, 1, 1, 2]
    logits = np.eye(3)[[1, 1, 0, 0, 1, 1]]
    assert confused_pairs(Scores(list("abcdef"), logits, labels), 9) == [
        Pair(0, 1, 2, 3, 0, 4),
        Pair(2, 1, 1, 1, 5, 4),
        Pair(1, 0, 1, 2, 3, 2),
    ]


def test_a_class_that_was_never_recognised_has_no_right_recording() -> None:
    assert confused_pairs(Scores(["a"], [[0.0, 1.0]], [0]), 1) == [Pair(0, 1, 1, 1, 0, None)]


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["report", *arguments]) == 1
    return capsys.readouterr().err


def test_a_folder_that_is_no_run_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere': no such folder; train writes one" in fails(capsys, "nowhere")
    said = fails(capsys, str(folder.parent))
    assert "no finished run, for there is no run.json in it; name one of the runs below it, such as" in said
    assert str(folder) in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "run.json' is not a valid record of a run: Expecting value"),
        ("[]", "is not a valid record of a run: expected a JSON object, got list"),
        ('{"name": "x"}', "is not a valid record of a run: there is no 'dataset' in it"),
        (json.dumps({**FACTS, "finished": False}), "the training is not finished; train --resume continues it"),
        (json.dumps({**FACTS, "dataset": "mine"}), "dataset: expected one of nw_ucla, ntu60"),
    ],
)
def test_a_damaged_run_is_named(folder: Path, capsys: pytest.CaptureFixture[str], content: str, message: str) -> None:
    (folder / "run.json").write_text(content)
    assert message in fails(capsys, str(folder))


def test_a_damaged_log_is_named_with_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "logs" / "version_0" / "metrics.csv").write_text("epoch,train/loss\n0,1.0\n1,much\n")
    said = fails(capsys, str(folder))
    assert "metrics.csv', line 3: expected numbers, got could not convert string to float: 'much'" in said


def test_data_of_other_recordings_are_refused(folder: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = Scores.load(folder / "test.npz")
    Scores([f"x{name}" for name in scores.names], scores.logits, scores.labels).save(folder / "test.npz")
    said = fails(capsys, str(folder), "--root", str(prepared))
    assert "has no recording 'xa02_s01_e02_v03', of which the run has scores" in said
    Scores(scores.names, scores.logits[:, :9], scores.labels.clip(max=8)).save(folder / "test.npz")
    assert "has 10 classes, the run's scores 9" in fails(capsys, str(folder), "--root", str(prepared))


def test_nothing_of_a_run_becomes_markup(folder: Path, prepared: Path) -> None:
    hostile = "<script>alert(1)</script>"
    free = ("name", "source", "seed", "version", "recipe.epochs")
    facts = {**FACTS, **dict.fromkeys(free, hostile), hostile: hostile}
    (folder / "run.json").write_text(json.dumps(facts))
    page = report(folder, prepared)
    assert hostile not in page and page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= len(free) + 2
