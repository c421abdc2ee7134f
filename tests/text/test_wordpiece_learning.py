"""Learning WordPiece: what must be in the vocabulary, and that it fits Chinese."""

from collections import Counter

import pytest

from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer
from roots_tf.text.wordpiece_learning import (
    count_words,
    frequent_characters,
    learn_wordpieces,
)

pytest.importorskip("tensorflow_text")


def learn(texts, vocab_size):
    return learn_wordpieces(texts, vocab_size, True, SPECIAL_TOKENS)


def test_words_are_counted_each_han_character_and_mark_by_itself():
    counts = count_words(iter(["我爱 GPU，", "我 gpu! GPU"] * 600), lower_case=True)

    once = Counter({"gpu": 3, "我": 2, "爱": 1, "，": 1, "!": 1})
    assert counts == {word: 600 * count for word, count in once.items()}


def test_every_character_that_is_covered_can_be_spelt(reviews):
    texts = [*reviews["zh"], *reviews["en"]]
    counts = count_words(texts, lower_case=True)
    alphabet = frequent_characters(counts, 0.9995)
    inside = {letter for word in counts if len(word) > 1 for letter in word}

    tokens = learn(texts, 3000)

    missing = set(alphabet) - set(tokens)
    missing |= {f"##{c}" for c in alphabet if c in inside} - set(tokens)
    assert missing == set()
    characters = Counter(c for word in counts.elements() for c in word)
    covered = sum(characters[c] for c in alphabet)
    assert covered >= 0.9995 * characters.total()


def test_little_of_the_text_is_unknown(reviews):
    for language, vocab_size in (("zh", 1800), ("en", 1000)):
        tokenizer = WordPieceTokenizer.learn(reviews[language], vocab_size)

        ids = tokenizer.encode(reviews[language]).flat_values.numpy()

        # 0.05 % of the characters; an English word with one is unknown as a whole.
        assert (ids == tokenizer.special_ids["[UNK]"]).mean() < 0.002


def test_more_than_a_thousand_han_characters_are_kept_and_none_as_continuation():
    characters = [chr(0x4E00 + n) for n in range(1500)]
    texts = ["".join(characters)] * 3 + ["word words wording"] * 300

    tokens = learn(texts, 1600)

    assert len(set(characters) & set(tokens)) > 1490
    assert not any(f"##{character}" in tokens for character in characters)


def test_frequent_words_become_one_piece():
    texts = ["the lowest newest widest the"] * 50 + [f"q{n} z" for n in range(50)]

    tokens = learn(texts, 110)

    assert {"the", "lowest", "newest", "widest"} <= set(tokens)


@pytest.mark.parametrize("vocab_size", [700, 1000, 2000])
def test_the_size_is_kept_to(reviews, vocab_size):
    tokens = learn(reviews["en"], vocab_size)

    assert 0.9 * vocab_size <= len(tokens) <= vocab_size
    assert len(set(tokens)) == len(tokens)
    assert tokens == learn(iter(reviews["en"]), vocab_size)


def test_a_size_without_room_for_the_characters_is_refused_with_the_least():
    texts = ["ab 学。"]  # a, ##a, b, ##b, 学, 。 and the special tokens

    with pytest.raises(ValueError, match="size of 11 or more .*, got 10"):
        learn(texts, 10)
    assert sorted(learn(texts, 11)) == sorted(
        [*SPECIAL_TOKENS, "a", "##a", "b", "##b", "学", "。"]
    )


@pytest.mark.parametrize("texts", [[], [""], [" \n", "\x00"]])
def test_no_text_is_refused(texts):
    with pytest.raises(ValueError, match="expected text to learn .* got none"):
        learn(texts, 100)


def test_text_of_han_characters_alone_needs_no_pieces():
    assert learn(["学学习"], 20) == [*SPECIAL_TOKENS, "学", "习"]
