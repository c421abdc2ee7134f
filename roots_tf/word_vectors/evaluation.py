"""How good word vectors are: analogies by section, and word similarity.

Article: §2.3 (词向量).

Words are compared in upper case, as the published sets and the C tool do; of words that
differ in case alone the first of the table stands for all. Chinese has no case. A
question or pair with a word that the table lacks is left out of the score and counted.

Source: compute-accuracy.c of word2vec (Mikolov et al. 2013) and gensim's
``evaluate_word_analogies`` and ``evaluate_word_pairs``, which give the same counts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from roots_tf.word_vectors.cosines import analogy_scores
from roots_tf.word_vectors.word_vector_table import WordVectors

# Float32 at a time: 32 MB.
_SCORES = 8_000_000


class Analogies(Protocol):
    """Questions by section: "a is to b as c is to d" is (a, b, c, d)."""

    sections: Mapping[str, Sequence[tuple[str, str, str, str]]]


class Similarities(Protocol):
    """N pairs of words, and how alike people find them."""

    pairs: Sequence[tuple[str, str]]
    scores: Sequence[float]


@dataclass(frozen=True)
class AnalogyCount:
    """What became of some questions.

    Attributes:
        correct: questions answered with the right word.
        asked: questions with four known words.
        out_of_vocabulary: the others.
    """

    correct: int
    asked: int
    out_of_vocabulary: int

    @property
    def accuracy(self) -> float:
        """The share (0 to 1) of the questions asked; not a number if none was."""
        return self.correct / self.asked if self.asked else math.nan


@dataclass(frozen=True)
class AnalogyAccuracy:
    """Counts by section, in the order of the set, and of all sections together."""

    sections: dict[str, AnalogyCount]
    total: AnalogyCount


@dataclass(frozen=True)
class SimilarityCorrelation:
    """How far vectors and people agree on which pairs are more alike.

    Attributes:
        spearman: rank correlation, -1 to 1; not a number if under two pairs are known
            or all of them are equally alike.
        pairs: pairs with two known words.
        out_of_vocabulary: the others.
    """

    spearman: float
    pairs: int
    out_of_vocabulary: int


def analogy_accuracy(
    vectors: WordVectors,
    questions: Analogies,
    restrict_vocab: int | None = 30_000,
    ignore_case: bool = True,
    method: str = "3CosAdd",
) -> AnalogyAccuracy:
    """Asks for the fourth word of each question.

    The answer is the word with the highest score (`cosines.analogy_scores`) of all but
    the three that are given.

    Args:
        vectors: the table, most frequent word first.
        questions: such as `datasets.word_relations.load_analogies` reads.
        restrict_vocab: only so many words, from the first, count as known and are
            looked through; None for all. (The C tool's demo takes 30,000, gensim by
            default 300,000.)
        ignore_case: compare words in upper case.
        method: ``3CosAdd`` or ``3CosMul``.

    Raises:
        ValueError: an unknown method, or `restrict_vocab` below 1.
    """
    if restrict_vocab is not None and restrict_vocab < 1:
        raise ValueError(f"expected one word or more to answer, got {restrict_vocab}")
    unit = vectors.unit_vectors[:restrict_vocab]
    rows = _rows_by_key(vectors.words[:restrict_vocab], ignore_case)
    sections = {}
    for section, quadruples in questions.sections.items():
        keys = [[_key(word, ignore_case) for word in four] for four in quadruples]
        known = [four for four in keys if all(key in rows for key in four)]
        size = max(1, _SCORES // len(unit)) if len(unit) else 1
        correct = sum(
            _num_correct(unit, rows, known[start : start + size], method)
            for start in range(0, len(known), size)
        )
        sections[section] = AnalogyCount(correct, len(known), len(keys) - len(known))
    counts = sections.values()
    total = AnalogyCount(
        sum(count.correct for count in counts),
        sum(count.asked for count in counts),
        sum(count.out_of_vocabulary for count in counts),
    )
    return AnalogyAccuracy(sections, total)


def similarity_correlation(
    vectors: WordVectors, similarities: Similarities, ignore_case: bool = True
) -> SimilarityCorrelation:
    """Correlates cosines with human scores by rank (Spearman, ties averaged).

    Args:
        vectors: the table.
        similarities: such as `datasets.word_relations.load_similarities` reads.
        ignore_case: compare words in upper case.
    """
    from scipy.stats import spearmanr

    rows = _rows_by_key(vectors.words, ignore_case)
    human, ours = [], []
    for pair, score in zip(similarities.pairs, similarities.scores, strict=True):
        keys = [_key(word, ignore_case) for word in pair]
        if all(key in rows for key in keys):
            a, b = (vectors.unit_vectors[rows[key][0]] for key in keys)
            human.append(score)
            ours.append(float(a @ b))
    constant = len(set(human)) < 2 or len(set(ours)) < 2
    spearman = math.nan if constant else float(spearmanr(human, ours).statistic)
    missing = len(similarities.pairs) - len(human)
    return SimilarityCorrelation(spearman, len(human), missing)


def _num_correct(unit, rows, questions, method):
    """Counts the right answers to B questions of four known keys."""
    firsts = np.array([[rows[key][0] for key in four] for four in questions])  # (B, 4)
    a, b, c = (unit[firsts[:, place]] for place in range(3))
    scores = analogy_scores(unit, a, b, c, method)  # (B, V)
    for row, (*given, _) in enumerate(questions):
        scores[row, [left_out for key in given for left_out in rows[key]]] = -np.inf
    best = scores.argmax(axis=1)  # (B,)
    return sum(
        best[row] in rows[four[3]] and four[3] not in four[:3]
        for row, four in enumerate(questions)
    )


def _rows_by_key(words, ignore_case):
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        rows.setdefault(_key(word, ignore_case), []).append(row)
    return rows


def _key(word, ignore_case):
    return word.upper() if ignore_case else word
