"""A chunk's gradients beside loops over its pairs, and automatic differentiation."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.word_vectors import word2vec_frames, word2vec_tree_frames
from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.word2vec_frames import (
    MOST_TIMES,
    NoiseCbowFrames,
    NoiseSkipGramFrames,
)
from roots_tf.word_vectors.word2vec_tree_frames import (
    MOST_PAIRS,
    HierarchicalCbowFrames,
    HierarchicalSkipGramFrames,
)

V, D, W, CHUNK, FRAME, SHARED, K = 11, 6, 2, 12, 4, 3, 5
RNG = np.random.default_rng(0)
COUNTS = np.sort(RNG.integers(1, 50, V))[::-1]
IDS = RNG.integers(0, V, CHUNK + 2 * W).astype(np.int32)
LEFT = RNG.integers(0, W + 1, CHUNK)
RIGHT = RNG.integers(0, W + 1, CHUNK)
LEFT[3] = RIGHT[3] = 0  # a sentence of one word
MIDDLE = ((RIGHT - LEFT) / 2).astype(np.float32)
REACH = ((RIGHT + LEFT) / 2).astype(np.float32)
NOISE = RNG.integers(0, V, CHUNK // FRAME * SHARED).astype(np.int32)


BY_NOISE = {"skip-gram": NoiseSkipGramFrames, "cbow": NoiseCbowFrames}
BY_TREE = {"skip-gram": HierarchicalSkipGramFrames, "cbow": HierarchicalCbowFrames}


def make(kind, architecture, table):
    arguments = (table, V, CHUNK, W)
    if kind == "noise":
        by_noise = BY_NOISE[architecture]
        return by_noise(*arguments, negatives=K, shared=SHARED, frame=FRAME)
    tree = HuffmanTree(COUNTS)
    return BY_TREE[architecture](*arguments, tree=tree, kept=COUNTS, frame=FRAME)


def contexts(centre):
    """Gives the words around a centre, place by place."""
    places = range(centre - LEFT[centre], centre + RIGHT[centre] + 1)
    return [int(IDS[W + place]) for place in places if place != centre]


def loss_of_a_hidden_vector(kind, hidden, outputs, centre):
    """Gives eq. 4 with K / S of each of S noise words, or eq. 3."""
    word = int(IDS[W + centre])
    if kind == "noise":
        first = centre // FRAME * SHARED
        noise = NOISE[first : first + SHARED]
        loss = tf.nn.softplus(-tf.tensordot(outputs[word], hidden, 1))
        for other in noise:
            score = tf.tensordot(outputs[int(other)], hidden, 1)
            loss += K / SHARED * tf.nn.softplus(score)
        return loss
    tree = HuffmanTree(COUNTS)
    loss = 0.0
    for step in range(tree.length[word]):
        sign = 1 - 2 * float(tree.code[word, step])
        score = tf.tensordot(outputs[int(tree.path[word, step])], hidden, 1)
        loss += tf.nn.softplus(-sign * score)
    return loss


def loss_pair_by_pair(kind, architecture, inputs, outputs):
    total = 0.0
    for centre in range(CHUNK):
        around = contexts(centre)
        if architecture == "skip-gram":
            hiddens = [inputs[word] for word in around]
        else:
            hiddens = [tf.reduce_mean(tf.gather(inputs, around), 0)] if around else []
        for hidden in hiddens:
            total += loss_of_a_hidden_vector(kind, hidden, outputs, centre)
    return total


def whole_gradient(moves, shape):
    """Adds up the gradients of all moves, undamped."""
    total = np.zeros(shape)
    for move in moves:
        np.add.at(total, np.asarray(move.rows), np.asarray(move.gradient))
    return total


def moved_by(frames, ids, middle, reach, noise):
    """Gives what one chunk of training takes from the table, at a rate of 1."""
    before = frames.table.numpy()
    frames.train(ids, middle[None], reach[None], noise[None], 1.0)
    after = frames.table.numpy()
    frames.table.assign(before)
    return before - after


@pytest.fixture
def table():
    return tf.Variable(RNG.normal(size=(2 * V, D)).astype(np.float32))


@pytest.mark.parametrize("kind", ["noise", "hierarchical"])
def test_skip_gram_chunk_has_the_gradient_of_the_sum_over_its_pairs(kind, table):
    frames = make(kind, "skip-gram", table)
    inputs, outputs = table[:V], table[V:]
    with tf.GradientTape() as tape:
        tape.watch([inputs, outputs])
        loss = loss_pair_by_pair(kind, "skip-gram", inputs, outputs)
    expected = np.concatenate(tape.gradient(loss, [inputs, outputs]))

    moves, mean_loss = frames.gradients(IDS, MIDDLE, REACH, NOISE)

    found = whole_gradient(moves, table.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)  # float32 sums
    pairs = LEFT.sum() + RIGHT.sum()
    assert float(mean_loss) == pytest.approx(float(loss) / pairs, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "top"),
    [("noise", 0), ("hierarchical", 0), ("hierarchical", 3), ("hierarchical", 63)],
)
def test_cbow_chunk_has_the_mean_s_gradient_for_every_context_word(
    kind, top, table, monkeypatch
):
    monkeypatch.setattr(word2vec_tree_frames, "TOP", top)
    frames = make(kind, "cbow", table)
    inputs, outputs = tf.constant(table[:V]), tf.constant(table[V:])
    expected_inputs, loss = np.zeros((V, D)), 0.0
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = loss_pair_by_pair(kind, "cbow", inputs, outputs)
    expected_outputs = tape.gradient(loss, outputs)
    for centre in range(CHUNK):
        around = contexts(centre)
        if not around:
            continue
        mean = tf.reduce_mean(tf.gather(inputs, around), 0)
        with tf.GradientTape() as tape:
            tape.watch(mean)
            one = loss_of_a_hidden_vector(kind, mean, outputs, centre)
        np.add.at(expected_inputs, around, tape.gradient(one, mean).numpy())

    moves, mean_loss = frames.gradients(IDS, MIDDLE, REACH, NOISE)

    found = whole_gradient(moves, table.shape)
    np.testing.assert_allclose(found[:V], expected_inputs, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[V:], expected_outputs, rtol=1e-4, atol=1e-5)
    predicted = np.count_nonzero(LEFT + RIGHT)
    assert float(mean_loss) == pytest.approx(float(loss) / predicted, rel=1e-5)


@pytest.mark.parametrize("kind", ["noise", "hierarchical"])
@pytest.mark.parametrize("architecture", ["skip-gram", "cbow"])
def test_two_chunks_of_training_are_two_steps_of_gradient_descent(
    kind, architecture, table, monkeypatch
):
    monkeypatch.setattr(word2vec_tree_frames, "MOST_PAIRS", 10**6)
    ids = np.concatenate([IDS, RNG.integers(0, V, CHUNK).astype(np.int32)])
    frames = make(kind, architecture, table)
    expected = table.numpy()
    for chunk in range(2):
        table.assign(expected)
        around = ids[chunk * CHUNK : (chunk + 1) * CHUNK + 2 * W]
        moves, loss = frames.gradients(around, MIDDLE, REACH, NOISE)
        expected = expected - 0.1 * whole_gradient(moves, table.shape)
        if chunk == 0:
            table_before = table.numpy()
    table.assign(table_before)

    twice = [np.stack([values] * 2) for values in (MIDDLE, REACH, NOISE)]
    reported = frames.train(ids, *twice, 0.1)

    np.testing.assert_allclose(table.numpy(), expected, rtol=1e-4, atol=1e-5)
    assert float(reported) == pytest.approx(float(loss), rel=1e-5)


@pytest.mark.parametrize(
    ("architecture", "pairs_a_word"), [("skip-gram", W + 1), ("cbow", 1)]
)
def test_a_node_of_many_pairs_is_moved_by_its_share_of_their_sum(
    architecture, pairs_a_word, monkeypatch
):
    chunk, words = 256, 4
    counts = np.array([8, 4, 2, 1])
    table = tf.Variable(RNG.normal(size=(7, D)).astype(np.float32))
    tree = HuffmanTree(counts)
    ids = RNG.integers(0, words, chunk + 2 * W).astype(np.int32)
    reach = np.full(chunk, W, np.float32)
    window = np.zeros(chunk, np.float32), reach, np.zeros((0,), np.int32)
    monkeypatch.setattr(word2vec_frames, "MOST_TIMES", 1000)
    arguments = (table, words, chunk, W)
    damped = BY_TREE[architecture](*arguments, tree=tree, kept=counts)
    monkeypatch.setattr(word2vec_tree_frames, "MOST_PAIRS", 10**6)
    free = BY_TREE[architecture](*arguments, tree=tree, kept=counts)

    found, whole = (moved_by(frames, ids, *window) for frames in (damped, free))

    root = words + words - 2
    share = MOST_PAIRS / (chunk * pairs_a_word)  # every pair meets the root
    np.testing.assert_allclose(found[root], share * whole[root], rtol=1e-4)
    np.testing.assert_allclose(found[:words], whole[:words], rtol=1e-6)


@pytest.mark.parametrize("architecture", ["skip-gram", "cbow"])
def test_a_word_often_in_a_chunk_is_moved_by_its_share_of_the_sum(
    architecture, monkeypatch
):
    chunk, words, frame = 64, 40, 4
    table = tf.Variable(RNG.normal(size=(2 * words, D)).astype(np.float32))
    ids = np.arange(2, words).repeat(2)[: chunk + 2 * W].astype(np.int32)
    ids[5:61:2] = 1  # 28 times
    noise = np.zeros(chunk // frame * SHARED, np.int32)
    reach = np.full(chunk, W, np.float32)
    window = np.zeros(chunk, np.float32), reach, noise
    frames = BY_NOISE[architecture](
        table, words, chunk, W, negatives=K, shared=SHARED, frame=frame
    )

    damped = moved_by(frames, ids, *window)

    moves, _ = frames.gradients(ids, *window)
    whole = whole_gradient(moves, table.shape)
    share = np.ones(2 * words)
    # A frame has 2 W places beside its centres, which are those of others too.
    copies = (frame + 2 * W) / frame
    share[1] = MOST_TIMES * copies / np.count_nonzero(ids[frames.frame_places] == 1)
    share[words + 1] = MOST_TIMES / 28
    share[words] = MOST_TIMES / len(noise)  # word 0 is every noise word, 48 times
    assert share.min() < share[1] < 1
    np.testing.assert_allclose(damped, share[:, None] * whole, rtol=1e-4, atol=1e-6)
