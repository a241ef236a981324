"""Where an archive comes from."""

import io
import pickle
import zipfile

import pytest

from tg_skeleton.datasets import Archive, fetch_archive

ARCHIVE = Archive("set.zip", "file:///nowhere/set.zip", "Free for research; cite the authors.")


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv("TG_SKELETON_MIRROR", raising=False)


@pytest.fixture
def content():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def test_placed_by_hand(tmp_path, content):
    (tmp_path / "set.zip").write_bytes(content)
    assert fetch_archive(ARCHIVE, tmp_path) == tmp_path / "set.zip"
    assert (tmp_path / "set.zip.sha256").exists()


@pytest.mark.parametrize("mirror", ["file", "folder", "file address", "folder address"])
def test_mirror_on_disk(tmp_path, content, mirror):
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "set.zip").write_bytes(content)
    given = folder / "set.zip" if mirror.startswith("file") else folder
    path = fetch_archive(ARCHIVE, tmp_path / "raw", given.as_uri() if mirror.endswith("address") else given)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("address", "asked"), [("/x", "/x/set.zip"), ("/x/", "/x/set.zip"), ("/x/all.zip?dl=1", "/x/all.zip?dl=1")]
)
def test_mirror_on_the_web(server, tmp_path, content, address, asked):
    server.content = content
    assert fetch_archive(ARCHIVE, tmp_path, server.url + address).read_bytes() == content
    assert server.requests[0][0] == asked


def test_environment_variable(server, tmp_path, content, monkeypatch):
    server.content = content
    monkeypatch.setenv("TG_SKELETON_MIRROR", server.url)
    assert fetch_archive(ARCHIVE, tmp_path).read_bytes() == content


def test_argument_comes_before_the_variable(server, tmp_path, content, monkeypatch):
    server.content = content
    monkeypatch.setenv("TG_SKELETON_MIRROR", "file:///nowhere")
    assert fetch_archive(ARCHIVE, tmp_path, server.url).read_bytes() == content


def test_public_address(server, tmp_path, content):
    server.content = content
    assert fetch_archive(Archive("set.zip", f"{server.url}/set.zip", ""), tmp_path).read_bytes() == content


def test_unreachable_says_where_to_place_it_and_the_terms(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        fetch_archive(ARCHIVE, tmp_path / "raw")
    for part in (str(tmp_path / "raw" / "set.zip"), ARCHIVE.url, "TG_SKELETON_MIRROR", ARCHIVE.terms):
        assert part in str(caught.value)


def test_mirror_without_the_archive(server, tmp_path):
    server.codes = [404]
    with pytest.raises(FileNotFoundError, match=r"127\.0\.0\.1.*HTTP 404"):
        fetch_archive(ARCHIVE, tmp_path, server.url)
    assert not (tmp_path / "set.zip").exists()


def test_a_web_page_is_no_archive(server, tmp_path):
    server.content = b"<!DOCTYPE html><title>Sign in</title>"
    with pytest.raises(RuntimeError, match=r"expected a zip archive, got a file that starts with b'<!DOCTYPE html>"):
        fetch_archive(ARCHIVE, tmp_path, server.url)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []


def test_a_truncated_archive_is_refused_and_its_hash_forgotten(server, tmp_path, content):
    (tmp_path / "set.zip").write_bytes(content)
    fetch_archive(ARCHIVE, tmp_path)
    (tmp_path / "set.zip").write_bytes(content[:-30])
    with pytest.raises(RuntimeError, match=r"set\.zip: the archive is damaged .*delete it, and it will be downloaded"):
        fetch_archive(ARCHIVE, tmp_path)
    (tmp_path / "set.zip").unlink()
    server.content = content
    assert fetch_archive(ARCHIVE, tmp_path, server.url).read_bytes() == content


def test_a_second_public_address(server, tmp_path, content):
    server.content, server.codes = content, [404]
    archive = Archive("set.zip", f"{server.url}/old.zip", "", others=(f"{server.url}/new.zip",))
    assert fetch_archive(archive, tmp_path).read_bytes() == content
    assert [path for path, _ in server.requests] == ["/old.zip", "/new.zip"]


def test_both_public_addresses_fail(server, tmp_path):
    server.codes = [404, 410]
    archive = Archive("set.zip", f"{server.url}/old.zip", "", others=(f"{server.url}/new.zip",))
    with pytest.raises(
        FileNotFoundError, match=r"(?s)old\.zip: .*HTTP 404.*new\.zip: .*HTTP 410.*public address: .*old"
    ):
        fetch_archive(archive, tmp_path)


def test_an_archive_without_a_public_address(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        fetch_archive(Archive("set.zip", None, "Ask the authors."), tmp_path / "raw")
    for part in ("by hand (no public address", str(tmp_path / "raw" / "set.zip"), "Ask the authors."):
        assert part in str(caught.value)


def test_a_pickle(server, tmp_path):
    server.content = pickle.dumps([1, 2])
    archive = Archive("set.pkl", f"{server.url}/set.pkl", "")
    assert fetch_archive(archive, tmp_path).read_bytes() == server.content
    (tmp_path / "set.pkl").write_bytes(server.content[:-1])
    with pytest.raises(
        RuntimeError, match=r"set\.pkl: the archive is damaged \(it is no pickle, or its end is missing"
    ):
        fetch_archive(archive, tmp_path)


@pytest.mark.parametrize("sent", [b"", b"<html></html>"])
def test_what_is_no_pickle(server, tmp_path, sent):
    server.content = sent
    with pytest.raises(RuntimeError, match=r"expected a pickle, got a file that starts with b'"):
        fetch_archive(Archive("set.pkl", f"{server.url}/set.pkl", ""), tmp_path)
    assert not (tmp_path / "set.pkl").exists()
