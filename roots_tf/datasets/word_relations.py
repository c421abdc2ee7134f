"""What word vectors are judged by: analogies (类比) and word similarity (词语相似度).

Article: §2.3 (词向量).
"""

import math
from dataclasses import dataclass
from pathlib import Path

from roots_tf.datasets import catalog
from roots_tf.datasets.catalog_word_relations import WORD_RELATIONS
from roots_tf.datasets.text_tables import read_text

ANALOGY_SETS = tuple(s.name for s in WORD_RELATIONS if s.task == "word analogies")
SIMILARITY_SETS = tuple(s.name for s in WORD_RELATIONS if s.task == "word similarity")


@dataclass(frozen=True)
class AnalogyQuestions:
    """Questions "a is to b as c is to which word?" with their answers.

    Attributes:
        name: name of the set.
        sections: (a, b, c, answer) by the relation that is asked for.
    """

    name: str
    sections: dict[str, list[tuple[str, str, str, str]]]


@dataclass(frozen=True)
class WordPairs:
    """N pairs of words, and how alike people find them.

    Attributes:
        name: name of the set.
        pairs: N pairs.
        scores: N numbers, higher is more alike; the scale is that of the set.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]


def load_analogies(
    name_or_path: str | Path, data_dir: Path | None = None
) -> AnalogyQuestions:
    """Reads analogies: ``: section`` lines, each with lines of four words after it.

    Args:
        name_or_path: a name of `ANALOGY_SETS`, or a UTF-8 file of this form.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the file is not there.
        ValueError: an unknown name, or a line of another form; names file and line.
    """
    name, path = _find(name_or_path, ANALOGY_SETS, data_dir)
    sections: dict[str, list] = {}
    questions = None
    for number, line in _lines(path):
        words = line.split()
        if line.startswith(":"):
            section = line[1:].strip()
            if not section or section in sections:
                raise ValueError(
                    f"{path}, line {number}: expected a new section's name, "
                    f"got {section!r}"
                )
            questions = sections[section] = []
        elif questions is None or len(words) != 4:
            expected = "': section'" if questions is None else "four words"
            raise ValueError(
                f"{path}, line {number}: expected {expected}, got {line!r:.60}"
            )
        else:
            questions.append(tuple(words))
    empty = [section for section, questions in sections.items() if not questions]
    if empty:
        raise ValueError(f"{path}: expected questions in section {empty[0]!r}")
    return AnalogyQuestions(name, sections)


def load_similarities(
    name_or_path: str | Path, data_dir: Path | None = None
) -> WordPairs:
    """Reads word similarity: a line has two words and a score; one with # is a comment.

    Args:
        name_or_path: a name of `SIMILARITY_SETS`, or a UTF-8 file of this form.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the file is not there.
        ValueError: an unknown name, or a line of another form; names file and line.
    """
    name, path = _find(name_or_path, SIMILARITY_SETS, data_dir)
    pairs, scores = [], []
    for number, line in _lines(path):
        if line.startswith("#"):
            continue
        try:
            first, second, text = line.split()
            score = float(text)
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise ValueError(
                f"{path}, line {number}: expected two words and a score, "
                f"got {line!r:.60}"
            )
        pairs.append((first, second))
        scores.append(score)
    if len(pairs) < 2:
        raise ValueError(f"{path}: expected two pairs or more, got {len(pairs)}")
    return WordPairs(name, tuple(pairs), tuple(scores))


def _find(given, names, data_dir):
    if given in names:
        folder, _ = catalog.locate(given, data_dir)
        return given, folder / catalog.CATALOG[given].files[0].path
    path = Path(given)
    if not path.suffix and not path.exists():
        raise ValueError(catalog.unknown_name(str(given), names) + "; or give a file")
    return path.stem, path


def _lines(path):
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield number, line.strip()
