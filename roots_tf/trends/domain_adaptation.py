"""Adapting a language model to a domain (领域适配): what it learns, what it forgets.

A pretrained model goes on with pretraining on the texts of a domain. With H the mean
surprise of a token, in nats, the logarithm of the perplexity, on held-out texts:

    gain       H_new(before) - H_new(after)     of the new domain: what is learned
    forgotten  H_old(after) - H_old(before)     of the texts pretrained on

Article: §8.3 (领域特定模型).
Source: Gururangan et al. 2020 (2004.10964), §3 (continued pretraining on a domain);
    forgetting: McCloskey and Cohen 1989, "Catastrophic interference"; both, of full
    fine-tuning beside low-rank adaptation: Biderman et al. 2024 (2405.09673), §4.
"""

import functools
import math
from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from roots_tf.text.random_windows import windows_in_order

_AT_ONCE = 64  # windows


class Surprise(NamedTuple):
    """H of the two domains, nats a token."""

    new: float
    old: float


class Adaptation(NamedTuple):
    """One way to adapt, and where it ends.

    Attributes:
        trained: how many parameters were trained.
        parameters: of the whole model.
        before, after: of the model before and after.
    """

    trained: int
    parameters: int
    before: Surprise
    after: Surprise

    @property
    def gain(self) -> float:
        """Nats a token that are learned of the new domain."""
        return self.before.new - self.after.new

    @property
    def forgotten(self) -> float:
        """Nats a token that are lost of the old domain; below 0 if it got better."""
        return self.after.old - self.before.old

    def share_of(self, other: "Adaptation") -> float:
        """Which share of another one's gain this one has.

        Raises:
            ValueError: the other one gained nothing.
        """
        if other.gain <= 0:
            raise ValueError(f"expected a gain over 0 to compare, got {other.gain:.4f}")
        return self.gain / other.gain


def surprise(model: keras.Model, token_ids: np.ndarray, context: int) -> float:
    """Gives H, the mean of ``-log p`` of each token but the first, nats.

    Args:
        model: token ids (B, T) int32 -> logits (B, T, V).
        token_ids: the text, (N,) int, of 2 tokens or more.
        context: T, tokens of a window; those of another window are not seen.
    """
    nats = tokens = 0.0
    for batch in windows_in_order(token_ids, context, _AT_ONCE):
        found = _compiled(model)(*batch)
        nats, tokens = nats + float(found[0]), tokens + float(found[1])
    return nats / tokens


def adaptation_table(ways: Mapping[str, Adaptation]) -> str:
    """Sets ways to adapt the same model side by side, in Markdown.

    Args:
        ways: by name, one or more.
    """
    head = [
        "way",
        "trained parameters",
        "new domain",
        "gain",
        "old domain",
        "forgotten",
    ]
    (first, *_) = ways.values()
    rows = [["before", "-", *_perplexities(first.before, "-", "-")]]
    for name, way in ways.items():
        trained = f"{way.trained:,} ({way.trained / way.parameters:.1%})"
        changes = f"{way.gain:+.3f}", f"{way.forgotten:+.3f}"
        rows.append([name, trained, *_perplexities(way.after, *changes)])
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _perplexities(found: Surprise, gain: str, forgotten: str) -> list[str]:
    return [
        f"{math.exp(found.new):.2f}",
        gain,
        f"{math.exp(found.old):.2f}",
        forgotten,
    ]


@functools.lru_cache(maxsize=2)
def _compiled(model: keras.Model):
    """Gives a compiled function of its own to each of the last two models measured."""

    @tf.function(reduce_retracing=True, autograph=False)
    def sums(token_ids, targets, weights):
        logits = tf.cast(model(token_ids, training=False), tf.float32)
        values = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        return tf.reduce_sum(weights * values), tf.reduce_sum(weights)

    return sums
