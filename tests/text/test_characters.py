"""Characters as tokens: their order, what is unknown, the file."""

import pytest
import tensorflow as tf

from roots_tf.text.characters import CharacterTokenizer


def test_the_vocabulary_is_nanogpts_after_the_unknown_character(real_data):
    text = (real_data / "tinyshakespeare" / "input.txt").read_text("utf-8")

    tokenizer = CharacterTokenizer.learn([text])

    # nanoGPT, data/shakespeare_char/prepare.py: sorted(set(data)), 65 characters.
    assert tokenizer.characters[1:] == "".join(sorted(set(text)))
    assert tokenizer.vocab_size == 66
    ids = tokenizer.encode([text])[0].numpy()
    assert tokenizer.decode(ids) == text


def test_known_text_comes_back_white_space_included(reviews, odd_texts):
    texts = [*reviews["zh"], *reviews["en"], *odd_texts]

    tokenizer = CharacterTokenizer.learn(texts)

    rows = tokenizer.encode(texts)
    assert [tokenizer.decode(row) for row in rows.to_list()] == texts
    assert rows.row_lengths().numpy().tolist() == [len(text) for text in texts]
    assert rows.dtype == tf.int32


def test_an_unknown_character_is_id_0():
    tokenizer = CharacterTokenizer.learn(["ab"])

    assert tokenizer.encode(["a学b"]).to_list() == [[1, 0, 2]]
    assert tokenizer.decode([1, 0, 2]) == "a\ufffdb"
    assert (tokenizer.pad_id, tokenizer.end_id) == (0, None)


def test_a_limit_keeps_the_most_frequent_in_the_order_of_their_code_points():
    tokenizer = CharacterTokenizer.learn(iter(["学学b", "aab", "c"]), vocab_size=4)

    assert tokenizer.characters == "\ufffdab学"


def test_inside_tf_data_ids_are_the_same(reviews):
    texts = reviews["zh"][:50]
    tokenizer = CharacterTokenizer.learn(texts)

    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(8).map(tokenizer.encode)

    rows = [row for batch in dataset for row in batch.to_list()]
    assert rows == tokenizer.encode(texts).to_list()


def test_the_file_holds_the_characters_and_nothing_else(tmp_path):
    tokenizer = CharacterTokenizer.learn(["b\r\n a\t\u2028学👩"])

    tokenizer.save(tmp_path)

    content = (tmp_path / "characters.txt").read_bytes()
    assert content.decode() == "\ufffd\t\n\r ab\u2028学👩"
    assert CharacterTokenizer.load(tmp_path).characters == tokenizer.characters


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected U.FFFD as the first character, got ''"),
        (b"ab", "got 'a'"),
        ("\ufffdaba".encode(), "each character once, got 'a' twice"),
        (b"\xff", "characters.txt: expected UTF-8"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, content, message):
    (tmp_path / "characters.txt").write_bytes(content)

    with pytest.raises(ValueError, match=f"characters.txt: .*{message}|{message}"):
        CharacterTokenizer.load(tmp_path)


@pytest.mark.parametrize(
    ("texts", "vocab_size", "message"),
    [([], None, "got none"), ([""], 5, "got none"), (["a"], 1, "2 or more, got 1")],
)
def test_what_makes_no_vocabulary_is_refused(texts, vocab_size, message):
    with pytest.raises(ValueError, match=message):
        CharacterTokenizer.learn(texts, vocab_size)
