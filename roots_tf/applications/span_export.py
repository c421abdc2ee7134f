"""A TensorFlow SavedModel that answers questions from passages, with no Python.

It is `span_extraction` once more, all in one graph: tokens and their places in the
passage, windows, the model, the best span, and the characters of the answer.

Article: §6 (3. 问答系统), §9.3 (如何应用大规模语言模型).
"""

from pathlib import Path

import tensorflow as tf

from roots_tf.applications.encoder_classification import pairs_in_graph
from roots_tf.applications.saved_model import write_saved_model
from roots_tf.applications.span_extraction import SpanExtractor
from roots_tf.text.places_in_graph import placed_tokens
from roots_tf.text.wordpiece import CLS, SEP

BATCH = 16  # windows that the model reads at once


def export_span_extractor(extractor: SpanExtractor, folder: str | Path) -> None:
    """Writes a TensorFlow SavedModel; see `saved_model`.

    It takes ``texts`` (B,) string, each ``question TAB passage``, and gives ``answers``
    (B,) string, ``starts`` and ``ends`` (B,) int32, in characters of the passage, and
    ``probabilities`` (B,) float32, as `SpanExtractor.predict` does. A text that is no
    pair is refused.
    """

    def answer(texts):
        return answers_in_graph(extractor, *pairs_in_graph(texts))

    write_saved_model(folder, answer, extractor.model)


def answers_in_graph(
    extractor: SpanExtractor, questions: tf.Tensor, passages: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Answers questions (B,) string from passages (B,) string within a graph.

    The windows and the rule of the best span are those of `span_extraction`.
    """
    tokenizer, most = extractor.tokenizer, extractor.max_length
    asked = tokenizer.encode(questions)[:, : most // 3]
    ids, starts, ends = placed_tokens(tokenizer, passages)
    first_token = tf.cast(ids.row_starts(), tf.int32)  # of each passage, (B,)
    length, head = _row_lengths(ids), _row_lengths(asked) + 2
    room = most - head - 1
    step = tf.maximum(1, room // 2)
    count = 1 + -(-tf.maximum(0, length - room) // step)
    count = tf.where(length > 0, count, 0)  # windows of each passage

    row = tf.repeat(tf.range(tf.size(count)), count)  # of each window, (N,)
    begin = tf.ragged.range(count).flat_values * tf.gather(step, row)
    size = tf.minimum(tf.gather(length, row) - begin, tf.gather(room, row))
    begin += tf.gather(first_token, row)  # in all passages' tokens
    tokens = tf.ragged.range(begin, begin + size)  # (N, None)
    special = [tf.fill((tf.size(row), 1), tokenizer.special_ids[x]) for x in (CLS, SEP)]
    token_ids = tf.concat(
        [
            special[0],
            tf.gather(asked, row),
            special[1],
            tokens.with_values(tf.gather(ids.flat_values, tokens.flat_values)),
            special[1],
        ],
        axis=1,
    ).to_tensor(tokenizer.pad_id)  # (N, T)
    head = tf.gather(head, row)
    place = tf.range(tf.shape(token_ids)[1])
    in_passage = (place >= head[:, None]) & (place < (head + size)[:, None])
    marks = tf.where(in_passage, 0, -1)
    first, last, score = _best_spans(extractor, token_ids, marks)

    # Of each passage the window whose span is the most probable, the first of equals.
    rows = tf.size(count)
    best = tf.math.unsorted_segment_max(score, row, rows)
    is_best = tf.equal(score, tf.gather(best, row))
    windows = tf.size(row)
    window = tf.where(is_best, tf.range(windows), windows)
    window = tf.math.unsorted_segment_min(window, row, rows)
    found = window < windows  # else the passage has no window
    window = tf.where(found, window, 0)

    def character(values, token):
        token = tf.concat([begin + token - head, [0]], axis=0)  # never empty
        values = tf.concat([values.flat_values, [0]], axis=0)
        return tf.where(found, tf.gather(values, tf.gather(token, window)), 0)

    start, end = character(starts, first), character(ends, last)
    return {
        "answers": tf.strings.substr(passages, start, end - start, unit="UTF8_CHAR"),
        "starts": start,
        "ends": end,
        "probabilities": tf.where(found, tf.exp(best), 0.0),
    }


def _row_lengths(ragged):
    return tf.cast(ragged.row_lengths(), tf.int32)


def _best_spans(extractor, token_ids, marks):
    """Gives first and last token (N,) of the best spans, and their scores (N,)."""
    count, length = tf.unstack(tf.shape(token_ids))
    longest = extractor.longest_answer

    def of_batch(batch):
        start, end = extractor.scores(*batch)  # (BATCH, T)
        end = tf.pad(end, [[0, 0], [0, longest]], constant_values=-float("inf"))
        sums = [start + end[:, more : more + length] for more in range(longest)]
        sums = tf.reshape(tf.stack(sums, axis=1), (BATCH, -1))  # (BATCH, longest * T)
        # Of equals the first: the shortest span, then the first in the window.
        place = tf.argmax(sums, axis=1, output_type=tf.int32)
        first, more = place % length, place // length
        return first, first + more, tf.reduce_max(sums, axis=1)

    padding = [[0, -count % BATCH], [0, 0]]
    batches = [
        tf.reshape(tf.pad(values, padding, constant_values=value), (-1, BATCH, length))
        for values, value in ((token_ids, 0), (marks, -1))
    ]
    kinds = (tf.int32, tf.int32, tf.float32)
    found = tf.map_fn(of_batch, tuple(batches), fn_output_signature=kinds)
    return tuple(tf.reshape(values, (-1,))[:count] for values in found)
