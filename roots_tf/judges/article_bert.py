"""Exercises on the article's BiLSTM.

Article: §5.2.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _lstm(order=(0, 1, 2, 3), forgets=True, output_tanh=True):
    """An LSTM's last state; `order` tells where i, f, candidate, o are taken from."""

    def last_state(x, W, U, b):
        h = c = np.zeros(len(U))
        for x_t in x:
            gates = np.split(x_t @ W + h @ U + b, 4)
            i, f, candidate, o = (gates[place] for place in order)
            c = (_sigmoid(f) if forgets else 1) * c + _sigmoid(i) * np.tanh(candidate)
            h = _sigmoid(o) * (np.tanh(c) if output_tanh else c)
        return h

    return last_state


def _drawn_lstm(random):
    length, H = int(random.integers(3, 9)), 4
    shapes = (length, 3), (3, 4 * H), (H, 4 * H), (4 * H,)
    return tuple(random.normal(size=shape) for shape in shapes)


def _share_of_words(predictions, labels, token_ids):
    right = predictions == labels[:, None]
    return right[token_ids > 0].mean()


def _share_of_all(predictions, labels, token_ids):
    return (predictions == labels[:, None]).mean()


def _mean_of_shares(predictions, labels, token_ids):
    right, real = predictions == labels[:, None], token_ids > 0
    return np.mean((right & real).sum(axis=1) / real.sum(axis=1))


def _drawn_predictions(random):
    lengths, longest = random.integers(1, 9, 5), 9
    token_ids = random.integers(1, 50, (5, longest))
    token_ids[np.arange(longest) >= lengths[:, None]] = 0
    return random.integers(0, 2, (5, longest)), random.integers(0, 2, 5), token_ids


def _pooled(masked_mean=True, masked_max=True, zeros=False):
    def pooled(states, mask):
        real = mask[..., None]
        count = real.sum(axis=1) if masked_mean else states.shape[1]
        mean = np.where(real | (not masked_mean), states, 0).sum(axis=1) / count
        hidden = 0 if zeros else -np.inf
        largest = np.where(real | (not masked_max), states, hidden).max(axis=1)
        return np.concatenate([mean, largest], axis=1)

    return pooled


def _zeroed(states, mask):
    """Padding set to 0, then pooled without a mask."""
    return _pooled(False, False)(states * mask[..., None], mask)


def _drawn_states(random):
    lengths = random.integers(1, 5, 4)
    mask = np.arange(5) < lengths[:, None]
    return random.normal(size=(4, 5, 3)), mask


EXERCISES = {
    "05_2_article_bert": {
        1: Exercise(
            "a function of x (T, E), W (E, 4 H), U (H, 4 H) and b (4 H,) that gives "
            "the last state (H,)",
            _lstm(),
            {
                "Keras' order is input gate, forget gate, candidate, output": (
                    _lstm(order=(0, 1, 3, 2))
                ),
                "input gate and forget gate are exchanged: that is the first": (
                    _lstm(order=(1, 0, 2, 3))
                ),
                "the forget gate is missing": _lstm(forgets=False),
                "the output gate is multiplied by tanh of c, not by c": (
                    _lstm(output_tanh=False)
                ),
            },
            draw=_drawn_lstm,
            tolerance=1e-4,
        ),
        2: Exercise(
            "a function of predictions (B, T), labels (B,) and token ids (B, T), 0 for "
            "padding, that gives a share",
            _share_of_words,
            {
                "that counts padding, too": _share_of_all,
                "each word counts alike: that is a mean of the texts' shares": (
                    _mean_of_shares
                ),
            },
            draw=_drawn_predictions,
            tolerance=1e-6,
        ),
        3: Exercise(
            "a function of vectors (B, T, D) and a mask (B, T), True for real ones, "
            "that gives mean and maximum side by side, (B, 2 D)",
            _pooled(),
            {
                "that is pooled without the mask": _pooled(False, False),
                "the mean divides by all positions: count the real ones": _zeroed,
                "the maximum sees the padding": _pooled(masked_max=False),
                "the mean sees the padding": _pooled(masked_mean=False),
                "the maximum may be below 0: padding set to 0 wins": _pooled(
                    zeros=True
                ),
            },
            draw=_drawn_states,
            tolerance=1e-5,
        ),
        4: OPEN,
    },
}
