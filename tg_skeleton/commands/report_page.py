"""The page about a run: numbers, curves, confusion, and players of the pairs of classes that are confused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from tg_skeleton.commands.run_folder import Pair, RunFolder, probability
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.evaluation.report import over_classes
from tg_skeleton.topology import Topology
from tg_skeleton.visualization import _charts as charts
from tg_skeleton.visualization._page import page, resource
from tg_skeleton.visualization.player import SCRIPTS, STYLES, Player

Saliency = Callable[[SkeletonSequence], np.ndarray | None]
"""The saliency of a network in a recording, as the player takes it."""

CURVES = {"loss": ("loss", False), "top-1 accuracy": ("top1", True)}


@dataclass(frozen=True, kw_only=True)
class Material:
    """The contents of a report.

    Args:
        run: The run.
        names: The names of the classes.
        pairs: The confused classes to show.
        recordings: The recordings of the pairs by name; or the reason why there are none, as a sentence.
        topology: The skeleton of the recordings; None where there are none.
        saliency: The saliency of the network; None: it is not known.
        versions: The versions of the packages that trained it, where they are known.
    """

    run: RunFolder
    names: Sequence[str]
    pairs: Sequence[Pair]
    recordings: Mapping[str, SkeletonSequence] | str
    topology: Topology | None
    saliency: Saliency | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


def report_page(material: Material) -> str:
    """The whole page."""
    run, names = material.run, material.names
    facts, matrix = run.facts, run.test.confusion()
    lead = f"{len(run.test)} test recordings of {len(names)} classes, {facts['dataset']} {facts['protocol']}".strip()
    errors = int(matrix.sum() - matrix.trace())
    shares = (
        f"Rows are true classes, columns predicted ones; {errors} of {len(run.test)} lie off the "
        "diagonal. The color of a cell is its share of the row."
    )
    parts = [
        f'<p class="tgs-lead">{escape(lead)}, seed {escape(str(facts["seed"]))}</p>',
        _cards(run),
        _section("Learning curves", "", _curves(run)),
        _section("Confusion", shares, _panel(charts.confusion(matrix, names))),
        _section("Classes", "In order of accuracy, lowest first.", _panel(charts.classes(matrix, names))),
        _section("Most confused", _about_pairs(material), "".join(_pair(material, pair) for pair in material.pairs)),
        _section("The run", "", _panel(_facts(run, material.versions))),
        f"<footer>Made by tg_skeleton from {escape(run.folder.as_posix())}</footer>",
    ]
    title = f"{facts['name']} on {facts['dataset']}"
    return page(title, "\n".join(parts), style=resource(*STYLES, "report.css"), script=resource(*SCRIPTS))


def _section(title: str, about: str, content: str) -> str:
    text = f"<p>{about}</p>" if about else ""
    return f'<section class="tgs-part"><h2>{title}</h2>{text}{content}</section>' if content or about else ""


def _panel(content: str) -> str:
    return f'<div class="tgs-panel">{content}</div>'


def _cards(run: RunFolder) -> str:
    facts, per = run.facts, "<small>%</small>"
    cards = {"top-1": f"{100 * run.test.top_k(1):.2f} {per}"}
    if run.test.num_classes > 5:
        cards["top-5"] = f"{100 * run.test.top_k(5):.2f} {per}"
    cards |= {name: f"{100 * value:.2f} {per}" for name, value in over_classes(run.test).items()}
    if run.val is not None:
        cards["top-1, validation"] = f"{100 * run.val.top_k(1):.2f} {per}"
    cards["parameters"] = _short(facts["parameters"])
    cards["MACs a clip"] = _short(facts["macs"])
    cards[f"training, {facts['epochs']} epochs"] = _duration(facts["seconds"])
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in cards.items())
    return f'<dl class="tgs-cards">{items}</dl>'


def _short(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} <small>{letter}</small>"
    return f"{number:g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} <small>h</small> {minutes} <small>min</small>"
    return f"{minutes} <small>min</small> {rest} <small>s</small>" if minutes else f"{seconds:.1f} <small>s</small>"


def _curves(run: RunFolder) -> str:
    drawn = []
    for title, (key, percent) in CURVES.items():
        scale = 100.0 if percent else 1.0
        series = {
            label: [(epoch + 1, scale * value) for epoch, value in run.history.get(f"{split}/{key}", [])]
            for split, label in (("train", "training"), ("val", "validation"))
        }
        if any(series.values()):
            drawn.append(_panel(charts.curves(title, series, percent=percent)))
    return f'<div class="tgs-curves">{"".join(drawn)}</div>' if drawn else ""


def _about_pairs(material: Material) -> str:
    if not material.pairs:
        return "No recording was misclassified."
    if isinstance(material.recordings, str):
        return escape(material.recordings)
    text = (
        "Of each pair: the misclassified recording with the highest probability, and next to it the recording of the "
        "predicted class with the highest probability. Both share clock and camera: drag to rotate them, ? lists the "
        "keys."
    )
    if material.saliency is not None:
        text += " Large, warm joints contribute most to the predicted class (gradient × input)."
    return text


def _pair(material: Material, pair: Pair) -> str:
    true, predicted = (escape(material.names[label]) for label in (pair.true, pair.predicted))
    player = "" if isinstance(material.recordings, str) else _player(material, material.recordings, pair)
    return (
        f'<div class="tgs-pair"><h3>{true} <span class="tgs-swap">taken for</span> {predicted}</h3>'
        f"<p>{pair.count} of {pair.total} recordings</p>{player}</div>"
    )


def _player(material: Material, recordings: Mapping[str, SkeletonSequence], pair: Pair) -> str:
    scores, predicted = material.run.test, material.names[pair.predicted]
    rows, titles, notes = [pair.wrong], [f"is {material.names[pair.true]}"], [f"taken for {predicted}"]
    if pair.right is not None:
        rows, titles, notes = [*rows, pair.right], [*titles, f"is {predicted}"], [*notes, "correct"]
    notes = [
        f"{note}, {100 * probability(scores, row, pair.predicted):.0f} % · {scores.names[row]}"
        for row, note in zip(rows, notes, strict=True)
    ]
    shown = [recordings[str(scores.names[row])] for row in rows]
    saliency = material.saliency
    assert material.topology is not None, "there are recordings"
    player = Player(
        shown,
        material.topology.joints,
        titles=titles,
        notes=notes,
        saliency=None if saliency is None else [saliency(sequence) for sequence in shown],
        beside=True,
    )
    return player.fragment(start=0.5)


SILENT = ("", "None", "False", "0", "0.0", "()", "'equal'", "'uniform'")
"""What stands in a fact that was not used."""

ALWAYS = {"finished": "True", "processes": "1", "source": "raw", "precision": "32-true"}
"""Facts that tell something only where they are otherwise."""


def _tells(key: str, value: object) -> bool:
    """Whether a fact about a run tells a reader something."""
    return key == "seed" or (str(value) not in SILENT and ALWAYS.get(key) != str(value))


def _facts(run: RunFolder, versions: Mapping[str, str]) -> str:
    facts = {key: value for key, value in run.facts.items() if not key.startswith("recipe")}
    facts |= {"seconds": f"{run.facts['seconds']:,.1f}", "version": f"tg_skeleton {run.facts['version']}"}
    facts |= {key: f"{run.facts[key]:,}" for key in ("parameters", "macs")}
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    if "recordings" in facts:
        facts["fingerprint of the recordings"] = facts.pop("recordings")
    rows = [(key, escape(str(value))) for key, value in facts.items() if _tells(key, value)]
    rows += [("packages", escape(packages))] if packages else []
    for key, value in run.facts.items():
        if key.startswith("recipe") and _tells(key, value):
            rows.append((key.replace("recipe.", "recipe: "), f"<code>{escape(str(value))}</code>"))
    lines = "".join(f'<tr><th scope="row">{escape(key)}</th><td>{value}</td></tr>' for key, value in rows)
    return f'<div class="tgs-scroll"><table class="tgs-facts"><tbody>{lines}</tbody></table></div>'
