"""The section-5 model: its size, its equations, its mask, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.recurrent.bilstm_classifier import (
    BiLstmConfig,
    build_bert_model,
    build_bilstm_classifier,
)
from roots_tf.recurrent.sequence_pooling import POOLINGS

TINY = {"vocab_size": 20, "num_classes": 3, "embedding_dim": 5, "hidden_size": 4}
# Texts of 3, 1, 0 and 5 tokens.
IDS = np.array([[3, 4, 5, 0, 0], [7, 0, 0, 0, 0], [0] * 5, [9, 8, 7, 6, 2]], np.int32)


@pytest.fixture(scope="module", params=POOLINGS)
def model(request):
    keras.utils.set_random_seed(0)
    return build_bilstm_classifier(BiLstmConfig(**TINY, pooling=request.param))


def more_padding(ids: np.ndarray, count: int) -> np.ndarray:
    return np.pad(ids, [(0, 0), (0, count)])


def lstm_in_numpy(x, kernel, recurrent_kernel, bias):
    """Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, (T, H).

    i, f, o = sigmoid(x W + h U + b), c = f c + i tanh(x W_c + h U_c + b_c),
    h = o tanh(c); Keras keeps the gates in the order i, f, c, o.
    """

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    h = c = np.zeros(recurrent_kernel.shape[0])
    states = []
    for vector in x:
        i, f, candidate, o = np.split(vector @ kernel + h @ recurrent_kernel + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


def bilstm_in_numpy(model: keras.Model, ids: np.ndarray) -> np.ndarray:
    """The features (T, 2 H) of one text without padding."""
    table = model.get_layer(index=1).get_weights()[0].astype(np.float64)
    layer = next(one for one in model.layers if "bidirectional" in str(type(one)))
    weights = layer.get_weights()
    forward = lstm_in_numpy(table[ids], *weights[:3])
    backward = lstm_in_numpy(table[ids][::-1], *weights[3:])[::-1]
    return np.concatenate([forward, backward], axis=1)


def test_the_printed_model_has_the_articles_number_of_parameters():
    assert build_bert_model(10_000, 128, 128, 2).count_params() == 1_543_682


@pytest.mark.parametrize("seed", range(4))
def test_the_number_of_parameters_is_the_closed_form(seed):
    v, e, h, o = (int(n) for n in np.random.default_rng(seed).integers(1, 60, 4))

    model = build_bert_model(v, e, h, o)

    assert model.count_params() == v * e + 2 * (4 * h * (e + h + 1)) + (2 * h + 1) * o
    assert model.output_shape == (None, None, o)


def test_the_printed_model_is_the_lstm_equations_and_a_softmax_a_token():
    model = build_bert_model(20, 5, 4, 3)
    ids = np.array([3, 1, 4, 1, 5, 9])

    kernel, bias = model.layers[-1].get_weights()
    logits = bilstm_in_numpy(model, ids) @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)

    np.testing.assert_allclose(model(ids[None])[0], expected, rtol=1e-5, atol=1e-6)


def test_the_printed_model_changes_its_mind_with_padding_e13():
    model = build_bert_model(20, 5, 4, 3)
    text = IDS[:1, :3]

    longer = np.asarray(model(more_padding(text, 17)))[:, :3]

    assert np.abs(longer - model(text)).max() > 1e-6


def test_the_masked_forward_pass_is_the_equations_on_the_real_tokens():
    model = build_bilstm_classifier(BiLstmConfig(**TINY, pooling="mean+max"))

    logits = np.asarray(model(more_padding(IDS, 3)))

    kernel, bias = model.get_layer("logits").get_weights()
    texts = [IDS[0, :3], IDS[1, :1], IDS[2, :0], IDS[3]]
    for row, ids in zip(logits, texts, strict=True):
        pooled = np.zeros(len(kernel))  # of a text without tokens
        if len(ids):
            features = bilstm_in_numpy(model, ids)
            pooled = np.concatenate([features.mean(axis=0), features.max(axis=0)])
        np.testing.assert_allclose(row, pooled @ kernel + bias, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("count", [1, 30])
def test_padding_does_not_change_the_logits(model, count):
    logits = np.asarray(model(IDS))

    longer = np.asarray(model(more_padding(IDS, count)))

    assert np.isfinite(logits).all()
    np.testing.assert_allclose(longer, logits, rtol=1e-5, atol=1e-7)
    for row, length in enumerate([3, 1, 1, 5]):
        alone = np.asarray(model(IDS[row : row + 1, :length]))[0]
        np.testing.assert_allclose(alone, logits[row], rtol=1e-5, atol=1e-7)


def test_without_the_mask_padding_is_read_as_words():
    config = BiLstmConfig(**TINY, mask_padding=False)
    model = build_bilstm_classifier(config)

    assert np.abs(model(more_padding(IDS, 9)) - np.asarray(model(IDS))).max() > 1e-6


def test_no_gradient_reaches_the_vector_of_padding_from_texts_that_have_tokens(model):
    table = model.get_layer("embedding").embeddings.value
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(IDS[[0, 1, 3]]) ** 2)

    gradient = tf.convert_to_tensor(tape.gradient(loss, table)).numpy()

    assert np.isfinite(gradient).all()
    assert not gradient[0].any()
    assert gradient[3].any()


@pytest.mark.parametrize("pooling", ["last", "mean+max", "attention"])
def test_it_overfits_eight_examples(pooling):
    keras.utils.set_random_seed(0)
    config = BiLstmConfig(20, 2, 8, 8, pooling=pooling, dropout=0.0)
    model = build_bilstm_classifier(config)
    ids = np.random.default_rng(0).integers(1, 20, (8, 6))
    ids[:4, 4:] = 0
    labels = np.array([0, 1] * 4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, jit_compile=False)

    model.fit(ids, labels, batch_size=8, epochs=40, verbose=0)

    assert float(loss(labels, model(ids))) < 0.05


def test_dropout_acts_in_training_alone_and_follows_its_seed():
    def outputs(seed):
        keras.utils.set_random_seed(0)
        model = build_bilstm_classifier(BiLstmConfig(**TINY, dropout=0.5), seed=seed)
        return np.asarray(model(IDS)), np.asarray(model(IDS, training=True))

    (still, first), (still_again, again), (_, other) = map(outputs, (1, 1, 2))

    np.testing.assert_array_equal(still, still_again)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and (first != still).any()


@pytest.mark.parametrize("train", [True, False])
def test_pretrained_word_vectors_are_set_and_may_be_frozen(train):
    vectors = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    config = BiLstmConfig(**TINY, train_embeddings=train)

    model = build_bilstm_classifier(config, vectors)

    layer = model.get_layer("embedding")
    np.testing.assert_array_equal(layer.get_weights()[0], vectors)
    trained = [variable.path for variable in model.trainable_variables]
    assert any("embedding" in path for path in trained) == train


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_gives_finite_float32_logits(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = build_bilstm_classifier(BiLstmConfig(**TINY))
    finally:
        keras.config.set_dtype_policy("float32")

    logits = model(IDS)

    assert logits.dtype == tf.float32
    assert np.isfinite(logits).all()


def test_it_is_saved_loaded_and_equal_compiled_and_eager(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert model.output_shape == (None, 3)
    np.testing.assert_array_equal(loaded(IDS), model(IDS))
    np.testing.assert_allclose(tf.function(model)(IDS), model(IDS), rtol=1e-6)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"vocab_size": 0}, "expected vocab_size of 1 or more, got 0"),
        ({"num_classes": -1}, "expected num_classes of 1 or more"),
        ({"hidden_size": 0}, "expected hidden_size of 1 or more"),
        ({"dropout": 1.0}, "expected dropout from 0 to below 1, got 1.0"),
        ({"dropout": float("nan")}, "expected dropout"),
        ({"pooling": "sum"}, "expected a pooling of last, .* got 'sum'"),
    ],
)
def test_sizes_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        BiLstmConfig(**wrong)


def test_word_vectors_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(20, 5\) .* got \(5, 20\)"):
        build_bilstm_classifier(BiLstmConfig(**TINY), np.zeros((5, 20)))
