"""An archive is unpacked whole inside its folder, or not at all."""

import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
from collections import namedtuple

import pytest

from roots_tf.datasets.unpack import ArchiveError, unpack

FILES = {"set/train.txt": b"train\n", "set/more/test.txt": b"test\n"}
OUTSIDE = ["../evil", "set/../../evil", "/evil", "C:\\evil", "..\\evil", ""]
Space = namedtuple("Space", "total used free")


def tar_of(path, files, *special):
    with tarfile.open(path, "w:gz" if path.suffix != ".tar" else "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, kind, target in special:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            tar.addfile(member)
    return path


def zip_of(path, files, *special):
    with zipfile.ZipFile(path, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(zipfile.ZipInfo(name), data)
        for name, mode, data in special:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            zipped.writestr(member, data)
    return path


@pytest.fixture
def place(tmp_path):
    """A folder two levels down, so that an escape would be seen."""
    folder = tmp_path / "outer/inner"
    folder.mkdir(parents=True)
    return folder


def everything(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def refusal(archive, place, error=ArchiveError) -> str:
    before = everything(place.parents[1])
    with pytest.raises(error) as caught:
        unpack(archive, place / "target")
    message = str(caught.value)
    assert message and "\n" not in message
    assert everything(place.parents[1]) == before
    assert not os.path.exists("/evil")
    return message


@pytest.mark.parametrize(
    ("make", "name"),
    [(tar_of, "a.tar.gz"), (tar_of, "a.tgz"), (tar_of, "a.tar"), (zip_of, "a.zip")],
)
def test_every_file_comes_out(place, make, name):
    archive = make(place / name, FILES)

    unpack(archive, place / "target")

    found = {name: (place / "target" / name).read_bytes() for name in FILES}
    assert found == FILES
    assert sorted(os.listdir(place)) == sorted([name, "target"])


def test_folders_of_the_archive_are_made(place):
    archive = tar_of(place / "a.tar", {}, ("empty", tarfile.DIRTYPE, ""))

    unpack(archive, place / "target")

    assert (place / "target/empty").is_dir()


def test_a_gz_becomes_one_file(place):
    (place / "a.txt.gz").write_bytes(gzip.compress(b"text"))

    unpack(place / "a.txt.gz", place / "a.txt")

    assert (place / "a.txt").read_bytes() == b"text"


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_name_that_leads_outside_is_refused(place, make, name):
    archive = place / ("a.tar" if make is tar_of else "a.zip")
    make(archive, {**FILES, name: b"evil"})

    message = refusal(archive, place)

    assert str(archive) in message and repr(name) in message


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.FIFOTYPE, "a device"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
    ],
)
def test_links_and_devices_of_a_tar_are_refused(place, kind, what):
    archive = tar_of(place / "a.tar.gz", FILES, ("x", kind, "set/train.txt"))

    assert f"got {what}: 'x'" in refusal(archive, place)


def test_a_file_written_through_a_link_does_not_get_out(place):
    archive = place / "a.tar"
    with tarfile.open(archive, "w") as tar:
        link = tarfile.TarInfo("set")
        link.type, link.linkname = tarfile.SYMTYPE, str(place.parent)
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("set/evil"))

    assert "got a link: 'set'" in refusal(archive, place)


@pytest.mark.parametrize(
    ("mode", "what"), [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")]
)
def test_links_and_devices_of_a_zip_are_refused(place, mode, what):
    archive = zip_of(place / "a.zip", FILES, ("x", mode | 0o777, "/etc"))

    assert f"got {what}: 'x'" in refusal(archive, place)


@pytest.mark.parametrize(
    ("make", "name"), [(tar_of, "a.tar.gz"), (tar_of, "a.tar"), (zip_of, "a.zip")]
)
def test_a_truncated_archive_is_refused(place, make, name):
    files = {str(i): os.urandom(4000) for i in range(9)}
    archive = make(place / name, files)
    archive.write_bytes(archive.read_bytes()[:20_000])

    assert f"{archive}: broken archive" in refusal(archive, place)


def test_a_member_with_a_wrong_checksum_is_refused(place):
    archive = zip_of(place / "a.zip", {"a": b"some text"})
    archive.write_bytes(archive.read_bytes().replace(b"some text", b"else text"))

    assert "broken archive" in refusal(archive, place)


def test_a_file_that_is_no_archive_is_refused(place):
    for name in ("a.zip", "a.tar.gz", "a.gz"):
        (place / name).write_bytes(b"<html>not found</html>")

        assert "broken archive" in refusal(place / name, place)


def test_an_unknown_ending_is_refused(place):
    (place / "a.rar").touch()

    assert "expected .zip, .tar" in refusal(place / "a.rar", place)


@pytest.mark.parametrize(("make", "name"), [(tar_of, "a.tar.gz"), (zip_of, "a.zip")])
def test_a_full_disk_is_told_and_leaves_nothing(place, monkeypatch, make, name):
    archive = make(place / name, FILES)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Space(9, 4, 5))

    message = refusal(archive, place, OSError)

    target = place / "target"
    assert message == f"{target}: the disk is full, {name} is not unpacked"


def test_an_existing_target_is_left_alone(place):
    archive = zip_of(place / "a.zip", FILES)
    (place / "target").mkdir()

    assert "expected nothing there" in refusal(archive, place, FileExistsError)


def test_what_a_killed_process_left_does_no_harm(place):
    archive = zip_of(place / "a.zip", FILES)
    (place / ".target.unpacking").mkdir()
    (place / ".target.unpacking/old").touch()

    unpack(archive, place / "target")

    assert everything(place / "target") == sorted(["set", "set/more", *FILES])
