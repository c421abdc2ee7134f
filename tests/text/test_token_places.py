"""Places of word pieces, beside Hugging Face ``tokenizers``."""

import numpy as np
import pytest
import tensorflow as tf
from tokenizers import BertWordPieceTokenizer

from roots_tf.text.places_in_graph import placed_tokens
from roots_tf.text.token_places import encode_with_places
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = [
    *SPECIAL_TOKENS,
    *("cafe", "new", "york", "##s", "##ing", "sing", "19", "##90", "kg", "10", "##km"),
    *LETTERS,
    *(f"##{letter}" for letter in LETTERS),
    *"，。年北京电影的很好ABÉ,.!?()'-",
    *("New", "York", "É", "é", "##É", "##é", "ᄒ", "##ᅡ", "##ᆫ"),
]
TEXTS = [
    "Café in New York: singing, 1990年!",
    "北京的电影，很好。1990年10km",
    "e\u0301te\u0301 É\u00ad\u200bx\x00y a\u0301\u0327b",  # marks, and what vanishes
    "İstanbul ΑΣ ﬁne Ⅷ 한 ｗｉｄｅ　！",
    "  leading, trailing \n\t ",
    "emoji 😀👩‍👩‍👧 and ☃ snow",
    "a" * 100 + " " + "b" * 101 + " c",
    "好" * 120 + "x" * 50 + "\u200b" + "y" * 51 + "好",
    "\ufffd\ue000 left right ‫שלום‬",
    "",
]


@pytest.fixture(params=[True, False], ids=["lower case", "as it is"])
def tokenizer(request):
    return WordPieceTokenizer(dict.fromkeys(VOCABULARY), request.param)


def test_ids_are_those_of_the_tokenizer(tokenizer):
    placed = encode_with_places(tokenizer, TEXTS)

    assert [found.ids.tolist() for found in placed] == (
        tokenizer.encode(TEXTS).to_list()
    )


def test_places_are_those_of_hugging_face_tokenizers(tokenizer):
    ids = {token: number for number, token in enumerate(tokenizer.tokens)}
    peer = BertWordPieceTokenizer(ids, lowercase=tokenizer.lower_case)

    placed = encode_with_places(tokenizer, TEXTS)

    for text, found in zip(TEXTS, placed, strict=True):
        expected = peer.encode(text, add_special_tokens=False)
        assert found.ids.tolist() == expected.ids, text
        assert found.places.tolist() == [list(place) for place in expected.offsets]


def test_places_within_a_graph_are_those_of_hugging_face_tokenizers(tokenizer):
    ids = {token: number for number, token in enumerate(tokenizer.tokens)}
    peer = BertWordPieceTokenizer(ids, lowercase=tokenizer.lower_case)
    texts = tf.TensorSpec((None,), tf.string)
    in_graph = tf.function(
        lambda texts: placed_tokens(tokenizer, texts), [texts], autograph=False
    )

    found = (ragged.to_list() for ragged in in_graph(tf.constant(TEXTS)))

    for text, token_ids, starts, ends in zip(TEXTS, *found, strict=True):
        expected = peer.encode(text, add_special_tokens=False)
        assert token_ids == expected.ids, text
        assert list(zip(starts, ends, strict=True)) == expected.offsets
    assert in_graph(tf.constant([], tf.string))[0].to_list() == []


def test_a_place_gives_back_the_words_of_the_text():
    tokenizer = WordPieceTokenizer(dict.fromkeys(VOCABULARY))
    text = "In CAFÉ\u0301 1990年"

    (found,) = encode_with_places(tokenizer, [text])

    words = [text[start:end] for start, end in found.places]
    assert words == ["I", "n", "CAFÉ", "19", "90", "年"]


def test_no_text_and_empty_texts_have_no_tokens():
    tokenizer = WordPieceTokenizer(dict.fromkeys(VOCABULARY))

    assert encode_with_places(tokenizer, []) == []
    (found,) = encode_with_places(tokenizer, ["\u200b"])
    assert found.ids.shape == (0,) and found.places.shape == (0, 2)


def test_a_lone_surrogate_is_refused():
    tokenizer = WordPieceTokenizer(dict.fromkeys(VOCABULARY))

    with pytest.raises(ValueError, match="lone surrogate"):
        encode_with_places(tokenizer, ["fine", "caf\udce9"])


def test_places_never_go_back(tokenizer):
    text = "".join(np.random.default_rng(0).permutation(list("".join(TEXTS))))

    (found,) = encode_with_places(tokenizer, [text])

    flat = found.places.ravel()
    assert np.all(found.places[:, 0] < found.places[:, 1])
    assert np.all(np.diff(flat[::2]) >= 0) and np.all(np.diff(flat[1::2]) >= 0)
