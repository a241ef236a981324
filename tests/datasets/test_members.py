"""Recordings in zip archives, and archives that mean harm."""

import warnings
import zipfile

import pytest

from tg_skeleton.datasets.members import ZipMembers


def name_of(member):
    stem = member.replace("\\", "/").rpartition("/")[2]
    return stem.removesuffix(".txt") if stem.endswith(".txt") else None


@pytest.fixture
def write(tmp_path):
    def write(members, name="a.zip", compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / name
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w", compression) as archive:
            warnings.simplefilter("ignore")  # that a name is there twice
            for member, content in members:
                archive.writestr(member, content)
        return path

    return write


def test_members_of_two_archives(write):
    first = write([("x/", ""), ("x/b.txt", "B"), ("x/readme.md", "?")])
    second = write([("a.txt", "A")], "b.zip")
    with ZipMembers([first, second], name_of) as members:
        assert members.names == ["a", "b"]
        assert (members.read("a"), members.read("b")) == (b"A", b"B")


@pytest.mark.parametrize("member", ["../a.txt", "x/../../a.txt", "/etc/a.txt", "..\\a.txt", "C:\\a.txt", "C:/a.txt"])
def test_a_path_that_leads_out_is_refused(write, member):
    with (
        ZipMembers([write([(member, "A"), ("b.txt", "B")])], name_of) as members,
        pytest.raises(ValueError, match=r"a\.zip: member '.*a\.txt': expected a path within the archive"),
    ):
        members.read("a")


def test_a_name_twice_is_refused(write):
    path = write([("x/a.txt", "A"), ("y/a.txt", "B")])
    with (
        ZipMembers([path], name_of) as members,
        pytest.raises(ValueError, match=r"recording 'a': expected one member, got 2: 'x/a.txt' of .* and 'y/a.txt' of"),
    ):
        members.read("a")


def test_one_path_twice_is_refused(write):
    with ZipMembers([write([("a.txt", "A"), ("a.txt", "B")])], name_of) as members:
        assert members.names == ["a"]
        with pytest.raises(ValueError, match="expected one member, got 2"):
            members.read("a")


def test_a_bomb_is_not_unpacked(write):
    path = write([("a.txt", bytes(1_000_001))])
    with (
        ZipMembers([path], name_of, limit=1_000_000) as members,
        pytest.raises(ValueError, match=r"expected at most 1,000,000 bytes in a recording, and it declares 1,000,001"),
    ):
        members.read("a")


def test_a_bomb_that_lies_about_its_size_is_cut_there(write):
    path = write([("a.txt", bytes(1_000_000))])
    size = (1_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    with (
        ZipMembers([path], name_of) as members,
        pytest.raises(RuntimeError, match=r"damaged \(member a\.txt: Bad CRC-32"),
    ):
        members.read("a")


def test_an_encrypted_member(write):
    path = write([("a.txt", "A")], compression=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(start) + flags] |= 1
    path.write_bytes(content)
    with ZipMembers([path], name_of) as members, pytest.raises(RuntimeError, match="damaged .*encrypted"):
        members.read("a")


def test_no_such_member(write):
    with (
        ZipMembers([write([("a.txt", "A")])], name_of) as members,
        pytest.raises(ValueError, match=r"recording 'b': there is no such member in .*a\.zip"),
    ):
        members.read("b")


def test_no_archive(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 cut off")
    with (
        pytest.raises(RuntimeError, match=r"a\.zip: the archive is damaged"),
        ZipMembers([tmp_path / "a.zip"], name_of),
    ):
        pass
