"""Pairs of texts that BERT and ALBERT learn from: does the second follow the first?

Article: §5.2, §7.3.1 (BERT), §7.3.2 (ALBERT). Errata: E11, E21.
Source: Devlin et al. 2018 (1810.04805), §3.1, task 2, and appendix A.2 (next sentence);
Lan et al. 2020 (1909.11942), §3.1 (sentence order).

    next     label 0: b follows a in its document;  1: b is from another document
    order    label 0: a, then b, as they stand;     1: the two are swapped

Either label has probability 1/2. What the papers call a sentence is any piece of
running text: here one or more whole sentences. A document's pieces follow one another
without a gap, so that each of its tokens is in a pair once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import tensorflow as tf

KINDS = ("next", "order")
SHORT = 0.1  # share of the pairs that are made shorter, so that a model meets such too

Document = Sequence[Sequence[int]]


class SentencePair(NamedTuple):
    """Token ids of two texts, each of one token or more, and their label, 0 or 1."""

    first: list[int]
    second: list[int]
    label: int


def sentence_pairs(
    documents: Iterable[Document],
    kind: str,
    max_tokens: int,
    seed: int | Sequence[int],
    pool_size: int = 1000,
) -> Iterator[SentencePair]:
    """Makes the pairs of a stream of documents, the same for one seed.

    Args:
        documents: each a list of sentences, a sentence a list of ids; read as pairs are
            asked for, up to ``pool_size`` ahead.
        kind: one of `KINDS`.
        max_tokens: largest length of both texts together: T - 3 for [CLS] a [SEP] b
            [SEP]. A longer sentence is cut into several.
        seed: of the draws; an epoch's ``[seed, epoch]`` gives it pairs of its own.
        pool_size: from how many documents a text that does not follow is drawn.

    Yields:
        The pairs, in the order of the documents. A document of a single token gives
        none.

    Raises:
        ValueError: no such kind, ``max_tokens`` below 2, or only one document for
            "next".
    """
    if kind not in KINDS:
        raise ValueError(f"expected a kind of {KINDS}, got {kind!r}")
    if max_tokens < 2:
        raise ValueError(f"expected 2 tokens or more a pair, got {max_tokens}")
    rng = np.random.default_rng(seed)
    documents = filter(None, ([list(s) for s in d if len(s)] for d in documents))
    ahead = list(islice(documents, max(2, pool_size)))
    if kind == "next" and len(ahead) == 1:
        raise ValueError("expected two documents or more to draw from, got one")
    pool = deque(ahead, maxlen=len(ahead))

    def remembered(document):
        pool.append(document)
        return document

    for document in chain(ahead, map(remembered, documents)):
        yield from _pairs_of(document, pool, kind, max_tokens, rng)


def pair_dataset(
    documents: Callable[[], Iterable[Document]],
    kind: str,
    max_tokens: int,
    seed: int | Sequence[int],
) -> tf.data.Dataset:
    """Gives the pairs as a dataset: ids (A,) int32, ids (B,) int32, label () int32.

    ``.ragged_batch(size)`` makes batches for ``packing.pack``.

    Args:
        documents: gives the documents anew at each call.
        kind, max_tokens, seed: as for ``sentence_pairs``.
    """
    ids = tf.TensorSpec([None], tf.int32)
    return tf.data.Dataset.from_generator(
        lambda: sentence_pairs(documents(), kind, max_tokens, seed),
        output_signature=(ids, ids, tf.TensorSpec([], tf.int32)),
    )


def _pairs_of(document, pool, kind, max_tokens, rng):
    waiting = deque(document)
    while waiting:
        target = max_tokens
        if rng.random() < SHORT:
            target = int(rng.integers(2, max_tokens + 1))
        piece = _take(waiting, target, max_tokens)
        length = sum(map(len, piece))
        if length == 1:
            if waiting:
                waiting[0] = piece[0] + waiting[0]
            continue
        if len(piece) == 1:
            border = int(rng.integers(1, length))
            piece = [piece[0][:border], piece[0][border:]]
        border = int(rng.integers(1, len(piece)))
        first, second = _joined(piece[:border]), _joined(piece[border:])
        label = int(rng.integers(2))
        if label and kind == "order":
            first, second = second, first
        elif label:
            waiting.extendleft(reversed(piece[border:]))  # their turn comes
            room = max(1, target - len(first))
            second = _random_text(document, pool, room, rng)
        yield SentencePair(first, second, label)


def _take(waiting, target, max_tokens):
    """Takes sentences up to ``target`` tokens; one in any case, or as much as fits."""
    piece = [waiting.popleft()]
    if len(piece[0]) > max_tokens:
        waiting.appendleft(piece[0][max_tokens:])
        return [piece[0][:max_tokens]]
    length = len(piece[0])
    while waiting and length + len(waiting[0]) <= target:
        piece.append(waiting.popleft())
        length += len(piece[-1])
    return piece


def _random_text(document, pool, room, rng):
    """Takes up to ``room`` tokens from any sentence on of another document."""
    place = int(rng.integers(len(pool)))
    if pool[place] is document:
        place = (place + 1) % len(pool)
    sentences = pool[place]
    return _joined(sentences[int(rng.integers(len(sentences))) :])[:room]


def _joined(sentences):
    return list(chain.from_iterable(sentences))
