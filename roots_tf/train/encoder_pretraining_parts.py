"""The parts of encoder pretraining: documents, pairs with gaps, measures.

Article: §5.2, §7.3.1, §7.3.2. Errata: E11, E21.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.datasets.plain_text import PlainText, load_plain_text
from roots_tf.models.bert_pretraining import EncoderPretraining, pretraining_loss
from roots_tf.text.packing import pack
from roots_tf.text.sentence_pairs import pair_dataset
from roots_tf.text.sentences import split_sentences
from roots_tf.text.token_masking import mask_tokens
from roots_tf.text.whole_words import WholeWords, each_token_a_word
from roots_tf.text.wordpiece import MASK, WordPieceTokenizer

INPUTS = {
    "token_ids": tf.TensorSpec((None, None), tf.int32),
    "segment_ids": tf.TensorSpec((None, None), tf.int32),
    "padding_mask": tf.TensorSpec((None, None), tf.bool),
    "masked_positions": tf.TensorSpec((None, None), tf.int32),
}
_MEASURED = 20  # batches of the validation documents


@dataclass(frozen=True)
class Documents:
    """Documents in sentences of token ids.

    Attributes:
        name: of the text.
        content_hash: SHA-256 of the documents.
        tokenizer: learned from the training documents.
        train, validation: of each document its sentences, arrays of ids (n,) int32.
    """

    name: str
    content_hash: str
    tokenizer: WordPieceTokenizer
    train: list[list[np.ndarray]]
    validation: list[list[np.ndarray]]

    @property
    def run_name(self) -> str:
        """What to name a run after: "docstrings", or of a path its last part."""
        return Path(self.name).resolve().name.partition(".")[0] or "text"


def read_documents(options) -> Documents:
    """Reads a text and cuts it into documents, sentences and tokens, all in memory.

    A document is a docstring, or what stands between two blank lines of a file. Which
    are kept for validation is drawn by the seed.

    Raises:
        ValueError: it is no text, or there are too few documents.
        OSError: it cannot be read.
    """
    source = load_plain_text(options.data)
    print(f"Reading {source.name} ...", flush=True)
    documents = list(_documents(source))
    order = np.random.default_rng(options.seed).permutation(len(documents))
    kept = max(2, round(options.validation * len(documents)))
    if len(documents) < 2 * kept:
        raise ValueError(
            f"{source.name}: expected {2 * kept} documents or more, a blank line "
            f"between two, got {len(documents)}"
        )
    parts = {"validation": order[:kept], "train": order[kept:]}
    sentences = {
        name: [split_sentences(documents[place]) for place in places]
        for name, places in parts.items()
    }
    known = (sentence for document in sentences["train"] for sentence in document)
    tokenizer = WordPieceTokenizer.learn(known, options.vocab_size)
    ids = {name: _encode(tokenizer, part) for name, part in sentences.items()}
    tokens = sum(len(sentence) for part in ids["train"] for sentence in part)
    print(
        f"{source.name}: {len(ids['train']):,} documents and {tokens:,} tokens to "
        f"learn from, {kept:,} documents for validation; {tokenizer.vocab_size:,} "
        "different tokens."
    )
    digest = hashlib.sha256("\0".join(documents).encode()).hexdigest()
    return Documents(source.name, digest, tokenizer, ids["train"], ids["validation"])


class PairBatches:
    """The batches of each epoch: pairs of texts with gaps, the same for one seed.

    Calling it with an epoch's number gives a ``tf.data.Dataset`` of ``(inputs,
    labels)`` as ``EncoderPretraining`` and ``pretraining_loss`` take them.

    Args:
        documents: each a list of sentences, arrays of ids.
        tokenizer: of the ids.
        kind: of the pairs, see ``text.sentence_pairs``.
        options: of the script.
    """

    def __init__(
        self,
        documents: list[list[np.ndarray]],
        tokenizer: WordPieceTokenizer,
        kind: str,
        options,
    ):
        self._documents, self._tokenizer = documents, tokenizer
        self._kind, self._options = kind, options
        special = tokenizer.special_ids.values()
        self._random_ids = tf.constant(
            [id for id in range(tokenizer.vocab_size) if id not in special], tf.int32
        )
        self._words = lambda token_ids: each_token_a_word(token_ids, special)
        if options.whole_words:
            self._words = WholeWords(tokenizer.tokens, special)

    def __len__(self) -> int:
        return self._options.batches

    def __call__(self, epoch: int) -> tf.data.Dataset:
        options = self._options

        def shuffled():
            times = 0
            while True:  # as often as it takes for the batches of an epoch
                rng = np.random.default_rng([options.seed, epoch, times])
                for place in rng.permutation(len(self._documents)):
                    yield self._documents[place]
                times += 1

        pairs = pair_dataset(
            shuffled, self._kind, options.max_length - 3, [options.seed, epoch]
        )
        batches = pairs.ragged_batch(options.batch_size, drop_remainder=True)
        batches = batches.take(options.batches).enumerate()
        prepared = batches.map(
            lambda number, pair: self._prepare(epoch, number, *pair),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        known = tf.data.experimental.assert_cardinality(options.batches)
        return prepared.apply(known).prefetch(tf.data.AUTOTUNE)

    def fixed(self) -> list:
        """Gives batches to measure a model on, the same ones after each epoch."""
        return list(self(0).take(_MEASURED))

    def _prepare(self, epoch, number, first, second, label):
        tokenizer, options = self._tokenizer, self._options
        packed = pack(
            first,
            second,
            tokenizer.special_ids,
            tokenizer.pad_id,
            options.max_length,
            fill=True,
        )
        batch = tf.cast(epoch * options.batches + number, tf.int32)
        masked = mask_tokens(
            packed.token_ids,
            self._words(packed.token_ids),
            tf.stack([options.seed, batch]),
            tokenizer.special_ids[MASK],
            self._random_ids,
        )
        inputs = {
            "token_ids": masked.token_ids,
            "segment_ids": packed.segment_ids,
            "padding_mask": packed.padding_mask,
            "masked_positions": masked.masked_positions,
        }
        labels = {
            "masked_ids": masked.masked_ids,
            "masked_weights": masked.masked_weights,
            "pair_label": label,
        }
        return inputs, labels


def gap_accuracy(labels: dict, outputs: dict) -> tf.Tensor:
    """Gives (B,) float32 whose mean is the share of the batch's gaps filled rightly."""
    best = tf.argmax(outputs["masked_logits"], axis=-1, output_type=tf.int32)
    right = tf.cast(best == labels["masked_ids"], tf.float32)  # (B, M)
    weights = labels["masked_weights"]
    per_text = tf.reduce_mean(tf.reduce_sum(weights, axis=1))
    return tf.reduce_sum(weights * right, axis=1) / tf.maximum(per_text, 1e-6)


def measure(model: EncoderPretraining, batches: list) -> dict[str, float]:
    """Measures a model on batches with gaps.

    Returns:
        ``loss`` in nats, of gaps and pairs together; ``gap_accuracy`` and
        ``pair_accuracy``.
    """
    found = np.mean([_measures(model, *batch) for batch in batches], axis=0)
    names = ("loss", "gap_accuracy", "pair_accuracy")
    return dict(zip(names, map(float, found), strict=True))


def print_results(
    metrics: dict[str, float], epoch: int, data: Documents, batches: list
) -> None:
    """Prints the measures of an epoch's model beside those of a constant answer."""
    counts = np.bincount(
        np.concatenate([sentence for doc in data.train for sentence in doc]),
        minlength=data.tokenizer.vocab_size,
    )
    commonest = int(counts.argmax())
    labels = [labels for _, labels in batches]
    hits = sum(
        float(tf.reduce_sum(w * tf.cast(ids == commonest, tf.float32)))
        for ids, w in ((one["masked_ids"], one["masked_weights"]) for one in labels)
    )
    gaps = sum(float(tf.reduce_sum(one["masked_weights"])) for one in labels)
    print(f"\nValidation documents, with the weights of epoch {epoch} (lowest loss):")
    print(f"loss {metrics['loss']:.4f} nats, of gaps and pairs together")
    token = data.tokenizer.tokens[commonest]
    print(
        f"gaps filled rightly {metrics['gap_accuracy']:.1%} "
        f"(always {token!r}: {hits / gaps:.1%})"
    )
    print(f"pairs told rightly  {metrics['pair_accuracy']:.1%} (by chance 50 %)\n")


@tf.function(reduce_retracing=True, autograph=False)
def _measures(model, inputs, labels):
    outputs = model(inputs, training=False)
    best = tf.argmax(outputs["pair_logits"], axis=-1, output_type=tf.int32)
    right = tf.cast(best == labels["pair_label"], tf.float32)
    each = (pretraining_loss(labels, outputs), gap_accuracy(labels, outputs), right)
    return tf.stack([tf.reduce_mean(one) for one in each])


def _documents(source: PlainText):
    for text in source.documents():
        parts = re.split(r"\n\s*\n", text) if source.files else [text]
        yield from (part for part in parts if part.strip())


def _encode(tokenizer, documents):
    """Gives the sentences' ids; one call of the tokenizer for many documents."""
    encoded = []
    for start in range(0, len(documents), 2_000):
        some = documents[start : start + 2_000]
        ids = tokenizer.encode([sentence for doc in some for sentence in doc])
        rows = np.split(ids.flat_values.numpy(), ids.row_splits.numpy()[1:-1])
        places = np.cumsum([len(doc) for doc in some])
        firsts = places - [len(doc) for doc in some]
        encoded += [
            [row for row in rows[first:last] if len(row)]
            for first, last in zip(firsts, places, strict=True)
        ]
    return [document for document in encoded if document]
