"""Trains the section-5 model as what it is: a tagger, here of entity names (NER).

Article: §5.2, §5.3. Errata: E11, E12, E13.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.devices import prepare_tensorflow
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.run import (
    GradientRunOptions,
    command_words,
    start,
)


@dataclass(frozen=True)
class TaggerOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.tagger``; sizes as in the article."""

    epochs: int = option(10, "passes over the training sentences")
    data: str = option("cluener", "tagging set", choices=("cluener", "msra", "wnut17"))
    vocab_size: int = option(10_000, "entries of the vocabulary at most")
    embedding_dim: int = option(128, "width of the token vectors")
    hidden_size: int = option(128, "width of one LSTM direction")
    dropout: float = option(0.3, "share of features dropped in training")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, evaluates once on the test sentences, saves."""
    options = parse(
        TaggerOptions, "python -m roots_tf.train.tagger", __doc__, arguments
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.applications.sequence_tagging import SequenceTagger
    from roots_tf.datasets.tagging import load_tagging
    from roots_tf.monitoring.projector import write_projector
    from roots_tf.optimization import losses
    from roots_tf.recurrent.bilstm_classifier import BiLstmConfig
    from roots_tf.recurrent.bilstm_tagger import build_bilstm_tagger
    from roots_tf.train.monitored_run import monitored
    from roots_tf.train.tagger_parts import (
        entity_metrics,
        known_tokens,
        print_results,
        tag_batches,
    )

    with bad_input_ends_the_program():
        data = load_tagging(options.data)
        vocabulary = known_tokens(data, options.vocab_size)
        config = BiLstmConfig(
            vocab_size=len(vocabulary),
            num_classes=len(data.tag_names),
            embedding_dim=options.embedding_dim,
            hidden_size=options.hidden_size,
            dropout=options.dropout,
        )
        run = start(options, "tagger", data.name)
    with strategy.scope():
        model = build_bilstm_tagger(config, seed=options.seed)
    # The Chinese sets come as characters, the English one as words.
    units = "characters" if data.language == "zh" else "words"
    tagger = SequenceTagger(model, vocabulary, data.tag_names, units)
    batches = tag_batches(data, tagger, options)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command = command_words("tagger", arguments)
    with (
        failure_ends_the_program(run.folder),
        monitored(run, options, command, model, data, len(batches), "f1") as watched,
    ):

        def validate(epoch, step):
            predicted = tagger.predict(data.validation.tokens)
            return entity_metrics(data.validation.tags, predicted)

        epoch = watched.train(
            model,
            optimizer,
            losses.cross_entropy,
            losses.accuracy,
            batches,
            validate,
            strategy,
        )
        predicted = tagger.predict(data.test.tokens)
        test = entity_metrics(data.test.tags, predicted)
        vectors = model.get_layer("embedding").get_weights()[0]
        counts = {"frequency": vocabulary.counts}
        write_projector(run.folder / "projector", vectors, vocabulary.tokens, counts)
        tagger.save(run.model_folder)
        watched.finish(test)
        print_results(data, predicted, epoch)
        watched.print_where()


if __name__ == "__main__":
    sys.exit(main())
