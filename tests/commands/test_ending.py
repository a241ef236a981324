"""The line that is said when all processes end."""

from tests.commands.test_processes import TORCHRUN
from tg_skeleton.commands.ending import _is_speaker


def test_one_process_of_each_machine_says_that_all_ended(tmp_path, monkeypatch) -> None:
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    for rank in ("1", "0"):  # whichever comes first: the first rank may be the lost one
        (tmp_path / "attempt_0" / rank).mkdir(parents=True)
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "attempt_0" / "1" / "error.json"))
    assert _is_speaker()
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "attempt_0" / "0" / "error.json"))
    assert not _is_speaker()
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert _is_speaker()


def test_without_a_launcher_the_first_process_says_it(monkeypatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert not _is_speaker()
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert _is_speaker()
