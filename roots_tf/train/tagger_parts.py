"""The parts of the tagger script: vocabulary, batches, scores.

Article: §5.2, §5.3, §4.3.1.
"""

import tensorflow as tf

from roots_tf.applications.sequence_tagging import SequenceTagger
from roots_tf.datasets.tagging import TaggingData
from roots_tf.evaluation.entity_metrics import entity_scores
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.normalization import normalize
from roots_tf.text.vocabulary import Vocabulary


def known_tokens(data: TaggingData, vocab_size: int) -> Vocabulary:
    """Builds the vocabulary of the training sentences and says how far it reaches.

    Raises:
        ValueError: the size leaves no room for a token.
    """
    texts = {
        name: [
            [normalize(token, fold_case=False) for token in sentence]
            for sentence in part.tokens
        ]
        for name, part in (("train", data.train), ("validation", data.validation))
    }
    # A token of nothing but invisible characters is unknown.
    known = [[token for token in text if token] for text in texts["train"]]
    vocabulary = Vocabulary.build(known, max_size=vocab_size)
    print(
        f"{data.name}: {len(data.train.tokens):,} training, "
        f"{len(data.validation.tokens):,} validation and {len(data.test.tokens):,} "
        f"test sentences, {len(data.tag_names)} tags; {len(vocabulary):,} tokens "
        f"known, {vocabulary.unknown_rate(texts['validation']):.1%} of the validation "
        "tokens are not."
    )
    return vocabulary


class TagBatches(BucketedBatches):
    """Bucketed batches with a third part: weight 1 for a token, 0 for padding."""

    def __call__(self, epoch: int) -> tf.data.Dataset:
        return (
            super()
            .__call__(epoch)
            .map(
                lambda ids, tags: (
                    ids,
                    tf.maximum(tags, 0),
                    tf.cast(tags >= 0, tf.float32),
                )
            )
        )


def tag_batches(data: TaggingData, tagger: SequenceTagger, options) -> TagBatches:
    """Makes the training batches ``(token_ids, tags, weights)``, each (B, T)."""
    number = {name: index for index, name in enumerate(data.tag_names)}
    tags = [[number[tag] for tag in sentence] for sentence in data.train.tags]
    sequences = tagger.encode(data.train.tokens)
    return TagBatches(sequences, tags, options.batch_size, options.seed)


def entity_metrics(true_tags, predicted_tags) -> dict[str, float]:
    """Gives entity-level precision, recall and F1 over all types."""
    scores = entity_scores(true_tags, predicted_tags)
    return {name: scores[name] for name in ("precision", "recall", "f1")}


def print_results(data: TaggingData, predicted, epoch: int) -> None:
    """Prints the test scores of an epoch's model by entity type."""
    scores = entity_scores(data.test.tags, predicted)
    print(f"\nTest sentences, with the weights of epoch {epoch} (best in validation):")
    print(f"{'':16}precision  recall      f1  entities")
    for kind, row in {**scores["types"], "all": scores}.items():
        print(
            f"{kind:16}{row['precision']:9.4f}{row['recall']:8.4f}{row['f1']:8.4f}"
            f"{row['support']:10,}"
        )
    print()
