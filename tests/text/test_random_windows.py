"""Windows of a text beside slices of it."""

import numpy as np
import pytest
from scipy.stats import chisquare

from roots_tf.text.random_windows import RandomWindows, windows_in_order

TEXT = np.arange(100, 203)


def test_every_window_is_a_slice_of_the_text_and_targets_are_one_later():
    windows = RandomWindows(TEXT, context=7, batch_size=5, batches=20)

    batches = list(windows(1).as_numpy_iterator())

    assert len(batches) == len(windows) == 20
    for token_ids, targets in batches:
        assert token_ids.shape == targets.shape == (5, 7)
        # The text counts upwards, so a slice is its first token and those after it.
        np.testing.assert_array_equal(token_ids - token_ids[:, :1], [range(7)] * 5)
        np.testing.assert_array_equal(targets, token_ids + 1)
        assert token_ids.min() >= 100 and targets.max() <= 202


def test_windows_begin_anywhere_with_the_same_probability():
    windows = RandomWindows(TEXT, context=100, batch_size=60, batches=100)

    starts = np.concatenate([ids[:, 0] for ids, _ in windows(3).as_numpy_iterator()])

    # Places 0, 1 and 2 are all there are: a window and its targets take 101 tokens.
    counts = np.bincount(starts - 100, minlength=3)
    assert len(counts) == 3
    assert chisquare(counts).pvalue > 1e-3


def test_an_epoch_repeats_and_another_differs():
    windows = RandomWindows(TEXT, context=7, batch_size=5, seed=4)

    first, again, second = (
        np.stack([ids for ids, _ in windows(epoch).as_numpy_iterator()])
        for epoch in (1, 1, 2)
    )

    np.testing.assert_array_equal(first, again)
    assert (first != second).any()
    assert first.size >= len(TEXT)  # an epoch is as many tokens as the text


@pytest.mark.parametrize("length", [2, 8, 9, 15, 16, 103])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_windows_in_order_ask_for_each_token_but_the_first_once(length, batch_size):
    dataset = windows_in_order(TEXT[:length], context=7, batch_size=batch_size)

    asked = []
    for token_ids, targets, weights in dataset.as_numpy_iterator():
        np.testing.assert_array_equal(targets, token_ids + 1)
        asked += targets[weights == 1].tolist()
        assert set(np.unique(weights)) <= {0, 1}

    assert sorted(asked) == TEXT[1:length].tolist()


@pytest.mark.parametrize(
    "length, context, batch_size, expected",
    [
        (7, 7, 1, "over 7 tokens"),
        (9, 0, 1, "context"),
        (9, 3, 0, "batch size"),
    ],
)
def test_what_does_not_fit_is_refused(length, context, batch_size, expected):
    with pytest.raises(ValueError, match=expected):
        RandomWindows(TEXT[:length], context, batch_size)


def test_a_text_of_one_token_asks_for_nothing():
    with pytest.raises(ValueError, match="expected"):
        windows_in_order(TEXT[:1], context=7, batch_size=1)
