"""The LSTM encoder-decoder, with attention and without: its equations, and learning."""

import dataclasses

import keras
import numpy as np
import pytest

from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.beam_search import beam_search
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.recurrent.seq2seq import Seq2Seq, Seq2SeqConfig
from tests.models.by_heart import learn, nats

V, E, D, S, T = 13, 6, 5, 6, 4
GREEDY = SamplingRule(temperature=0)
RNG = np.random.default_rng(0)
REAL = np.arange(S) < np.array([[6], [4], [1]])
SOURCE = (RNG.integers(1, V, (3, S)) * REAL).astype(np.int32)
TARGET = RNG.integers(1, V, (3, T)).astype(np.int32)
INPUTS = {"source_ids": SOURCE, "target_ids": TARGET}

both = pytest.mark.parametrize("model", [False, True], indirect=True)


def make_model(attention):
    model = Seq2Seq(Seq2SeqConfig(V, E, D, attention))
    model.build()
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.6, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture
def model(request):
    return make_model(request.param)


@pytest.fixture
def attending():
    return make_model(True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    powers = np.exp(x - np.max(x))
    return powers / powers.sum()


def weights_of(layer):
    return [np.asarray(weight, np.float64) for weight in layer.get_weights()]


def lstm(layer, x):
    """Hochreiter & Schmidhuber's cell over the tokens of one text, (T, E) -> (T, D)."""
    kernel, recurrent, bias = weights_of(layer)
    h, c, states = np.zeros(D), np.zeros(D), []
    for token in x:
        i, f, g, o = np.split(token @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


def translate_by_hand(model, source, target):
    """The module's equations for one pair without padding: logits and weights."""
    (table,) = weights_of(model.token_embedding)
    x, y = E**0.5 * table[source], E**0.5 * table[target]
    forward = lstm(model.encoder.forward, x)
    backward = lstm(model.encoder.backward, x[::-1])[::-1]
    kernel, bias = weights_of(model.fixed_vector)
    c = np.tanh(np.concatenate([forward[-1], backward[0]]) @ kernel + bias)
    d = lstm(model.decoder, np.concatenate([y, np.tile(c, (len(y), 1))], axis=1))
    h, seen, attention = np.concatenate([forward, backward], axis=1), d, None
    if model.config.attention:
        (w_a,) = weights_of(model.keys)
        # score(d, h) = d^T W_a h, Luong et al. 2015, eq. (8), over the root of D
        # (Vaswani et al. 2017, eq. 1); Keras keeps W_a^T.
        scores = [[d_t @ (h_s @ w_a) / D**0.5 for h_s in h] for d_t in d]
        attention = np.array([softmax(row) for row in scores])
        seen = np.concatenate([attention @ h, d], axis=1)
    kernel, bias = weights_of(model.output_layer)
    return np.tanh(seen @ kernel + bias) @ table.T, attention


@both
def test_the_logits_are_the_papers_equations_whatever_the_padding(model):
    logits = np.asarray(model(INPUTS))

    for row in range(3):
        source = SOURCE[row][REAL[row]]
        expected, _ = translate_by_hand(model, source, TARGET[row])
        np.testing.assert_allclose(logits[row], expected, rtol=1e-4, atol=1e-5)


def test_the_attention_weights_are_the_papers_and_none_falls_on_padding(attending):
    (weights,) = attending.attention_weights(INPUTS)["cross"]

    weights = np.asarray(weights)
    assert weights.shape == (3, 1, T, S)
    for row in range(3):
        source = SOURCE[row][REAL[row]]
        _, expected = translate_by_hand(attending, source, TARGET[row])
        found = weights[row, 0]
        np.testing.assert_allclose(found[:, : len(source)], expected, atol=1e-5)
        assert not found[:, len(source) :].any()


@both
def test_no_position_depends_on_a_later_one(model):
    changed = TARGET.copy()
    changed[:, 2] = changed[:, 2] % (V - 1) + 1

    before, after = (
        np.asarray(model({**INPUTS, "target_ids": ids})) for ids in (TARGET, changed)
    )

    np.testing.assert_array_equal(after[:, :2], before[:, :2])
    assert (np.abs(after - before)[:, 2:].max(axis=-1) > 0).all()


@both
def test_padding_of_the_source_changes_nothing(model):
    longer = np.pad(SOURCE, [(0, 0), (0, 4)])
    other = np.where(REAL, SOURCE, 9).astype(np.int32)

    logits = np.asarray(model(INPUTS))

    by_ids = model({**INPUTS, "source_ids": longer})
    by_mask = model({**INPUTS, "source_ids": other, "source_padding_mask": REAL})
    np.testing.assert_allclose(by_ids, logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_mask, logits, rtol=1e-5, atol=1e-5)


@both
@pytest.mark.parametrize("parts", [[1, 1, 1, 1], [3, 1]])
def test_step_by_step_gives_the_same_logits(model, parts):
    state, done = model.start(SOURCE, max_length=T), 0
    expected = np.asarray(model(INPUTS))

    for count in parts:
        logits, state = model.next_logits(TARGET[:, done : done + count], state)
        done += count

        np.testing.assert_allclose(logits, expected[:, done - 1], rtol=1e-4, atol=1e-5)


def test_without_attention_the_source_is_known_by_its_fixed_vector_alone():
    model = make_model(False)
    state = model.start(SOURCE, max_length=T)

    assert {name: part.shape for name, part in state["memory"].items()} == {
        "fixed": (3, D)
    }
    with pytest.raises(ValueError, match="expected a model with attention"):
        model.attention_weights(INPUTS)


@pytest.mark.parametrize("attention", [False, True])
def test_the_parameters_are_those_of_the_closed_form(attention):
    config = Seq2SeqConfig(V, E, D, attention)
    model = Seq2Seq(config)
    model.build()

    assert model.count_params() == config.parameter_count


@both
def test_a_saved_model_gives_the_same_logits(model, tmp_path):
    model.save(tmp_path / "seq2seq.keras")

    loaded = keras.saving.load_model(tmp_path / "seq2seq.keras")

    assert loaded.config == model.config
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))


def test_mixed_precision_keeps_weights_and_logits_in_single_precision(attending):
    half = Seq2Seq(attending.config, dtype="mixed_bfloat16")
    half.build()
    half.set_weights(attending.get_weights())

    logits = np.asarray(half(INPUTS))
    last, _ = half.next_logits(TARGET, half.start(SOURCE, T))

    assert {weight.dtype for weight in half.trainable_weights} == {"float32"}
    assert logits.dtype == last.numpy().dtype == np.float32
    # bfloat16 has 8 bits: 0.4 % a rounding, of logits up to 3, after some twenty steps.
    np.testing.assert_allclose(logits, attending(INPUTS), atol=0.2)
    np.testing.assert_allclose(last, logits[:, -1], atol=0.2)


@pytest.mark.parametrize("attention", [False, True])
def test_eight_pairs_are_learned_by_heart_and_written_by_either_search(attention):
    keras.utils.set_random_seed(0)
    model = Seq2Seq(Seq2SeqConfig(16, 24, 32, attention, dropout=0.0))
    source = np.random.default_rng(0).integers(3, 16, (8, 5)).astype(np.int32)
    target = np.pad(source[:, ::-1], [(0, 0), (1, 0)], constant_values=1)  # backwards
    inputs = {"source_ids": source, "target_ids": target[:, :-1]}

    learn(model, inputs, target[:, 1:], nats, steps=300, learning_rate=1e-2)

    state = model.start(source, max_length=6)
    start, given = align_prompts([[1]] * 8, length=5)
    written = decode(model.next_logits, state, start, given, GREEDY)
    beams = beam_search(model.next_logits, state, start, length=5, num_beams=3)
    np.testing.assert_array_equal(written.token_ids, target)
    np.testing.assert_array_equal(beams.token_ids[:, 0], target[:, 1:])


def test_what_cannot_be_is_refused(attending):
    with pytest.raises(ValueError, match="vocab_size of 1 or more, got 0"):
        dataclasses.replace(attending.config, vocab_size=0)
    with pytest.raises(ValueError, match="dropout from 0 to below 1, got 1"):
        dataclasses.replace(attending.config, dropout=1)
