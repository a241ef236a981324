from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

import tg_skeleton
from tg_skeleton.__main__ import COMMANDS, _parser, main


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)


def test_the_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tg_skeleton", "--help"], capture_output=True, text=True, check=True, timeout=120
    )
    assert all(f"python -m tg_skeleton {command}" in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"usage: python -m tg_skeleton {command}" in capsys.readouterr().out


def test_without_lightning_data_can_be_looked_at_and_a_training_says_what_is_missing(tmp_path) -> None:
    blocked = "import sys; sys.modules['lightning'] = None; from tg_skeleton.__main__ import main; "
    looked = python(f"{blocked}sys.exit(main(['data', 'info', 'sbu', '--root', {str(tmp_path)!r}]))")
    assert (looked.returncode, looked.stderr) == (0, "")
    trained = python(f"{blocked}sys.exit(main(['train', '--model', 'sgn', '--dataset', 'nw_ucla']))")
    assert trained.returncode == 1
    assert "pip install 'tg_skeleton[train]'" in trained.stderr
    assert "Traceback" not in trained.stderr


def test_a_wrong_argument_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["train", "--model", "esan", "--dataset", "nowhere"])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("train: argument --dataset: invalid choice: 'nowhere' (choose from")
    assert line.endswith("; python -m tg_skeleton train --help lists the arguments")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"tg_skeleton {tg_skeleton.__version__}\n"


@pytest.mark.parametrize("arguments", ["--help", "--version"])
def test_the_overview_waits_for_nothing(arguments: str) -> None:
    code = f"import sys\nfrom tg_skeleton.__main__ import main\ntry: main([{arguments!r}])\n"
    assert python(f"{code}finally: assert 'torch' not in sys.modules").returncode == 0


def options(command: str) -> list[argparse.Action]:
    """The options of a command and of its subcommands."""
    found, parsers = [], [_parser(command)]
    while parsers:
        for action in parsers.pop()._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            elif action.option_strings:
                found.append(action)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_states_its_default(command: str) -> None:
    for action in options(command):
        assert action.help, action.option_strings
        if action.default not in (None, False, [], argparse.SUPPRESS):
            assert "Default: " in action.help, action.option_strings


def test_a_word_means_one_thing_in_all_commands() -> None:
    found: dict[str, set[tuple[object, object]]] = {}
    for command in COMMANDS:
        for action in options(command):
            for word in action.option_strings:
                found.setdefault(word, set()).add((action.type, str(action.default)))
    differ = {word for word, kinds in found.items() if len(kinds) > 1}
    # Of these only defaults differ: output files and formats, one network or all, clips in training or in use, one
    # seed or the four of a decision.
    assert differ <= {"--out", "--format", "--checkpoint", "--model", "--stream", "--batch-size", "--fps", "--seed"}
    assert not {"--accelerator", "--mirror"} & set(found)
