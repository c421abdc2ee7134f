"""`token_places` within a TensorFlow graph, for a SavedModel that answers by a span.

Article: §5.3.3 step 1 (数据预处理), §6 (3. 问答系统).
"""

import tensorflow as tf

from roots_tf.text.bert_normalization import (
    LONGEST_WORD,
    UNKNOWN_CHARACTER,
    is_single_or_space,
    normalize_for_bert,
)
from roots_tf.text.wordpiece import WordPieceTokenizer


def placed_tokens(
    tokenizer: WordPieceTokenizer, texts: tf.Tensor
) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
    """Gives the tokens of texts, as `token_places.encode_with_places` does.

    Args:
        tokenizer: whose pieces they are.
        texts: strings (B,) of UTF-8.

    Returns:
        Ids, and from which to which character of the text each goes, all (B, None)
        int32.
    """
    characters = tf.strings.unicode_split(texts, "UTF-8")  # (B, None)
    text = tf.cast(characters.value_rowids(), tf.int32)  # of each character, (N,)
    first = tf.cast(characters.row_starts(), tf.int32)
    place = tf.range(tf.size(text)) - tf.gather(first, text)  # in its text
    forms = normalize_for_bert(characters.flat_values, tokenizer.lower_case)
    forms, last_place = _without_long_words(forms, text, place)

    count = tf.shape(texts)[0]
    normal = tf.strings.unsorted_segment_join(forms, text, count)
    sizes = tf.strings.length(forms)  # bytes
    origin = tf.repeat(tf.range(tf.size(text)), sizes)  # the character of each byte
    before = tf.cumsum(tf.strings.length(normal), exclusive=True)  # bytes, (B,)
    ids, starts, ends = tokenizer.pieces_with_offsets(normal)
    before = tf.gather(before, ids.value_rowids())
    starts = tf.gather(place, tf.gather(origin, before + _flat(starts)))
    # A piece ends after the character that its last byte comes from.
    ends = tf.gather(last_place, tf.gather(origin, before + _flat(ends) - 1)) + 1
    return ids, ids.with_values(starts), ids.with_values(ends)


def _flat(ragged):
    return tf.cast(ragged.flat_values, tf.int32)


def _without_long_words(forms, text, place):
    """Puts one character for each word that is too long to be one.

    Args:
        forms: what each character becomes, (N,) string.
        text, place: each character's text, and where it stands there, (N,) int32.

    Returns:
        The forms; and where what each form stands for ends, (N,) int32: at the
        character's own place, or at the last one of the long word.
    """
    there = tf.not_equal(forms, "")  # what vanishes neither parts nor ends a word
    in_word = there & ~is_single_or_space(forms)
    word = tf.cumsum(tf.cast(there & ~in_word, tf.int32)) + text  # (N,), it rises
    words = tf.reduce_max(tf.concat([[-1], word], axis=0)) + 1
    letters = tf.where(in_word, tf.strings.length(forms, unit="UTF8_CHAR"), 0)
    lengths = tf.math.unsorted_segment_sum(letters, word, words)
    begin = tf.math.unsorted_segment_min(
        tf.where(in_word, place, tf.int32.max), word, words
    )
    end = tf.math.unsorted_segment_max(tf.where(in_word, place, -1), word, words)
    is_long = in_word & (tf.gather(lengths, word) > LONGEST_WORD)
    is_first = tf.equal(place, tf.gather(begin, word))
    forms = tf.where(is_long, tf.where(is_first, UNKNOWN_CHARACTER, ""), forms)
    return forms, tf.where(is_long, tf.gather(end, word), place)
