"""Which tokens make up one word, for masking whole words, in English and Chinese.

Article: §5.2, §7.3.1 (BERT), §9.2 (分词, word segmentation).
Source: the released code of BERT, "whole word masking" (update of May 2019); for
Chinese: Cui et al. 2019 (1906.08101), §2.1, with another segmenter.
"""

from collections.abc import Collection, Sequence

import numpy as np
import tensorflow as tf

from roots_tf.text.segmentation import is_han, jieba_cut
from roots_tf.text.wordpiece import CONTINUATION

NO_WORD = -1


def each_token_a_word(token_ids: tf.Tensor, special_ids: Collection[int]) -> tf.Tensor:
    """Numbers the tokens of each row; special tokens get -1.

    Shape:
        token_ids (B, T) int32 -> (B, T) int32.
    """
    special = tf.constant(sorted(special_ids), token_ids.dtype)
    is_special = tf.reduce_any(token_ids[:, :, None] == special, axis=-1)  # (B, T)
    return tf.where(is_special, NO_WORD, tf.range(tf.shape(token_ids)[1])[None])


class WholeWords:
    """Numbers the words of each row, a word of several tokens once.

    A piece that begins with ``##`` belongs to the word before it. Han characters, each
    a token of its own, belong together as jieba's dictionary and Viterbi segmenter cut
    the run of them that they stand in; that part runs in Python, in ``tf.data`` too.

    Args:
        tokens: a WordPiece vocabulary, in the order of its ids.
        special_ids: of tokens that belong to no word.

    Example:
        >>> tokens = ["[CLS]", "深", "度", "学", "习", "un", "##able"]
        >>> words = WholeWords(tokens, special_ids=[0])
        >>> words(tf.constant([[0, 1, 2, 3, 4, 5, 6]])).numpy().tolist()
        [[-1, 0, 0, 1, 1, 2, 2]]
    """

    def __init__(self, tokens: Sequence[str], special_ids: Collection[int]):
        self._tokens = np.array(tokens, object)
        self._han = np.array([len(token) == 1 and is_han(token) for token in tokens])
        continues = [token.startswith(CONTINUATION) for token in tokens]
        self._continues = tf.constant(continues)
        self._special = tf.constant([id in special_ids for id in range(len(tokens))])

    def __call__(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Gives each token's word: 0, 1, … in a row, and -1 for special tokens.

        Shape:
            token_ids (B, T) int32 -> (B, T) int32.
        """
        inside = tf.numpy_function(self._inside_chinese_words, [token_ids], tf.bool)
        inside.set_shape(token_ids.shape)
        special = tf.gather(self._special, token_ids)
        starts = ~(inside | tf.gather(self._continues, token_ids) | special)
        words = tf.cumsum(tf.cast(starts, tf.int32), axis=1) - 1  # (B, T)
        return tf.where(special, NO_WORD, words)

    def _inside_chinese_words(self, token_ids):
        """True for each Han character that a word goes on with."""
        cut = jieba_cut()
        inside = np.zeros(token_ids.shape, bool)
        for row, ids in zip(inside, token_ids, strict=True):
            han = np.concatenate([[False], self._han[ids], [False]])
            edges = np.flatnonzero(han[1:] != han[:-1])
            for start, end in edges.reshape(-1, 2):
                for word in cut("".join(self._tokens[ids[start:end]])):
                    row[start + 1 : start + len(word)] = True
                    start += len(word)
        return inside
