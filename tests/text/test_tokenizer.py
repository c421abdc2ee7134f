"""What holds for every kind of tokenizer."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.tokenizer import KINDS, learn_tokenizer, load_tokenizer

pytest.importorskip("tensorflow_text")

SIZE = 2600


@pytest.fixture(scope="module")
def tokenizers(reviews):
    texts = [*reviews["zh"], *reviews["en"]]
    return {kind: learn_tokenizer(kind, iter(texts), SIZE) for kind in KINDS}


every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_a_folder_gives_the_tokenizer_back_whichever_it_is(
    tokenizers, reviews, odd_texts, tmp_path, kind
):
    tokenizers[kind].save(tmp_path / "model")

    loaded = load_tokenizer(tmp_path / "model")

    texts = [*reviews["zh"][:50], *reviews["en"][:50], *odd_texts]
    ids = tokenizers[kind].encode(texts).to_list()
    assert type(loaded) is type(tokenizers[kind])
    assert loaded.encode(texts).to_list() == ids
    for name in ("vocab_size", "pad_id", "end_id"):
        assert getattr(loaded, name) == getattr(tokenizers[kind], name)
    assert [loaded.decode(row) for row in ids] == (
        [tokenizers[kind].decode(row) for row in ids]
    )
    assert not list((tmp_path / "model").glob("*.tmp"))


@every_kind
def test_ids_are_ragged_int32_below_the_size(tokenizers, reviews, odd_texts, kind):
    tokenizer = tokenizers[kind]

    ids = tokenizer.encode([*reviews["zh"], *reviews["en"], *odd_texts])

    assert isinstance(ids, tf.RaggedTensor)
    assert (ids.dtype, ids.shape.rank) == (tf.int32, 2)
    assert 0 <= ids.flat_values.numpy().min()
    assert ids.flat_values.numpy().max() < tokenizer.vocab_size <= SIZE


@every_kind
def test_a_graph_gives_the_ids_of_eager_execution(tokenizers, reviews, odd_texts, kind):
    texts = [*reviews["zh"][:30], *odd_texts]
    encode = tokenizers[kind].encode

    parallel = {"num_parallel_calls": 2, "deterministic": True}
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(7)
    dataset = dataset.map(encode, **parallel)

    rows = [row for batch in dataset for row in batch.to_list()]
    assert rows == encode(texts).to_list()


@every_kind
def test_no_texts_and_empty_ones_are_fine(tokenizers, kind):
    assert tokenizers[kind].encode([]).to_list() == []
    assert tokenizers[kind].encode(["", ""]).to_list() == [[], []]
    assert tokenizers[kind].decode([]) == ""


@every_kind
def test_ids_of_any_integer_type_are_decoded(tokenizers, kind):
    text = "好"
    ids = tokenizers[kind].encode([text])[0]

    for same in (ids, ids.numpy(), ids.numpy().tolist(), ids.numpy().astype(np.int64)):
        assert tokenizers[kind].decode(same) == text


@every_kind
@pytest.mark.parametrize("above", [False, True])
def test_an_id_outside_is_refused(tokenizers, kind, above):
    size = tokenizers[kind].vocab_size
    wrong = size if above else -1

    with pytest.raises(ValueError, match=f"from 0 to {size - 1}, got {wrong}"):
        tokenizers[kind].decode([wrong])


@every_kind
def test_one_string_in_place_of_several_is_refused(tokenizers, kind):
    with pytest.raises(ValueError, match="expected several texts, got one: 'text'"):
        tokenizers[kind].encode("text")


@every_kind
def test_a_byte_that_was_not_utf8_is_refused(tokenizers, kind):
    with pytest.raises(ValueError, match="lone surrogate .* at character 4"):
        tokenizers[kind].encode(["fine", "not \udcff"])


@every_kind
def test_no_text_and_a_size_too_small_are_refused(kind):
    with pytest.raises(ValueError, match="got none"):
        learn_tokenizer(kind, [], SIZE)
    with pytest.raises(ValueError, match="vocabulary size .* got 1"):
        learn_tokenizer(kind, ["text"], 1)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="expected a tokenizer of .* got 'words'"):
        learn_tokenizer("words", ["text"], 100)


def test_a_folder_of_none_or_of_two_is_refused(tokenizers, tmp_path):
    with pytest.raises(ValueError, match="expected one of vocab.txt, .*, got none"):
        load_tokenizer(tmp_path)

    tokenizers["wordpiece"].save(tmp_path)
    tokenizers["characters"].save(tmp_path)

    with pytest.raises(ValueError, match="got vocab.txt and characters.txt"):
        load_tokenizer(tmp_path)


@every_kind
def test_a_failed_save_leaves_no_half_of_a_file(
    tokenizers, tmp_path, monkeypatch, kind
):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("roots_tf.text.tokenizer_files.os.replace", full)

    with pytest.raises(OSError, match="No space"):
        tokenizers[kind].save(tmp_path)

    assert list(tmp_path.iterdir()) == []


@every_kind
def test_an_error_while_texts_are_read_is_passed_on(reviews, kind):
    def broken():
        yield from reviews["zh"]
        raise OSError("cannot be read")

    with pytest.raises(OSError, match="cannot be read"):
        learn_tokenizer(kind, broken(), SIZE)


@every_kind
def test_learning_from_a_lone_surrogate_is_refused(reviews, kind):
    texts = [*reviews["zh"], "not \udcff"]

    with pytest.raises(ValueError, match="lone surrogate .* at character 4"):
        learn_tokenizer(kind, texts, SIZE)
