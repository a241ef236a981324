"""Files that are written whole or not at all."""

from __future__ import annotations

import builtins
import errno
import io
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tg_skeleton import files
from tg_skeleton.files import atomic_write, write_bytes, write_json, write_text


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a file system without room: waiting for the content to be on the disk fails, as it does there."""

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_the_file_appears_whole_and_alone(tmp_path):
    path = tmp_path / "a" / "b" / "result.txt"
    with atomic_write(path) as part:
        part.write_text("whole")
        assert not path.exists() and part.parent == path.parent and part.suffix == ".part"
    assert path.read_text() == "whole" and names(path.parent) == ["result.txt"]


def test_an_earlier_file_stays_after_an_error(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("earlier")
    with pytest.raises(KeyError, match="mine"), atomic_write(path) as part:
        part.write_text("half")
        raise KeyError("mine")
    assert path.read_text() == "earlier" and names(tmp_path) == ["result.txt"]


def test_an_interrupt_leaves_nothing_behind(tmp_path):
    path = tmp_path / "result.txt"
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_keep_suffix_is_for_writers_that_choose_by_it(tmp_path):
    with atomic_write(tmp_path / "film.gif", keep_suffix=True) as part:
        assert part.suffix == ".gif"
        part.write_bytes(b"GIF")
    assert names(tmp_path) == ["film.gif"]


def test_the_content_is_on_the_disk_before_the_rename(tmp_path, monkeypatch):
    calls = []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("fsync"), real_fsync(descriptor))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), real_replace(a, b))[1])
    write_bytes(tmp_path / "result", b"x")
    assert calls[:2] == ["fsync", "replace"]


def test_full_disk_is_one_line_with_the_path_and_the_remedy(tmp_path, full_disk):
    path = tmp_path / "result.txt"
    path.write_text("earlier")
    with pytest.raises(OSError) as caught:
        write_text(path, "new")
    assert str(caught.value) == (
        f"'{path}' can't be written: No space left on device; free some space or choose another folder, "
        "then run it again"
    )
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "earlier" and names(tmp_path) == ["result.txt"]


def test_it_works_again_when_there_is_room(tmp_path, monkeypatch):
    path = tmp_path / "result.txt"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(OSError, match="free some space"):
            write_text(path, "new")
    assert write_text(path, "new").read_text() == "new" and names(tmp_path) == ["result.txt"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
        RuntimeError('Error while serializing: IoError(Os { code: 28, kind: StorageFull, message: "No space" })'),
        RuntimeError("[Errno 28] No space left on device"),
    ],
)
def test_errors_of_writers_in_other_languages_are_understood(tmp_path, error):
    message = r"can't be written: No space left on device; free some space"
    with pytest.raises(OSError, match=message), atomic_write(tmp_path / "weights") as part:
        part.write_text("half")
        raise error
    assert names(tmp_path) == []


def test_an_unexplained_error_on_a_full_disk_is_a_full_disk(tmp_path, monkeypatch):
    usage = files.shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match="No space left on device"), atomic_write(tmp_path / "weights"):
        raise RuntimeError("PytorchStreamWriter failed writing file data/0")


def test_an_error_that_is_not_of_the_disk_passes(tmp_path):
    with pytest.raises(RuntimeError, match="^mine$"), atomic_write(tmp_path / "weights"):
        raise RuntimeError("mine")
    with pytest.raises(FileNotFoundError, match="gone.npy"), atomic_write(tmp_path / "weights"):
        (tmp_path / "elsewhere" / "gone.npy").read_bytes()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "not read-only"),
        (errno.EACCES, "may write to"),
        (errno.EIO, "check the disk"),
    ],
)
def test_the_advice_fits_the_error(tmp_path, number, advice):
    with pytest.raises(OSError, match=advice), atomic_write(tmp_path / "x"):
        raise OSError(number, os.strerror(number))


def test_a_folder_a_file_as_folder_and_a_long_name(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="can't be written: Is a directory; choose another name"):
        write_text(tmp_path / "folder", "x")
    with pytest.raises(OSError, match="choose another folder"):
        write_text(tmp_path / "file" / "below", "x")
    with pytest.raises(OSError, match="choose a shorter name"):
        write_text(tmp_path / ("n" * 300), "x")
    assert names(tmp_path) == ["file", "folder"]


def test_a_name_of_the_greatest_length_can_be_written(tmp_path):
    assert write_text(tmp_path / ("n" * 255), "x").read_text() == "x"


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_the_target_of_a_link_is_replaced_and_modes_are_the_usual(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("earlier")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink() and real.read_text() == "new"
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(real.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_pipe_is_written_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "through")
    reader.join(10)
    assert heard == ["through"]


def test_leftovers_of_killed_processes_go_after_a_day(tmp_path):
    old, fresh, other = tmp_path / ".run.json.00.part", tmp_path / ".run.json.01.part", tmp_path / ".other.00.part"
    for file in (old, fresh, other):
        file.touch()
    for file in (old, other):
        os.utime(file, (0, 0))
    write_json(tmp_path / "run.json", {})
    assert names(tmp_path) == [".other.00.part", ".run.json.01.part", "run.json"]


def test_a_killed_writer_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("earlier")
    code = (
        "import os, sys; from tg_skeleton.files import atomic_write\n"
        "with atomic_write(sys.argv[1]) as part:\n    part.write_text('half'); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=120)
    assert done.returncode != 0 and path.read_text() == "earlier"
    assert write_text(path, "new").read_text() == "new"


TMPFS = """
import os, sys
from tg_skeleton.files import write_bytes
folder = sys.argv[1]
write_bytes(f"{folder}/result", b"earlier")
try:
    write_bytes(f"{folder}/result", bytes(1 << 20))
except OSError as error:
    print(error)
print(open(f"{folder}/result", "rb").read().decode(), sorted(os.listdir(folder)))
write_bytes(f"{folder}/result", bytes(1 << 10))
print(os.path.getsize(f"{folder}/result"))
"""


def test_a_real_file_system_without_room(tmp_path):
    # A user namespace of its own may mount a tmpfs of 256 KiB; where that is not allowed, the stand-in above remains.
    mount = 'mount -t tmpfs -o size=256k none "$1" || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", str(tmp_path), sys.executable, TMPFS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare on this machine")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"mounting a tmpfs is not allowed here: {done.stderr.strip()}")
    error, content, size = done.stdout.splitlines()
    assert error == (
        f"'{tmp_path}/result' can't be written: No space left on device; free some space or choose another folder, "
        "then run it again"
    )
    assert content == "earlier ['result']" and size == "1024"


def test_nothing_here_opens_a_file_for_writing_but_through_atomic_write(tmp_path, monkeypatch):
    opened: list[str] = []
    real = io.open

    def watch(file, mode="r", *rest, **options):
        if set(mode) & set("wax+"):
            opened.append(Path(file).name)
        return real(file, mode, *rest, **options)

    monkeypatch.setattr(io, "open", watch)
    monkeypatch.setattr(builtins, "open", watch)
    write_json(tmp_path / "x.json", [1])
    assert opened and all(name.startswith(".x.json.") and name.endswith(".part") for name in opened)
