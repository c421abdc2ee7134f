"""Cuts a stream of word ids into the chunks that the fast Word2Vec loop works on.

Article: §3.1.1, §4.1.1.
"""

from dataclasses import dataclass

import numpy as np

from roots_tf.word_vectors.context_windows import drawn_windows, extents, subsample
from roots_tf.word_vectors.encoded_corpus import END


@dataclass(frozen=True)
class Chunks:
    """Chunks of ``size`` words each, with the words around them.

    Attributes:
        ids: the words (N size + 2 W,) int32, where N is the number of chunks and W the
            window: chunk n predicts, or is predicted from, the words from
            ``n size + W`` on.
        middle, reach: (N, size) float32. The word at place j pairs with the one at
            place i if ``|i - j - middle_j| <= reach_j`` and i is not j: the two ends of
            its window, which random choice and the ends of its sentence cut
            differently, in one comparison.
        words: words of the corpus that they stand for, those dropped by subsampling
            included.
    """

    ids: np.ndarray
    middle: np.ndarray
    reach: np.ndarray
    words: int


def cut_chunks(
    stream: np.ndarray,
    keep: np.ndarray,
    window: int,
    size: int,
    generator: np.random.Generator,
) -> Chunks:
    """Subsamples a piece of the corpus, draws its windows and cuts it into chunks.

    Args:
        stream: word ids int32, END after each sentence.
        keep: probability (V,) of keeping each word.
        window: largest distance of a context word, W.
        size: words a chunk; the last one is filled up with words that pair with none.
        generator: of the random choices.
    """
    words = int(np.count_nonzero(stream != END))
    stream = subsample(stream, keep, generator)
    left, right = extents(stream, drawn_windows(len(stream), window, generator))
    real = stream != END
    ids, left, right = stream[real], left[real], right[real]
    filling = -len(ids) % size
    middle = np.pad((right - left) / np.float32(2), (0, filling))
    # A reach of 0 around the word itself leaves no pair.
    reach = np.pad((right + left) / np.float32(2), (0, filling))
    return Chunks(
        np.pad(ids, (window, filling + window)).astype(np.int32),
        middle.reshape(-1, size).astype(np.float32),
        reach.reshape(-1, size).astype(np.float32),
        words,
    )


def chunk_size(counts: np.ndarray, keep: np.ndarray, largest: int, frame: int) -> int:
    """Gives how many words may be trained at once without harm.

    The updates of a chunk are computed from the vectors before it and then summed. A
    word that stands in it many times is moved many times in the same direction, and
    overshoots; so a chunk holds the most frequent word at most 8 times on average.

    Args:
        counts: of the words (V,).
        keep: probability (V,) of keeping each word.
        largest: words a chunk at most, a multiple of ``frame``.
        frame: words a frame; the size is a power of two of frames.
    """
    kept = counts * keep
    allowed = 8 * kept.sum() / kept.max()
    size = largest
    while size > frame and size > allowed:
        size //= 2
    return size
