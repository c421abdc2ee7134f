"""T5's spans: what is cut out comes back, how much, where, and how often."""

import itertools
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.span_corruption import corrupt_spans, span_mask, text_length

END = 1
SENTINELS = tuple(range(999, 899, -1))


def corrupt(token_ids, seed, **options):
    found = corrupt_spans(
        tf.constant(token_ids, tf.int32), seed, tf.constant(SENTINELS), END, **options
    )
    return found.inputs.numpy().tolist(), found.targets.numpy().tolist()


def put_together(inputs: list[int], targets: list[int]) -> list[int]:
    """The original text, from the definition of inputs and targets."""
    assert (inputs[-1], targets[-1]) == (END, END)
    spans, span = {}, None
    for id in targets[:-1]:
        if id in SENTINELS:
            span = spans.setdefault(id, [])
        else:
            span.append(id)
    last = targets[-2]
    assert spans.pop(last) == []
    assert list(spans) == [id for id in inputs if id in SENTINELS]
    return [id for one in inputs[:-1] for id in spans.get(one, [one])]


def counts(length: int, rate: float = 0.15, mean_span: float = 3.0) -> tuple[int, int]:
    """Tokens and spans as the released code counts them."""
    noise = min(max(int(np.round(length * rate)), 1), length - 1)
    return noise, max(int(np.round(noise / mean_span)), 1)


def masks(length: int, number: int, *options):
    """Masks of the seeds (0, 0), (0, 1) and so on."""
    steps = tf.data.Dataset.range(number, output_type=tf.int32)
    drawn = steps.map(lambda step: span_mask(length, [0, step], *options), 2)
    return drawn.as_numpy_iterator()


@pytest.mark.parametrize("length", [*range(2, 16), 30, 100, 512])
def test_inputs_and_targets_give_the_text_back(length):
    text = list(range(10, 10 + length))
    noise, spans = counts(length)

    for step in range(5):
        inputs, targets = corrupt(text, [length, step])

        assert put_together(inputs, targets) == text
        assert len(inputs) == length - noise + spans + 1
        assert len(targets) == noise + spans + 2


def test_sentinels_are_used_in_their_order_one_more_than_spans():
    inputs, targets = corrupt(list(range(10, 210)), [0, 0])

    _, spans = counts(200)
    assert [id for id in inputs if id in SENTINELS] == list(SENTINELS[:spans])
    assert [id for id in targets if id in SENTINELS] == list(SENTINELS[: spans + 1])


def test_the_papers_example():
    text = "Thank you for inviting me to your party last week".split()
    cut = np.array([0, 0, 1, 1, 0, 0, 0, 0, 1, 0], bool)
    ids = list(range(10, 20))
    seeds = ([0, step] for step in itertools.count())
    seed = next(
        seed for seed in seeds if (span_mask(10, seed, 0.3, 1.5).numpy() == cut).all()
    )

    inputs, targets = corrupt(ids, seed, rate=0.3, mean_span=1.5)

    spelt = {**dict(zip(ids, text, strict=True)), 999: "<X>", 998: "<Y>", 997: "<Z>"}
    words = [" ".join(spelt[id] for id in ids[:-1]) for ids in (inputs, targets)]
    # Raffel et al. 2020, figure 2.
    assert words == [
        "Thank you <X> me to your party <Y> week",
        "<X> for inviting <Y> last <Z>",
    ]


def test_each_way_to_place_the_spans_is_equally_likely():
    # 2 spans of 4 tokens in 9, not side by side: all masks with these properties.
    ways = [
        mask
        for mask in itertools.product([False, True], repeat=9)
        if sum(mask) == 4
        and sum(mask[n] and not (n and mask[n - 1]) for n in range(9)) == 2
    ]
    draws = 1500

    found = Counter(tuple(mask.tolist()) for mask in masks(9, draws, 4 / 9, 2.0))

    assert set(found) == set(ways)
    expected = draws / len(ways)
    chi_square = sum((found[way] - expected) ** 2 / expected for way in ways)
    freedom = len(ways) - 1
    assert chi_square < freedom + 5 * (2 * freedom) ** 0.5


def test_a_short_text_can_lose_any_of_its_tokens():
    assert np.any(list(masks(12, 100)), axis=0).all()


@pytest.mark.parametrize("text", [[], [7]])
def test_a_text_without_two_tokens_stays_as_it_is(text):
    inputs, targets = corrupt(text, [0, 0])

    assert inputs == [*text, END]
    assert targets == [SENTINELS[0], END]


def test_without_an_end_token_nothing_is_added():
    found = corrupt_spans(tf.range(10, 30), [0, 0], tf.constant(SENTINELS))

    assert END not in [*found.inputs.numpy(), *found.targets.numpy()]


@pytest.mark.parametrize("inputs_length", [3, 4, 10, 64, 512])
def test_texts_of_the_length_fill_the_encoder_and_no_longer_text_fits(inputs_length):
    length, targets_length = text_length(inputs_length)

    inputs, targets = corrupt(list(range(1000, 1000 + length)), [0, 0])

    assert len(inputs) <= inputs_length
    assert len(targets) == targets_length
    noise, spans = counts(length + 1)
    assert length + 1 - noise + spans + 1 > inputs_length


def test_t5s_own_lengths():
    # The released code's figures for inputs of 512 are 568 and 114; here the targets
    # have the paper's last sentinel too.
    assert text_length(512) == (568, 114 + 1)


def test_an_encoder_too_short_for_any_text_is_refused():
    with pytest.raises(ValueError, match="3 tokens or more, got 2"):
        text_length(2)


def test_too_few_sentinels_are_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError, match="more sentinels"):
        corrupt_spans(tf.range(10, 210), [0, 0], tf.constant(SENTINELS[:10]))


def test_a_seed_gives_the_same_in_tf_data_and_another_seed_another():
    text = tf.range(10, 110)

    dataset = tf.data.Dataset.range(3, output_type=tf.int32).map(
        lambda step: corrupt_spans(text, [9, step], tf.constant(SENTINELS), END),
        num_parallel_calls=2,
    )

    found = [(x.numpy().tolist(), y.numpy().tolist()) for x, y in dataset]
    assert found == [corrupt(text, [9, step]) for step in range(3)]
    assert found[0] != found[1] != found[2]
