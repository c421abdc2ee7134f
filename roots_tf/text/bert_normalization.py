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
_TOO_LONG = rf"[^\s\p{{Z}}{_SINGLE}]{{{LONGEST_WORD + 1},}}"
# Much faster to look for, and true of each text that has too long a word.
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
    return tf.cond(
        tf.reduce_any(tf.strings.regex_full_match(texts, _MAY_BE_TOO_LONG)),
        lambda: tf.strings.regex_replace(texts, _TOO_LONG, UNKNOWN_CHARACTER),
        lambda: texts,
    )


def is_single_or_space(characters: tf.Tensor) -> tf.Tensor:
    """Tells of each normal form (B,) of a character whether it is no part of a word."""
    return tf.strings.regex_full_match(characters, rf"[\s\p{{Z}}{_SINGLE}]+")


def split_bert_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Cuts normalised texts (B,) into words, strings (B, None)."""
    texts = tf.strings.regex_replace(texts, r"\p{Z}+", " ")
    texts = tf.strings.regex_replace(texts, f"[{_SINGLE}]", r" \0 ")
    return tf.strings.split(texts)
