"""Running text as a stream of lines: the embedded corpus, a public set, or any files.

Article: §2.1 (海量数据, masses of text), §3.1.1 step 1 (输入文本处理), §6.4.

One line is one sentence or paragraph. No more than one line is in memory at a time, and
of a line of over 64 KiB (text8 is one line of 100 MB) no more than that: it comes in
pieces that end at a space, or anywhere where it has none.
"""

import codecs
import gzip
import hashlib
import io
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from roots_tf.datasets import catalog, poems
from roots_tf.datasets.catalog_plain_text import PLAIN_TEXT
from roots_tf.datasets.docstrings import docstring_corpus

PLAIN_TEXT_SETS = ("docstrings", *(data_set.name for data_set in PLAIN_TEXT))

_LONGEST = 1 << 16  # bytes of a line read at once


@dataclass(frozen=True)
class PlainText:
    """Lines of text; iterating reads them, as often as one likes.

    Lines come in the order of the files, without white space at their ends; blank ones
    are left out. Of docstrings a line is a paragraph, its lines joined by spaces.

    Attributes:
        name: name of the set, or the path of a user's text.
        files: UTF-8 text, ``.gz`` files packed; none for the docstrings.

    Raises:
        OSError: while iterating, a file has vanished or cannot be read.
        ValueError: while iterating: bytes that are no UTF-8 text (names file and line),
            a gzip file or a plain one that ends too early, or no text in any file.
    """

    name: str
    files: tuple[Path, ...]

    def __iter__(self) -> Iterator[str]:
        if not self.files:
            yield from _docstring_paragraphs()
            return
        if self.name == poems.NAME:
            yield from self.documents()
            return
        empty = True
        for path in self.files:
            for line in map(str.strip, _read_lines(path)):
                if line:
                    empty = False
                    yield line
        if empty:
            raise ValueError(f"{self.name}: expected text, got only blank lines")

    def documents(self) -> Iterator[str]:
        """Gives whole documents, with their line ends: a file's text, or a docstring.

        For models that learn lay-out too. A file is read into memory as a whole.
        Docstrings come in the order of a hash, so that any part of them has all
        libraries; poems likewise, each a line with the mark of its form before it.

        Raises:
            OSError, ValueError: as while iterating.
        """
        if not self.files:
            texts = (document.text + "\n" for document in docstring_corpus())
            yield from sorted(texts, key=_hash)
            return
        if self.name == poems.NAME:
            for path in self.files:
                yield from poems.poem_lines(path)
            return
        texts = ("".join(_read_lines(path)) for path in self.files)
        empty = True
        for text in texts:
            if text.strip():
                empty = False
                yield text.replace("\r\n", "\n")
        if empty:
            raise ValueError(f"{self.name}: expected text, got only blank lines")


def load_plain_text(
    name_or_path: str | Path = "docstrings", data_dir: Path | None = None
) -> PlainText:
    """Finds a text; it is read when the result is iterated.

    Args:
        name_or_path: a name of `PLAIN_TEXT_SETS`, a UTF-8 file (packed if its name ends
            in ``.gz``), or a folder, of which every ``.txt`` and ``.gz`` file counts,
            those of its sub-folders too, in the order of their paths.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: there is no such text.
        ValueError: a folder without text files.
    """
    name = str(name_or_path)
    if name == "docstrings":
        return PlainText(name, ())
    if name in PLAIN_TEXT_SETS:
        folder, _ = catalog.locate(name, data_dir)
        files = catalog.find_set(name).files
        return PlainText(name, tuple(folder / file.path for file in files))
    path = Path(name_or_path)
    if path.is_dir():
        return PlainText(name, _text_files(path))
    if not path.exists():
        raise FileNotFoundError(
            catalog.unknown_name(name, PLAIN_TEXT_SETS)
            + "; your own text is a file or a folder, and there is none of this name"
        )
    return PlainText(name, (path,))


def _text_files(folder):
    def refuse(error):
        raise error

    found = sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.endswith((".txt", ".gz"))
    )
    if not found:
        raise ValueError(f"{folder}: expected .txt or .gz files, got none")
    return tuple(found)


def _hash(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _docstring_paragraphs():
    for document in docstring_corpus():
        for paragraph in re.split(r"\n\s*\n", document.text):
            yield " ".join(paragraph.split())


def _read_lines(path):
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        packed = path.suffix == ".gz"
        source = io.BufferedReader(gzip.GzipFile(fileobj=file)) if packed else file
        try:
            yield from _decode_lines(source, path)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: expected a whole gzip file, {error}") from error
        except OSError as error:
            raise OSError(f"{path}: cannot be read: {error}") from error
        if file.tell() < size:
            raise ValueError(
                f"{path}: expected {size} bytes, which it had at first, "
                f"got {file.tell()}: was it changed while it was read?"
            )


def _decode_lines(source, path):
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    number, rest = 1, ""
    data = True
    while data:
        data = source.readline(_LONGEST)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise ValueError(
                f"{path}, line {number}: expected UTF-8 text, got byte 0x{byte:02x}"
            ) from None
        if "\0" in text:
            raise ValueError(f"{path}, line {number}: expected text, got a NUL byte")
        text = rest + text
        rest = ""
        if len(data) == _LONGEST and not data.endswith(b"\n"):
            end = text.rfind(" ") + 1 or len(text)
            text, rest = text[:end], text[end:]
        yield text
        number += data.endswith(b"\n")
