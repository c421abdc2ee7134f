"""Byte-level BPE: lossless, GPT-2's files, and the algorithm by hand."""

import json
import random

import pytest
import regex
import tensorflow as tf

from roots_tf.text.byte_pair import END, BytePairTokenizer

# Radford et al. 2019, released code, encoder.py.
WORD = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)


def printable_bytes() -> dict[int, str]:
    """Each byte as GPT-2's files write it: itself if it prints, else from U+0100 on."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in prints]
    return {byte: chr(byte) for byte in prints} | {
        byte: chr(0x100 + place) for place, byte in enumerate(others)
    }


def encode_by_hand(text: str, tokenizer: BytePairTokenizer) -> list[int]:
    """Sennrich et al.'s algorithm: join the pair learned first until none is left."""
    ranks = {pair: rank for rank, pair in enumerate(tokenizer.merges)}
    spelt = printable_bytes()
    ids = []
    for word in WORD.findall(text):
        pieces = [spelt[byte] for byte in word.encode()]
        while True:
            pairs = list(zip(pieces, pieces[1:], strict=False))
            best = min(pairs, key=lambda pair: ranks.get(pair, 10**9), default=None)
            if best not in ranks:
                break
            joined, place = [], 0
            while place < len(pieces):
                both = tuple(pieces[place : place + 2])
                joined.append("".join(both) if both == best else pieces[place])
                place += 2 if both == best else 1
            pieces = joined
        ids += [tokenizer.vocabulary[piece] for piece in pieces]
    return ids


@pytest.fixture(scope="module")
def mixed(reviews) -> BytePairTokenizer:
    return BytePairTokenizer.learn([*reviews["zh"], *reviews["en"]], 1500)


def test_ids_are_those_of_the_algorithm_by_hand(mixed, reviews, odd_texts):
    texts = [*reviews["zh"][:80], *reviews["en"][:80], *odd_texts]

    ids = mixed.encode(texts).to_list()

    assert ids == [encode_by_hand(text, mixed) for text in texts]


def test_merges_are_the_most_frequent_pairs_in_turn():
    # The words of Sennrich et al. 2016, §3.2, each with a space before it: "es" and
    # then "est" are there 9 times, the pairs of " low" 7 times, those of " new" 6.
    text = " low" * 5 + " lower" * 2 + " newest" * 6 + " widest" * 3

    tokenizer = BytePairTokenizer.learn([text], 261)

    assert tokenizer.merges[:2] == [("e", "s"), ("es", "t")]
    assert all("".join(pair) in "Ġlow" for pair in tokenizer.merges[2:4])


def test_any_text_comes_back_exactly(mixed, reviews, odd_texts, random_texts):
    texts = [*reviews["zh"], *reviews["en"], *odd_texts, *random_texts]

    rows = mixed.encode(texts).to_list()

    assert [mixed.decode(row) for row in rows] == texts


def test_every_code_point_comes_back(mixed):
    draw = random.Random(0)
    codes = [*range(0xD800), *range(0xE000, 0x110000)]
    text = "".join(map(chr, draw.sample(codes, 20_000)))

    assert mixed.decode(mixed.encode([text])[0].numpy()) == text


def test_ids_that_end_within_a_character_show_a_replacement(mixed):
    ids = mixed.encode(["龘"])[0].numpy()  # rare: several ids

    assert len(ids) > 1
    assert mixed.decode(ids[:-1]).endswith("\ufffd")


def test_the_end_token_is_the_last_and_no_text_gives_it(mixed):
    assert mixed.vocabulary[END] == mixed.end_id == mixed.pad_id == 1499
    assert mixed.vocab_size == 1500

    ids = mixed.encode([END])[0].numpy()

    assert mixed.end_id not in ids
    assert mixed.decode([*ids, mixed.end_id]) == END


def test_learning_again_gives_the_same(mixed, reviews):
    again = BytePairTokenizer.learn(iter([*reviews["zh"], *reviews["en"]]), 1500)

    assert (again.vocabulary, again.merges) == (mixed.vocabulary, mixed.merges)


def test_a_batch_in_tf_data_has_the_same_ids(mixed, reviews):
    texts = [*reviews["zh"][:60], "", *reviews["en"][:60]]

    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(11).map(mixed.encode)

    rows = [row for batch in dataset for row in batch.to_list()]
    assert rows == mixed.encode(texts).to_list()
    assert dataset.element_spec == tf.RaggedTensorSpec([None, None], tf.int32)


def test_no_texts_are_no_rows(mixed):
    assert mixed.encode([]).to_list() == []
    assert mixed.encode([""]).to_list() == [[]]


def test_the_files_are_gpt2s_and_read_back(mixed, tmp_path):
    mixed.save(tmp_path)

    vocabulary = json.loads((tmp_path / "vocab.json").read_text("utf-8"))
    merges = (tmp_path / "merges.txt").read_text("utf-8").split("\n")
    loaded = BytePairTokenizer.load(tmp_path)

    assert list(vocabulary.values()) == list(range(1500))
    assert set(printable_bytes().values()) <= set(vocabulary)
    assert merges[0] == "#version: 0.2" and merges[-1] == ""
    assert merges[1:-1] == [" ".join(pair) for pair in mixed.merges]
    assert (loaded.vocabulary, loaded.merges) == (mixed.vocabulary, mixed.merges)


@pytest.mark.parity
def test_transformers_opens_the_folder_and_gives_the_same_ids(
    mixed, reviews, odd_texts, tmp_path
):
    transformers = pytest.importorskip("transformers")
    texts = [*reviews["zh"], *reviews["en"], *odd_texts]
    texts = [text for text in texts if END not in text]
    mixed.save(tmp_path)

    peer = transformers.GPT2Tokenizer.from_pretrained(tmp_path)

    assert peer(texts)["input_ids"] == mixed.encode(texts).to_list()
    assert (len(peer), peer.eos_token_id) == (1500, mixed.end_id)


@pytest.mark.parametrize("vocab_size", [0, 256])
def test_a_size_below_the_bytes_is_refused(vocab_size):
    with pytest.raises(ValueError, match=f"257 or more .* got {vocab_size}"):
        BytePairTokenizer.learn(["text"], vocab_size)


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_no_text_is_refused(texts):
    with pytest.raises(ValueError, match="expected text .* got none"):
        BytePairTokenizer.learn(texts, 300)


def test_a_text_without_pairs_gives_the_bytes_alone():
    assert BytePairTokenizer.learn(["a"], 300).vocab_size == 257


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.json", "[]", "vocab.json: expected a JSON object"),
        ("vocab.json", "{", "vocab.json: expected JSON"),
        ("vocab.json", '{"a": "b"}', "vocab.json: expected an id for each piece"),
        ("vocab.json", '{"a": 1}', "expected ids from 0 on"),
        ("vocab.json", '{"a": 0}', "expected a piece for each byte and"),
        ("merges.txt", "#version: 0.2\na\n", "line 2: expected two pieces, got 'a'"),
        ("merges.txt", "a b c\n", "line 1: expected two pieces, got 'a b c'"),
        ("merges.txt", "q q\n", r"got \('q', 'q'\) without 'qq'"),
        ("merges.txt", b"\xff", "merges.txt: expected UTF-8"),
    ],
)
def test_a_damaged_file_is_refused_by_name(mixed, tmp_path, name, content, message):
    mixed.save(tmp_path)
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=message) as caught:
        BytePairTokenizer.load(tmp_path)

    assert "\n" not in str(caught.value)
