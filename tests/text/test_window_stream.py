"""Windows of a stream of texts: nothing lost, each token asked for once."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.window_stream import window_stream

END, PAD = 1, 0


def stream(batches: list[list[list[int]]]) -> tf.data.Dataset:
    """A dataset of ragged batches, of any sizes."""
    spec = tf.RaggedTensorSpec([None, None], tf.int32, ragged_rank=1)
    return tf.data.Dataset.from_generator(
        lambda: (
            tf.ragged.constant(batch, dtype=tf.int32, ragged_rank=1)
            for batch in batches
        ),
        output_signature=spec,
    )


def random_batches(seed: int) -> list[list[list[int]]]:
    rng = np.random.default_rng(seed)
    return [
        [
            rng.integers(2, 99, rng.integers(0, 12)).tolist()
            for _ in range(rng.integers(0, 5))
        ]
        for _ in range(rng.integers(0, 8))
    ]


@pytest.mark.parametrize("context", [1, 3, 8, 200])
@pytest.mark.parametrize("seed", range(4))
def test_windows_are_the_joined_texts_cut_at_every_t_tokens(seed, context):
    batches = random_batches(seed)
    joined = [id for batch in batches for text in batch for id in (*text, END)]

    windows = list(window_stream(stream(batches), context, END, PAD))

    asked = max(len(joined) - 1, 0)
    assert len(windows) == -(-asked // context)
    for number, (token_ids, targets, weights) in enumerate(windows):
        start = number * context
        real = min(context, asked - start)
        filling = [PAD] * (context - real)
        tokens = (joined + [PAD] * context)[start : start + context]
        assert token_ids.numpy().tolist() == tokens
        assert targets.numpy().tolist() == joined[start + 1 :][:context] + filling
        assert weights.numpy().tolist() == [1] * real + [0] * len(filling)


def test_the_result_does_not_depend_on_how_texts_are_batched():
    texts = [text for batch in random_batches(9) for text in batch]

    at_once = list(window_stream(stream([texts]), 5, END, PAD))
    one_by_one = list(window_stream(stream([[text] for text in texts]), 5, END, PAD))

    for ours, others in zip(at_once, one_by_one, strict=True):
        assert [x.numpy().tolist() for x in ours] == [
            x.numpy().tolist() for x in others
        ]


def test_windows_are_int32_int32_and_float32_and_batch():
    batches = window_stream(stream([[[5] * 40]]), 4, END, PAD).batch(3)

    for tokens, targets, weights in batches.take(1):
        assert tokens.shape == targets.shape == weights.shape == (3, 4)
        assert (tokens.dtype, targets.dtype) == (tf.int32, tf.int32)
        assert weights.dtype == tf.float32


def test_a_context_below_1_is_refused():
    with pytest.raises(ValueError, match="context of 1 or more, got 0"):
        window_stream(stream([]), 0, END, PAD)
