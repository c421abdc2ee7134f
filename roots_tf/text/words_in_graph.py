"""`text_to_ids` within a TensorFlow graph, for a SavedModel that takes raw texts.

Article: §5.3.3 step 1 (将输入文本转化为整数序列), §9.3 (如何应用大规模语言模型).

The steps are those of `normalization`, `segmentation` and `vocabulary`, one operation
or two each. Only jieba's words cannot be had: its dictionary and search are Python.
"""

import sys
from collections.abc import Iterable

import tensorflow as tf

from roots_tf.text.normalization import CONTROLS, INVISIBLE
from roots_tf.text.segmentation import HAN_RANGES, pieces_in_graph
from roots_tf.text.stop_words import NEGATIONS, STOP_WORDS
from roots_tf.text.text_to_ids import TextSettings
from roots_tf.text.tokenizer_input import import_tensorflow_text
from roots_tf.text.vocabulary import UNKNOWN, Vocabulary


def _any_of(ranges: Iterable[tuple[int, int]]) -> str:
    """One character of these ranges, in RE2 syntax."""
    return "[" + "".join(rf"\x{{{a:x}}}-\x{{{b:x}}}" for a, b in ranges) + "]"


_INVISIBLE = _any_of((code, code) for code in INVISIBLE)
_CONTROLS = _any_of((code, code) for code in CONTROLS)
_HAN_RUN = _any_of(HAN_RANGES) + "(?s:.*)"
_BETWEEN = "\n"  # no token holds it


class WordsInGraph:
    """Turns texts into ids with TensorFlow's operations alone.

    Args:
        vocabulary: the tokens of the ids.
        settings: how texts are cut.

    Raises:
        ValueError: they are cut into jieba's words.
    """

    def __init__(self, vocabulary: Vocabulary, settings: TextSettings):
        if settings.han == "words":
            raise ValueError(
                "expected Chinese text to be cut into characters (--han characters), "
                "got words: jieba, which finds them, does not run in a TensorFlow graph"
            )
        self.settings = settings
        unknown = vocabulary.tokens.index(UNKNOWN)
        self.ids = _table(vocabulary.tokens, range(len(vocabulary)), tf.int32, unknown)
        letters = [chr(code) for code in range(sys.maxunicode + 1)]
        letters = [letter for letter in letters if letter != letter.casefold()]
        folded = [letter.casefold() for letter in letters]
        self.folded = _table(letters, folded, tf.string, "")
        # What the graph uses, to be kept with it.
        self.resources = [self.ids, self.folded]
        self.dropped = None
        if language := settings.drop_stop_words:
            dropped = sorted(STOP_WORDS[language] - NEGATIONS[language])
            self.dropped = _table(dropped, [1] * len(dropped), tf.int32, 0)
            self.resources.append(self.dropped)

    def encode(self, texts: tf.Tensor) -> tf.Tensor:
        """Gives ids (B, T) int32, padded on the right with 0; T is at least 1.

        Args:
            texts: strings (B,) of UTF-8.
        """
        tokens = self.tokenize(texts)[:, : self.settings.max_length]
        ids = tokens.with_values(self.ids.lookup(tokens.flat_values)).to_tensor()
        return tf.pad(ids, [[0, 0], [0, tf.maximum(0, 1 - tf.shape(ids)[1])]])

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives every token of texts (B,), ragged (B, None) string."""
        pieces = pieces_in_graph(self._normalize(texts))
        flat = pieces.flat_values
        characters = tf.strings.unicode_split(flat, "UTF-8")
        parted = tf.strings.reduce_join(characters, axis=1, separator=_BETWEEN)
        is_han = tf.strings.regex_full_match(flat, _HAN_RUN)
        cut = tf.strings.split(tf.where(is_han, parted, flat), _BETWEEN)
        tokens = pieces.with_values(cut).merge_dims(1, 2)
        if self.dropped is None:
            return tokens
        folded = self._fold(tokens.flat_values)
        folded = tf.strings.regex_replace(folded, "’", "'")
        kept = tf.equal(self.dropped.lookup(folded), 0)
        return tf.ragged.boolean_mask(tokens, tokens.with_flat_values(kept))

    def _normalize(self, texts):
        normalize_utf8 = import_tensorflow_text().normalize_utf8
        texts = tf.strings.regex_replace(texts, _INVISIBLE, "")
        texts = tf.strings.regex_replace(texts, _CONTROLS, " ")
        texts = normalize_utf8(texts, "NFKC")
        if self.settings.fold_case:
            texts = normalize_utf8(self._fold(texts), "NFKC")
        return texts

    def _fold(self, texts):
        """Case folding, (B,) to (B,), character by character, as Python has it.

        TensorFlow's own `lower` leaves "ß" as it is, and tensorflow-text's
        `case_fold_utf8` drops what holds emoji together.
        """
        characters = tf.strings.unicode_split(texts, "UTF-8")
        plain = characters.flat_values
        folded = self.folded.lookup(plain)
        folded = tf.where(tf.equal(folded, ""), plain, folded)
        return tf.strings.reduce_join(characters.with_values(folded), axis=1)


def _table(keys, values, dtype, default) -> tf.lookup.StaticHashTable:
    keys, values = tf.constant(list(keys)), tf.constant(list(values), dtype)
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(keys, values), default
    )
