"""Exercises on the article's BiLSTM, and on the way from it to BERT.

Article: §5.2, §5.3.
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


def _depth(biases=True, positions=64, norms=2, pooled=2, blocks=2):
    V, D, F, C = 7_000, 128, 512, 9
    attention = 4 * (D * D + biases * D)
    feed_forward = 2 * D * F + biases * (F + D)
    block = attention + feed_forward + norms * 2 * D
    return V * D + positions * D + blocks * block + pooled * D * C + biases * C


def _weights(axis=1, hidden="scores"):
    def weights(scores, mask):
        real = mask[None, :] if hidden != "rows" else mask[:, None]
        if hidden in ("scores", "rows"):
            scores = np.where(real, scores, -1e9)
        if hidden == "zeros":
            scores = scores * real
        found = np.exp(scores - scores.max(axis=axis, keepdims=True))
        found = found / found.sum(axis=axis, keepdims=True)
        return found * real if hidden == "weights" else found

    return weights


def _drawn_scores(random):
    length = int(random.integers(4, 8))
    return random.normal(size=(length, length)), np.arange(length) < length - 2


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
    "05_3_real_bert": {
        1: Exercise(
            "a number of parameters",
            _depth(),
            {
                "the biases are missing": _depth(biases=False),
                "the vectors of the 64 positions are missing": _depth(positions=0),
                "a block has two norms, each of a scale and a shift": _depth(norms=1),
                "the norms are missing": _depth(norms=0),
                "mean and maximum side by side are 2 D numbers": _depth(pooled=1),
                "that is one block: there are two": _depth(blocks=1),
            },
            tolerance=1e-7,
        ),
        2: Exercise(
            "a function of scores (T, T) and a mask (T,), True for words, that gives "
            "weights (T, T)",
            _weights(),
            {
                "that is without the mask": _weights(hidden="nothing"),
                "a word's weights no longer add up to 1: mask before the softmax": (
                    _weights(hidden="weights")
                ),
                "a score of 0 is not a weight of 0": _weights(hidden="zeros"),
                "it is the columns of padding that are to be hidden, not its rows": (
                    _weights(hidden="rows")
                ),
                "the weights of a row add up to 1": _weights(axis=0),
            },
            draw=_drawn_scores,
            tolerance=1e-5,
        ),
        3: Exercise(
            "three numbers: hidden, replaced, left",
            [120, 15, 15],
            {
                "those are shares of the tokens asked for: 15 % of 1,000 are": (
                    [800, 100, 100]
                ),
                "8 of 10 are hidden, one is replaced, one is left": [150, 0, 0],
            },
        ),
        4: OPEN,
        5: OPEN,
    },
}
