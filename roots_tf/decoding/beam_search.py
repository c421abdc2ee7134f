"""Beam search (束搜索): the most probable text that K open ends at a time can find.

Article: §6 (2. 机器翻译, 4. 文本生成).

With Y the tokens after the prompt, X the prompt (or a source text within the state),

    s(Y, X) = log P(Y | X) / lp(Y),   lp(Y) = (5 + |Y|)^alpha / (5 + 1)^alpha

is the score of a finished text. At alpha = 0 it is the log-probability, which prefers
short texts; about 0.6 makes up for that.

Source: Wu et al. 2016 (1609.08144), §7, eq. (14), without its coverage penalty.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from roots_tf.decoding.autoregressive import NextLogits, shape_of


class Beams(NamedTuple):
    """The K best texts found for each prompt, from the best.

    Attributes:
        token_ids: (B, K, N) int32, the tokens after the prompt, 0 after the end.
        lengths: (B, K) int32, |Y|, the stop token included.
        scores: (B, K) float32, s(Y, X) in nats; -inf for a text that was not found.
    """

    token_ids: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor


def beam_search(
    next_logits: NextLogits,
    state,
    prefix,
    length: int,
    num_beams: int,
    stop_tokens: Sequence[int] = (),
    alpha: float = 0.6,
) -> Beams:
    """Searches the texts that score best, the whole search in the graph.

    A text ends with a stop token, or unfinished after ``length`` tokens. The search
    ends when no open text can still score better than the finished ones.

    Args:
        next_logits: the model, as in ``roots_tf.decoding.autoregressive``.
        state: the model's state before any token; tensors with B rows first, or
            scalars, which are the same for all rows.
        prefix: prompts (B, L) int32, all of one length.
        length: N, most tokens to add.
        num_beams: K, texts that are kept open, and finished texts that are kept.
        stop_tokens: ids that end a text.
        alpha: strength of the length normalisation, 0 for none.

    Raises:
        ValueError: ``num_beams`` or ``length`` is below 1, or ``alpha`` below 0.
    """
    if num_beams < 1 or length < 1:
        raise ValueError(
            f"expected num_beams and length of 1 or more, got {num_beams} and {length}"
        )
    if not 0 <= alpha < float("inf"):
        raise ValueError(f"expected alpha of 0 or more, got {alpha}")
    prefix = tf.convert_to_tensor(prefix, tf.int32)
    logits, state = next_logits(prefix, state)
    batch, vocab_size = shape_of(logits)
    stops = tf.constant(sorted(set(stop_tokens)), tf.int32)  # (S,)
    is_stop = tf.reduce_any(tf.range(vocab_size)[:, None] == stops, axis=1)  # (V,)
    final_penalty = _length_penalty(length, alpha)

    def goes_on(step, open_ends, finished, *_):
        # Log-probabilities only fall, and the penalty of the full length divides most.
        best = tf.reduce_max(open_ends.scores, axis=1) / final_penalty  # (B,)
        worst = tf.reduce_min(finished.scores, axis=1)
        return (step < length) & tf.reduce_any(best > worst)

    def one_step(step, open_ends, finished, logits, state):
        scores = tf.nn.log_softmax(tf.cast(logits, tf.float32))
        scores = tf.reshape(scores, [batch, num_beams, vocab_size])
        scores += open_ends.scores[:, :, None]  # (B, K, V), log P(Y | X)
        penalty = _length_penalty(step + 1, alpha)

        if stop_tokens:
            ending = tf.gather(scores, stops, axis=2)  # (B, K, S)
            ended = _extend(open_ends, ending, stops, step)[0]
            ended = ended._replace(scores=ended.scores / penalty)
            finished = _best(finished, ended)

        going_on = tf.where(is_stop, -float("inf"), scores)
        tokens = tf.range(vocab_size)
        open_ends, parents = _extend(open_ends, going_on, tokens, step)
        rows = tf.range(batch)[:, None] * num_beams + parents  # (B, K)
        state = _take_rows(state, tf.reshape(rows, [-1]))
        last = tf.reshape(open_ends.token_ids[:, :, step], [-1, 1])  # (B K, 1)
        logits, state = next_logits(last, state)
        return step + 1, open_ends, finished, logits, state

    each = tf.repeat(tf.range(batch), num_beams)  # (B K,)
    nothing = Beams(
        tf.zeros([batch, num_beams, length], tf.int32),
        tf.zeros([batch, num_beams], tf.int32),
        tf.fill([batch, num_beams], -float("inf")),
    )
    # All K open ends are the prompt itself: one of them counts.
    first = tf.where(tf.range(num_beams) == 0, 0.0, -float("inf"))
    open_ends = nothing._replace(scores=tf.tile(first[None], [batch, 1]))
    start = (
        tf.constant(0),
        open_ends,
        nothing,
        tf.gather(logits, each),
        _take_rows(state, each),
    )
    _, open_ends, finished, *_ = tf.while_loop(goes_on, one_step, start)
    # An open end that stopped short of the full length could no longer win.
    unfinished = open_ends._replace(scores=open_ends.scores / final_penalty)
    unfinished = unfinished._replace(
        scores=tf.where(unfinished.lengths == length, unfinished.scores, -float("inf"))
    )
    return _best(finished, unfinished)


def _length_penalty(length, alpha: float):
    return ((5.0 + tf.cast(length, tf.float32)) / 6.0) ** alpha


def _extend(beams: Beams, scores, tokens, step):
    """Gives the K best texts of one more token, and the texts they come from.

    Args:
        beams: open texts of ``step`` tokens.
        scores: (B, K, n) of each text with each token.
        tokens: (n,) the tokens.
    """
    batch, num_beams, choices = shape_of(scores)
    scores = tf.reshape(scores, [batch, num_beams * choices])
    scores, places = tf.math.top_k(scores, num_beams)  # (B, K)
    parents = places // choices
    token_ids = tf.gather(beams.token_ids, parents, batch_dims=1)  # (B, K, N)
    here = tf.range(token_ids.shape[2]) == step
    new = tf.gather(tokens, places % choices)[:, :, None]
    token_ids = tf.where(here, new, token_ids)
    return Beams(token_ids, tf.ones_like(parents) * (step + 1), scores), parents


def _best(some: Beams, others: Beams) -> Beams:
    """Gives the K best of two sets of K texts, from the best."""
    both = [tf.concat(pair, axis=1) for pair in zip(some, others, strict=True)]
    _, order = tf.math.top_k(both[2], some.scores.shape[1])
    return Beams(*(tf.gather(part, order, batch_dims=1) for part in both))


def _take_rows(state, rows):
    return tf.nest.map_structure(
        lambda part: tf.gather(part, rows) if part.shape.rank else part, state
    )
