"""Byte-pair encoding in the graph gives the pieces that the Python one gives."""

import random

import pytest
import tensorflow as tf

from roots_tf.text.byte_pair import BytePairTokenizer, byte_of_character

LEARNED = [
    "the theory of the thing: it's what they'll say, we've 3,000 things\n\n  there",
    "深度学习与语言模型 深度学习 naïve café 😀 😀\t\tдом домов\r\n",
]
CHARACTERS = list("the ings'lvd3,.\n\t\r  ") + ["\u3000", "\x85", "\u00a0", "\x1c"]
CHARACTERS += list("深度学习é😀д٣½_“”") + ["\u0301", "'ll", "the", "   "]


@pytest.fixture(scope="module")
def tokenizer():
    return BytePairTokenizer.learn(LEARNED * 3, 340)


def random_texts(count):
    draw = random.Random(0)
    return [
        "".join(draw.choices(CHARACTERS, k=draw.randrange(30))) for _ in range(count)
    ]


def test_texts_of_any_kind_have_the_same_pieces(tokenizer):
    texts = ["", *LEARNED, *random_texts(400)]
    tokenize = tf.function(tokenizer.in_graph.tokenize)

    found = tokenize(tf.constant(texts))

    for text, ids in zip(texts, found.to_list(), strict=True):
        assert ids == tokenizer.encode([text])[0].numpy().tolist(), repr(text)


def test_no_texts_and_only_empty_ones_have_no_pieces(tokenizer):
    tokenize = tokenizer.in_graph.tokenize

    assert tokenize(tf.constant([], tf.string)).to_list() == []
    assert tokenize(tf.constant(["", ""])).to_list() == [[], []]


def test_a_tokenizer_without_merges_gives_bytes():
    tokenizer = BytePairTokenizer.learn(["a"], 257)

    (ids,) = tokenizer.in_graph.tokenize(tf.constant(["深a"])).to_list()

    assert ids == tokenizer.encode(["深a"])[0].numpy().tolist() and len(ids) == 4


def test_pieces_have_the_text_that_python_gives_broken_characters_too(tokenizer):
    draw = random.Random(1)
    rows = [
        [draw.randrange(tokenizer.vocab_size) for _ in range(9)] for _ in range(200)
    ]
    rows += [[], tokenizer.encode(["深度"])[0].numpy().tolist()[:-1]]

    texts = tokenizer.in_graph.detokenize(tf.ragged.constant(rows, tf.int32))

    assert [text.decode() for text in texts.numpy()] == list(
        map(tokenizer.decode, rows)
    )


def test_every_byte_has_the_character_that_the_library_gives_it():
    from tokenizers import pre_tokenizers

    table = byte_of_character()

    assert set(table) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(table.values()) == list(range(256))
    split = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    (piece, _), *_ = split.pre_tokenize_str("\x00 ~深")
    assert bytes(table[c] for c in piece) == "\x00 ~深".encode()
