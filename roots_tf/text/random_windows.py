"""Windows of a long text, and after each token the next one: what a GPT learns from.

    tokens   t_s     t_(s+1)  ...  t_(s+T-1)       what the model reads
    targets  t_(s+1) t_(s+2)  ...  t_(s+T)         what it is asked at each position

Article: §2.1, §6 (4. 文本生成), §9.2.
Source: Radford et al. 2018 (GPT), §3.1, eq. 1, where T is the context window k.
"""

import numpy as np
import tensorflow as tf


class RandomWindows:
    """The batches of each epoch: windows that begin anywhere in the text.

    Calling it with an epoch's number gives a ``tf.data.Dataset`` of ``(token_ids,
    targets)``, both (B, T) int32. Where the windows begin depends on the seed and that
    number alone, so that a killed run can go on in the middle of an epoch.

    Args:
        token_ids: the text, (N,) int, of T + 1 tokens or more.
        context: T.
        batch_size: windows a batch, B.
        batches: batches an epoch; None for so many that an epoch has N tokens.
        seed: of the places.

    Raises:
        ValueError: the text is too short, or a number below 1.
    """

    def __init__(
        self,
        token_ids: np.ndarray,
        context: int,
        batch_size: int,
        batches: int | None = None,
        seed: int = 0,
    ):
        _check(token_ids, context, batch_size)
        if batches is None:
            batches = -(-len(token_ids) // (context * batch_size))
        if batches < 1:
            raise ValueError(f"expected 1 batch or more an epoch, got {batches}")
        self._token_ids = tf.constant(token_ids, tf.int32)  # (N,)
        self.context, self.batch_size = context, batch_size
        self.batches, self.seed = batches, seed

    def __len__(self) -> int:
        return self.batches

    def __call__(self, epoch: int) -> tf.data.Dataset:
        generator = np.random.default_rng([self.seed, epoch])
        places = len(self._token_ids) - self.context
        shape = (self.batches, self.batch_size)
        starts = generator.integers(0, places, shape, dtype=np.int32)
        return _windows(self._token_ids, starts, self.context)


def windows_in_order(
    token_ids: np.ndarray, context: int, batch_size: int
) -> tf.data.Dataset:
    """Gives windows that together ask for each token of a text but the first, once.

    For measuring a model. The first tokens of a window are predicted from few others,
    which makes the mean a little worse than it would be with a window for each token.

    Args:
        token_ids: the text, (N,) int, of 2 tokens or more.
        context: T.
        batch_size: windows a batch, B; the last batch may have fewer.

    Returns:
        A dataset of ``(token_ids, targets, weights)``, (B, T) int32, int32 and float32;
        weights are 0 in the last window where the one before it has asked already.

    Raises:
        ValueError: the text is too short, or a number below 1.
    """
    context = min(context, len(token_ids) - 1)
    _check(token_ids, context, batch_size)
    last = len(token_ids) - 1 - context
    starts = np.append(np.arange(0, last, context), last).astype(np.int32)
    weights = np.ones((len(starts), context), np.float32)
    if len(starts) > 1:
        weights[-1, : starts[-2] + context - last] = 0
    rows = [starts[n : n + batch_size] for n in range(0, len(starts), batch_size)]
    full = tf.ragged.constant(rows, dtype=tf.int32)
    windows = _windows(tf.constant(token_ids, tf.int32), full, context)
    weights = tf.data.Dataset.from_tensor_slices(weights).batch(batch_size)
    return tf.data.Dataset.zip(windows, weights).map(
        lambda pair, weights: (*pair, weights)
    )


def _windows(token_ids, starts, context):
    def cut(batch):  # (B,)
        if isinstance(batch, tf.RaggedTensor):
            batch = batch.to_tensor()
        places = batch[:, None] + tf.range(context + 1)  # (B, T + 1)
        window = tf.gather(token_ids, places)
        return window[:, :-1], window[:, 1:]  # (B, T), (B, T)

    dataset = tf.data.Dataset.from_tensor_slices(starts)
    return dataset.map(cut).prefetch(tf.data.AUTOTUNE)


def _check(token_ids, context, batch_size):
    if context < 1 or batch_size < 1:
        raise ValueError(
            "expected a context and a batch size of 1 or more, "
            f"got {context} and {batch_size}"
        )
    if len(token_ids) <= context:
        raise ValueError(
            f"expected a text of over {context} tokens (the context), "
            f"got {len(token_ids)}"
        )
