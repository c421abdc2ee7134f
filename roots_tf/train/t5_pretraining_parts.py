"""The parts of T5's pretraining: windows with spans cut out, and measures.

Article: §2.5, §7.3.2. Erratum: E20.
Source: Raffel et al. 2020 (1910.10683), §3.1.4; windows that fill the encoder, with no
padding: §3.1.2.
"""

import numpy as np
import tensorflow as tf

from roots_tf.evaluation.perplexity import perplexity
from roots_tf.models.t5 import T5, shift_right
from roots_tf.models.t5_config import T5Config
from roots_tf.optimization import losses
from roots_tf.text.random_windows import RandomWindows
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.text.span_corruption import Corrupted, corrupt_spans, text_length
from roots_tf.train.language_model_parts import LanguageModelData

INPUTS = {
    "source_ids": tf.TensorSpec((None, None), tf.int32),
    "target_ids": tf.TensorSpec((None, None), tf.int32),
}
_MEASURED = 1_024  # windows of the validation text


def t5_config(options, tokenizer: SentencePieceTokenizer) -> T5Config:
    """Gives the sizes of the model, and prints how many parameters that makes.

    The feed-forward networks are as many times as wide as the published small models':
    4 times in version 1.0, twice in 1.1, which has a third matrix there.
    """
    times = 4 if options.version == "1.0" else 2
    config = T5Config.tiny(
        tokenizer.vocab_size,
        options.version,
        hidden_size=options.hidden_size,
        head_width=options.hidden_size // options.num_heads,
        intermediate_size=times * options.hidden_size,
        num_layers=options.num_layers,
        num_heads=options.num_heads,
        dropout=options.dropout,
    )
    print(f"{config.parameter_count:,} parameters.")
    return config


class SpanBatches:
    """The batches of each epoch: windows with spans cut out, the same for one seed.

    Calling it with an epoch's number gives a ``tf.data.Dataset`` of ``(inputs,
    labels)``: inputs as ``T5`` takes them, ``source_ids`` (B, S) and ``target_ids``
    (B, T), the labels (B, T), what the decoder has to write; all int32. All windows
    have the same number of tokens, and so do sources and targets: nothing is padded.

    Args:
        token_ids: the text, (N,) int, longer than a window.
        data: the text that it is a part of.
        options: of the script.

    Raises:
        ValueError: the text is too short.
    """

    def __init__(self, token_ids: np.ndarray, data: LanguageModelData, options):
        self._token_ids, self._tokenizer = token_ids, data.tokenizer
        self._options = options
        self._length, _ = text_length(options.source_length)
        if len(token_ids) <= self._length:
            raise ValueError(
                f"{data.name}: expected over {self._length} tokens for training and "
                f"for validation (a --source-length of {options.source_length}), "
                f"got {len(token_ids)}"
            )
        self._windows = self._random_windows(
            options.batch_size, options.batches or None
        )

    def __len__(self) -> int:
        return len(self._windows)

    def __call__(self, epoch: int) -> tf.data.Dataset:
        return self._corrupted(self._windows, epoch)

    def fixed(self) -> list:
        """Gives batches to measure a model on, the same ones after each epoch."""
        size = 64
        windows = self._random_windows(size, _MEASURED // size)
        return list(self._corrupted(windows, 0))

    def _random_windows(self, batch_size, batches):
        seed = self._options.seed
        return RandomWindows(self._token_ids, self._length, batch_size, batches, seed)

    def _corrupted(self, windows: RandomWindows, epoch: int) -> tf.data.Dataset:
        tokenizer = self._tokenizer
        sentinels, end = tf.constant(tokenizer.sentinel_ids), tokenizer.end_id

        def corrupt(number, texts):  # (B, n)
            seed = tf.random.fold_in([self._options.seed, epoch], number)
            seeds = tf.random.split(seed, tf.shape(texts)[0], alg="philox")  # (B, 2)
            found = tf.map_fn(
                lambda pair: corrupt_spans(*pair, sentinels, end),
                (texts, seeds),
                fn_output_signature=Corrupted(tf.int32, tf.int32),
            )
            targets = found.targets  # (B, T)
            inputs = {"source_ids": found.inputs, "target_ids": shift_right(targets)}
            return inputs, targets

        texts = windows(epoch).map(lambda texts, _: texts).enumerate()
        batches = texts.map(corrupt, tf.data.AUTOTUNE, deterministic=True)
        return batches.prefetch(tf.data.AUTOTUNE)


def measure(
    model: T5, tokenizer: SentencePieceTokenizer, batches: list
) -> dict[str, float]:
    """Measures a model that is told the true beginning of each target.

    Returns:
        ``loss`` in nats a target token, ``perplexity`` and ``accuracy`` of the target
        tokens, and ``gap_perplexity`` and ``gap_accuracy`` of those that stood in the
        text: sentinels and ``</s>``, more than a third of the targets, are easier.
    """
    sums = sum(
        _sums(model, inputs, labels, _from_text(labels, tokenizer)).numpy()
        for inputs, labels in batches
    )
    count, nats, right, gap_count, gap_nats, gap_right = map(float, sums)
    return {
        "loss": nats / count,
        "perplexity": perplexity(nats, int(count)),
        "accuracy": right / count,
        "gap_perplexity": perplexity(gap_nats, int(gap_count)),
        "gap_accuracy": gap_right / gap_count,
    }


def by_frequency_alone(data: LanguageModelData, batches: list) -> dict[str, float]:
    """Measures, on the gaps' tokens, what knows how frequent each token is, no more.

    Frequencies are those of the training part, each count one higher, so that a token
    that is not there has a probability too.

    Returns:
        ``unigram_gap_perplexity``, and ``commonest_gap_accuracy`` of always answering
        the commonest token.
    """
    counts = np.bincount(data.train, minlength=data.tokenizer.vocab_size) + 1
    tokens = np.concatenate(
        [labels[_from_text(labels, data.tokenizer)] for _, labels in batches]
    )
    nats = -np.log(counts / counts.sum())[tokens].sum()
    return {
        "unigram_gap_perplexity": perplexity(float(nats), len(tokens)),
        "commonest_gap_accuracy": float(np.mean(tokens == counts.argmax())),
    }


def print_results(metrics: dict[str, float], epoch: int) -> None:
    """Prints the measures of an epoch's model beside those of simple answers."""
    print(f"\nValidation text, with the weights of epoch {epoch} (lowest loss):")
    print(f"loss {metrics['loss']:.4f} nats a target token, sentinels included")
    print(
        f"perplexity of the tokens cut out {metrics['gap_perplexity']:.2f} "
        f"(by frequency alone {metrics['unigram_gap_perplexity']:.2f})"
    )
    print(
        f"tokens cut out told rightly {metrics['gap_accuracy']:.1%} "
        f"(always the commonest: {metrics['commonest_gap_accuracy']:.1%})\n"
    )


def _from_text(labels, tokenizer):
    """Tells which labels (B, T) stood in the text: no sentinels and no ``</s>``."""
    return (labels != tokenizer.end_id) & (labels < min(tokenizer.sentinel_ids))


@tf.function(reduce_retracing=True, autograph=False)
def _sums(model, inputs, labels, from_text):
    logits = model(inputs, training=False)
    values = losses.cross_entropy(labels, logits)  # (B, T)
    right = losses.accuracy(labels, logits)  # (B, T)
    ones, gaps = tf.ones_like(values), tf.cast(from_text, tf.float32)
    each = (ones, values, right, gaps, gaps * values, gaps * right)
    return tf.stack([tf.reduce_sum(one) for one in each])
