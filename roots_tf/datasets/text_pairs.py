"""Pairs of texts with a label, in the schema of text classification.

Article: §5.2, §6 (1. 文本分类, 3. 问答系统).
Source: Devlin et al. 2018 (1810.04805), figure 4a; the question and sentence pairs:
    Wang et al. 2018 (1804.07461, GLUE), §3.3, QNLI.

A text of such a set is ``first TAB second``, so that all that takes texts takes pairs;
a tab inside of either becomes a space.
"""

import re
from pathlib import Path

import numpy as np

from roots_tf.datasets import catalog
from roots_tf.datasets.classification import (
    TextClassificationData,
    TextExamples,
    build_classification,
)
from roots_tf.datasets.own_files import language_of, read_own_files
from roots_tf.datasets.reading_comprehension import (
    READING_SETS,
    Question,
    load_reading_comprehension,
)

PAIR_SETS = READING_SETS
ANSWER_LABELS = ("no answer", "answer")

_SENTENCE = re.compile(r"\S.*?(?:[.!?][\"'”)]*(?=\s)|[。！？][”」』]?|$)", re.DOTALL)


def load_pairs(
    name_or_path: str, data_dir: Path | None = None
) -> TextClassificationData:
    """Loads a set of labelled pairs.

    docstrings: does the second paragraph follow the first (``docstring_tasks``)? The
    other names are those of reading comprehension: is the answer to the question, the
    first text, in the sentence, the second? A question makes two pairs: with the
    sentence of its passage that has the answer, and with one of those that do not.

    A user's own data is a ``.csv`` or ``.tsv`` file with the header columns ``text_a``,
    ``text_b`` and ``label`` (divided 80/10/10 by a hash of the pair), or a folder with
    ``train.csv``, ``test.csv`` and, if there is one, ``validation.csv``.

    Args:
        name_or_path: a name of `PAIR_SETS`, or the path of a user's data.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name, or data that is not as described above.
    """
    if name_or_path == "docstrings":
        from roots_tf.datasets.docstring_tasks import docstring_pairs

        return docstring_pairs()
    if name_or_path in PAIR_SETS:
        data = load_reading_comprehension(name_or_path, data_dir)
        parts = {
            part: answer_sentences(getattr(data, part))
            for part in ("train", "validation", "test")
        }
        return TextClassificationData(
            data.name, data.language, ANSWER_LABELS, **parts, changes=data.changes
        )
    path = Path(name_or_path)
    if not path.is_dir() and path.suffix.lower() not in (".csv", ".tsv"):
        raise ValueError(
            catalog.unknown_name(name_or_path, PAIR_SETS)
            + "; your own data is a .csv or .tsv file, or a folder"
        )
    label_names, parts = read_own_files(path, ("text_a", "text_b", "label"), "\t")
    language = language_of(text for text, _ in next(iter(parts.values())))
    return build_classification(path.resolve().stem, language, label_names, parts)


def answer_sentences(questions: tuple[Question, ...], seed: int = 0) -> TextExamples:
    """Pairs each question with two sentences of its passage: with and without answer.

    Left out: a question whose answer is not within one sentence, or whose passage has
    no sentence free of its answers.

    Args:
        questions: to pair.
        seed: of the draw of the sentence without the answer.
    """
    rng = np.random.default_rng(seed)
    texts = []
    for question in questions:
        answer = question.answers[0]
        start, end = answer.start, answer.start + len(answer.text)
        sentences = list(_SENTENCE.finditer(question.passage))
        having = [s[0] for s in sentences if s.start() <= start and end <= s.end()]
        known = [answer.text for answer in question.answers]
        free = [s[0] for s in sentences if not any(text in s[0] for text in known)]
        if start < 0 or not having or not free:
            continue
        for sentence in (free[rng.integers(len(free))], having[0]):
            texts.append(f"{_one_line(question.text)}\t{_one_line(sentence)}")
    return TextExamples(tuple(texts), np.tile(np.int32([0, 1]), len(texts) // 2))


def _one_line(text):
    return " ".join(text.split())
