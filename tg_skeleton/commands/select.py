"""Choosing a training by leaving cameras or subjects out; the test recordings are not read."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tg_skeleton.commands.arguments import add_data, body_of, network_names, network_of, protocol_of, slug, title_of
from tg_skeleton.commands.options import LeaveOut
from tg_skeleton.commands.recipes import add_course, add_recipe, setting_of
from tg_skeleton.commands.runs import run, trained_on
from tg_skeleton.commands.selection import BASE, RUNS, TABLE, Selection
from tg_skeleton.commands.train import options_of
from tg_skeleton.commands.training_arguments import add_length, add_running, add_seeds, out_of
from tg_skeleton.datasets.folds import folds_of
from tg_skeleton.datasets.table import DATASETS
from tg_skeleton.evaluation.choice import LEAST_SEEDS, RULE
from tg_skeleton.training import Setting, difference, strong
from tg_skeleton.training.changes import CHANGES, changed

Arguments = argparse.Namespace

_SELECT = f"""Train a recipe and changes of it, each alone, on a part of the training recordings, and test them on the
recordings of those that were left out: cameras, subjects, or whatever facts the recordings have. The test recordings of
the protocol are not read. {RULE} Runs, {RUNS} (each run) and {TABLE} (the table) are written to
<out>/select_<data set>_<model>_<fact>; with --resume finished runs are read and interrupted ones continued. `report`
makes a page of the table."""


def add_to(commands: Any) -> None:
    """Add ``select``."""
    select = commands.add_parser("select", description=_SELECT)
    select.add_argument(
        "--model",
        required=True,
        metavar="MODEL",
        help=f"{', '.join(network_names())}, or a class of your own as package.module:Class",
    )
    add_data(select)
    select.add_argument(
        "--by",
        required=True,
        metavar="FACT",
        help="what is left out: camera, subject, ..., or values of several facts together, as in first+second",
    )
    select.add_argument(
        "--folds", type=int, help="parts that the values of the fact are dealt into. Default: one a value, 5 at most"
    )
    select.add_argument(
        "--change",
        nargs="+",
        required=True,
        metavar="CHANGE",
        help=f"changes to try, each alone: strong, {', '.join(CHANGES)}; several together as in mirror+noise",
    )
    select.add_argument("--stream", help="input of the network. Default: its first stream")
    add_seeds(select, LEAST_SEEDS)
    add_recipe(select)
    add_length(select)
    add_course(select)
    add_running(select)
    select.set_defaults(run=_select, command="select", trainval=True)


def _select(args: Arguments) -> int:
    options = _folds(args)
    for one in options:
        print(f"without {one.fold.label}: {trained_on(one)} to train on, {len(one.recordings('test'))} left out")
    candidates = _candidates(args, options[0])
    if args.dry_run:
        return 0
    folder = _folder(args)
    selection = Selection([one.fold.label for one in options])
    for name, setting in candidates.items():
        for one in options:
            for seed in args.seed:
                _run(name, setting, replace(one, seed=seed), folder, selection)
    if selection.runs:
        seeds = ", ".join(map(str, args.seed))
        print(f"\n{network_of(args.model).name} on {title_of(args)}, left out: {args.by}; seeds {seeds}")
        print("\n".join(selection.lines()))
        print(f"tables: {folder / TABLE}, {folder / RUNS}")
    return 0


def _folder(args: Arguments) -> Path:
    """The folder of a selection; each network, input and recipe has its own."""
    network = network_of(args.model)
    parts = ["select", title_of(args), slug(network.name), *map(str, args.widths or ())]
    parts += [slug(args.stream)] if args.stream else []
    parts += [args.recipe] if args.recipe != "paper" else []
    return out_of(args) / "_".join([*parts, slug(args.by)])


def _folds(args: Arguments) -> list[LeaveOut]:
    """The options of a training for each fold, with the first seed.

    Raises:
        ValueError: The recordings have no such fact, or it can't be left out.
    """
    options = options_of(args, args.seed[0])
    recordings = DATASETS[args.dataset].split(options.location, options.protocol, "trainval")
    known = {field.name: getattr(options, field.name) for field in fields(options)}
    found = [LeaveOut(**known, fold=fold) for fold in folds_of(recordings, args.by, args.folds)]
    for one in found:
        one.fold.sides(recordings)  # says now what can't be left out
    return found


def _candidates(args: Arguments, options: LeaveOut) -> dict[str, Setting]:
    """The recipe itself, and with each change.

    Raises:
        ValueError: A change is named twice, or changes nothing.
    """
    network, body = network_of(args.model), body_of(args)
    base = network.setting(body, protocol_of(args), args.stream or network.streams[0])
    base = setting_of(args, base, body)
    found, recordings = {BASE: base}, trained_on(options)
    for name in args.change:
        if name in found:
            raise ValueError(f"--change: expected each change once, got {name} twice")
        found[name] = strong(base, body) if name == "strong" else changed(base, body, name)
        before, after = (
            replace(setting, recipe=options.recipe(setting.recipe, recordings)) for setting in (base, found[name])
        )
        if not (lines := difference(before, after)):
            raise ValueError(
                f"--change: {name} changes nothing of this recipe of {network.name} on {args.dataset}, with the "
                "arguments of the command line; leave it out"
            )
        print("\n".join([f"{name} changes:", *(f"  {line}" for line in lines)]))
    return found


def _run(name: str, setting: Setting, options: LeaveOut, folder: Path, selection: Selection) -> None:
    """Train and test, or read what is trained, and write the tables."""
    where = folder / slug(name) / slug(options.fold.label) / f"seed{options.seed}"
    title = f"{name}, without {options.fold.label}"
    outcome = run(title, setting, options, where)
    if outcome is None:  # not the first of several processes
        return
    print(f"{title}, seed {options.seed}: {outcome.test.top_k(1):.2%} in {outcome.seconds:,.0f} s", flush=True)
    selection.add(name, options.fold.label, options.seed, outcome)
    selection.save(folder)
