"""Downloads against a server that drops connections, ignores ranges and answers with errors."""

import hashlib
import threading

import pytest

from tg_skeleton.datasets import download, verify


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def fetch(server, path, **more):
    return download(f"{server.url}/file.bin", path, backoff=0.0, **more)


def test_plain(server, tmp_path):
    path = fetch(server, tmp_path / "new" / "file.bin")
    assert path.read_bytes() == server.content
    assert visible(path.parent) == ["file.bin", "file.bin.sha256"]


def test_hash_is_recorded_as_sha256sum_writes_it(server, tmp_path):
    path = fetch(server, tmp_path / "file.bin")
    digest = hashlib.sha256(server.content).hexdigest()
    assert (tmp_path / "file.bin.sha256").read_text() == f"{digest}  file.bin\n"
    assert verify(path, digest.upper()) == path


def test_file_address(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert download((tmp_path / "a").as_uri(), tmp_path / "b").read_bytes() == b"content"


def test_empty_file(server, tmp_path):
    server.content = b""
    assert fetch(server, tmp_path / "file.bin").read_bytes() == b""


def test_a_file_that_is_there_is_not_downloaded_again(server, tmp_path):
    fetch(server, tmp_path / "file.bin")
    fetch(server, tmp_path / "file.bin")
    assert len(server.requests) == 1


def test_resumed_after_two_cuts(server, tmp_path):
    server.cuts = [300_000, 1000]
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content
    assert [asked for _, asked in server.requests] == [None, "bytes=300000-", "bytes=301000-"]


def test_resumed_by_a_later_call(server, tmp_path):
    server.cuts = [300_000]
    with pytest.raises(RuntimeError, match="the connection ended after 300000 of 1024000 bytes"):
        fetch(server, tmp_path / "file.bin", retries=0)
    assert visible(tmp_path) == ["file.bin.part", "file.bin.part.json"]
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content
    assert server.requests[-1][1] == "bytes=300000-"


def test_without_a_strong_mark_of_the_content_it_starts_over(server, tmp_path):
    for etag in (None, 'W/"1"'):
        server.etag, server.cuts = etag, [300_000]
        assert fetch(server, tmp_path / f"{etag is None}.bin").read_bytes() == server.content
        assert server.requests[-1][1] is None


def test_resumed_by_last_modified(server, tmp_path):
    server.etag, server.cuts = 'W/"1"', [300_000]
    server.modified = "Sat, 01 Jan 2000 00:00:00 GMT"
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content
    assert server.requests[-1][1] == "bytes=300000-"


def test_the_rest_of_another_content_of_equal_size_is_not_spliced(server, tmp_path):
    server.cuts = [300_000]
    with pytest.raises(RuntimeError):
        fetch(server, tmp_path / "file.bin", retries=0)
    server.content, server.etag, server.ignores_if_range = server.content[::-1], '"2"', True
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content


def test_a_range_that_was_not_asked_for_is_refused(server, tmp_path):
    server.headers = {"Content-Range": "bytes 5-9/10"}
    server.status = 206
    with pytest.raises(
        RuntimeError, match="asked for the whole file, and the server sent a part of it, 'bytes 5-9/10'"
    ):
        fetch(server, tmp_path / "file.bin")
    assert visible(tmp_path) == [] and len(server.requests) == 1


def test_another_range_starts_over(server, tmp_path):
    server.cuts = [300_000]
    with pytest.raises(RuntimeError):
        fetch(server, tmp_path / "file.bin", retries=0)
    server.shift = 7
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content
    assert [asked for _, asked in server.requests] == [None, "bytes=300000-", None]


def test_a_length_that_is_no_number_is_refused(server, tmp_path):
    server.headers = {"Content-Length": "abc"}
    with pytest.raises(
        RuntimeError, match=r"\(expected a length in bytes, and the server states 'abc'\) after 1 attempts"
    ):
        fetch(server, tmp_path / "file.bin")
    assert visible(tmp_path) == []


def test_a_web_page_is_refused(server, tmp_path):
    server.headers = {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(RuntimeError, match="the server sent a web page instead of the file, perhaps a login"):
        fetch(server, tmp_path / "file.zip")
    assert visible(tmp_path) == []


@pytest.mark.parametrize("notes", ["", "[]", '{"url": 1}', "[" * 100_000, '{"url": "x", "validator": 3, "total": "y"}'])
def test_damaged_notes_of_a_part_start_over(server, tmp_path, notes):
    (tmp_path / "file.bin.part").write_bytes(b"of another day")
    (tmp_path / "file.bin.part.json").write_text(notes)
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content
    assert server.requests[-1][1] is None


def test_without_an_etag_another_size_starts_over(server, tmp_path):
    server.etag = None
    server.cuts = [300_000]
    with pytest.raises(RuntimeError):
        fetch(server, tmp_path / "file.bin", retries=0)
    server.content = server.content[::-1] + b"longer"
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content


def test_another_file_behind_the_address_starts_over(server, tmp_path):
    server.cuts = [300_000]
    with pytest.raises(RuntimeError):
        fetch(server, tmp_path / "file.bin", retries=0)
    server.content, server.etag = server.content[::-1], '"2"'
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content


def test_a_part_from_another_address_is_not_continued(server, tmp_path):
    server.cuts = [300_000]
    with pytest.raises(RuntimeError):
        fetch(server, tmp_path / "file.bin", retries=0)
    download(f"{server.url}/other.bin", tmp_path / "file.bin")
    assert server.requests[-1] == ("/other.bin", None)


def test_a_part_that_is_longer_than_the_file_starts_over(server, tmp_path):
    server.cuts = [300_000]
    with pytest.raises(RuntimeError):
        fetch(server, tmp_path / "file.bin", retries=0)
    server.content = server.content[:1000]
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content


def test_server_without_ranges_starts_over(server, tmp_path):
    server.ranges = False
    server.cuts = [300_000]
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content
    assert len(server.requests) == 2


def test_passing_errors_are_tried_again(server, tmp_path):
    server.codes = [503, 429]
    assert fetch(server, tmp_path / "file.bin").read_bytes() == server.content


def test_retries_end(server, tmp_path):
    server.codes = [503] * 10
    with pytest.raises(RuntimeError, match=r"file\.bin: can't be downloaded \(HTTP 503 .*\) after 3 attempts"):
        fetch(server, tmp_path / "file.bin", retries=2)
    assert visible(tmp_path) == []


def test_not_found_is_not_tried_again(server, tmp_path):
    server.codes = [404]
    with pytest.raises(RuntimeError, match=r"HTTP 404 Not Found\) after 1 attempts; .* place the file at .*file\.bin"):
        fetch(server, tmp_path / "file.bin")
    assert visible(tmp_path) == []


def test_nothing_listens(tmp_path):
    with pytest.raises(RuntimeError, match=r"can't be downloaded \(.*refused.*\) after 2 attempts"):
        download("http://127.0.0.1:9/x", tmp_path / "x", retries=1, backoff=0.0)


def test_missing_file_address(tmp_path):
    with pytest.raises(RuntimeError, match=r"can't be downloaded \(.*No such file.*\) after 1 attempts"):
        download((tmp_path / "none").as_uri(), tmp_path / "x")


def test_wrong_hash_is_refused(server, tmp_path):
    digest = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(RuntimeError, match=f"file.bin: expected SHA-256 {'0' * 64}, got {digest}"):
        fetch(server, tmp_path / "file.bin", sha256="0" * 64)
    assert visible(tmp_path) == []


def test_wrong_size_is_refused(server, tmp_path):
    with pytest.raises(RuntimeError, match=r"expected 5 bytes for .*file.bin, got 1024000; use another mirror"):
        fetch(server, tmp_path / "file.bin", size=5)
    assert visible(tmp_path) == []


def test_a_file_that_changed_since_its_first_use_is_refused(server, tmp_path):
    path = fetch(server, tmp_path / "file.bin")
    path.write_bytes(b"changed")
    with pytest.raises(RuntimeError, match=r"expected SHA-256 \w+ as at its first use, got .*delete it, .*sha256 too"):
        fetch(server, path)


def test_a_second_download_must_be_what_the_first_was(server, tmp_path):
    fetch(server, tmp_path / "file.bin").unlink()
    server.content = b"another"
    with pytest.raises(RuntimeError, match="as at its first use"):
        fetch(server, tmp_path / "file.bin")
    assert visible(tmp_path) == ["file.bin.sha256"]


def test_other_schemes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="url: expected an http, https or file address, got 'ftp://host/x'"):
        download("ftp://host/x", tmp_path / "x")


def test_two_at_once_download_once(server, tmp_path):
    threads = [threading.Thread(target=fetch, args=(server, tmp_path / "file.bin")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "file.bin").read_bytes() == server.content
    assert len(server.requests) == 1


@pytest.mark.parametrize("left", ["", "ed7002b439e9", "\0" * 77])
def test_an_empty_or_cut_record_of_a_full_disk_is_written_anew(tmp_path, left):
    (tmp_path / "a.zip").write_bytes(b"content")
    record = tmp_path / "a.zip.sha256"
    record.write_text(left)
    assert verify(tmp_path / "a.zip") == tmp_path / "a.zip"
    assert record.read_text().split()[1] == "a.zip"
