"""Writing a text token by token (自回归生成) with any model of the next token.

Article: §6 (4. 文本生成), §9.3.

A model is here a function ``next_logits(token_ids (B, n) int32, state)``, which reads n
more tokens of each row and gives ``(logits (B, V), new_state)``, the logits of the
token after them. The state is what it needs to know of the earlier tokens, such as a
key-value cache: tensors, in any nest, whose shapes do not change.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from roots_tf.decoding.sampling import SamplingRule

NextLogits = Callable[[tf.Tensor, Any], tuple[tf.Tensor, Any]]

# In `given`: a token to choose, and none, because the row has ended.
FREE, END = -1, -2


class Decoded(NamedTuple):
    """Texts with their continuations.

    Attributes:
        token_ids: (B, T) int32, 0 after the end of a row.
        lengths: (B,) int32, tokens of each row, prompt and stop token included.
    """

    token_ids: tf.Tensor
    lengths: tf.Tensor


def align_prompts(
    prompts: Sequence[Sequence[int]], length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Makes a batch of prompts of different lengths without any padding.

    As many tokens as the shortest prompt has are read at once. After them the rows go
    on together, one token at a time; a longer prompt gives its own tokens first.

    Args:
        prompts: token ids, one or more for each row.
        length: most tokens to add to each.

    Returns:
        ``prefix`` (B, L) int32, the first tokens of all prompts, and ``given`` (B, N)
        int32, what comes after them: ids of the prompt, then ``length`` times ``FREE``,
        then ``END``.

    Raises:
        ValueError: there is no prompt, one is empty, or ``length`` is below 0.

    Example:
        >>> prefix, given = align_prompts([[5, 6, 7], [8]], length=2)
        >>> prefix.tolist(), given.tolist()
        ([[5], [8]], [[6, 7, -1, -1], [-1, -1, -2, -2]])
    """
    lengths = [len(prompt) for prompt in prompts]
    if not lengths or min(lengths) < 1:
        raise ValueError(f"expected prompts of 1 token or more, got lengths {lengths}")
    if length < 0:
        raise ValueError(f"expected a length of 0 or more, got {length}")
    shared = min(lengths)
    prefix = np.array([prompt[:shared] for prompt in prompts], np.int32)
    given = np.full((len(prompts), max(lengths) - shared + length), END, np.int32)
    for row, prompt in zip(given, prompts, strict=True):
        rest = len(prompt) - shared
        row[:rest] = prompt[shared:]
        row[rest : rest + length] = FREE
    return prefix, given


def align_in_graph(
    token_ids: tf.RaggedTensor, length: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives what ``align_prompts`` gives, of prompts (B, None) int32 in a graph.

    Each must have one token or more.
    """
    lengths = tf.cast(token_ids.row_lengths(), tf.int32)[:, None]  # (B, 1)
    shared, longest = tf.reduce_min(lengths), tf.reduce_max(lengths)
    padded = token_ids.to_tensor(shape=[None, None])
    padded = tf.pad(padded, [[0, 0], [0, length]])  # (B, longest + length)
    places = tf.range(longest + length)[None]
    wanted = tf.where(places < lengths + length, FREE, END)
    wanted = tf.where(places < lengths, padded, wanted)
    return padded[:, :shared], wanted[:, shared:]


def decode(
    next_logits: NextLogits,
    state,
    prefix,
    given,
    rule: SamplingRule,
    stop_tokens: Sequence[int] = (),
    seed=0,
) -> Decoded:
    """Continues texts, the whole loop in the graph.

    Call it within a ``tf.function`` of the model (with ``jit_compile=True`` where all
    shapes are known); outside one it runs step by step.

    Args:
        next_logits: the model.
        state: the model's state before any token.
        prefix, given: int32, from ``align_prompts``.
        rule: how tokens are chosen.
        stop_tokens: ids that end a row when they are chosen.
        seed: int or int32 scalar of the draws; step i draws from (seed, i). Compiled
            with XLA, a seed gives other numbers than without.
    """
    prefix, given = (tf.convert_to_tensor(ids, tf.int32) for ids in (prefix, given))
    logits, state = next_logits(prefix, state)
    rows, steps = shape_of(given)

    def goes_on(step, finished, *_):
        return (step < steps) & ~tf.reduce_all(finished)

    def one_step(step, finished, token_ids, lengths, seen, logits, state):
        column = given[:, step]  # (B,)
        chosen = _choose(rule, logits, seen, seed, step)
        # The loop's shapes must stay, also where a model loses the number of rows.
        chosen = tf.ensure_shape(chosen, column.shape)
        tokens = tf.where(column == FREE, chosen, column)
        finished |= column == END
        tokens = tf.where(finished, 0, tokens)
        lengths += tf.cast(~finished, tf.int32)
        finished |= (column == FREE) & _is_one_of(tokens, stop_tokens)
        here = tf.range(steps) == step  # (N,)
        token_ids = tf.where(here, tokens[:, None], token_ids)
        seen = _mark(rule, seen, tokens[:, None])
        logits, state = next_logits(tokens[:, None], state)
        return step + 1, finished, token_ids, lengths, seen, logits, state

    start = (
        tf.constant(0),
        tf.zeros([rows], tf.bool),
        tf.zeros([rows, steps], tf.int32),
        tf.fill([rows], tf.shape(prefix)[1]),
        _mark(rule, tf.zeros(shape_of(logits), tf.bool), prefix),
        logits,
        state,
    )
    _, _, token_ids, lengths, *_ = tf.while_loop(goes_on, one_step, start)
    return Decoded(tf.concat([prefix, token_ids], axis=1), lengths)  # (B, L + N)


def stream(
    next_logits: NextLogits,
    state,
    prompt: Sequence[int],
    length: int,
    rule: SamplingRule,
    stop_tokens: Sequence[int] = (),
    seed: int = 0,
) -> Iterator[int]:
    """Continues one text, token by token as they are chosen.

    Gives the tokens of ``decode`` with the same seed. The stop token is the last.

    Raises:
        ValueError: the prompt is empty, or ``length`` is below 0.
    """
    token_ids, _ = align_prompts([prompt], length)
    logits, state = next_logits(tf.constant(token_ids), state)
    seen = _mark(rule, tf.zeros(shape_of(logits), tf.bool), token_ids)
    for step in range(length):
        tokens = _choose(rule, logits, seen, seed, step)  # (1,)
        token = int(tokens[0])
        yield token
        if token in stop_tokens or step == length - 1:
            return
        seen = _mark(rule, seen, tokens[:, None])
        logits, state = next_logits(tokens[:, None], state)


def shape_of(tensor):
    """Gives the lengths of the axes, as numbers where they are known (XLA needs it)."""
    known, dynamic = tensor.shape, tf.shape(tensor)
    return [dynamic[axis] if n is None else n for axis, n in enumerate(known)]


def _choose(rule: SamplingRule, logits, seen, seed, step):
    uniform = None
    if not rule.is_greedy:
        uniform = tf.random.stateless_uniform(shape_of(logits), seed=[seed, step])
    return rule.choose(logits, seen, uniform)


def _mark(rule: SamplingRule, seen, token_ids):
    """Sets seen[b, token_ids[b, t]] where the rule looks back."""
    if not rule.looks_back:
        return seen
    token_ids = tf.convert_to_tensor(token_ids, tf.int32)
    rows, count = shape_of(token_ids)
    row = tf.broadcast_to(tf.range(rows)[:, None], [rows, count])
    places = tf.stack([row, token_ids], axis=-1)  # (B, n, 2)
    return tf.tensor_scatter_nd_update(seen, places, tf.ones([rows, count], tf.bool))


def _is_one_of(tokens, stop_tokens: Sequence[int]):
    if not stop_tokens:
        return tf.zeros_like(tokens, tf.bool)
    stops = tf.constant(list(stop_tokens), tf.int32)
    return tf.reduce_any(tokens[:, None] == stops, axis=1)
