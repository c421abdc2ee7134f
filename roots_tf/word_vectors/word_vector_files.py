"""Files of word vectors in the three formats that other programs read and write.

Article: §2.3 (词向量), §3.1.1 (Word2Vec), §3.1.2 (GloVe).

==================  ================================================================
``word2vec-text``   line 1 ``words dimension``, then ``word v1 v2 … vD`` a line
``word2vec-binary`` line 1 the same; then for each word its bytes, a space, D float32
                    (little-endian) and, by the C tool but not by gensim, a line end
``glove-text``      ``word v1 v2 … vD`` a line, no first line
==================  ================================================================

Words are UTF-8. Of a word that is there twice the first counts. How a format is
recognised, and which words hold spaces: `word_vector_records`.

Source: word2vec.c and distance.c (Mikolov et al. 2013); GloVe's ``save_params``.
"""

import itertools
import os
from collections.abc import Collection
from pathlib import Path

import numpy as np

from roots_tf.word_vectors.word_vector_records import is_number, open_records
from roots_tf.word_vectors.word_vector_table import WordVectors

FORMATS = ("word2vec-text", "word2vec-binary", "glove-text")


def save_word_vectors(
    table: WordVectors, path: str | Path, format: str = "word2vec-text"
) -> None:
    """Writes a file, whole or not at all; what is read back is the same, bit by bit.

    Args:
        table: one word or more.
        path: where to; an earlier file is replaced.
        format: one of `FORMATS`.

    Raises:
        ValueError: an unknown format, no word, or a word that the format cannot keep:
            one with a line end, or with a space (in GloVe's format single spaces
            inside are fine, but not before a number).
        OSError: the file cannot be written.
    """
    if format not in FORMATS:
        raise ValueError(f"expected a format of {', '.join(FORMATS)}, got {format!r}")
    if not len(table):
        raise ValueError("expected a table of one word or more, got none")
    for word in table.words:
        pieces = word.split(" ")
        spaces_are_fine = format == "glove-text" and not is_number(pieces[-1])
        if "\n" in word or not all(pieces) or pieces[1:] and not spaces_are_fine:
            raise ValueError(f"expected words that {format} can keep, got {word!r}")
    path = Path(path)
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            _write(table, file, format)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(table, file, format):
    if format != "glove-text":
        file.write(b"%d %d\n" % table.vectors.shape)
    if format == "word2vec-binary":
        for word, vector in zip(table.words, table.vectors.astype("<f4"), strict=True):
            file.write(word.encode() + b" " + vector.tobytes() + b"\n")
        return
    # Nine digits tell any two float32 apart.
    line = "%s" + " %.9g" * table.vectors.shape[1] + "\n"
    for word, vector in zip(table.words, table.vectors, strict=True):
        file.write((line % (word, *vector.tolist())).encode())


def load_word_vectors(
    path: str | Path,
    only: Collection[str] | None = None,
    limit: int | None = None,
) -> WordVectors:
    """Reads a file of any of `FORMATS`, as a stream: what is not kept takes no memory.

    A GloVe file that was cut at the end of a line cannot be told from a whole one.

    Args:
        path: the file.
        only: the words to keep; None keeps all. The vectors of others are passed over
            by their width, without reading the numbers.
        limit: read the first so many words and nothing after them; None reads all.

    Returns:
        The words kept, in the order of the file; perhaps none with `only`.

    Raises:
        ValueError: the file is cut or corrupt: a vector of another width, a number
            that is none or not finite, fewer or more words than said, a word to keep
            that is not UTF-8. One line, with the file and the line or byte.
        OSError: the file cannot be read.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"expected a limit of one word or more, got {limit}")
    if only is not None:
        only = {word.encode("utf-8", "surrogatepass") for word in only}
    words: dict[str, None] = {}
    values = bytearray()
    with open(path, "rb") as file, np.errstate(over="ignore"):
        unit, dimension, records = open_records(file, path)
        for place, word, numbers in itertools.islice(records, limit):
            if only is not None and word not in only:
                continue
            try:
                word = word.decode()
                if word in words:
                    continue
                if unit == "line":
                    vector = np.array(list(map(float, numbers)), np.float32)
                else:
                    vector = np.frombuffer(numbers, "<f4").astype(np.float32)
            except UnicodeDecodeError:
                raise ValueError(
                    f"{path}, {unit} {place}: expected UTF-8, got the word {word!r:.60}"
                ) from None
            except ValueError as error:
                raise ValueError(
                    f"{path}, {unit} {place}: expected numbers, {error}"
                ) from None
            if not np.isfinite(vector).all():
                raise ValueError(
                    f"{path}, {unit} {place}: expected finite numbers, got others "
                    f"for {word!r:.60}"
                )
            words[word] = None
            values += vector.data
    return WordVectors(words, np.frombuffer(values, np.float32).reshape(-1, dimension))
