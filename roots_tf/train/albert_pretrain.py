"""Pretrains an ALBERT: gaps to fill, and are two texts in order? One block for all.

Article: §7.3.2. Erratum: E21 (the article gives ALBERT another paper's number).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.encoder_pretraining import EncoderPretrainingOptions, pretrain
from roots_tf.train.flags import option, parse


@dataclass(frozen=True)
class AlbertPretrainOptions(EncoderPretrainingOptions):
    """Options of ``python -m roots_tf.train.albert_pretrain``.

    The tokens are WordPiece's, as in ``bert_pretrain``, so that the two compare; the
    published ALBERT has SentencePiece's.
    """

    embedding_size: int = option(32, "width of the token table")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "embedding_size")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains on masked tokens and the order of sentences."""
    program = "python -m roots_tf.train.albert_pretrain"
    options = parse(AlbertPretrainOptions, program, __doc__, arguments)

    def make_encoder(vocab_size):
        from roots_tf.models.albert import Albert, AlbertConfig

        config = AlbertConfig(
            vocab_size=vocab_size,
            embedding_size=options.embedding_size,
            hidden_size=options.hidden_size,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            intermediate_size=4 * options.hidden_size,
            max_positions=options.max_length,
            dropout=options.dropout,
            attention_dropout=options.dropout,
        )
        return Albert(config, options.seed, name="albert")

    pretrain(options, "albert_pretrain", "order", make_encoder, arguments)


if __name__ == "__main__":
    sys.exit(main())
