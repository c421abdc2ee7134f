"""Bootstrap intervals against SciPy, and how often they cover the truth."""

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import f1_score

from roots_tf.evaluation.bootstrap import Interval, bootstrap_interval
from roots_tf.evaluation.ranking_curves import auroc


def macro_f1(labels, predictions):
    return f1_score(labels, predictions, average="macro", zero_division=0.0)


def different(values):
    return len(set(values))  # of a resample nearly always fewer


def samples():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 40)
    return {
        "mean": (np.mean, [rng.exponential(size=25)]),
        "accuracy": (np.mean, [np.arange(30) < 27]),
        "deviation": (np.std, [rng.exponential(size=30)]),
        "correlation": (
            lambda x, y: np.corrcoef(x, y)[0, 1],
            [np.arange(20.0), np.arange(20) + rng.normal(size=20) * 5],
        ),
        "macro F1": (
            macro_f1,
            [labels, np.where(rng.random(40) < 0.7, labels, rng.integers(0, 3, 40))],
        ),
    }


@pytest.mark.parametrize("bca", [False, True])
@pytest.mark.parametrize("name", samples())
def test_intervals_equal_those_of_scipy(name, bca):
    metric, columns = samples()[name]

    interval = bootstrap_interval(
        metric, *columns, confidence=0.9, resamples=300, bca=bca, seed=5
    )

    # SciPy draws the rows of resamples in the same order: with one seed they are equal.
    expected = bootstrap(
        columns,
        metric,
        paired=True,
        vectorized=False,
        confidence_level=0.9,
        n_resamples=300,
        method="BCa" if bca else "percentile",
        random_state=np.random.default_rng(5),
    ).confidence_interval
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), rel=1e-9)
    assert interval.estimate == metric(*columns)


def covered(bca, draw, truth, resamples=400, trials=300):
    """In how many of the trials the 95 % interval of the mean covers the truth."""
    rng, hits = np.random.default_rng(0), 0
    for trial in range(trials):
        interval = bootstrap_interval(
            np.mean, draw(rng), resamples=resamples, bca=bca, seed=trial
        )
        hits += interval.low <= truth <= interval.high
    return hits / trials


@pytest.mark.parametrize("bca", [False, True])
@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (lambda rng: rng.random(100) < 0.8, 0.8),  # an accuracy
        (lambda rng: rng.normal(3, 2, 100), 3.0),
    ],
    ids=["accuracy", "normal"],
)
def test_the_95_percent_interval_covers_the_truth_in_about_95_percent(bca, draw, truth):
    share = covered(bca, draw, truth)

    # 300 trials have a deviation of 1.3 points, and N = 100 costs about one point.
    assert 0.90 < share < 0.99


def test_bca_leans_to_the_side_where_a_skewed_sample_hides_the_truth():
    skewed = np.random.default_rng(0).exponential(size=30)

    plain = bootstrap_interval(np.mean, skewed)
    bca = bootstrap_interval(np.mean, skewed, bca=True)

    assert bca.low > plain.low and bca.high > plain.high


def test_ten_times_the_examples_make_the_interval_a_third_as_wide():
    few = bootstrap_interval(np.mean, np.arange(200) % 5 > 0)
    many = bootstrap_interval(np.mean, np.arange(2000) % 5 > 0)

    ratio = (few.high - few.low) / (many.high - many.low)

    # sqrt(10) but for the chance of 2,000 resamples, some per cent of each width.
    assert ratio == pytest.approx(np.sqrt(10), rel=0.1)


def test_a_seed_repeats_an_interval_and_another_moves_it_a_little():
    values = np.random.default_rng(0).normal(size=50)

    first, again, other = (
        bootstrap_interval(np.mean, values, seed=s) for s in (1, 1, 2)
    )

    assert first == again != other
    assert other.low == pytest.approx(first.low, abs=0.05)  # of a width of 0.5


@pytest.mark.parametrize("bca", [False, True])
def test_without_a_single_mistake_the_interval_is_a_point(bca):
    interval = bootstrap_interval(np.mean, np.ones(30), bca=bca)

    assert interval == Interval(1.0, 1.0, 1.0)


def test_rows_of_any_shape_are_drawn_together():
    rows = np.arange(30)

    def in_step(numbers, pairs):
        return float(np.all(pairs[:, 1] == 2 * numbers))

    interval = bootstrap_interval(
        in_step, rows, np.stack([rows, 2 * rows], axis=1), resamples=20
    )

    assert interval == Interval(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap_interval(np.mean, []), r"one length over 0, got \[0\]"),
        (lambda: bootstrap_interval(np.mean, 3.0), r"got \[None\]"),
        (lambda: bootstrap_interval(auroc, [0, 1], [0.5]), r"got \[2, 1\]"),
        (lambda: bootstrap_interval(np.mean, [1, 2], confidence=95), "got 95 and 2000"),
        (lambda: bootstrap_interval(np.mean, [1, 2], resamples=0), "got 0.95 and 0"),
        (
            lambda: bootstrap_interval(auroc, [0, 1, 0], [0.1, 0.2, 0.3]),
            r"finite on every resample, got \d+ of 2,000 that are not",
        ),
        (
            lambda: bootstrap_interval(different, np.arange(30), bca=True),
            "BCa, got all on one",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()

    assert "\n" not in str(error.value)
