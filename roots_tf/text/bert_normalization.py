"""BERT's text normalisation and its cutting into words, in the graph.

Article: §5.2, §5.3.3 step 1 (数据预处理).
Source: Devlin et al. 2018, the released code, ``BasicTokenizer``; the classes of
characters are those of Hugging Face ``tokenizers``' ``BertNormalizer``.

tensorflow-text has it built in (``lower_case_nfd_strip_accents``), but folds
compatibility characters too: the Chinese comma ``，`` becomes an ASCII one, ``ﬁ`` two
letters, and control characters become spaces instead of nothing. A published Chinese
vocabulary holds both commas, so that its ids would come out wrong.
"""

import tensorflow as tf

from roots_tf.text.tokenizer_input import import_tensorflow_text

LONGEST_WORD = 100  # characters; longer ones are [UNK], and most likely no words

# RE2 syntax. What is no text: U+FFFD, control, format and private-use characters.
_REMOVED = (
    r"[\x{FFFD}\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}\p{Cf}\p{Co}]"  # keeps \t \n \r
)
_ACCENTS = r"\p{Mn}+"
# Words by themselves, for inside [...]: punctuation (all of ASCII that is neither
# letter nor digit counts) and Han characters.
_SINGLE = (
    r"!-/:-@\[-`{-~\p{P}"
    r"\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2CEAF}\x{2F800}-\x{2FA1F}"
)
# Fast to look for, and true of each text that has too long a word.
_MAY_BE_TOO_LONG = (
    rf"(?s).*[^\x00-/:-@\[-`{{-~\x{{3400}}-\x{{9FFF}}]{{{LONGEST_WORD + 1}}}.*"
)
UNKNOWN_CHARACTER = "\ue000"  # of the private use: no text has it any more


def normalize_for_bert(texts: tf.Tensor, lower_case: bool) -> tf.Tensor:
    """Cleans texts the way BERT's vocabularies expect.

    1. Control characters and the like go; white space stays.
    2. ``lower_case``: canonical decomposition (NFD), accents go, capitals become small.
    3. A word of more than 100 characters becomes one character that no vocabulary has.

    Args:
        texts: strings (B,) of UTF-8.
        lower_case: as the vocabulary was made: BERT's "uncased".

    Returns:
        Strings (B,), to be cut at white space, punctuation and Han characters.
    """
    texts = tf.strings.regex_replace(texts, _REMOVED, "")
    if lower_case:
        texts = import_tensorflow_text().normalize_utf8(texts, "NFD")
        texts = tf.strings.regex_replace(texts, _ACCENTS, "")
        # The only letter whose small form depends on what follows: not so for BERT.
        texts = tf.strings.regex_replace(texts, "Σ", "σ")
        texts = tf.strings.lower(texts, encoding="utf-8")
    may_be = tf.strings.regex_full_match(texts, _MAY_BE_TOO_LONG)
    return tf.cond(
        tf.reduce_any(may_be),
        lambda: tf.where(may_be, _shortened(tf.where(may_be, texts, "")), texts),
        lambda: texts,
    )


def _shortened(texts):
    characters, text, place = characters_with_places(texts)
    forms, _ = without_long_words(characters, text, place)
    return tf.strings.unsorted_segment_join(forms, text, tf.shape(texts)[0])


def characters_with_places(texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Gives all characters of texts (B,), (N,) string, and of each its text and where
    it stands there, (N,) int32.
    """
    characters = tf.strings.unicode_split(texts, "UTF-8")  # (B, None)
    splits = tf.cast(characters.row_splits, tf.int32)
    number = tf.range(tf.size(characters.flat_values))
    # Not value_rowids: it makes a table as wide as the longest text.
    text = tf.searchsorted(splits, number, side="right") - 1
    return characters.flat_values, text, number - tf.gather(splits, text)


def without_long_words(
    forms: tf.Tensor, text: tf.Tensor, place: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Puts one character for each word that is too long to be one.

    A regular expression that counts to 100 over all letters does the same, but grows
    beyond the memory that RE2 allows itself, complains each time and is slow.

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


def is_single_or_space(characters: tf.Tensor) -> tf.Tensor:
    """Tells of each normal form (B,) of a character whether it is no part of a word."""
    return tf.strings.regex_full_match(characters, rf"[\s\p{{Z}}{_SINGLE}]+")


def split_bert_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Cuts normalised texts (B,) into words, strings (B, None)."""
    texts = tf.strings.regex_replace(texts, r"\p{Z}+", " ")
    texts = tf.strings.regex_replace(texts, f"[{_SINGLE}]", r" \0 ")
    return tf.strings.split(texts)
