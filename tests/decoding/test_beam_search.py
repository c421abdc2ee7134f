"""Beam search beside the enumeration of all texts, and beside one in NumPy."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.decoding.beam_search import beam_search

V, N = 4, 4


def run(model, prefix, num_beams, stop_tokens=(), alpha=0.6, length=N, **options):
    @tf.function(**options)
    def search():
        state = model.state(len(prefix))
        return beam_search(
            model.next_logits, state, prefix, length, num_beams, stop_tokens, alpha
        )

    token_ids, lengths, scores = (part.numpy() for part in search())
    return [
        [
            (ids[:length].tolist(), score)
            for ids, length, score in zip(*row, strict=True)
            if np.isfinite(score)
        ]
        for row in zip(token_ids, lengths, scores, strict=True)
    ]


def length_penalty(length, alpha):
    """Wu et al. 2016, eq. (14)."""
    return (5 + length) ** alpha / (5 + 1) ** alpha


def log_probability(model, prefix, text):
    return sum(
        model.log_probabilities([*prefix, *text[:i]])[token]
        for i, token in enumerate(text)
    )


def all_texts(model, prefix, stop_tokens, alpha, length=N):
    """Every text that ends with its only stop token or has N tokens, from the best."""
    texts = []
    for size in range(1, length + 1):
        for text in itertools.product(range(model.vocab_size), repeat=size):
            stopped = text[-1] in stop_tokens
            if any(token in stop_tokens for token in text[:-1]):
                continue
            if stopped or size == length:
                score = log_probability(model, prefix, text)
                texts.append((list(text), score / length_penalty(size, alpha)))
    return sorted(texts, key=lambda item: -item[1])


def beam_search_in_numpy(model, prefix, num_beams, stop_tokens, alpha, length):
    """The same search without its early end."""
    open_ends, finished = [([], 0.0)], []
    for size in range(1, length + 1):
        longer = [
            ([*text, token], score + float(gain))
            for text, score in open_ends
            for token, gain in enumerate(model.log_probabilities([*prefix, *text]))
        ]
        longer.sort(key=lambda item: -item[1])
        is_done = [text[-1] in stop_tokens for text, _ in longer]
        done = [item for item, end in zip(longer, is_done, strict=True) if end]
        open_ends = [item for item, end in zip(longer, is_done, strict=True) if not end]
        open_ends = open_ends[:num_beams]
        if size == length:
            done += open_ends
        finished += [(t, score / length_penalty(size, alpha)) for t, score in done]
    return sorted(finished, key=lambda item: -item[1])[:num_beams]


def assert_same(found, expected):
    assert [text for text, _ in found] == [text for text, _ in expected]
    scores = [score for _, score in found]
    np.testing.assert_allclose(scores, [s for _, s in expected], rtol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("stop_tokens", [(), (0,), (1, 3)])
def test_with_enough_beams_it_finds_the_best_texts_of_all(
    tiny_model, stop_tokens, alpha
):
    model = tiny_model(V, seed=2)
    beams = 20 if stop_tokens else V ** (N - 1)

    for found, prefix in zip(
        run(model, [[2], [1], [3]], beams, stop_tokens, alpha),
        [[2], [1], [3]],
        strict=True,
    ):
        assert_same(found[:10], all_texts(model, prefix, stop_tokens, alpha)[:10])


@pytest.mark.parametrize("num_beams", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_with_few_beams_it_is_the_search_in_numpy(tiny_model, num_beams, seed):
    model = tiny_model(9, seed)
    prefixes = [[seed, 1], [2, 3], [8, 8]]

    found = run(model, prefixes, num_beams, (0, 4), 0.6, length=6)

    for texts, prefix in zip(found, prefixes, strict=True):
        expected = beam_search_in_numpy(model, prefix, num_beams, (0, 4), 0.6, 6)
        assert_same(texts, expected)


def test_one_beam_without_stop_tokens_is_greedy(tiny_model):
    model = tiny_model(9, seed=7)

    ((text, score),) = run(model, [[1, 2]], 1)[0]

    expected = []
    for _ in range(N):
        expected.append(int(model.logits([1, 2, *expected]).argmax()))
    assert text == expected
    total = log_probability(model, [1, 2], text)
    assert score == pytest.approx(total / length_penalty(N, 0.6), rel=1e-5)


def test_more_beams_find_a_text_that_greedy_misses(tiny_model):
    model = tiny_model(9, seed=3)
    prefixes = [[token] for token in range(9)]

    scores = [
        np.array([row[0][1] for row in run(model, prefixes, num_beams, alpha=0)])
        for num_beams in (1, 30)
    ]

    assert (scores[1] > scores[0] - 1e-5).all()
    assert (scores[1] > scores[0] + 0.1).any()


def test_a_larger_alpha_gives_longer_texts(tiny_model):
    model = tiny_model(5, seed=1)

    def mean_length(alpha):
        best = [row[0] for row in run(model, [[1], [2], [3], [4]], 20, (0,), alpha)]
        return np.mean([len(text) for text, _ in best])

    lengths = [mean_length(alpha) for alpha in (0.0, 3.0)]

    assert lengths[0] < lengths[1]


def test_the_search_ends_when_no_open_text_can_win(tiny_model):
    model = tiny_model(V, seed=2)
    model.output[:] = 0
    steps = []

    def stops_at_once(token_ids, state):
        steps.append(1)
        logits, state = model.next_logits(token_ids, state)
        return logits + [9.0, 0.0, 0.0, 0.0], state

    beam_search(stops_at_once, model.state(1), [[1]], 50, 2, (0,))

    assert len(steps) < 8


def test_the_search_compiles_with_xla(tiny_model):
    model = tiny_model(9, seed=3)

    with_xla = run(model, [[1], [2]], 3, (0,), jit_compile=True)

    for found, expected in zip(with_xla, run(model, [[1], [2]], 3, (0,)), strict=True):
        assert_same(found, expected)


@pytest.mark.parametrize(
    "options", [{"num_beams": 0}, {"length": 0}, {"alpha": -0.1}, {"alpha": np.nan}]
)
def test_a_search_without_meaning_is_refused(tiny_model, options):
    model = tiny_model(V, seed=0)
    options = {"length": 3, "num_beams": 2, **options}

    with pytest.raises(ValueError, match="expected .* got"):
        beam_search(model.next_logits, model.state(1), [[1]], **options)
