"""A download gives the whole, verified file, or one clear line and nothing else."""

import errno
import hashlib
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple

import pytest

from roots_tf.datasets.download import DownloadError, download

DATA = bytes(range(256)) * 2048  # 512 KiB
SIZE = len(DATA)
SHA256 = hashlib.sha256(DATA).hexdigest()
Space = namedtuple("Space", "total used free")


class Server(http.server.ThreadingHTTPServer):
    """Serves `data` on 127.0.0.1, as badly as it is told to."""

    daemon_threads = True

    def __init__(self, data=DATA, *, ranges=True, cuts=0, cut_at=200_000, status=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.ranges, self.status = data, ranges, status
        self.cuts, self.cut_at = cuts, cut_at
        self.stall = None  # an event: after a cut the connection stays open until then
        self.asked = []  # the Range header of each request
        self.url = f"http://127.0.0.1:{self.server_address[1]}/file.bin"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.asked.append(asked)
        if server.status:
            self.send_error(server.status)
            return
        start = int(re.match(r"bytes=(\d+)-", asked)[1]) if asked else 0
        start *= server.ranges
        body = server.data[start:]
        self.send_response(206 if start else 200)
        if start:
            total = len(server.data)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.cuts:
            server.cuts -= 1
            self.wfile.write(body[: server.cut_at])
            if server.stall:
                self.wfile.flush()
                server.stall.wait(10)
        else:
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(*arguments, **keywords):
        servers.append(Server(*arguments, **keywords))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def get(server, target, *, size=SIZE, sha256=SHA256, **keywords):
    download(server.url, target, size, sha256, wait_seconds=0, **keywords)


def refusal(*arguments, **keywords) -> str:
    with pytest.raises(DownloadError) as caught:
        get(*arguments, **keywords)
    message = str(caught.value)
    assert message and "\n" not in message
    return message


def test_the_file_is_fetched_whole_in_a_new_folder(serve, tmp_path, capsys):
    target = tmp_path / "new/folder/file.bin"

    get(serve(), target)

    assert target.read_bytes() == DATA
    assert os.listdir(target.parent) == ["file.bin"]
    assert re.fullmatch(r"file\.bin: 0\.5 of 0\.5 MB, \d+ s\n", capsys.readouterr().err)


def test_a_cut_connection_is_resumed_where_it_broke(serve, tmp_path):
    server = serve(cuts=2)

    get(server, tmp_path / "file.bin")

    assert (tmp_path / "file.bin").read_bytes() == DATA
    assert server.asked == [None, "bytes=200000-", "bytes=400000-"]


def test_a_server_without_ranges_is_asked_for_the_whole_again(serve, tmp_path):
    server = serve(cuts=1, ranges=False)

    get(server, tmp_path / "file.bin")

    assert (tmp_path / "file.bin").read_bytes() == DATA
    assert server.asked == [None, "bytes=200000-"]


def test_a_connection_that_is_cut_each_time_leaves_nothing(serve, tmp_path):
    server = serve(cuts=99, cut_at=1000)

    message = refusal(server, tmp_path / "new/file.bin", attempts=3)

    assert message == f"{server.url}: connection cut after 3000 of {SIZE} bytes"
    assert len(server.asked) == 3
    assert os.listdir(tmp_path) == []


def test_a_killed_process_leaves_a_part_that_the_next_call_resumes(serve, tmp_path):
    server = serve(cuts=1)
    server.stall = threading.Event()
    part, target = tmp_path / "file.bin.part", tmp_path / "file.bin"
    code = (
        "import pathlib, sys; from roots_tf.datasets.download import download; "
        "download(sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), 'x')"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, server.url, str(target), str(SIZE)]
    )
    deadline = time.monotonic() + 10
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    server.stall.set()
    have = part.stat().st_size

    get(server, target)

    assert 0 < have <= 200_000
    assert server.asked == [None, f"bytes={have}-"]
    assert target.read_bytes() == DATA
    assert os.listdir(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("old", [b"of another file", bytes(SIZE), DATA + b"more"])
def test_a_part_that_does_not_fit_is_thrown_away(serve, tmp_path, old):
    (tmp_path / "file.bin.part").write_bytes(old)

    get(serve(), tmp_path / "file.bin")

    assert (tmp_path / "file.bin").read_bytes() == DATA
    assert os.listdir(tmp_path) == ["file.bin"]


def test_a_wrong_checksum_leaves_nothing(serve, tmp_path):
    server = serve()

    message = refusal(server, tmp_path / "new/file.bin", sha256="0" * 64)

    assert message == f"{server.url}: expected SHA-256 {'0' * 64}, got {SHA256}"
    assert len(server.asked) == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1])
def test_a_wrong_length_leaves_nothing(serve, tmp_path, size):
    server = serve()

    message = refusal(server, tmp_path / "file.bin", size=size)

    assert message == f"{server.url}: expected {size} bytes, got {SIZE}"
    assert os.listdir(tmp_path) == []


def test_an_address_that_is_gone_is_not_asked_twice(serve, tmp_path):
    server = serve(status=404)

    message = refusal(server, tmp_path / "file.bin")

    assert message == f"{server.url}: HTTP status 404 Not Found"
    assert len(server.asked) == 1
    assert os.listdir(tmp_path) == []


def test_a_server_in_trouble_is_asked_again(serve, tmp_path):
    server = serve(status=503)

    assert "HTTP status 503" in refusal(server, tmp_path / "file.bin", attempts=2)
    assert len(server.asked) == 2


def test_a_server_that_is_not_there_leaves_nothing(serve, tmp_path):
    server = serve()
    server.shutdown()
    server.server_close()

    assert "refused" in refusal(server, tmp_path / "new/file.bin")
    assert os.listdir(tmp_path) == []


def test_a_disk_without_room_is_told_before_anything_is_sent(
    serve, tmp_path, monkeypatch
):
    server, target = serve(), tmp_path / "new/file.bin"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Space(9, 8, 1))

    message = refusal(server, target)

    assert message == (f"{target}: the disk is full ({SIZE} bytes needed, 1 free)")
    assert server.asked == []
    assert os.listdir(tmp_path) == []


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(serve, tmp_path, monkeypatch):
    def open_on_a_full_disk(path, mode):
        file = open(path, mode)
        if mode == "rb":
            return file
        file.write(b"some")
        return FullDisk(file)

    class FullDisk:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(
        "roots_tf.datasets.download.open", open_on_a_full_disk, raising=False
    )
    server, target = serve(), tmp_path / "new/file.bin"

    message = refusal(server, target)

    assert message == f"{target}: the disk is full (No space left on device)"
    assert len(server.asked) == 1
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told(serve, tmp_path):
    (tmp_path / "file").touch()

    message = refusal(serve(), tmp_path / "file/new/file.bin")

    assert str(tmp_path / "file/new") in message
    assert os.listdir(tmp_path) == ["file"]


def test_an_old_file_stays_when_the_new_one_fails(serve, tmp_path):
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")

    refusal(serve(), target, sha256="0" * 64)

    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file.bin"]
