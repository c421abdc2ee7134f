"""The readable loop's step beside gensim's compiled update, from the same tables."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.word_vectors.word2vec import Cbow, SkipGram
from roots_tf.word_vectors.word2vec_loop import sgd_step
from roots_tf.word_vectors.word2vec_objectives import OBJECTIVES

V, D = 6, 4
RATE = 0.05


def make(architecture, objective, **options):
    counts = range(10, 10 - V, -1) if objective == "hierarchical-softmax" else None
    return architecture(V, D, objective, counts, **options)


def randomise(model, seed=0):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return [w.astype(np.float64) for w in model.get_weights()]


def one_step(model, inputs, target, noise):
    noise = np.array([noise], np.int32)
    if model.objective != "negative-sampling":
        noise = None
    batch = (np.array([inputs], np.int32), np.array([target], np.int32), noise)
    return sgd_step(model, batch, tf.constant(RATE))


def in_gensim(model, sentence, architecture, noise_word):
    """Trains gensim on one sentence, from this model's tables, with its own tree.

    The table of noise words is replaced by one that gives `noise_word` always.
    """
    from gensim.models import Word2Vec, word2vec_inner

    samples = model.objective == "negative-sampling"
    peer = Word2Vec(
        sg=architecture is SkipGram,
        hs=not samples,
        negative=int(samples),
        vector_size=D,
        window=1,
        min_count=1,
        sample=0,
    )
    peer.build_vocab_from_freq({str(word): 10 - word for word in range(V)})
    assert peer.wv.index_to_key == [str(word) for word in range(V)]
    syn0, syn1 = model.get_weights()
    peer.wv.vectors[:] = syn0
    if samples:
        peer.syn1neg[:] = syn1
        peer.cum_table = np.where(np.arange(V) < noise_word, 0, 2**31 - 1)
        peer.cum_table = peer.cum_table.astype(np.uint32)
    else:
        peer.syn1[: V - 1] = syn1
        for word, length in enumerate(model.tree.length):
            code = model.tree.code[word, :length].astype(np.uint8)
            point = model.tree.path[word, :length].astype(np.uint32)
            peer.wv.set_vecattr(str(word), "code", code)
            peer.wv.set_vecattr(str(word), "point", point)
    words = [[str(word) for word in sentence]]
    work = np.zeros((2, D), np.float32)
    if architecture is SkipGram:
        word2vec_inner.train_batch_sg(peer, words, RATE, work[0], False)
    else:
        word2vec_inner.train_batch_cbow(peer, words, RATE, *work, False)
    return [peer.wv.vectors, peer.syn1neg if samples else peer.syn1[: V - 1]]


@pytest.mark.parity
@pytest.mark.parametrize("objective", OBJECTIVES[:2])
def test_skip_gram_steps_are_gensim_s_updates(objective):
    model = make(SkipGram, objective)
    start = randomise(model)
    found = in_gensim(model, [3, 1, 4], SkipGram, noise_word=5)

    # gensim looks up the context word and predicts the centre word.
    for word, target in [(1, 3), (3, 1), (4, 1), (1, 4)]:
        one_step(model, word, target, [5])

    for ours, gensims, before in zip(model.get_weights(), found, start, strict=True):
        # gensim looks the sigmoid up in a table with steps of 0.012, which is off by
        # 0.003 at most; times the rate, a vector of 3 and four updates: 0.002.
        np.testing.assert_allclose(ours, gensims, atol=0.002)
        assert np.abs(ours - before).max() > 0.05


@pytest.mark.parity
@pytest.mark.parametrize("objective", OBJECTIVES[:2])
def test_undivided_cbow_steps_are_gensim_s_updates(objective):
    model = make(Cbow, objective, undivided=True)
    start = randomise(model)
    found = in_gensim(model, [3, 1, 4], Cbow, noise_word=5)

    for context, target in [([-1, 1], 3), ([3, 4], 1), ([1, -1], 4)]:
        one_step(model, context, target, [5])

    for ours, gensims, before in zip(model.get_weights(), found, start, strict=True):
        np.testing.assert_allclose(ours, gensims, atol=0.002)  # as above
        assert np.abs(ours - before).max() > 0.05
