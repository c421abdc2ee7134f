"""Pretrains a BERT on text without labels: gaps to fill, and does a text follow?

Article: §5.2, §7.3.1. Erratum: E11: what makes a BERT, and the article leaves out.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.encoder_pretraining import EncoderPretrainingOptions, pretrain
from roots_tf.train.flags import parse


@dataclass(frozen=True)
class BertPretrainOptions(EncoderPretrainingOptions):
    """Options of ``python -m roots_tf.train.bert_pretrain``; a BERT-tiny."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains on masked tokens and next sentences."""
    program = "python -m roots_tf.train.bert_pretrain"
    options = parse(BertPretrainOptions, program, __doc__, arguments)

    def make_encoder(vocab_size):
        return make_bert(vocab_size, options)

    pretrain(options, "bert_pretrain", "next", make_encoder, arguments)


def make_bert(vocab_size: int, options: EncoderPretrainingOptions):
    """Makes a ``Bert`` with the sizes of the options; its weights come when built."""
    from roots_tf.models.bert import Bert, BertConfig

    config = BertConfig(
        vocab_size=vocab_size,
        hidden_size=options.hidden_size,
        num_layers=options.num_layers,
        num_heads=options.num_heads,
        intermediate_size=4 * options.hidden_size,
        max_positions=options.max_length,
        dropout=options.dropout,
        attention_dropout=options.dropout,
    )
    return Bert(config, options.seed, name="bert")


if __name__ == "__main__":
    sys.exit(main())
