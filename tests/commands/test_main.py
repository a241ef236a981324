from __future__ import annotations

import subprocess
import sys

import pytest

from tg_skeleton.__main__ import COMMANDS, main


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
    blocked = "import sys; sys.modules['lightning'] = None; from tg_skeleton.__main__ import COMMANDS, main; "
    looked = python(f"{blocked}sys.exit(main(['data', 'info', 'sbu', '--root', {str(tmp_path)!r}]))")
    assert (looked.returncode, looked.stderr) == (0, "")
    trained = python(f"{blocked}sys.exit(main(['train', '--model', 'sgn', '--dataset', 'nw_ucla']))")
    assert trained.returncode == 1
    assert "pip install 'tg_skeleton[train]'" in trained.stderr
    assert "Traceback" not in trained.stderr
