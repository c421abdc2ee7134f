"""Unpacking of archives that may be hostile: inside one folder, whole or not at all.

Article: §5.3.3 (模型训练, step 1).

Members are written by this module, as plain files and folders: no links, no devices,
no owners, no modes. Everything goes to a hidden folder beside the target first, which
takes its name when the whole archive is out.
"""

import errno
import gzip
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path


class ArchiveError(ValueError):
    """An archive that is broken or tries to leave its folder; one line."""


def unpack(archive: Path, target: Path) -> None:
    """Unpacks ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz`` into a new folder.

    A plain ``.gz`` becomes the file `target`.

    Args:
        archive: the archive, told by its name's ending.
        target: what to make; it must not exist.

    Raises:
        ArchiveError: an absolute path, ``..``, a link or a device in the archive, or a
            broken or unknown archive.
        OSError: `target` exists, or it cannot be written (disk full, no permission).
            In every case nothing new is left behind.
    """
    if target.exists():
        raise FileExistsError(f"{target}: expected nothing there, got something")
    working = target.with_name(f".{target.name}.unpacking")
    _remove(working)  # left by a process that was killed
    try:
        if archive.name.endswith(".zip"):
            _unzip(archive, working)
        elif archive.name.endswith((".tar", ".tar.gz", ".tgz")):
            _untar(archive, working)
        elif archive.name.endswith(".gz"):
            with gzip.open(archive) as source:
                _write(source, working, 0)
        else:
            raise ArchiveError(f"{archive}: expected .zip, .tar, .tar.gz, .tgz or .gz")
        os.replace(working, target)
    except (
        EOFError,
        RuntimeError,  # zipfile: encrypted, or an unknown compression
        gzip.BadGzipFile,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = " ".join(str(error).split())
        raise ArchiveError(f"{archive}: broken archive, {reason}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(
                f"{target}: the disk is full, {archive.name} is not unpacked"
            ) from error
        raise
    finally:
        _remove(working)


def _untar(archive, folder):
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            path = _path_inside(archive, folder, member.name)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.isfile():
                with tar.extractfile(member) as source:
                    _write(source, path, member.size)
            else:
                what = "a link" if member.islnk() or member.issym() else "a device"
                raise _refusal(archive, member.name, what)


def _unzip(archive, folder):
    folder.mkdir()
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            path = _path_inside(archive, folder, member.filename)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                what = "a link" if kind == stat.S_IFLNK else "a device"
                raise _refusal(archive, member.filename, what)
            if member.is_dir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                with zipped.open(member) as source:
                    _write(source, path, member.file_size)


def _path_inside(archive, folder, name):
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or ":" in parts[0]:
        raise _refusal(archive, name, "an absolute path")
    if ".." in parts:
        raise _refusal(archive, name, "a path out of its folder")
    return folder.joinpath(*parts)


def _refusal(archive, name, what):
    return ArchiveError(
        f"{archive}: expected plain files inside the archive, got {what}: {name!r}"
    )


def _write(source, path, size):
    path.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(path.parent).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with open(path, "xb") as file:
        shutil.copyfileobj(source, file)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
