"""A set is fetched into the form that its reader reads, or not at all."""

import functools
import hashlib
import http.server
import io
import os
import tarfile
import threading
import zipfile
from dataclasses import replace

import pytest

from roots_tf.datasets.catalog import CATALOG
from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.fetch import fetch
from roots_tf.datasets.tagging import load_tagging


@pytest.fixture
def offered(tmp_path):
    """Serves a folder; gives it, its address and the paths asked for."""
    folder, asked = tmp_path / "offered", []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def here(tmp_path):
    """A data folder that does not exist yet."""
    return tmp_path / "data"


def offer(offered, name, *contents: bytes):
    """The catalog's entry, with the downloads taken from the local server."""
    folder, address, _ = offered
    downloads = []
    for number, (download, data) in enumerate(
        zip(CATALOG[name].downloads, contents, strict=True)
    ):
        (folder / f"{name}{number}").write_bytes(data)
        downloads.append(
            replace(
                download,
                url=f"{address}/{name}{number}",
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
    return replace(CATALOG[name], downloads=tuple(downloads))


def tar_gz(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_imdb_is_fetched_and_read_in_its_official_form(offered, here):
    reviews = {
        f"aclImdb/{part}/{kind}/{i}_7.txt": f"{kind} {part}<br />{i}"
        for part in ("train", "test")
        for kind in ("pos", "neg")
        for i in range(40)
    }

    found = fetch(offer(offered, "imdb", tar_gz(reviews)), here)
    data = load_classification("imdb", here)

    assert found == "official"
    assert len(data.train) + len(data.validation) == len(data.test) == 80
    for text, label in zip(data.test.texts, data.test.labels, strict=True):
        assert text.split()[:2] == [("neg", "pos")[label], "test"]
    assert sorted(os.listdir(here / "imdb")) == ["aclImdb_v1.tar.gz", "official"]


def test_sst2_is_fetched_and_read_in_its_official_form(offered, here):
    trees = (
        "(3 (2 It) (4 (4 works) (2 -LRB-)))\n(2 (2 A) (2 cut))\n(0 (1 Not) (2 this))\n"
    )
    more = "".join(f"({i % 2 * 4} (2 It) (2 n{i}))\n" for i in range(9))
    files = {"train": more, "dev": "(1 (2 dev) (2 one))\n", "test": trees}
    files = {f"trees/{part}.txt": text for part, text in files.items()}

    fetch(offer(offered, "sst2", zipped(files)), here)
    data = load_classification("sst2", here)

    assert data.test.texts == ("it works (", "not this")
    assert data.test.labels.tolist() == [1, 0]
    assert data.validation.texts == ("dev one",)
    assert data.train.labels.tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_ag_news_is_fetched_and_read_in_its_official_form(offered, here):
    train = "".join(f'"{i % 4 + 1}","Title {i}","Text ""{i}"""\n' for i in range(99))
    test = '"4","Robot","walks, then talks"\n"1","Vote","held"\n'

    fetch(offer(offered, "ag_news", train.encode(), test.encode()), here)
    data = load_classification("ag_news", here)

    assert data.test.texts == ("Robot walks, then talks", "Vote held")
    assert [data.label_names[y] for y in data.test.labels] == ["Sci/Tech", "World"]
    assert 'Title 5 Text "5"' in data.train.texts + data.validation.texts


def test_trec_is_fetched_and_read_in_its_official_form(offered, here):
    kinds = ("ABBR:exp", "DESC:def", "ENTY:food", "HUM:ind", "LOC:city", "NUM:date")
    train = "".join(f"{kinds[i % 6]} Question {i} ?\n" for i in range(120))
    test = "LOC:city Where is Besan\xe7on ?\nNUM:date When ?\n".encode("latin-1")

    fetch(offer(offered, "trec", train.encode(), test), here)
    data = load_classification("trec", here)

    assert data.test.texts == ("Where is Besançon ?", "When ?")
    assert [data.label_names[y] for y in data.test.labels] == ["location", "number"]


def test_wnut17_is_fetched_and_read_in_its_official_form(offered, here):
    parts = ("a\tB-x\nb\tI-x\n\t\nc\tO\n", "dev\tO\n", "test\tB-y\n")

    fetch(offer(offered, "wnut17", *(part.encode() for part in parts)), here)
    data = load_tagging("wnut17", here)

    assert data.train.tokens == (("a", "b"), ("c",))
    assert data.train.tags == (("B-x", "I-x"), ("O",))
    assert (data.validation.tokens, data.test.tags) == ((("dev",),), (("B-y",),))


def test_what_is_there_is_not_fetched_again(offered, here):
    trec = offer(offered, "trec", b"ABBR:exp What ?\n", b"ABBR:exp Which ?\n")
    sst2 = offer(offered, "sst2", zipped({"trees/train.txt": ""}))
    for _ in range(2):
        fetch(trec, here)
        fetch(sst2, here)

    assert offered[2] == ["/trec0", "/trec1", "/sst20"]


@pytest.mark.parametrize("broken", [False, True])
def test_a_missing_or_broken_file_is_fetched_alone(offered, here, broken):
    trec = offer(offered, "trec", b"ABBR:exp What ?\n", b"ABBR:exp Which ?\n")
    fetch(trec, here)
    file = here / "trec/official/TREC_10.label"
    file.write_bytes(b"cut") if broken else file.unlink()

    fetch(trec, here)

    assert file.read_bytes() == b"ABBR:exp Which ?\n"
    assert offered[2] == ["/trec0", "/trec1", "/trec1"]


def test_a_hostile_archive_leaves_nothing(offered, here):
    sst2 = offer(offered, "sst2", zipped({"trees/train.txt": "", "../../evil": "x"}))

    with pytest.raises(ValueError, match=r"got a path out of its folder|\.\./evil"):
        fetch(sst2, here)

    assert not here.exists()
    assert not (here.parent / "evil").exists()


def test_a_wrong_checksum_leaves_nothing(offered, here):
    sst2 = offer(offered, "sst2", zipped({"trees/train.txt": ""}))
    wrong = replace(sst2.downloads[0], sha256="0" * 64)

    with pytest.raises(OSError, match="expected SHA-256 0000"):
        fetch(replace(sst2, downloads=(wrong,)), here)

    assert not here.exists()


def test_a_set_without_a_published_checksum_is_refused(here):
    with pytest.raises(ValueError) as caught:
        fetch(CATALOG["thucnews"], here)

    assert str(caught.value) == (
        "thucnews: has no download with a published checksum: get it by hand from "
        "https://github.com/649453932/Chinese-Text-Classification-Pytorch and save it "
        "as thucnews/class.txt, thucnews/train_45k.txt, thucnews/dev.txt, "
        f"thucnews/test.txt under {here}"
    )
    assert not here.exists()


def test_a_set_that_comes_with_the_project_needs_nothing(here):
    assert fetch(CATALOG["reviews_zh"], here) == "with project"
