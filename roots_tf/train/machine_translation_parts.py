"""The parts of the translation script: pieces, model, batches, measures.

Article: §2.5, §6 (2. 机器翻译). Erratum: E14.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from roots_tf.applications.machine_translation import Translator
from roots_tf.datasets.parallel import ParallelData, SentencePair, load_parallel
from roots_tf.evaluation.nearest_translation import nearest_translations
from roots_tf.evaluation.translation_metrics import (
    translation_differences,
    translation_scores,
    translation_signature,
)
from roots_tf.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from roots_tf.optimization import losses
from roots_tf.recurrent.seq2seq import Seq2Seq, Seq2SeqConfig
from roots_tf.text.pair_batches import PairBatches
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.train.machine_translation_samples import Samples

INPUTS = {
    "source_ids": tf.TensorSpec((None, None), tf.int32),
    "target_ids": tf.TensorSpec((None, None), tf.int32),
}
_VALIDATED = 400  # sentences that are translated after each epoch
_MEASURED = 64  # pairs a batch when the loss is measured


def read_pairs(options) -> tuple[ParallelData, SentencePieceTokenizer]:
    """Reads the pairs, and learns one vocabulary from both sides of training.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """
    data = load_parallel(options.data, options.source, options.target)
    tokenizer = SentencePieceTokenizer.learn(
        (text for pair in data.train for text in pair),
        options.vocab_size,
        num_sentinels=0,
    )
    print(
        f"{data.name}: {len(data.train):,} training, {len(data.validation):,} "
        f"validation and {len(data.test):,} test pairs, {data.source} to "
        f"{data.target}; {tokenizer.vocab_size:,} pieces for both languages."
    )
    for reason, count in data.changes.items():
        print(f"{count:,} x {reason}")
    return data, tokenizer


def make_translator(options, tokenizer: SentencePieceTokenizer) -> Translator:
    """Makes the model, and prints how many parameters it has."""
    if options.model == "transformer":
        config = EncoderDecoderConfig(
            tokenizer.vocab_size,
            hidden_size=options.hidden_size,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            intermediate_size=4 * options.hidden_size,
            max_positions=options.max_length + 1,
            dropout=options.dropout,
        )
        model = EncoderDecoder(config, options.seed, name="transformer")
    else:
        config = Seq2SeqConfig(
            tokenizer.vocab_size,
            embedding_dim=options.hidden_size,
            hidden_size=options.hidden_size,
            attention=options.model == "attention",
            dropout=options.dropout,
        )
        model = Seq2Seq(config, options.seed, name=options.model)
    model.build()
    print(f"{options.model}: {model.count_params():,} parameters.")
    languages = options.source, options.target
    return Translator(model, tokenizer, *languages, options.max_length)


def make_batches(translator: Translator, data: ParallelData, options) -> PairBatches:
    """Gives the training batches; pairs that are too long are left out, and counted.

    Raises:
        ValueError: all are.
    """
    sources, targets = _encoded(translator, data.train)
    left_out = len(data.train) - len(sources)
    if left_out:
        most = options.max_length
        print(f"{left_out:,} training pairs of over {most} tokens left out")
    if not sources:
        raise ValueError(
            f"--max-length: expected more than {options.max_length} tokens, of which "
            "no training pair has so few"
        )
    return PairBatches(sources, targets, options.batch_size, options.seed)


def with_references(
    pairs: Sequence[SentencePair],
) -> tuple[list[str], list[list[str]]]:
    """Gives each different source once, with all its translations."""
    found: dict[str, list[str]] = {}
    for source, target in pairs:
        found.setdefault(source, []).append(target)
    return list(found), list(found.values())


class Evaluation:
    """Scores the translator after each epoch, and once on the test sentences.

    Args:
        monitor: of the run.
        translator: that is trained.
        data: its pairs.
        options: of the script.
    """

    def __init__(self, monitor, translator: Translator, data: ParallelData, options):
        self._translator, self._data, self._options = translator, data, options
        sources, references = with_references(data.validation)
        draw = np.random.default_rng(options.seed).permutation(len(sources))
        kept = self._short_enough([sources[n] for n in draw], "validation")
        kept = [draw[n] for n in kept[:_VALIDATED]]
        self._sources = [sources[n] for n in kept]
        self._references = [references[n] for n in kept]
        pairs = _encoded(translator, data.validation)
        self._batches = list(PairBatches(*pairs, _MEASURED)(1))
        self._samples = Samples(monitor, translator, self._sources, self._references)

    def validate(self, epoch: int) -> dict[str, float]:
        """Gives ``loss`` in nats a token, ``bleu`` and ``chrf`` of greedy search."""
        loss = losses.mean_cross_entropy(self._translator.model, self._batches)
        written = self._translator.translate(self._sources, num_beams=1)
        self._samples.write(epoch, written)
        scores = translation_scores(written, self._references, self._data.target)
        return {"loss": loss, **scores}

    def test(self, epoch: int) -> dict[str, float]:
        """Scores greedy and beam search beside the nearest example, and prints it."""
        data, beams = self._data, self._options.num_beams
        sources, references = with_references(data.test)
        kept = self._short_enough(sources, "test")
        fitting = [sources[n] for n in kept]
        memory = zip(*data.train, strict=True)
        rows = {
            f"this model, {beams} beams": ("", self._answers(fitting, beams)),
            "this model, greedy": ("greedy_", self._answers(fitting, 1)),
            "nearest training sentence's": (
                "nearest_",
                dict(zip(sources, nearest_translations(*memory, sources), strict=True)),
            ),
        }
        print(f"\n{len(sources):,} test sentences, with the weights of epoch {epoch}")
        print(f"(largest chrF in validation):\n\n{'':28}  BLEU   chrF")
        metrics, of_beams, differences = {}, None, []
        for name, (prefix, answers) in rows.items():
            # What is too long to be translated counts as an empty translation.
            written = [answers.get(source, "") for source in sources]
            of_beams = of_beams or written
            if written is not of_beams:
                found = translation_differences(
                    of_beams, written, references, data.target
                )
                differences.append(
                    f"{beams} beams against {name}: BLEU {found['bleu']}, "
                    f"chrF {found['chrf']}"
                )
            scores = translation_scores(written, references, data.target)
            print(f"{name:28}{scores['bleu']:6.2f} {scores['chrf']:6.2f}")
            metrics |= {prefix + key: value for key, value in scores.items()}
        print("\nPaired bootstrap:", *differences, sep="\n    ")
        print(f"\n{translation_signature(data.target)}\n")
        for source, right in [*zip(sources, references, strict=True)][:5]:
            answer = rows[f"this model, {beams} beams"][1].get(source, "")
            print(f"{source}\n    {answer}\n    right: {' / '.join(right)}")
        print()
        return metrics

    def _answers(self, sources, num_beams) -> dict[str, str]:
        written = self._translator.translate(sources, num_beams)
        return dict(zip(sources, written, strict=True))

    def _short_enough(self, sources, part) -> list[int]:
        lengths = map(len, self._translator.encode(sources))
        most = self._translator.max_length
        kept = [n for n, length in enumerate(lengths) if length <= most]
        if len(kept) < len(sources):
            count = len(sources) - len(kept)
            print(f"{count:,} {part} sentences of over {most} tokens not translated")
        return kept


def _encoded(translator, pairs) -> tuple[list, list]:
    """Gives the ids of the pairs that are not too long."""
    sides = (translator.encode(texts) for texts in zip(*pairs, strict=True))
    most = translator.max_length
    kept = [pair for pair in zip(*sides, strict=True) if max(map(len, pair)) <= most]
    return [source for source, _ in kept], [target for _, target in kept]
