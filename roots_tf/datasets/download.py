"""Download of one file: resumed after a cut, verified, whole or not at all.

Article: §5.3.3 (模型训练, step 1).

The bytes go to ``NAME.part`` beside the target, which takes the name only when length
and SHA-256 agree. A cut connection is resumed within the call by an HTTP range request
(RFC 9110, section 14). When a call fails, nothing is left behind; a process that is
killed or interrupted leaves the ``.part``, which the next call goes on with. Should the
file have changed on the server in between, the checksum tells, and the call starts over
once.
"""

import errno
import http.client
import os
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roots_tf.datasets.catalog import file_sha256

_BLOCK = 1 << 16  # bytes
_CUT = (ConnectionError, TimeoutError, http.client.HTTPException, ssl.SSLError)


class DownloadError(OSError):
    """A download that did not give the expected file; the message is one line."""


def download(
    url: str,
    target: Path,
    size: int,
    sha256: str,
    *,
    attempts: int = 4,
    wait_seconds: float = 0.5,
    timeout_seconds: float = 30.0,
) -> None:
    """Fetches `url` into `target`.

    Args:
        url: http or https address.
        target: the file to write; its folder is made if needed.
        size: expected bytes.
        sha256: expected digest, lower-case hex.
        attempts: connections tried before a cut counts as failure.
        wait_seconds: pause after the first cut, doubled after each further one.
        timeout_seconds: longest silence of the server.

    Raises:
        DownloadError: no file of this size and checksum could be had; `target` and its
            folder are as they were before.
    """
    part = target.with_name(target.name + ".part")
    try:
        with made_folder(target.parent):
            try:
                _receive_verified(
                    url, part, size, sha256, attempts, wait_seconds, timeout_seconds
                )
                os.replace(part, target)
            except (OSError, http.client.HTTPException):
                part.unlink(missing_ok=True)
                raise
    except DownloadError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(_one_line(url, target, error)) from error


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Makes a folder for what happens inside; on an error the new empty ones go."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in new:
            if any(path.iterdir()):
                break
            path.rmdir()
        raise


def _receive_verified(url, part, size, sha256, attempts, wait, timeout):
    """Receives the file; once more from its start if what was resumed did not fit."""
    for _ in range(2):
        resumed = part.exists()
        for attempt in range(attempts):
            try:
                _receive(url, part, size, timeout)
                break
            except (*_CUT, urllib.error.URLError) as error:
                if _is_final(error) or attempt == attempts - 1:
                    raise
            time.sleep(wait * 2**attempt)
            resumed = part.exists()
        got = file_sha256(part)
        if got == sha256:
            return
        part.unlink()
        if not resumed:
            break
    raise DownloadError(f"{url}: expected SHA-256 {sha256}, got {got}")


def _is_final(error):
    """Whether to ask again is pointless: the server understood and refused."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return error.code < 500
    return False


def _receive(url, part, size, timeout):
    """One connection: appends to `part` what the server sends."""
    have = part.stat().st_size if part.exists() else 0
    if have == size:
        return
    if have > size:
        have = 0
    free = shutil.disk_usage(part.parent).free
    if free < size - have:
        raise OSError(errno.ENOSPC, f"{size - have} bytes needed, {free} free")
    headers = {"User-Agent": "roots_tf"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        partial = response.headers.get("Content-Range", "")
        if not partial.startswith(f"bytes {have}-"):
            have = 0  # the server knows no ranges: it sends the file from its start
        announced = response.headers.get("Content-Length")
        if announced is not None and have + int(announced) != size:
            raise DownloadError(
                f"{url}: expected {size} bytes, got {have + int(announced)}"
            )
        progress = _Progress(part.stem, size)
        with open(part, "ab" if have else "wb") as file:
            while block := response.read(_BLOCK):
                file.write(block)
                have += len(block)
                progress.show(have)
                if have > size:
                    raise DownloadError(f"{url}: expected {size} bytes, got more")
        progress.end(have)
    if have < size:
        raise ConnectionError(f"connection cut after {have} of {size} bytes")


class _Progress:
    """One line on standard error: redrawn on a terminal, else printed at the end."""

    def __init__(self, name, size):
        self._name, self._size = name, size
        self._started = time.monotonic()
        self._next = 0.0
        self._terminal = sys.stderr.isatty()

    def show(self, have):
        now = time.monotonic()
        if self._terminal and now >= self._next:
            self._next = now + 0.2
            print("\r" + self._line(have), end="", file=sys.stderr, flush=True)

    def end(self, have):
        print("\r" * self._terminal + self._line(have), file=sys.stderr, flush=True)

    def _line(self, have):
        seconds = max(time.monotonic() - self._started, 1e-3)
        return (
            f"{self._name}: {have / 1e6:.1f} of {self._size / 1e6:.1f} MB, "
            f"{seconds:.0f} s"
        )


def _one_line(url, target, error):
    if error.__class__ is OSError and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{target}: the disk is full ({error.strerror})"
    reason = " ".join(str(getattr(error, "reason", error)).split())
    if isinstance(error, urllib.error.HTTPError):
        reason = f"HTTP status {error.code} {reason}"
    return f"{url}: {reason}"
