"""T5's task: spans of a text are cut out, and the model writes what was there.

Article: §7.3.2 (T5). Erratum: E20.
Source: Raffel et al. 2020 (1910.10683), §3.1.4 and figure 2, §3.3.4; the numbers of
tokens and spans are those of the released code, ``random_spans_noise_mask``.

    text     Thank you for inviting me to your party last week
    inputs   Thank you <0> me to your party <1> week
    targets  <0> for inviting <1> last <2>

``<0>``, ``<1>`` … are the sentinels. Of n tokens round(0.15 n) are cut out, in spans of
3 on average, never two side by side; each way to do so is equally likely. (The released
code always cuts the end of the text out: of a text with one span nothing else.)
"""

from typing import NamedTuple

import tensorflow as tf

RATE, MEAN_SPAN = 0.15, 3.0


class Corrupted(NamedTuple):
    """A text with gaps, and what fills them.

    Attributes:
        inputs: (S,) int32, the text, each span replaced by one sentinel.
        targets: (T,) int32, the spans, a sentinel before each and one after the last.
    """

    inputs: tf.Tensor
    targets: tf.Tensor


def corrupt_spans(
    token_ids: tf.Tensor,
    seed: tf.Tensor,
    sentinel_ids: tf.Tensor,
    end_id: int | None = None,
    rate: float = RATE,
    mean_span: float = MEAN_SPAN,
) -> Corrupted:
    """Cuts spans out of one text, the same for one seed on every machine.

    Args:
        token_ids: (n,) int32; of fewer than 2 tokens none is cut out.
        seed: (2,) int32, such as the run's seed and the number of the text.
        sentinel_ids: (N,) int32; there must be more than spans.
        end_id: closes inputs and targets, T5's ``</s>``; None for none.
        rate: share of the tokens to cut out.
        mean_span: tokens of a span, on average.

    Raises:
        tf.errors.InvalidArgumentError: there are too few sentinels.
    """
    cut = span_mask(tf.size(token_ids), seed, rate, mean_span)  # (n,)
    starts = cut & ~tf.concat([[False], cut[:-1]], axis=0)
    spans = tf.reduce_sum(tf.cast(starts, tf.int32))
    enough = tf.debugging.assert_less(
        spans, tf.size(sentinel_ids), "expected more sentinels than spans"
    )
    with tf.control_dependencies([enough]):
        number = tf.cumsum(tf.cast(starts, tf.int32)) - 1  # of the span, (n,)
    sentinels = tf.gather(sentinel_ids, tf.maximum(number, 0))
    inputs = tf.where(starts, sentinels, token_ids)[~cut | starts]
    ends = tf.constant([] if end_id is None else [end_id], token_ids.dtype)
    # Each token that was cut out, the first of a span with its sentinel before it.
    pairs = tf.stack([sentinels, token_ids], axis=1)  # (n, 2)
    targets = pairs[tf.stack([starts, cut], axis=1)]
    last = tf.gather(sentinel_ids, [spans])
    return Corrupted(
        tf.concat([inputs, ends], axis=0), tf.concat([targets, last, ends], axis=0)
    )


def span_mask(
    length: tf.Tensor,
    seed: tf.Tensor,
    rate: float = RATE,
    mean_span: float = MEAN_SPAN,
) -> tf.Tensor:
    """Draws which tokens are cut out.

    Args:
        length: n, of the text.
        seed, rate, mean_span: as for ``corrupt_spans``.

    Returns:
        (n,) bool, True = cut out.
    """
    n = tf.maximum(length, 2)
    noise, spans = _counts(n, rate, mean_span)
    draws = tf.random.stateless_uniform([2, n + 1], seed, alg="philox")
    cut = _random_parts(draws[0], noise, spans)  # (spans,)
    # What is kept lies before, between and after them; at the ends it may be nothing.
    kept = _random_parts(draws[1], n - noise + 2, spans + 1)  # (spans + 1,)
    places = tf.range(spans + 1)
    kept -= tf.cast((places == 0), tf.int32) + tf.cast((places == spans), tf.int32)
    lengths = tf.stack([kept, tf.concat([cut, [0]], axis=0)], axis=1)
    is_cut = tf.range(2 * spans + 2) % 2 == 1
    mask = tf.repeat(is_cut, tf.reshape(lengths, [-1]))  # (n,)
    return mask[:length] & (length > 1)


def text_length(
    inputs_length: int, rate: float = RATE, mean_span: float = MEAN_SPAN
) -> tuple[int, int]:
    """Gives how long texts must be to fill the encoder.

    Args:
        inputs_length: S, with sentinels and ``</s>``.
        rate, mean_span: as for ``corrupt_spans``.

    Returns:
        The most tokens n of a text with inputs of S or fewer, and the length T of its
        targets, with the last sentinel and ``</s>``.

    Raises:
        ValueError: no text of 2 tokens fits.

    Example:
        >>> text_length(512)
        (568, 115)
    """
    n, lengths = 1, None
    while True:
        noise, spans = map(int, _counts(tf.constant(n + 1), rate, mean_span))
        if n + 1 - noise + spans + 1 > inputs_length:
            break
        n, lengths = n + 1, (n + 1, noise + spans + 2)
    if lengths is None:
        raise ValueError(f"expected inputs of 3 tokens or more, got {inputs_length}")
    return lengths


def _counts(n, rate, mean_span):
    """How many of n >= 2 tokens to cut out, and in how many spans."""
    noise = tf.round(rate * tf.cast(n, tf.float64))
    noise = tf.clip_by_value(tf.cast(noise, tf.int32), 1, n - 1)
    spans = tf.round(tf.cast(noise, tf.float64) / mean_span)
    most = tf.minimum(noise, n - noise + 1)
    return noise, tf.clip_by_value(tf.cast(spans, tf.int32), 1, most)


def _random_parts(draws, total, parts):
    """Splits a number into parts of 1 or more, each way equally likely."""
    order = tf.argsort(draws[: total - 1])
    is_border = tf.argsort(order) < parts - 1  # of the total - 1 places between units
    part = tf.cumsum(tf.cast(is_border, tf.int32))
    part = tf.concat([[0], part], axis=0)  # (total,)
    return tf.math.unsorted_segment_sum(tf.ones_like(part), part, parts)
