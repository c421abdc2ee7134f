"""The parts of the BERT fine-tuning script: the encoder, its texts, its batches.

Article: §5.2, §6 (1. 文本分类). Erratum: E11.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.datasets.classification import TextClassificationData, TextExamples
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.models.published_weights import load_published
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.text.wordpiece import WordPieceTokenizer


def draw_examples(data: TextClassificationData, options) -> TextClassificationData:
    """Keeps ``--examples`` training texts, drawn at random; all, if that is 0.

    The names of the classes stay, so that a class may be left without a text.
    """
    count = len(data.train)
    if not options.examples or options.examples >= count:
        return data
    rows = np.random.default_rng(options.seed).choice(
        count, options.examples, replace=False
    )
    texts = tuple(data.train.texts[row] for row in rows)
    return dataclasses.replace(data, train=TextExamples(texts, data.train.labels[rows]))


def make_encoder(
    options, data: TextClassificationData
) -> tuple[Bert, WordPieceTokenizer]:
    """Reads a pretrained BERT with its tokenizer, or makes a new one.

    Raises:
        ValueError: the folder has no BERT with WordPiece, or sizes do not fit.
        OSError: it cannot be read.
    """
    if not options.pretrained:
        tokenizer = WordPieceTokenizer.learn(data.train.texts, options.vocab_size)
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
    """Puts a head of ``num_classes`` on the encoder."""
    model = TextClassifier(
        encoder, num_classes, options.dropout, options.seed, name="classifier"
    )
    model.build()
    return model


def encode_parts(
    classifier: EncoderTextClassifier, data: TextClassificationData
) -> dict[str, list[np.ndarray]]:
    """Turns the texts of all parts into ids, and says how many are cut."""
    parts = {name: getattr(data, name) for name in ("train", "validation", "test")}
    encoded = {name: classifier.encode(part.texts) for name, part in parts.items()}
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in parts.items())
    print(
        f"{data.name}: {sizes} texts of {len(data.label_names)} classes; "
        f"{encoded['train'][1]:,} training texts cut after {classifier.max_length} "
        f"tokens; {classifier.tokenizer.vocab_size:,} tokens known."
    )
    return {name: ids for name, (ids, _) in encoded.items()}


class EncoderBatches:
    """Batches by length, as an encoder reads them: ``({"token_ids": (B, T)}, labels)``.

    Args:
        ids: (T,) int32 of each text.
        labels: (N,) int32.
        options: of the script.
    """

    def __init__(self, ids: Sequence[np.ndarray], labels: np.ndarray, options):
        self._batches = BucketedBatches(ids, labels, options.batch_size, options.seed)

    def __len__(self) -> int:
        return len(self._batches)

    def __call__(self, epoch: int) -> tf.data.Dataset:
        return self._batches(epoch).map(
            lambda token_ids, labels: ({"token_ids": token_ids}, labels)
        )
