"""Learning a WordPiece vocabulary: tensorflow-text's learner, made fit for Chinese.

Article: §5.3.2 (词汇表大小), §9.2 (数据预处理).
Source: tensorflow-text, ``wordpiece_tokenizer_learner_lib``: a piece is kept if words,
cut into the longest pieces, hold it often enough; the threshold is searched for that
gives the wanted size.

Left alone, the learner drops each word with a character beyond the thousand most
frequent, which is much of Chinese; gives each Han character and punctuation mark a
second entry, ``##字``, that no text can have; and searches all thresholds up to the
largest count. Here characters that are always words by themselves are kept apart, and
the search keeps to where the threshold can be.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from roots_tf.text.bert_normalization import normalize_for_bert, split_bert_words
from roots_tf.text.tokenizer_input import string_tensor

COVERAGE = 0.9995  # share of the text's characters that the vocabulary has at least

_BATCH = 512  # texts
_MOST_WORDS = 20_000  # half a minute's work for the learner


def learn_wordpieces(
    texts: Iterable[str],
    vocab_size: int,
    lower_case: bool,
    special_tokens: Sequence[str],
) -> list[str]:
    """Learns the pieces of texts.

    The vocabulary holds the special tokens; the text's characters, but for the rarest
    that make up 0.05 % of it and are not ASCII; and pieces of the 20,000 most frequent
    words. The same texts give the same vocabulary.

    Args:
        texts: read once, in batches.
        vocab_size: most entries; the learner is content with up to 5 % fewer, and the
            text may not have so many pieces.
        lower_case: make capitals small and take accents off.
        special_tokens: come first, in this order; characters that are always words by
            themselves follow, the most frequent first.

    Raises:
        ValueError: there is no text, or ``vocab_size`` has no room for the characters.
    """
    from tensorflow_text.tools.wordpiece_vocab import (
        wordpiece_tokenizer_learner_lib as learner,
    )

    counts = count_words(texts, lower_case)
    if not counts:
        raise ValueError("expected text to learn a vocabulary from, got none")
    alphabet = frequent_characters(counts, COVERAGE)
    in_words = {letter for word in counts if len(word) > 1 for letter in word}
    alone = [character for character in alphabet if character not in in_words]
    known = set(alphabet) & in_words
    words = [(w, n) for w, n in Counter(counts).most_common() if known.issuperset(w)]
    least = len(special_tokens) + len(alone) + 2 * len(known)  # a letter, and ##letter
    if vocab_size < least:
        raise ValueError(
            f"expected a vocabulary size of {least} or more for the text's characters, "
            f"got {vocab_size}"
        )
    room = vocab_size - len(alone)
    pieces = list(special_tokens)
    if words:
        # `room` words alone reach the lower threshold; at the upper one there are
        # seldom four times as many pieces as words, and then the rarest go.
        lowest = words[min(room, len(words) - 1)][1]
        highest = words[min(room // 4, len(words) - 1)][1]
        pieces = learner.learn(
            words[:_MOST_WORDS],
            room,
            list(special_tokens),
            lower_thresh=lowest,
            upper_thresh=highest,
            max_unique_chars=len(known),
        )
    pieces = _shorten(pieces, room, len(special_tokens))
    special, others = pieces[: len(special_tokens)], pieces[len(special_tokens) :]
    return [*special, *alone, *others]


def count_words(texts: Iterable[str], lower_case: bool) -> Counter[str]:
    """Counts BERT's words, each Han character and punctuation mark one of them."""
    counts = Counter()
    texts = iter(texts)
    while batch := list(islice(texts, _BATCH)):
        normalized = normalize_for_bert(string_tensor(batch), lower_case)
        counts.update(split_bert_words(normalized).flat_values.numpy().tolist())
    return Counter({word.decode(): count for word, count in counts.items()})


def frequent_characters(counts: Mapping[str, int], coverage: float) -> list[str]:
    """Gives the characters of ASCII, and the fewest others that cover the text.

    Args:
        counts: how often each word is in the text.
        coverage: share of the text's characters, 0 to 1.

    Returns:
        The characters, all of which the text has, from the most to the least frequent.

    Example:
        >>> frequent_characters({"学学é": 3, "a": 1, "习": 1}, coverage=0.8)
        ['学', 'é', 'a']
    """
    characters = Counter()
    for word, count in counts.items():
        for character in word:
            characters[character] += count
    wanted, kept = coverage * characters.total(), []
    for character, count in sorted(characters.items(), key=lambda one: (-one[1], one)):
        if wanted > 0 or character.isascii():
            kept.append(character)
        wanted -= count
    return kept


def _shorten(pieces, size, num_special):
    """Takes the rarest pieces of several letters away, which stand last."""
    surplus, kept = len(pieces) - size, []
    for place in reversed(range(len(pieces))):
        letters = len(pieces[place].removeprefix("##"))
        if surplus > 0 and letters > 1 and place >= num_special:
            surplus -= 1
        else:
            kept.append(pieces[place])
    return kept[::-1]
