"""The rules of choosing a token, beside NumPy, worked examples and chi-square."""

import numpy as np
import pytest
from scipy.stats import chisquare

from roots_tf.decoding.sampling import (
    SamplingRule,
    greedy,
    keep_top_k,
    keep_top_p,
    penalize_repetition,
    sample,
    with_temperature,
)

# Probabilities 0.5, 0.25, 0.15, 0.1 in another order.
PROBABILITIES = np.array([[0.15, 0.5, 0.1, 0.25]])
LOGITS = np.log(PROBABILITIES).astype(np.float32)
DROPPED = -np.inf


def kept(logits) -> list[list[int]]:
    return [np.flatnonzero(np.isfinite(row)).tolist() for row in np.asarray(logits)]


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def draws(logits, rule, count, seed=0):
    """``count`` tokens of one row of logits."""
    generator = np.random.default_rng(seed)
    uniform = generator.random((count, logits.shape[1]), np.float32)
    return np.asarray(rule.choose(np.repeat(logits, count, axis=0), uniform=uniform))


def test_greedy_takes_the_most_probable_token_and_of_equal_ones_the_first():
    tokens = greedy(np.array([[1.0, 3.0, 2.0], [0.0, 7.0, 7.0]]))

    assert np.asarray(tokens).tolist() == [1, 1]


def test_temperature_divides_the_logits():
    np.testing.assert_allclose(with_temperature(LOGITS, 0.5), LOGITS / 0.5)


@pytest.mark.parametrize(
    "k, tokens", [(1, [1]), (2, [1, 3]), (3, [0, 1, 3]), (4, [0, 1, 2, 3]), (9, None)]
)
def test_top_k_keeps_the_k_most_probable_tokens(k, tokens):
    logits = np.asarray(keep_top_k(LOGITS, k))

    assert kept(logits) == [tokens or [0, 1, 2, 3]]
    assert np.array_equal(logits[np.isfinite(logits)], LOGITS[np.isfinite(logits)])


def test_top_k_keeps_all_tokens_that_are_as_probable_as_the_kth():
    assert kept(keep_top_k(np.array([[1.0, 2.0, 1.0, 0.0]]), 2)) == [[0, 1, 2]]


@pytest.mark.parametrize(
    "p, tokens",
    [
        (0.001, [1]),
        (0.49, [1]),
        (0.51, [1, 3]),
        (0.74, [1, 3]),
        (0.76, [0, 1, 3]),
        (0.89, [0, 1, 3]),
        (0.91, [0, 1, 2, 3]),
        (1.0, [0, 1, 2, 3]),
    ],
)
def test_top_p_keeps_the_fewest_tokens_whose_probabilities_reach_p(p, tokens):
    assert kept(keep_top_p(LOGITS, p)) == [tokens]


def test_top_p_is_its_definition_row_by_row():
    logits = np.random.default_rng(0).normal(0, 2, (20, 30)).astype(np.float32)

    found = kept(keep_top_p(logits, 0.8))

    for row, tokens in zip(softmax(logits.astype(np.float64)), found, strict=True):
        order, total, expected = np.argsort(-row), 0.0, []
        for token in order:
            expected.append(int(token))
            total += row[token]
            if total >= 0.8:
                break
        assert tokens == sorted(expected)


def test_tokens_dropped_before_stay_dropped():
    logits = np.array([[0.0, DROPPED, 1.0, DROPPED]], np.float32)

    assert kept(keep_top_k(logits, 3)) == [[0, 2]]
    assert kept(keep_top_p(logits, 0.999)) == [[0, 2]]


def test_the_penalty_makes_seen_tokens_less_probable_whatever_their_sign():
    logits = np.array([[2.0, -2.0, 2.0, -2.0]], np.float32)
    seen = np.array([[True, True, False, False]])

    penalized = penalize_repetition(logits, seen, 1.25)

    np.testing.assert_allclose(penalized, [[1.6, -2.5, 2.0, -2.0]])


def test_sampling_draws_the_softmax_distribution_by_chi_square():
    # 40,000 draws; at this seed a right sampler fails with probability 0.001.
    tokens = draws(LOGITS, SamplingRule(), 40_000)

    counts = np.bincount(tokens, minlength=4)
    assert chisquare(counts, 40_000 * PROBABILITIES[0]).pvalue > 0.001


@pytest.mark.parametrize(
    "rule",
    [
        SamplingRule(temperature=0.7),
        SamplingRule(temperature=1.8, top_k=3),
        SamplingRule(top_p=0.8),
        SamplingRule(temperature=2.0, top_k=3, top_p=0.7),
    ],
)
def test_a_rule_draws_its_renormalised_distribution_by_chi_square(rule):
    logits = np.log(PROBABILITIES) / rule.temperature
    if rule.top_k:
        logits[logits < np.sort(logits)[0, -rule.top_k]] = DROPPED
    probabilities = softmax(logits)[0]
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    probabilities[order[before >= rule.top_p]] = 0
    expected = 40_000 * probabilities / probabilities.sum()

    counts = np.bincount(draws(LOGITS, rule, 40_000), minlength=4)

    assert not counts[expected == 0].any()
    allowed = expected > 0
    assert chisquare(counts[allowed], expected[allowed]).pvalue > 0.001


def test_extreme_random_numbers_never_choose_a_dropped_token():
    logits = np.array([[DROPPED, 0.0, DROPPED]], np.float32)
    for dropped in (0.0, np.nextafter(np.float32(1), np.float32(0))):
        uniform = np.array([[dropped, 1e-30, dropped]], np.float32)

        assert np.asarray(sample(logits, uniform)).tolist() == [1]


def test_half_precision_logits_are_handled_in_single_precision():
    logits = LOGITS.astype(np.float16)

    for function in (
        lambda x: with_temperature(x, 0.5),
        lambda x: keep_top_k(x, 2),
        lambda x: keep_top_p(x, 0.5),
    ):
        assert str(np.asarray(function(logits)).dtype) == "float32"


@pytest.mark.parametrize(
    "field, value",
    [
        *[("temperature", value) for value in (-1, float("nan"), float("inf"))],
        ("top_k", -1),
        *[("top_p", value) for value in (0, 1.5, float("nan"))],
        *[("repetition_penalty", value) for value in (0, -1, float("nan"))],
    ],
)
def test_a_rule_without_meaning_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"expected .*{field}.*got"):
        SamplingRule(**{field: value})


@pytest.mark.parity
def test_every_rule_equals_transformers_logits_processors():
    torch = pytest.importorskip("torch", reason="needs torch")
    processors = pytest.importorskip(
        "transformers.generation.logits_process", reason="needs transformers"
    )
    generator = np.random.default_rng(3)
    logits = generator.normal(0, 3, (8, 50)).astype(np.float32)
    token_ids = generator.integers(0, 50, (8, 12))
    seen = np.zeros((8, 50), bool)
    np.put_along_axis(seen, token_ids, True, axis=1)
    pairs = [
        (with_temperature(logits, 0.7), processors.TemperatureLogitsWarper(0.7)),
        (keep_top_k(logits, 5), processors.TopKLogitsWarper(5)),
        (keep_top_p(logits, 0.9), processors.TopPLogitsWarper(0.9)),
        (
            penalize_repetition(logits, seen, 1.3),
            processors.RepetitionPenaltyLogitsProcessor(1.3),
        ),
    ]

    for ours, theirs in pairs:
        expected = theirs(torch.tensor(token_ids), torch.tensor(logits)).numpy()
        np.testing.assert_allclose(ours, expected, rtol=1e-6)
