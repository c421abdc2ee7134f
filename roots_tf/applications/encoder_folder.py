"""What every application of an encoder checks, and how its model folder is read.

Article: §5.2, §9.3 (如何应用大规模语言模型).
"""

from pathlib import Path

import keras

from roots_tf.applications.model_folder import load_with_tokenizer
from roots_tf.models import albert  # noqa: F401 (registers it)
from roots_tf.models.encoder_heads import EncoderWithHead
from roots_tf.text.wordpiece import WordPieceTokenizer


def check_encoder(
    encoder: keras.Model, tokenizer: WordPieceTokenizer, max_length: int, least: int
) -> None:
    """Checks that an encoder, a tokenizer and a length fit together.

    Args:
        encoder: a ``Bert`` or an ``Albert``.
        tokenizer: of the model's ids; its padding must be id 0.
        max_length: most tokens of an input, special ones included.
        least: smallest such length that leaves room for text.

    Raises:
        ValueError: they do not.
    """
    config = encoder.config
    if tokenizer.vocab_size != config.vocab_size:
        raise ValueError(
            f"expected a tokenizer of {config.vocab_size} tokens, which the model "
            f"has, got {tokenizer.vocab_size}"
        )
    if tokenizer.pad_id or config.padding_id:
        raise ValueError(
            "expected padding of id 0 in tokenizer and model, "
            f"got {tokenizer.pad_id} and {config.padding_id}"
        )
    if not least <= max_length <= config.max_positions:
        raise ValueError(
            f"expected a length of {least} to {config.max_positions} tokens, which the "
            f"model has positions for, got {max_length}"
        )


def check_names(model: EncoderWithHead, names) -> None:
    """Checks that there is a name for each of the model's C classes.

    Raises:
        ValueError: there is not.
    """
    if len(names) != model.num_classes:
        raise ValueError(
            f"expected {model.num_classes} names, which the model has classes, "
            f"got {len(names)}"
        )


def load_encoder(
    folder: str | Path, task: str, model_class: type[EncoderWithHead]
) -> tuple[EncoderWithHead, WordPieceTokenizer, dict]:
    """Reads a model folder of an encoder; see ``load_with_tokenizer``."""
    return load_with_tokenizer(folder, task, model_class)
