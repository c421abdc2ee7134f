"""Texts summed up: as reading all again would, saved, exported, any text at all."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from roots_tf.applications.summarization import Summarizer
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import END_ID, START_ID, T5Config
from roots_tf.predict import main as predict
from roots_tf.text.sentencepiece import SentencePieceTokenizer

TEXTS = ["Return the sum of the numbers.", "今天天气很好，我们去公园。", "the sum"]
SIZES = dict(hidden_size=12, head_width=6, intermediate_size=16)
SIZES |= dict(num_layers=1, num_heads=2, dropout=0.0)
LENGTH = 7

# What somebody without this project runs: TensorFlow and its text operations alone.
FRESH = """
import sys
import tensorflow as tf, tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for text in answer(texts=tf.constant(sys.argv[2:]))["summaries"].numpy():
    print(repr(text.decode()))
print(any(name.startswith("roots_tf") for name in sys.modules))
"""


def build(num_sentinels=0, language="en", more_ids=0):
    """An untrained model of large weights, so that its texts are not all one token."""
    keras.utils.set_random_seed(4)
    tokenizer = SentencePieceTokenizer.learn(
        TEXTS * 5, 60 + num_sentinels, num_sentinels=num_sentinels
    )
    model = T5(T5Config.tiny(tokenizer.vocab_size + more_ids, **SIZES))
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 2)
    return Summarizer(model, tokenizer, language, 12, LENGTH)


@pytest.fixture(scope="module")
def summarizer():
    return build()


def by_reading_all_again(summarizer, text):
    """Greedy search without cache or batch, token by token."""
    tokenizer = summarizer.tokenizer
    source = tokenizer.encode([text])[0].numpy().tolist()[:11] + [END_ID]
    never = [0, tokenizer.unknown_id, *tokenizer.special_ids.values()]
    never += [*tokenizer.sentinel_ids]
    ids = [START_ID]
    while len(ids) <= LENGTH:
        inputs = {"source_ids": np.array([source]), "target_ids": np.array([ids])}
        logits = np.array(summarizer.model(inputs))[0, -1, : tokenizer.vocab_size]
        logits[never] = -np.inf
        ids.append(int(logits.argmax()))
        if ids[-1] == END_ID:
            return tokenizer.decode(ids[1:-1])
    return tokenizer.decode(ids[1:])


@pytest.mark.parametrize("num_sentinels, more_ids", [(0, 0), (5, 3)])
def test_greedy_search_writes_what_reading_all_again_would(num_sentinels, more_ids):
    summarizer = build(num_sentinels, more_ids=more_ids)

    found = summarizer.summarize(TEXTS, num_beams=1)

    assert found == [by_reading_all_again(summarizer, text) for text in TEXTS]
    assert len(set(found)) > 1


def test_beams_find_texts_at_least_as_probable_as_greedy_search(summarizer):
    def score(text, written):  # log P by Wu et al.'s length penalty, alpha = 0.6
        target = summarizer.encode([written], 99)[0]
        inputs = {
            "source_ids": summarizer.encode([text], 12)[0][None],
            "target_ids": np.array([[START_ID, *target[:-1]]]),
        }
        log_p = keras.ops.log_softmax(summarizer.model(inputs))[0]
        total = sum(float(row[id]) for row, id in zip(log_p, target, strict=True))
        return total / ((5 + len(target)) / 6) ** 0.6

    beams = summarizer.summarize(TEXTS, num_beams=4)

    assert beams == summarizer.summarize(TEXTS, num_beams=4)
    assert len(beams) == len(TEXTS) and all(isinstance(text, str) for text in beams)
    greedy = summarizer.summarize(TEXTS, num_beams=1)
    ended = [
        (text, one, other)
        for text, one, other in zip(TEXTS, beams, greedy, strict=True)
        if max(len(summarizer.encode([each], 99)[0]) for each in (one, other)) < LENGTH
    ]
    for text, one, other in ended:
        assert score(text, one) >= score(text, other) - 1e-4


def test_a_text_is_read_up_to_the_length_of_the_source(summarizer):
    long = "the sum of the numbers " * 4
    assert summarizer.reads([TEXTS[2], long]) == [True, False]

    ids = summarizer.encode([long], 12)[0]

    assert len(ids) == 12 and ids[-1] == END_ID
    assert summarizer.summarize([long]) == summarizer.summarize([long + " and more"])


def test_the_order_and_the_company_of_texts_do_not_matter(summarizer):
    together = summarizer.summarize(TEXTS[::-1])

    assert together[::-1] == [summarizer.summarize([text])[0] for text in TEXTS]


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "x" * 100_000, "😀" * 50, "\u202eשלום", "\x00\x07a", "<pad></s>"],
)
def test_any_text_has_a_summary_and_an_empty_one_an_empty_one(summarizer, text):
    (summary,) = summarizer.summarize([text], num_beams=1)

    assert isinstance(summary, str)
    if not text.strip():
        assert summary == ""


def test_no_texts_and_a_lone_surrogate_are_answered(summarizer):
    assert summarizer.summarize([]) == []
    with pytest.raises(ValueError, match="surrogate"):
        summarizer.summarize(["\ud800"])


def test_a_saved_folder_sums_up_as_before_and_predict_prints_it(
    summarizer, tmp_path, capsys
):
    folder = tmp_path / "model"
    summarizer.save(folder)
    expected = summarizer.summarize(TEXTS)
    assert Summarizer.load(folder).summarize(TEXTS) == expected

    predict([str(folder), *TEXTS, "--json"])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["summary"] for row in rows] == expected
    assert [row["text"] for row in rows] == TEXTS
    assert [row["all_read"] for row in rows] == summarizer.reads(TEXTS)
    predict([str(folder), TEXTS[2], TEXTS[0]])
    assert capsys.readouterr().out == (
        f"{expected[2]}\t{TEXTS[2]}\n{expected[0]} (of the beginning)\t{TEXTS[0]}\n"
    )


def test_the_exported_model_answers_in_a_fresh_process(tmp_path):
    summarizer = build(language="zh")
    summarizer.export(tmp_path / "saved_model")
    texts = [*TEXTS, " ", "the sum of the numbers " * 9]

    run = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "saved_model"), *texts],
        capture_output=True,
        text=True,
        check=True,
    )

    *answers, foreign = run.stdout.splitlines()
    assert answers == [repr(text) for text in summarizer.summarize(texts, 1)]
    assert foreign == "False"


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("model.keras", None, "expected a file model.keras, got none"),
        ("spiece.model", None, "expected one of .*spiece.model.*, got none"),
        ("configuration.json", '{"task": "tagging"}', "for summarization, got .*tagg"),
        ("configuration.json", '{"task": "summarization"}', "expected 'language' in"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(
    summarizer, tmp_path, name, content, message
):
    folder = tmp_path / "model"
    summarizer.save(folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)

    with pytest.raises(ValueError, match=message) as error:
        Summarizer.load(folder)

    assert str(folder) in str(error.value)


def test_what_does_not_fit_together_is_refused(summarizer):
    model, tokenizer = summarizer.model, summarizer.tokenizer
    small = T5(T5Config.tiny(9, **SIZES))

    with pytest.raises(ValueError, match="a tokenizer of 9 tokens or fewer"):
        Summarizer(small, tokenizer)
    with pytest.raises(ValueError, match="lengths of 2 tokens or more, got 1 and 9"):
        Summarizer(model, tokenizer, "en", 1, 9)
