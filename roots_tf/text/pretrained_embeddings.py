"""Word vectors from a word2vec text file, as the first embedding layer of a model.

Article: §2.3, §9.2 step 2 (词向量生成). Erratum: E15: helpful for small models, not a
step of training a large language model.
"""

from pathlib import Path

import numpy as np

from roots_tf.text.vocabulary import Vocabulary


def load_embeddings(
    path: str | Path, vocabulary: Vocabulary, seed: int = 0
) -> tuple[np.ndarray, int]:
    """Reads the vectors of a vocabulary's tokens from a word2vec text file.

    Args:
        path: first line ``words dimension``, then ``word v1 v2 …`` a line; of a word
            that is there twice the first counts.
        vocabulary: whose V tokens want a vector.
        seed: of the vectors of tokens that the file lacks, uniform within ±0.05.

    Returns:
        The table (V, D) float32, and how many of its rows came from the file.

    Raises:
        ValueError: a line is not as said, or there are fewer or more words than said
            (a download that was cut); names the file and the line.
        OSError: there is no such file.
    """
    found = np.zeros(len(vocabulary), bool)
    number = 1
    # A byte that is not UTF-8 is read as a surrogate, which no vocabulary holds.
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        header = file.readline().split()
        if len(header) != 2 or not all(part.isdecimal() for part in header):
            raise ValueError(f"{path}, line 1: expected 'words dimension'")
        words, dimension = map(int, header)
        generator = np.random.default_rng(seed)
        table = generator.uniform(-0.05, 0.05, (len(vocabulary), dimension))
        table = table.astype(np.float32)
        for number, line in enumerate(file, start=2):
            word, *values = line.rstrip().split(" ")
            if len(values) != dimension:
                raise ValueError(
                    f"{path}, line {number}: expected a word and {dimension} numbers, "
                    f"got {len(values)}"
                )
            row = vocabulary.encode([word])[0]
            if word not in vocabulary or found[row]:
                continue
            try:
                table[row] = [float(value) for value in values]
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            if not np.isfinite(table[row]).all():
                raise ValueError(f"{path}, line {number}: expected finite numbers")
            found[row] = True
    if number - 1 != words:
        raise ValueError(f"{path}: expected {words} words, got {number - 1}")
    return table, int(found.sum())
