"""A tag for each word of a sentence that an encoder reads in pieces."""

import keras
import numpy as np
import pytest

from roots_tf.applications.encoder_tagging import EncoderTagger
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import TokenClassifier
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

# [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4
TOKENS = [*SPECIAL_TOKENS, "new", "york", "##er", "##s", ",", "在", "北", "京", "ok"]
SENTENCES = [["New", "Yorkers", ",", "ok"], ["在", "北", "京"], ["\u200b", "ok"], []]


def make_tagger(max_length=16, units="words"):
    keras.utils.set_random_seed(0)
    config = BertConfig.tiny(len(TOKENS), hidden_size=16, max_positions=16)
    model = TokenClassifier(Bert(config), 3)
    model.build()
    tokenizer = WordPieceTokenizer(TOKENS)
    return EncoderTagger(model, tokenizer, ["O", "B-LOC", "I-LOC"], units, max_length)


@pytest.fixture(scope="module")
def tagger():
    return make_tagger()


def test_the_first_piece_of_a_word_speaks_for_it(tagger):
    ids, places = tagger.encode(SENTENCES)

    assert [row.tolist() for row in ids] == [
        [2, 5, 6, 7, 8, 9, 13, 3],  # [CLS] new york ##er ##s , ok [SEP]
        [2, 10, 11, 12, 3],
        [2, 13, 3],
        [2, 3],
    ]
    assert [row.tolist() for row in places] == [[1, 2, 5, 6], [1, 2, 3], [0, 1], []]


def test_labels_stand_at_first_pieces_and_nowhere_else(tagger):
    tags = [["B-LOC", "I-LOC", "O", "O"], ["O", "B-LOC", "I-LOC"], ["B-LOC", "O"], []]

    labels = tagger.labels(tags, *tagger.encode(SENTENCES))

    assert [row.tolist() for row in labels] == [
        [-1, 1, 2, -1, -1, 0, 0, -1],
        [-1, 0, 1, 2, -1],
        [-1, 0, -1],
        [-1, -1],
    ]


def test_a_word_gets_the_tag_of_the_largest_logit_of_its_first_piece(tagger):
    found = tagger.predict(SENTENCES)

    ids, places = tagger.encode(SENTENCES)
    for row, place, tags in zip(ids, places, found, strict=True):
        logits = tagger.model({"token_ids": row[None]}, training=False)[0]
        best = np.argmax(keras.ops.convert_to_numpy(logits), axis=-1)[place]
        expected = [tagger.tag_names[tag] for tag in np.where(place > 0, best, 0)]
        assert tags == expected


def test_what_is_cut_off_is_no_entity():
    tagger = make_tagger(max_length=6)
    tagger.model.head.bias.assign([0.0, 9.0, 0.0])  # "B-LOC" everywhere

    found = tagger.predict(SENTENCES)

    # [CLS] new york ##er ##s [SEP]
    assert found[0] == ["B-LOC", "B-LOC", "O", "O"]
    assert found[2] == ["O", "B-LOC"]


def test_entities_of_running_text_are_cut_out_of_it():
    words, characters = make_tagger(), make_tagger(units="characters")
    for tagger in (words, characters):
        tagger.model.head.bias.assign([0.0, 0.0, 9.0])  # all is one entity

    assert words.entities(["New  Yorkers, ok", ""]) == (
        [[("LOC", "New Yorkers, ok")], []]
    )
    assert characters.entities(["在北京"]) == [[("LOC", "在北京")]]


def test_a_saved_tagger_tags_the_same(tagger, tmp_path):
    tagger.save(tmp_path / "model")

    loaded = EncoderTagger.load(tmp_path / "model")

    assert loaded.predict(SENTENCES) == tagger.predict(SENTENCES)
    assert (loaded.tag_names, loaded.units) == (tagger.tag_names, tagger.units)


def test_parts_that_do_not_fit_are_refused(tagger, tmp_path):
    model, tokenizer = tagger.model, tagger.tokenizer
    names = ["O", "B-LOC", "I-LOC"]

    with pytest.raises(ValueError, match="expected 3 names"):
        EncoderTagger(model, tokenizer, ["O"], "words", 16)
    with pytest.raises(ValueError, match="expected units of"):
        EncoderTagger(model, tokenizer, names, "pieces", 16)
    with pytest.raises(ValueError, match="expected a length of 3 to 16 tokens"):
        EncoderTagger(model, tokenizer, names, "words", 17)
    other = WordPieceTokenizer([*TOKENS, "more"])
    with pytest.raises(ValueError, match="expected a tokenizer of 14 tokens"):
        EncoderTagger(model, other, names, "words", 16)
    tagger.save(tmp_path / "model")
    path = tmp_path / "model/configuration.json"
    path.write_text(path.read_text().replace("encoder tagging", "tagging"))
    with pytest.raises(ValueError, match="expected a model for encoder tagging"):
        EncoderTagger.load(tmp_path / "model")
