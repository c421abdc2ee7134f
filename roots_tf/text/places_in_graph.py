"""`token_places` within a TensorFlow graph, for a SavedModel that answers by a span.

Article: §5.3.3 step 1 (数据预处理), §6 (3. 问答系统).
"""

import tensorflow as tf

from roots_tf.text.bert_normalization import (
    characters_with_places,
    normalize_for_bert,
    without_long_words,
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
    characters, text, place = characters_with_places(texts)
    forms = normalize_for_bert(characters, tokenizer.lower_case)
    forms, last_place = without_long_words(forms, text, place)

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
