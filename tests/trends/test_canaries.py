"""A planted secret's rank tells whether it was kept, and what chance would give."""

import numpy as np
import pytest

from roots_tf.text.sensitive_strings import find_sensitive_strings
from roots_tf.trends.canaries import (
    CANDIDATES,
    chance_interval,
    exposure,
    make_canaries,
    rank,
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_candidates_differ_in_the_secret_alone_and_hold_the_planted_text(language):
    canary = make_canaries(3, language, seed=5)[2]

    candidates = canary.candidates()

    assert len(set(candidates)) == CANDIDATES == len(candidates)
    assert candidates[canary.secret] == canary.text
    assert f"{canary.secret:03d}" in canary.text and canary.name in canary.text
    assert len({len(candidate) for candidate in candidates}) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_candidate_is_a_phone_number_that_masking_finds(language):
    (canary,) = make_canaries(1, language, seed=5)

    for candidate in canary.candidates():
        assert [p.kind for p in find_sensitive_strings(candidate)] == ["PHONE"]


def test_the_rank_is_the_place_in_the_sorted_losses():
    losses = np.random.default_rng(0).normal(size=100)
    order = losses.argsort().tolist()

    assert [rank(losses, row) for row in range(100)] == [
        order.index(row) + 1 for row in range(100)
    ]


def test_where_all_are_alike_nothing_is_exposed():
    assert exposure(rank(np.ones(CANDIDATES), 4)) == 0


def test_an_unkept_secrets_exposure_is_the_mean_of_an_exponential_variable():
    """Carlini et al. 2019, §4.2: ranks are uniform, exposure is exponential."""
    mean = np.mean([exposure(place) for place in range(1, CANDIDATES + 1)])

    assert mean == pytest.approx(1 / np.log(2), abs=0.01)  # R is finite


def test_the_interval_of_chance_holds_95_of_100_mean_ranks():
    low, high = chance_interval(16)
    ranks = np.random.default_rng(0).integers(1, CANDIDATES + 1, (20_000, 16))

    means = ranks.mean(axis=1)

    # 95 % is known to 0.15 % from 20,000 draws; the mean of 16 is not quite normal.
    assert np.mean((low <= means) & (means <= high)) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    "count, language, message",
    [(0, "en", "1 to 26 canaries"), (21, "zh", "1 to 20 canaries"), (1, "fr", "fr")],
)
def test_canaries_that_cannot_be_made_are_refused(count, language, message):
    with pytest.raises(ValueError, match=message):
        make_canaries(count, language, seed=0)
