"""SentencePiece in the graph beside the sentencepiece package and transformers."""

import io
import json
import math

import pytest
import sentencepiece
import tensorflow as tf

from roots_tf.text.sentencepiece import SentencePieceTokenizer

pytest.importorskip("tensorflow_text")

SIZES = {"zh": 1900, "en": 900}


@pytest.fixture(scope="module")
def learned(reviews) -> dict[tuple[str, str], SentencePieceTokenizer]:
    return {
        (model_type, language): SentencePieceTokenizer.learn(
            reviews[language], SIZES[language], model_type
        )
        for model_type in ("unigram", "bpe")
        for language in ("zh", "en")
    }


def package(tokenizer: SentencePieceTokenizer, folder):
    tokenizer.save(folder)
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_ids_are_those_of_the_package(
    learned, reviews, odd_texts, random_texts, tmp_path, model_type, language
):
    tokenizer = learned[model_type, language]
    texts = [*reviews["zh"], *reviews["en"], *odd_texts, *random_texts]

    ids = tokenizer.encode(texts)

    peer = package(tokenizer, tmp_path)
    assert ids.dtype == tf.int32
    pairs = zip(ids.to_list(), peer.encode(texts), strict=True)
    different = [(ours, theirs) for ours, theirs in pairs if ours != theirs]
    # Of cuts with the same probability, rounding of float32 sums chooses one.
    assert len(different) <= (3 if model_type == "unigram" else 0)
    for ours, theirs in different:
        scores = (sum(map(peer.get_score, row)) for row in (ours, theirs))
        assert math.isclose(*scores, rel_tol=1e-6)


def test_unigram_pieces_are_the_most_probable_way_to_cut(learned):
    processor = learned["unigram", "en"]._processor
    scores = {
        processor.id_to_piece(id): processor.get_score(id)
        for id in range(6, processor.vocab_size())
    }

    def best(text):  # Viterbi: the best cut of each beginning of the text
        found = [(0.0, ())]
        for end in range(1, len(text) + 1):
            found.append(
                max(
                    (
                        found[start][0] + scores[text[start:end]],
                        (start, *found[start][1]),
                    )
                    for start in range(end)
                    if text[start:end] in scores
                )
            )
        return found[-1][0]

    for text in ("the hotel room was wonderful", "unbelievably slow service again"):
        ids = learned["unigram", "en"].encode([text])[0].numpy()

        total = sum(scores[processor.id_to_piece(int(id))] for id in ids)

        assert math.isclose(total, best("▁" + text.replace(" ", "▁")), rel_tol=1e-5)


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_normalised_text_comes_back(learned, reviews, model_type):
    for language in ("zh", "en"):
        tokenizer = learned[model_type, language]
        ids = tokenizer.encode(reviews[language]).to_list()
        processor = tokenizer._processor

        texts = [tokenizer.decode(row) for row in ids]

        for text, row, original in zip(texts, ids, reviews[language], strict=True):
            if processor.unk_id() not in row:
                assert (
                    text == " ".join(processor.normalize(original).split("▁")).strip()
                )


def test_special_tokens_come_first_and_sentinels_last(learned):
    tokenizer = learned["unigram", "en"]

    pieces = [tokenizer._processor.id_to_piece(id) for id in range(6)]

    assert pieces == ["<pad>", "</s>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.special_ids == {"[CLS]": 3, "[SEP]": 4, "[MASK]": 5}
    assert (tokenizer.pad_id, tokenizer.end_id) == (0, 1)
    assert tokenizer.vocab_size == SIZES["en"]
    assert tokenizer.sentinel_ids == tuple(range(899, 799, -1))


def test_no_text_spells_a_special_token(learned, odd_texts):
    for tokenizer in learned.values():
        ids = set(tokenizer.encode(odd_texts).flat_values.numpy())

        assert not ids & {0, 1, 3, 4, 5, *tokenizer.sentinel_ids}


def test_sentinels_are_spelt_and_other_special_tokens_left_out(learned):
    tokenizer = learned["unigram", "en"]
    first, second = (tokenizer.encode([t])[0].numpy() for t in ("the room", "was good"))

    ids = [0, *first, tokenizer.sentinel_ids[0], *second, tokenizer.sentinel_ids[1], 1]

    assert tokenizer.decode(ids) == "the room <extra_id_0> was good <extra_id_1>"


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_learning_again_gives_the_same_model(learned, reviews, model_type):
    again = SentencePieceTokenizer.learn(iter(reviews["en"]), 900, model_type)

    assert again._model == learned[model_type, "en"]._model


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_inside_tf_data_ids_are_the_same(learned, reviews, model_type):
    texts, tokenizer = reviews["zh"][:64], learned[model_type, "zh"]

    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(9).map(tokenizer.encode)

    rows = [row for batch in dataset for row in batch.to_list()]
    assert rows == tokenizer.encode(texts).to_list()


def test_files_read_back(learned, reviews, tmp_path):
    tokenizer = learned["unigram", "zh"]
    tokenizer.save(tmp_path)

    loaded = SentencePieceTokenizer.load(tmp_path)

    assert loaded.vocab_size == tokenizer.vocab_size
    assert loaded.sentinel_ids == tokenizer.sentinel_ids
    texts = reviews["zh"][:20]
    assert loaded.encode(texts).to_list() == tokenizer.encode(texts).to_list()


def test_a_long_line_is_learned_from_too():
    texts = ["a few short lines"] * 20 + [
        "龙 " * 2000
    ]  # over the package's 4,192 bytes

    tokenizer = SentencePieceTokenizer.learn(texts, 130)

    assert tokenizer.decode(tokenizer.encode(["龙"])[0].numpy()) == "龙"


@pytest.mark.parity
def test_transformers_opens_the_folder_as_t5s_and_gives_the_same_ids(
    learned, reviews, tmp_path
):
    transformers = pytest.importorskip("transformers")
    for language in ("zh", "en"):
        tokenizer = learned["unigram", language]
        tokenizer.save(tmp_path)

        peer = transformers.T5Tokenizer.from_pretrained(tmp_path)

        texts = [*reviews["zh"], *reviews["en"]]
        expected = peer(texts, add_special_tokens=False)["input_ids"]
        assert tokenizer.encode(texts).to_list() == expected
        assert len(peer) == tokenizer.vocab_size
        for number in (0, 1, 99):
            id = peer.convert_tokens_to_ids(f"<extra_id_{number}>")
            assert tokenizer.sentinel_ids[number] == id


@pytest.mark.parity
def test_a_folder_of_alberts_kind_gives_the_ids_of_transformers(reviews, tmp_path):
    transformers = pytest.importorskip("transformers")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(text.lower() for text in reviews["en"]),
        model_writer=model,
        vocab_size=900,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        pad_piece="<pad>",
        control_symbols=["[CLS]", "[SEP]", "[MASK]"],
        minloglevel=2,
    )
    (tmp_path / "spiece.model").write_bytes(model.getvalue())
    configuration = {"do_lower_case": True, "keep_accents": False}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(configuration))
    peer = transformers.AlbertTokenizer.from_pretrained(tmp_path)

    tokenizer = SentencePieceTokenizer.load(tmp_path)
    tokenizer.save(tmp_path / "saved")
    tokenizer = SentencePieceTokenizer.load(tmp_path / "saved")

    assert tokenizer.special_ids == {"[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
    assert (tokenizer.pad_id, tokenizer.end_id) == (0, 3)
    texts = [*reviews["en"], "Café NAÏVE ``quoted'' Ｆｕｌｌ ½ ﬁ Ångström"]
    expected = peer(texts, add_special_tokens=False)["input_ids"]
    assert tokenizer.encode(texts).to_list() == expected


@pytest.mark.parametrize(
    ("texts", "vocab_size", "model_type", "message"),
    [
        ([], 300, "unigram", "expected text .* got none"),
        (["", "\n"], 300, "bpe", "expected text .* got none"),
        (["some text"], 106, "bpe", "over 106 .the special tokens., got 106"),
        (["some text here"], 108, "unigram", r"size of 1\d\d or more .*, got 108"),
        (["text"], 300, "word", "expected a model type of .* got 'word'"),
        (
            ["x" * (1 << 22) + "y"],
            300,
            "bpe",
            "expected lines of 4194304 bytes or less",
        ),
    ],
)
def test_what_makes_no_model_is_refused(texts, vocab_size, model_type, message):
    with pytest.raises(ValueError, match=message) as caught:
        SentencePieceTokenizer.learn(texts, vocab_size, model_type)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("spiece.model", b"", "spiece.model: expected a SentencePiece model"),
        ("spiece.model", b"garbage", "spiece.model: expected a SentencePiece model"),
        ("tokenizer_config.json", b"{}", "extra_ids .T5. or do_lower_case .ALBERT."),
        ("tokenizer_config.json", b'{"extra_ids": -1}', "0 or more, got -1"),
        (
            "tokenizer_config.json",
            b'{"do_lower_case": true, "keep_accents": true}',
            "keep_accents to be the opposite",
        ),
    ],
)
def test_a_damaged_folder_is_refused_by_name(learned, tmp_path, name, content, message):
    learned["bpe", "en"].save(tmp_path)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=message) as caught:
        SentencePieceTokenizer.load(tmp_path)

    assert "\n" not in str(caught.value)
