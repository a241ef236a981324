"""Google Drive: gdown itself against a server on 127.0.0.1 that behaves like Drive, and our side without gdown."""

import sys
from types import SimpleNamespace

import pytest

from tg_skeleton.datasets import download
from tg_skeleton.datasets.download import fetch_from_drive, is_drive

URL = "https://drive.google.com/uc?id=1CUZnBtYwifVXS21yVg62T-vrPVayso5H"
CONFIRM = (
    "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
    "<p>Google Drive can't scan this file for viruses.</p>"
    '<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">'
    '<input type="submit" value="Download anyway"/><input type="hidden" name="id" value="1CUZ">'
    '<input type="hidden" name="export" value="download"><input type="hidden" name="confirm" value="t">'
    "</form></body></html>"
)
QUOTA = '<html><p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently.</p></html>'


@pytest.fixture
def drive(server, monkeypatch):
    """The server as Drive: a page first, the file only to those who confirm; gdown's requests are led to it."""
    pytest.importorskip("gdown", reason="gdown is not installed")
    requests = pytest.importorskip("requests")
    send = requests.Session.get
    server.page = CONFIRM

    def get(session, url, **options):
        host, _, rest = url.removeprefix("https://").partition("/")
        assert host in ("drive.google.com", "drive.usercontent.google.com")
        return send(session, f"{server.url}/{rest}", **options)

    def answer(request):
        asked = request.headers.get("Range")
        server.requests.append((request.path, asked))
        confirmed = request.path.startswith("/download?") and "confirm=t" in request.path
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        body = server.content[start:] if confirmed else server.page.encode()
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Content-Type", "application/octet-stream" if confirmed else "text/html; charset=utf-8")
        if confirmed:
            request.send_header("Content-Disposition", 'attachment; filename="skeletons.zip"')
        if start:
            last = len(server.content) - 1
            request.send_header("Content-Range", f"bytes {start}-{last}/{len(server.content)}")
        request.end_headers()
        request.wfile.write(body[: server.cuts.pop(0)] if confirmed and server.cuts else body)

    monkeypatch.setattr(requests.Session, "get", get)
    monkeypatch.setattr(server, "answer", answer)
    return server


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_the_confirmation_page_is_confirmed(drive, tmp_path):
    assert download(URL, tmp_path / "a.zip").read_bytes() == drive.content
    assert drive.requests[0][0].startswith("/uc?id=1CUZ") and drive.requests[1][0].startswith("/download?")
    assert visible(tmp_path) == ["a.zip", "a.zip.sha256"]


def test_a_cut_is_resumed_by_a_later_call(drive, tmp_path):
    drive.cuts = [800_000]
    with pytest.raises(RuntimeError, match=r"can't be downloaded from Google Drive .*what has arrived is kept"):
        download(URL, tmp_path / "a.zip", retries=0)
    assert not (tmp_path / "a.zip").exists()
    assert download(URL, tmp_path / "a.zip").read_bytes() == drive.content
    assert drive.requests[-1][1] == f"bytes={1 << 19}-"  # gdown writes so many at once
    assert visible(tmp_path) == ["a.zip", "a.zip.sha256"]


def test_a_wrong_hash_is_refused(drive, tmp_path):
    with pytest.raises(RuntimeError, match=r"a\.zip: expected SHA-256 0000"):
        download(URL, tmp_path / "a.zip", sha256="0" * 64)
    assert visible(tmp_path) == []


def test_a_quota_page_is_no_file(drive, tmp_path):
    drive.page = QUOTA
    with pytest.raises(RuntimeError, match="Too many users have viewed or downloaded this file recently"):
        download(URL, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_nothing_is_left_in_the_home_folder(drive, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    download(URL, tmp_path / "raw" / "a.zip")
    assert not (tmp_path / "home").exists()


def test_addresses():
    assert is_drive(URL) and is_drive("https://docs.google.com/uc?id=1")
    assert not is_drive("https://example.org/drive.google.com/a.zip")


def test_without_gdown_the_fix_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(RuntimeError, match=r"gdown, which is not installed; pip install 'tg_skeleton\[data\]'"):
        download(URL, tmp_path / "a.zip")


def test_what_gdown_is_asked_for(tmp_path, monkeypatch):
    asked = []

    def fake(**options):
        asked.append(options)
        (tmp_path / "a.part.drive").write_bytes(b"content")

    errors = SimpleNamespace(DownloadError=type("DownloadError", (Exception,), {}))
    monkeypatch.setitem(sys.modules, "gdown", SimpleNamespace(download=fake, exceptions=errors))
    (tmp_path / "a.part").write_bytes(b"of another download")
    fetch_from_drive(URL, tmp_path / "a.part", retries=3, timeout=20.0)
    assert (tmp_path / "a.part").read_bytes() == b"content"
    options = {key: asked[0][key] for key in ("url", "output", "resume", "retries", "timeout", "use_cookies")}
    assert options == {
        "url": URL,
        "output": str(tmp_path / "a.part.drive"),
        "resume": True,
        "retries": 3,
        "timeout": 20.0,
        "use_cookies": False,
    }
