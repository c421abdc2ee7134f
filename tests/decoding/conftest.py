"""A next-token model small enough to enumerate: a random recurrent network."""

import numpy as np
import pytest
import tensorflow as tf


class TinyModel:
    """``h <- tanh(h W + E[token])``, ``logits = h U``: every token counts for ever."""

    def __init__(self, vocab_size: int, seed: int, width: int = 5, spread: float = 2.0):
        generator = np.random.default_rng(seed)
        self.vocab_size, self.width = vocab_size, width
        self.recurrent = generator.normal(0, 0.7, (width, width)).astype("float32")
        self.embedding = generator.normal(0, 1, (vocab_size, width)).astype("float32")
        self.output = generator.normal(0, spread, (width, vocab_size)).astype("float32")

    def state(self, batch: int):
        return {"hidden": tf.zeros([batch, self.width]), "position": tf.constant(0)}

    def next_logits(self, token_ids, state):
        hidden = state["hidden"]
        for column in tf.unstack(token_ids, axis=1):
            step = tf.gather(self.embedding, column)
            hidden = tf.tanh(hidden @ self.recurrent + step)
        position = state["position"] + token_ids.shape[1]
        return hidden @ self.output, {"hidden": hidden, "position": position}

    def logits(self, token_ids) -> np.ndarray:
        """The logits (V,) after a text, in NumPy."""
        hidden = np.zeros(self.width)
        for token in token_ids:
            hidden = np.tanh(hidden @ self.recurrent + self.embedding[token])
        return hidden @ self.output

    def log_probabilities(self, token_ids) -> np.ndarray:
        logits = self.logits(token_ids)
        return logits - np.log(np.exp(logits).sum())


@pytest.fixture(scope="session")
def tiny_model():
    return TinyModel
