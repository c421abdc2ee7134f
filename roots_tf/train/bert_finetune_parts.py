"""The parts that BERT's fine-tuning for every task has: the encoder, batches, a draw.

Article: §5.2, §6 (1. 文本分类, 3. 问答系统), §8.3. Erratum: E11.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_classification import encoder_inputs
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import EncoderWithHead, TextClassifier
from roots_tf.models.published_weights import load_published
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.trends.low_rank_adaptation import MATRICES, LowRankAdapted


def make_encoder(options, texts: Iterable[str]) -> tuple[Bert, WordPieceTokenizer]:
    """Reads a pretrained BERT with its tokenizer, or makes a new one.

    Args:
        options: of the script.
        texts: of training, from which a new tokenizer is learned.

    Raises:
        ValueError: the folder has no BERT with WordPiece, or sizes do not fit.
        OSError: it cannot be read.
    """
    if not options.pretrained:
        tokenizer = WordPieceTokenizer.learn(texts, options.vocab_size)
        config = BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=options.hidden_size,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            intermediate_size=4 * options.hidden_size,
            max_positions=options.max_length,
            padding_id=tokenizer.pad_id,
        )
        encoder = Bert(config, options.seed, name="bert")
        encoder.build()
    else:
        folder = Path(options.pretrained)
        encoder, tokenizer = load_published(folder), load_tokenizer(folder)
        if not isinstance(encoder, Bert) or not isinstance(
            tokenizer, WordPieceTokenizer
        ):
            raise ValueError(
                f"{folder}: expected a Bert with WordPiece, got a "
                f"{type(encoder).__name__} with a {type(tokenizer).__name__}"
            )
        if options.random_weights:
            encoder = Bert(encoder.config, options.seed, name="bert")
            encoder.build()
    print(f"{encoder.count_params():,} parameters in the encoder.")
    return encoder, tokenizer


def build_classifier(encoder: Bert, num_classes: int, options) -> keras.Model:
    """Puts a head of ``num_classes`` for a text on the encoder."""
    return build_head(TextClassifier, encoder, options, num_classes=num_classes)


def build_head(
    head: type[EncoderWithHead], encoder: Bert, options, **arguments
) -> EncoderWithHead:
    """Puts one of ``models.encoder_heads`` on the encoder."""
    model = head(
        encoder,
        dropout=options.dropout,
        seed=options.seed,
        name="classifier",
        **arguments,
    )
    model.build()
    return model


def of_low_rank(model: EncoderWithHead, options) -> LowRankAdapted:
    """Adds sums of rank ``--low-rank`` to the encoder; they and the head are trained.

    The pooler, where it is read, belongs to the head: no published encoder has
    trained it for this task.
    """
    head = ["head", "pooler"] if model.reads_pooled else ["head"]
    rank = options.low_rank
    adapted = LowRankAdapted(
        model,
        rank,
        2.0 * rank,
        tuple(MATRICES)[:6],
        options.seed,
        head,
        name="low_rank",
    )
    adapted.build()
    trained = sum(math.prod(weight.shape) for weight in adapted.trainable_weights)
    share = trained / model.count_params()
    print(f"Trained: {trained:,} parameters, {share:.2%} of the model's.")
    return adapted


def drawn(count: int, options) -> np.ndarray:
    """Gives the rows of ``--examples`` of so many training examples.

    They are drawn at random; all rows in their order, if that is 0.
    """
    if not options.examples or options.examples >= count:
        return np.arange(count)
    rng = np.random.default_rng(options.seed)
    return rng.choice(count, options.examples, replace=False)


class EncoderBatches:
    """Batches by length, as an encoder reads them: ``({"token_ids": (B, T)}, labels)``.

    Args:
        ids: (T,) int32 of each text.
        labels: (N,) int32, or of each text (T,) int32.
        options: of the script.
        tokenizer: given where the ids are of two texts: ``"segment_ids"`` (B, T) tell
            the two apart.
    """

    def __init__(
        self,
        ids: Sequence[np.ndarray],
        labels: Sequence,
        options,
        tokenizer: WordPieceTokenizer | None = None,
    ):
        self._batches = BucketedBatches(ids, labels, options.batch_size, options.seed)
        self._tokenizer = tokenizer

    def __len__(self) -> int:
        return len(self._batches)

    def __call__(self, epoch: int) -> tf.data.Dataset:
        return self._batches(epoch).map(
            lambda token_ids, labels: (self._inputs(token_ids), labels)
        )

    @property
    def inputs(self) -> dict[str, tf.TensorSpec]:
        """What the model reads, without the numbers."""
        names = ["token_ids"] + ["segment_ids"] * (self._tokenizer is not None)
        return {name: tf.TensorSpec((None, None), tf.int32) for name in names}

    def _inputs(self, token_ids):
        if self._tokenizer is None:
            return {"token_ids": token_ids}
        return encoder_inputs(token_ids, self._tokenizer)
