"""Byte-level byte-pair encoding as TensorFlow operations, for graphs without Python.

``byte_pair`` works in Python, which a SavedModel cannot hold. Here the same steps are
tensors. Words that wait for a merge stand below each other, a row of piece ids each:

    1. look up the rank of each pair of neighbours
    2. in each row, put the pair of the lowest rank, of equal ones the first, together
    3. again, until no row has a pair that was learned

One merge a row and step is enough: what a merge makes can only take part in merges that
were learned after it.

Article: §7.3.2 (GPT-3), §9.3 (如何应用大规模语言模型).
Source: Sennrich, Haddow, Birch 2016 (1508.07909), algorithm 1; the pattern of words:
    the authors' GPT-2, ``encoder.py``.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from roots_tf.text.tokenizer_input import import_tensorflow_text

# RE2 has no look-ahead. GPT-2's ``\s+(?!\S)`` leaves the last white space of a run to
# the word behind it: here a mark, which no text may hold, cuts the run before it.
MARK = "\ufdd0"  # a code point that Unicode keeps free for such use
_SPACE = r"\t-\r \x{85}\p{Z}"
_RUN = rf"([{_SPACE}])([{_SPACE}][^{_SPACE}])"
_WORD = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+"
    rf"| ?[^{_SPACE}\p{{L}}\p{{N}}{MARK}]+|[{_SPACE}]+"
)


class BytePairGraph(tf.Module):
    """Tokenizes and detokenizes in the graph; see ``byte_pair.BytePairTokenizer``.

    Args:
        vocabulary: piece -> id.
        merges: pairs of pieces, the one learned first first.
        byte_of: the byte that each character of a piece stands for.
        end: the piece without text.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        merges: Sequence[tuple[str, str]],
        byte_of: Mapping[str, int],
        end: str,
    ):
        super().__init__()
        size = len(vocabulary)
        pieces = [b""] * size
        for piece, id in vocabulary.items():
            pieces[id] = b"" if piece == end else bytes(byte_of[c] for c in piece)
        self.longest = max(map(len, pieces))
        self._pieces = tf.constant(pieces)
        by_byte = {byte: vocabulary[character] for character, byte in byte_of.items()}
        self._byte_ids = tf.constant([by_byte[byte] for byte in range(256)], tf.int64)
        keys = [vocabulary[a] * size + vocabulary[b] for a, b in merges]
        joined = [vocabulary[a + b] for a, b in merges]
        self._size, self._none = size, len(merges)  # the rank of no merge
        self._joined = tf.constant([*joined, -1], tf.int64)
        self._ranks = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(keys or [-2], tf.int64),
                tf.range(max(1, len(keys)), dtype=tf.int64),
            ),
            default_value=self._none,
        )

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives ids (B, None) int32 of texts (B,) string without ``MARK``."""
        words = self._words(texts)  # (B, None)
        lengths = tf.strings.length(words.flat_values)  # (W,)
        text = tf.io.decode_raw(tf.strings.reduce_join(words.flat_values), tf.uint8)
        ids = tf.gather(self._byte_ids, tf.cast(text, tf.int32))
        ids = tf.RaggedTensor.from_row_lengths(ids, tf.cast(lengths, tf.int64))
        width = tf.maximum(2, tf.reduce_max(tf.concat([lengths, [0]], 0)))
        ids = ids.to_tensor(-1, shape=[None, None])
        ids = tf.pad(ids, [[0, 0], [0, width - tf.shape(ids)[1]]], constant_values=-1)
        ids, _ = tf.while_loop(
            lambda _, goes_on: goes_on,
            self._merge,
            (ids, tf.constant(True)),
            shape_invariants=(tf.TensorShape([None, None]), tf.TensorShape([])),
        )
        pieces = tf.RaggedTensor.from_tensor(tf.cast(ids, tf.int32), padding=-1)
        of_words = words.with_flat_values(tf.range(tf.shape(lengths)[0]))
        return tf.gather(pieces, of_words).merge_dims(1, 2)

    def detokenize(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Gives texts (B,) string of ids (B, None); U+FFFD for a broken character."""
        texts = tf.strings.reduce_join(tf.gather(self._pieces, ids), axis=1)
        return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")

    def _words(self, texts):
        texts = tf.strings.regex_replace(texts, _RUN, rf"\1{MARK}\2")
        words = import_tensorflow_text().regex_split(texts, _WORD, _WORD)
        return tf.ragged.boolean_mask(words, words != MARK)

    def _merge(self, ids, _):
        """Does the next merge of each row: ids (W, L), -1 behind the last."""
        left, right = ids[:, :-1], ids[:, 1:]
        keys = tf.where(right >= 0, left * self._size + right, -1)
        ranks = self._ranks.lookup(keys)  # (W, L - 1)
        rank = tf.reduce_min(ranks, axis=1, keepdims=True)  # (W, 1)
        place = tf.argmin(ranks, axis=1)[:, None]  # (W, 1), the first of them
        places = tf.range(tf.shape(ids, tf.int64)[1])[None]  # (1, L)
        shifted = tf.pad(right, [[0, 0], [0, 1]], constant_values=-1)
        merged = tf.where(places > place, shifted, ids)
        merged = tf.where(places == place, tf.gather(self._joined, rank), merged)
        ids = tf.where(rank < self._none, merged, ids)
        return ids, tf.reduce_any(rank < self._none)
