"""The parts of the classifier script: text, model, objective, results.

Article: §5.2, §5.3, §4.3.1.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from roots_tf.datasets.classification import TextClassificationData, TextExamples
from roots_tf.evaluation.baselines import (
    BaselineScores,
    bag_of_words_baseline,
    majority_baseline,
)
from roots_tf.evaluation.bootstrap import bootstrap_interval
from roots_tf.evaluation.calibration import (
    expected_calibration_error,
    reliability_bins,
    top_label,
)
from roots_tf.evaluation.classification_report import (
    classification_report,
    confusion_matrix,
    format_report,
)
from roots_tf.evaluation.significance import accuracy, compare
from roots_tf.monitoring.example_scores import write_example_scores
from roots_tf.monitoring.figures import reliability_image
from roots_tf.optimization import losses
from roots_tf.recurrent.bilstm_classifier import (
    BiLstmConfig,
    build_bert_model,
    build_bilstm_classifier,
)
from roots_tf.text.segmentation import is_han
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.word_vectors.word_vector_files import load_word_vectors


def read_texts(data: TextClassificationData, options):
    """Turns the texts of all parts into ids; the vocabulary is that of train alone.

    Returns:
        The vocabulary, the text settings, and by part a list of arrays (T,) int32.

    Raises:
        ValueError: no text of train has a token, or an option does not fit.
    """
    has_han = any(is_han(letter) for text in data.train.texts for letter in text)
    settings = TextSettings(
        # Without Chinese text there is nothing for jieba, which no SavedModel can run.
        han=options.han if has_han else "characters",
        max_length=options.max_length,
        drop_stop_words=data.language if options.drop_stop_words else "",
    )
    parts = ("train", "validation", "test")
    tokens = {name: tokenize(getattr(data, name).texts, settings) for name in parts}
    vocabulary = Vocabulary.build(tokens["train"], max_size=options.vocab_size)
    ids = {name: encode(tokens[name], vocabulary, settings) for name in parts}
    cut = sum(len(text) > settings.max_length for text in tokens["train"])
    print(
        f"{data.name}: {len(data.train.texts):,} training, "
        f"{len(data.validation.texts):,} validation and {len(data.test.texts):,} test "
        f"texts of {len(data.label_names)} classes; {len(vocabulary):,} tokens known, "
        f"{vocabulary.unknown_rate(tokens['validation']):.1%} of the validation text "
        f"is not; {cut:,} training texts cut after {settings.max_length} tokens."
    )
    return vocabulary, settings, ids


def build_model(options, vocabulary: Vocabulary, num_classes: int) -> keras.Model:
    """Builds the printed or the right model for the vocabulary at hand.

    Raises:
        ValueError: a size is out of range, or the word vectors do not fit.
        OSError: the file of word vectors cannot be read.
    """
    if options.model == "printed":
        return build_bert_model(
            len(vocabulary), options.embedding_dim, options.hidden_size, num_classes
        )
    embeddings = None
    if options.embeddings:
        vectors = load_word_vectors(options.embeddings, only=vocabulary.tokens)
        embeddings, found = vectors.embedding_matrix(vocabulary, options.seed)
        print(f"{found:,} of {len(vocabulary):,} tokens have a pretrained vector.")
    config = BiLstmConfig(
        vocab_size=len(vocabulary),
        num_classes=num_classes,
        embedding_dim=options.embedding_dim,
        hidden_size=options.hidden_size,
        pooling=options.pooling,
        dropout=options.dropout,
        mask_padding=options.mask_padding,
        train_embeddings=options.train_embeddings,
    )
    return build_bilstm_classifier(config, embeddings, options.seed)


def objective(model: str) -> tuple[str, Callable, Callable]:
    """Gives what a model puts out, its loss and its training accuracy.

    The printed model has an output a token, so the text's label is repeated for each
    token, the only way in which its code can train on whole texts (erratum E12).
    """
    if model == "printed":
        loss, accuracy = losses.repeated_cross_entropy, losses.repeated_accuracy
        return "token_probabilities", loss, accuracy
    return "logits", losses.cross_entropy, losses.accuracy


def scores(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Gives mean loss (nats), accuracy, macro F1 and calibration error of (N, C)."""
    num_classes = probabilities.shape[1]
    chosen = probabilities[np.arange(len(labels)), labels]
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1), num_classes)
    report = classification_report(matrix, [str(c) for c in range(num_classes)])
    return {
        "loss": float(-np.log(np.maximum(chosen, 1e-7)).mean()),
        "accuracy": report["accuracy"],
        "macro_f1": report["macro"]["f1"],
        "calibration_error": expected_calibration_error(labels, probabilities),
    }


def keep_test_scores(
    folder: Path, test: TextExamples, probabilities: np.ndarray
) -> None:
    """Keeps of each test text whether it was labelled right, for ``roots_tf.runs``."""
    right = probabilities.argmax(axis=1) == test.labels
    write_example_scores(folder, "accuracy", right, test.texts)


def reliability_picture(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Draws how often predictions (N, C) are right against how sure they are."""
    bins = reliability_bins(*top_label(labels, probabilities))
    return reliability_image(bins.confidence, bins.accuracy, bins.count)


def baselines(data: TextClassificationData) -> dict[str, BaselineScores]:
    """Gives what two simple rules make of the test texts."""
    return {
        "bag_of_words": bag_of_words_baseline(data.train, data.test, data.language),
        "majority": majority_baseline(data.train.labels, data.test.labels),
    }


def baseline_metrics(simple: dict[str, BaselineScores]) -> dict[str, float]:
    """Gives accuracy and macro F1 of `baselines`, named as in the run record."""
    return {
        f"{name}_{score}": getattr(scores, score)
        for name, scores in simple.items()
        for score in ("accuracy", "macro_f1")
    }


def print_results(
    data: TextClassificationData,
    probabilities: np.ndarray,
    epoch: int,
    simple: dict[str, BaselineScores],
) -> None:
    """Prints the test report of an epoch's model, and whether it beats simple rules.

    Args:
        data: the set.
        probabilities: (N, C) of its test texts.
        epoch: of the model.
        simple: scores of the rules by name; of the first the difference is tested.
    """
    labels, names = data.test.labels, data.label_names
    predictions = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predictions, len(names))
    report = classification_report(matrix, names)
    print(f"\nTest texts, with the weights of epoch {epoch} (best in validation):")
    print(format_report(report))
    print(f"\n{'':24}accuracy  macro F1")
    print(f"{'this model':24}{report['accuracy']:8.4f}  {report['macro']['f1']:8.4f}")
    for name, found in simple.items():
        kind = "class" if name == "majority" else "baseline"
        shown = f"{name.replace('_', ' ')} {kind}"
        print(f"{shown:24}{found.accuracy:8.4f}  {found.macro_f1:8.4f}")
    rival, first = next(iter(simple.items()))
    interval = bootstrap_interval(accuracy, labels, predictions)
    rivals = "this model", "the " + rival.replace("_", " ")
    print(
        f"\naccuracy of this model: {interval.estimate:.4f} "
        f"(95 % interval {interval.low:.4f} to {interval.high:.4f})"
    )
    print(f"{compare(labels, predictions, first.predictions, names=rivals)}\n")
