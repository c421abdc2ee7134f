"""A translator: the whole graph beside a loop in Python, its folder, its SavedModel."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.machine_translation import TASK, Translator
from roots_tf.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from roots_tf.recurrent.seq2seq import Seq2Seq, Seq2SeqConfig
from roots_tf.text.chinese_punctuation import widen_punctuation
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from tests.models.by_heart import learn, nats

PAIRS = [
    ("我有一只猫。", "I have a cat."),
    ("你好，世界！", "Hello, world!"),
    ("他去北京吗？", "Is he going to Beijing?"),
    ("我们喝了 3,000 杯茶。", "We drank 3,000 cups of tea."),
]
MOST = 30  # tokens
KINDS = ("attention", "lstm", "transformer")
# Each traces and compiles graphs of its own.
one_kind_fast = pytest.mark.parametrize(
    "kind", [KINDS[0], *(pytest.param(k, marks=pytest.mark.slow) for k in KINDS[1:])]
)


@pytest.fixture(scope="module")
def tokenizer():
    texts = [text for pair in PAIRS for text in pair] * 2
    return SentencePieceTokenizer.learn(texts, 70, num_sentinels=0)


def make_model(kind, vocab_size):
    keras.utils.set_random_seed(0)
    if kind == "transformer":
        sizes = dict(hidden_size=32, num_layers=1, intermediate_size=64)
        config = EncoderDecoderConfig.tiny(vocab_size, **sizes, max_positions=MOST + 1)
        return EncoderDecoder(config)
    return Seq2Seq(Seq2SeqConfig(vocab_size, 16, 16, kind == "attention", dropout=0.0))


@pytest.fixture(scope="module")
def untrained(tokenizer):
    """Translators into Chinese with random weights, by the kind of their model."""
    translators = {}
    for kind in KINDS:
        model = make_model(kind, tokenizer.vocab_size)
        model.build()
        for weight in model.trainable_weights:
            weight.assign(weight * 3)  # so that the likeliest token is not near others
        translators[kind] = Translator(model, tokenizer, "en", "zh", MOST)
    return translators


TEXTS = ["I have a cat.", "", "tea", "Hello, Beijing of 3,000 cats!", " \t ", "猫 😀 x"]


def written_by_hand(translator, model, text):
    """The likeliest token at each step, the model read from the start each time."""
    tokenizer = translator.tokenizer
    source = np.array([[*tokenizer.encode([text])[0].numpy(), tokenizer.end_id]])
    special = {tokenizer.pad_id, tokenizer.unknown_id, *tokenizer.special_ids.values()}
    allowed = [n for n in range(tokenizer.vocab_size) if n not in special]
    read = [tokenizer.pad_id]
    while len(read) <= MOST and read[-1] != tokenizer.end_id:
        padded = np.pad([read], [(0, 0), (0, MOST + 1 - len(read))])
        logits = model(source, padded).numpy()[0, len(read) - 1]
        read.append(allowed[int(np.argmax(logits[allowed]))])
    text = tokenizer.decode([id for id in read[1:] if id != tokenizer.end_id])
    return widen_punctuation(tf.constant(text.strip())).numpy().decode()


@one_kind_fast
def test_greedy_translations_are_those_of_a_loop_in_python(untrained, kind):
    translator = untrained[kind]
    ids = tf.TensorSpec((1, None), tf.int32)

    @tf.function(input_signature=[ids, ids], autograph=False)
    def model(source, target):
        return translator.model({"source_ids": source, "target_ids": target})

    found = translator.translate(TEXTS, num_beams=1)

    by_hand = [
        written_by_hand(translator, model, t) if t.strip() else "" for t in TEXTS
    ]
    assert found == by_hand
    assert len(set(found)) > 3


def test_a_batch_gives_each_sentence_the_translation_that_it_has_alone(untrained):
    translator = untrained["attention"]

    together = translator.translate(TEXTS * 20)

    alone = [translator.translate([text])[0] for text in TEXTS]
    assert together == alone * 20
    assert translator.translate([]) == []


# A process without this project.
ELSEWHERE = """
import json, sys
import tensorflow as tf
import tensorflow_text
loaded = tf.saved_model.load(sys.argv[1])
answer = loaded.signatures["serving_default"]
found = answer(texts=tf.constant(json.load(sys.stdin)))["translations"].numpy()
answers = [text.decode() for text in found]
try:
    answer(texts=tf.constant(["a b " * 100_000]))
except tf.errors.InvalidArgumentError as error:
    answers.append(str(error))
print(json.dumps(answers))
assert not any(name.startswith("roots_tf") for name in sys.modules)
"""


@one_kind_fast
def test_an_exported_saved_model_gives_the_same_in_a_fresh_process(
    untrained, kind, tmp_path
):
    untrained[kind].export(tmp_path / "saved_model")

    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "saved_model")]
    texts = json.dumps(TEXTS).encode()
    done = subprocess.run(command, cwd=tmp_path, input=texts, capture_output=True)

    assert done.returncode == 0, done.stderr.decode()
    *answers, refusal = json.loads(done.stdout)
    assert answers == untrained[kind].translate(TEXTS, num_beams=1)
    assert f"expected sentences of at most {MOST - 1} tokens" in refusal


def test_an_export_replaces_a_saved_model_and_nothing_else(untrained, tmp_path):
    (tmp_path / "notes").mkdir()

    with pytest.raises(ValueError, match="a SavedModel to replace"):
        untrained["lstm"].export(tmp_path / "notes")

    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


@one_kind_fast
def test_a_saved_folder_translates_as_before(untrained, kind, tmp_path):
    untrained[kind].save(tmp_path / "model")

    loaded = Translator.load(tmp_path / "model")

    assert (loaded.source, loaded.target, loaded.max_length) == ("en", "zh", MOST)
    expected = untrained[kind].translate(TEXTS, num_beams=1)
    assert loaded.translate(TEXTS, num_beams=1) == expected


@pytest.fixture(scope="module")
def learned(tokenizer):
    """Knows the four pairs by heart, from Chinese into English."""
    model = make_model("attention", tokenizer.vocab_size)
    translator = Translator(model, tokenizer, "zh", "en", MOST)
    sources, targets = (
        tf.ragged.constant([ids.tolist() for ids in translator.encode(texts)])
        for texts in zip(*PAIRS, strict=True)
    )
    labels = targets.to_tensor().numpy().astype(np.int32)
    read = np.pad(labels[:, :-1], [(0, 0), (1, 0)])
    inputs = {
        "source_ids": sources.to_tensor().numpy().astype(np.int32),
        "target_ids": read,
    }
    learn(model, inputs, labels, nats, steps=250, learning_rate=1e-2)
    return translator


@pytest.mark.parametrize("beams", [1, 4])
def test_pairs_that_are_known_by_heart_are_translated(learned, beams):
    sources, targets = zip(*PAIRS, strict=True)

    assert learned.translate(sources, beams) == list(targets)


def test_an_alignment_has_a_row_for_each_piece_that_is_written(learned):
    found = learned.align("我有一只猫。")

    assert "".join(found.source_pieces).replace(" ", "") == "我有一只猫。</s>"
    assert "".join(found.target_pieces).replace(" ", "") == "Ihaveacat.</s>"
    shape = (1, len(found.target_pieces), len(found.source_pieces))
    assert found.weights.shape == shape
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=1e-5)


def test_long_sentences_and_lone_surrogates_are_refused(untrained):
    with pytest.raises(ValueError, match="at most 29 tokens, got one of .*: 'x x x"):
        untrained["lstm"].translate(["tea", "x " * 50_000])
    with pytest.raises(ValueError, match="lone surrogate"):
        untrained["lstm"].translate(["\udcff"])


def test_parts_that_do_not_fit_are_refused(untrained, tokenizer):
    model = untrained["transformer"].model

    with pytest.raises(ValueError, match="expected a tokenizer of 9 tokens"):
        Translator(make_model("lstm", 9), tokenizer, "zh", "en")
    with pytest.raises(ValueError, match="length of 2 to 30 tokens, .* got 31"):
        Translator(model, tokenizer, "zh", "en", MOST + 1)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"task": "tagging"}, f"expected a model for {TASK}, got one for 'tagging'"),
        ({"source": None}, "expected 'source' in its configuration"),
        ({"max_length": 1}, "expected a length of 2 to"),
    ],
)
def test_a_folder_of_something_else_is_refused(untrained, tmp_path, change, message):
    untrained["lstm"].save(tmp_path / "model")
    path = tmp_path / "model" / "configuration.json"
    values = {**json.loads(path.read_text()), **change}
    values = {key: value for key, value in values.items() if value is not None}
    path.write_text(json.dumps(values))

    with pytest.raises(ValueError, match=message):
        Translator.load(tmp_path / "model")
