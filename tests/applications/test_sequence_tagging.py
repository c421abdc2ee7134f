"""A tagger labels every token and finds entities in running text."""

import json

import numpy as np
import pytest

from roots_tf.applications.sequence_tagging import SequenceTagger

CITY = ["B-CITY", "I-CITY"]


@pytest.fixture
def words(tagger):
    """The same model over words; what it answers is set by ``answer``."""
    return SequenceTagger(tagger.model, tagger.vocabulary, tagger.tag_names, "words")


def test_learned_sentences_are_tagged(tagger):
    tags = tagger.predict([list("我在北京。"), list("上海很大"), []])

    assert tags == [["O", "O", *CITY, "O"], [*CITY, "O", "O"], []]


def test_every_token_gets_a_tag_in_batches_of_any_size(tagger):
    sequences = [np.arange(n % 7, dtype=np.int32) for n in range(100)]

    one, many = (tagger.predict_ids(sequences, size) for size in (1, 64))

    assert one == many
    assert [len(tags) for tags in many] == [n % 7 for n in range(100)]


def test_tokens_are_normalised_and_none_is_lost(tagger):
    ids = tagger.encode([["Ｎ", "\u200b", " ", "new word", "京"]])[0]

    known = tagger.vocabulary.encode(["N", "京"])
    assert 1 not in known
    assert ids.tolist() == [known[0], 1, 1, 1, known[1]]


def test_entities_are_pieces_of_the_text_with_their_spaces(tagger):
    found = tagger.entities(
        ["我在北京。", "New York很大", "Ｎｅｗ　Ｙｏｒｋ很大", "很大", ""]
    )

    assert found == [
        [("CITY", "北京")],
        [("CITY", "New York")],
        [("CITY", "New York")],
        [],
        [],
    ]


def test_entities_of_words_are_cut_from_the_text_as_it_stands(words, monkeypatch):
    tags = ["O", *CITY, "I-CITY", "O", "O", "B-CITY"]
    monkeypatch.setattr(words, "predict", lambda sentences: [tags])

    found = words.entities(["In  St. Mary's, on Thames"])

    assert found == [[("CITY", "St. Mary's"), ("CITY", "Thames")]]


def test_a_text_that_is_not_unicode_is_refused(tagger):
    with pytest.raises(ValueError, match="surrogate"):
        tagger.entities(["\udcff"])


def test_a_loaded_tagger_answers_the_same(tagger, tmp_path):
    tagger.save(tmp_path / "model")

    loaded = SequenceTagger.load(tmp_path / "model")

    texts = ["我在北京。", "New York很大", "大大大"]
    assert loaded.entities(texts) == tagger.entities(texts)
    assert (loaded.tag_names, loaded.units) == (tagger.tag_names, "characters")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"tag_names": ["O"]}, "expected 3 tag_names"),
        ({"units": "letters"}, "expected units"),
        ({"task": "classification"}, "expected a model for tagging"),
    ],
)
def test_a_damaged_configuration_is_refused(tagger, tmp_path, change, message):
    tagger.save(tmp_path / "model")
    path = tmp_path / "model/configuration.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(ValueError, match=message) as caught:
        SequenceTagger.load(tmp_path / "model")

    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named(tagger, tmp_path):
    tagger.save(tmp_path / "model")
    path = tmp_path / "model/configuration.json"
    configuration = json.loads(path.read_text())
    del configuration["units"]
    path.write_text(json.dumps(configuration))

    with pytest.raises(ValueError, match="configuration.json.*units"):
        SequenceTagger.load(tmp_path / "model")


def test_units_that_do_not_exist_are_refused(tagger):
    with pytest.raises(ValueError, match="expected units of .* got 'letters'"):
        SequenceTagger(tagger.model, tagger.vocabulary, tagger.tag_names, "letters")
