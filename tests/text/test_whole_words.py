"""Which tokens belong to one word."""

import jieba
import tensorflow as tf

from roots_tf.text.whole_words import WholeWords, each_token_a_word
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

TOKENS = [*SPECIAL_TOKENS, *"我爱自然语言处理，", "un", "##aff", "##able", "!", "gpt"]
SPECIAL = range(5)


def ids(tokens: list[str]) -> tf.Tensor:
    return tf.constant([[TOKENS.index(token) for token in tokens]])


def test_pieces_belong_to_the_word_that_they_go_on_with():
    row = ids(["[CLS]", "un", "##aff", "##able", "!", "gpt", "[SEP]", "[PAD]"])

    words = WholeWords(TOKENS, SPECIAL)(row)

    assert words.numpy().tolist() == [[-1, 0, 0, 0, 1, 2, -1, -1]]


def test_han_characters_belong_together_as_jieba_cuts_them():
    text = "我爱自然语言处理"
    lengths = [len(word) for word in jieba.cut(text)]
    expected = [n for n, length in enumerate(lengths) for _ in range(length)]

    words = WholeWords(TOKENS, SPECIAL)(ids(["[CLS]", *text, "[SEP]"]))

    assert max(lengths) > 1
    assert words.numpy().tolist() == [[-1, *expected, -1]]


def test_marks_letters_and_special_tokens_end_a_run_of_han_characters():
    row = ["自", "，", "然", "gpt", "自", "[UNK]", "然", "[SEP]", "自", "然"]

    words = WholeWords(TOKENS, SPECIAL)(ids(row))

    assert words.numpy().tolist() == [[0, 1, 2, 3, 4, -1, 5, -1, 6, 6]]


def test_words_of_real_text_are_jiebas(reviews):
    texts = reviews["zh"][:60]
    tokenizer = WordPieceTokenizer.learn(reviews["zh"], 2200)
    of = WholeWords(tokenizer.tokens, tokenizer.special_ids.values())

    for text in texts:
        row = tokenizer.encode([text]).to_tensor()
        numbers = of(row).numpy()[0]
        pieces = [tokenizer.tokens[id] for id in row.numpy()[0]]

        found = {}
        for number, piece in zip(numbers, pieces, strict=True):
            found.setdefault(number, []).append(piece)
        for number, parts in found.items():
            if number >= 0 and len(parts) > 1 and not parts[1].startswith("##"):
                assert "".join(parts) in list(jieba.cut(text)), text


def test_each_token_by_itself_but_for_special_ones():
    rows = tf.constant([[2, 9, 9, 3, 0], [2, 1, 4, 8, 3]])

    words = each_token_a_word(rows, SPECIAL)

    assert words.numpy().tolist() == [[-1, 1, 2, -1, -1], [-1, -1, -1, 3, -1]]


def test_inside_tf_data_the_words_are_the_same():
    row = ids(["[CLS]", *"我爱自然语言处理", "un", "##able"])
    of = WholeWords(TOKENS, SPECIAL)

    dataset = tf.data.Dataset.from_tensors(row).map(of)

    assert dataset.element_spec.shape == row.shape
    assert next(iter(dataset)).numpy().tolist() == of(row).numpy().tolist()
