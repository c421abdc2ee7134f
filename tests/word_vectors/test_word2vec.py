"""The two models: hidden vectors, gradients, configuration, saving, precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.word_vectors import word2vec_objectives
from roots_tf.word_vectors.word2vec import Cbow, SkipGram
from roots_tf.word_vectors.word2vec_objectives import OBJECTIVES

V, D = 6, 4
COUNTS = [9, 7, 4, 3, 2, 1]
CENTRES = np.array([3, 0, 3], np.int32)
CONTEXTS = np.array([[2, 2, -1, 5], [-1, -1, -1, 0], [-1, -1, -1, -1]], np.int32)
TARGETS = np.array([1, 4, 0], np.int32)
NOISE = np.array([[0, 5], [4, 2], [3, 3]], np.int32)
INPUTS = {SkipGram: CENTRES, Cbow: CONTEXTS}

each_objective = pytest.mark.parametrize("objective", OBJECTIVES)
each_model = pytest.mark.parametrize("architecture", [SkipGram, Cbow])


def make(architecture, objective, **options):
    """A model whose vectors are random, not at their start."""
    counts = COUNTS if objective == "hierarchical-softmax" else None
    model = architecture(V, D, objective, counts, **options)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def noise_for(model):
    return NOISE if model.objective == "negative-sampling" else None


def gradients(model, inputs):
    """Of the sum of the losses, dense: input table, then output or node table."""
    with tf.GradientTape() as tape:
        losses = model.example_losses(inputs, TARGETS, noise_for(model))
    variables = [variable.value for variable in model.trainable_variables]
    return [tf.convert_to_tensor(g).numpy() for g in tape.gradient(losses, variables)]


def mean_of_contexts(table):
    rows = [table[row[row >= 0]].sum(axis=0) for row in CONTEXTS]
    return np.divide(rows, [[3], [1], [1]])  # the last has none: 0


def test_skip_gram_looks_up_the_centre_word():
    model = make(SkipGram, "negative-sampling")

    h = model(CENTRES)

    np.testing.assert_array_equal(h, model.input_vectors.numpy()[CENTRES])


@pytest.mark.parametrize("undivided", [False, True])
def test_cbow_takes_the_mean_of_the_context_words_alone(undivided):
    model = make(Cbow, "negative-sampling", undivided=undivided)

    h = model(CONTEXTS)

    expected = mean_of_contexts(model.input_vectors.numpy())
    np.testing.assert_allclose(h, expected, rtol=1e-6, atol=1e-7)


@each_model
@each_objective
def test_the_loss_is_the_objective_of_the_hidden_vector(architecture, objective):
    model = make(architecture, objective)
    inputs = INPUTS[architecture]

    losses = model.example_losses(inputs, TARGETS, noise_for(model))

    function = getattr(word2vec_objectives, objective.replace("-", "_"))
    tree = model.tree
    rest = {
        "full-softmax": (),
        "negative-sampling": (NOISE,),
        "hierarchical-softmax": tree and (tree.path, tree.code, tree.length),
    }[objective]
    table = model.get_weights()[1].astype(np.float64)
    h = model.input_vectors.numpy().astype(np.float64)
    h = h[CENTRES] if architecture is SkipGram else mean_of_contexts(h)
    np.testing.assert_allclose(losses, function(h, TARGETS, table, *rest), rtol=1e-5)


@each_model
@each_objective
def test_gradients_of_the_tables_are_the_central_differences(architecture, objective):
    model = make(architecture, objective, dtype="float64")
    inputs = INPUTS[architecture]
    found = gradients(model, inputs)

    step = 1e-5
    for variable, gradient in zip(model.trainable_variables, found, strict=True):
        start = variable.numpy()
        for place in np.ndindex(*start.shape):
            totals = []
            for sign in (1, -1):
                moved = start.copy()
                moved[place] += sign * step
                variable.assign(moved)
                losses = model.example_losses(inputs, TARGETS, noise_for(model))
                totals.append(losses.numpy().sum())
            variable.assign(start)
            difference = (totals[0] - totals[1]) / (2 * step)
            # Off by step^2 (1e-10) and rounding / step (1e-11).
            assert gradient[place] == pytest.approx(difference, rel=1e-7, abs=1e-8)


def test_undivided_gradients_are_the_mean_s_times_the_number_of_words():
    divided, undivided = (
        gradients(make(Cbow, "full-softmax", undivided=flag), CONTEXTS)
        for flag in (False, True)
    )

    # Words 2 (twice) and 5 share the first example, word 0 has the second alone.
    factors = np.array([1, 1, 3, 1, 1, 3])[:, None]
    np.testing.assert_allclose(undivided[0], factors * divided[0], rtol=1e-5)
    np.testing.assert_allclose(undivided[1], divided[1], rtol=1e-5)


@each_model
@each_objective
def test_vectors_start_as_in_the_c_code(architecture, objective):
    counts = np.arange(400, 0, -1) if objective == "hierarchical-softmax" else None

    model = architecture(400, 50, objective, counts, seed=3)

    start, output = model.get_weights()
    # Uniform within ±0.5 / D: the variance is that over 3, here to 2 % (20,000 values).
    assert np.abs(start).max() <= 0.01 and not output.any()
    assert start.std() == pytest.approx(0.01 / 3**0.5, rel=0.02)
    rows = 399 if objective == "hierarchical-softmax" else 400
    assert start.shape == (400, 50) and output.shape == (rows, 50)
    again = architecture(400, 50, objective, counts, seed=3)
    np.testing.assert_array_equal(again.get_weights()[0], start)
    other = architecture(400, 50, objective, counts, seed=4)
    assert not np.array_equal(other.get_weights()[0], start)


@each_model
@each_objective
def test_a_model_comes_back_from_its_configuration_and_its_file(
    architecture, objective, tmp_path
):
    options = {"undivided": True} if architecture is Cbow else {}
    model = make(architecture, objective, seed=5, name="words", **options)
    arguments = (INPUTS[architecture], TARGETS, noise_for(model))

    copy = architecture.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    losses = model.example_losses(*arguments)
    assert copy.get_config() == model.get_config() == loaded.get_config()
    np.testing.assert_array_equal(copy.example_losses(*arguments), losses)
    np.testing.assert_array_equal(loaded.example_losses(*arguments), losses)


@each_model
def test_symbolic_compiled_and_eager_are_equal(architecture):
    model = make(architecture, "full-softmax")
    inputs = INPUTS[architecture]
    symbolic = keras.Input(inputs.shape[1:], dtype="int32")

    functional = keras.Model(symbolic, model(symbolic))

    assert functional.output_shape == (None, D)
    np.testing.assert_array_equal(functional(inputs), model(inputs))
    np.testing.assert_allclose(tf.function(model)(inputs), model(inputs), rtol=1e-6)


@each_model
@each_objective
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_in_half_precision_losses_are_near_and_float32(architecture, objective, policy):
    full, half = (
        make(architecture, objective, dtype=dtype) for dtype in ("float32", policy)
    )

    of_full, of_half = (
        model.example_losses(INPUTS[architecture], TARGETS, noise_for(model))
        for model in (full, half)
    )

    assert of_half.dtype == "float32"
    # bfloat16 keeps 8 bits of each vector: 2^-8 is 0.004, of a score of up to 5.
    np.testing.assert_allclose(of_half, of_full, atol=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((V, D, "hierarchical"), "expected an objective of .* got 'hierarchical'"),
        ((1, D), "expected two words or more .* got 1 words and dimension 4"),
        ((V, 0), "dimension of 1 or more, got 6 words and dimension 0"),
        ((V, D, "hierarchical-softmax"), "expected 6 counts of words .* got 0"),
        ((V, D, "hierarchical-softmax", [3, 2]), "expected 6 counts .* got 2"),
        ((V, D, "full-softmax", COUNTS), "expected 0 counts of words .* got 6"),
        ((2, D, "hierarchical-softmax", [3, 0]), "all above 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SkipGram(*arguments)


def test_noise_is_for_negative_sampling_alone():
    with pytest.raises(ValueError, match="negative-sampling: expected some noise"):
        make(SkipGram, "negative-sampling").example_losses(CENTRES, TARGETS)
    for objective in ("full-softmax", "hierarchical-softmax"):
        with pytest.raises(ValueError, match=f"{objective}: expected no noise words"):
            make(SkipGram, objective).example_losses(CENTRES, TARGETS, NOISE)
