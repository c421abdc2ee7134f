"""The parts of the summarisation script: model, batches, measures, what is shown.

Article: §6 (4. 文本生成).
"""

import numpy as np
import tensorflow as tf

from roots_tf.applications.gap_filling import GapFiller
from roots_tf.applications.lead_summary import (
    lead_sentences,
    lead_words,
    sentences_of,
)
from roots_tf.applications.summarization import Summarizer
from roots_tf.applications.textrank import textrank_summary
from roots_tf.datasets.summaries import SummaryData
from roots_tf.evaluation.significance import compare
from roots_tf.evaluation.summary_metrics import METRICS, rouge_scores, rouge_units
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import T5Config
from roots_tf.monitoring.text_samples import text_table
from roots_tf.optimization import losses
from roots_tf.text.pair_batches import PairBatches
from roots_tf.text.sentencepiece import SentencePieceTokenizer

INPUTS = {
    "source_ids": tf.TensorSpec((None, None), tf.int32),
    "target_ids": tf.TensorSpec((None, None), tf.int32),
}
_VALIDATED = 300  # texts that are summed up after each epoch
_MEASURED = 64  # pairs a batch when the loss is measured
_SHOWN = 8  # texts in TensorBoard
_PRINTED = 4


def make_summarizer(options, data: SummaryData) -> Summarizer:
    """Reads the pretrained model, or learns the pieces and makes a new one.

    Raises:
        ValueError, OSError: there is no such model, or it is no T5.
    """
    print(
        f"{data.name}: {len(data.train):,} texts with summaries for training, "
        f"{len(data.validation):,} for validation, {len(data.test):,} for the test."
    )
    for reason, count in data.changes.items():
        print(f"{count:,} x {reason}")
    if options.pretrained:
        found = GapFiller.load(options.pretrained)
        model, tokenizer = found.model, found.tokenizer
    else:
        tokenizer = SentencePieceTokenizer.learn(
            (text for row in data.train for text in row),
            options.vocab_size,
            num_sentinels=0,
        )
        # Version 1.0 ties the head to the embeddings: what is read can be written.
        config = T5Config.tiny(
            tokenizer.vocab_size,
            "1.0",
            hidden_size=options.hidden_size,
            head_width=options.hidden_size // options.num_heads,
            intermediate_size=4 * options.hidden_size,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            dropout=options.dropout,
        )
        model = T5(config, options.seed, name="t5")
        model.build()
    print(f"{tokenizer.vocab_size:,} pieces, {model.count_params():,} parameters.")
    lengths = options.source_length, options.target_length
    return Summarizer(model, tokenizer, data.language, *lengths)


def make_batches(summarizer: Summarizer, data: SummaryData, options) -> PairBatches:
    """Gives the training batches, and says how many texts and summaries are cut."""
    for name, length, texts in (
        ("texts", options.source_length, [row.text for row in data.train]),
        ("summaries", options.target_length, [row.summary for row in data.train]),
    ):
        lengths = summarizer.tokenizer.encode(texts).row_lengths().numpy()
        cut = np.mean(lengths >= length)
        print(f"{cut:.1%} of the training {name} are cut to {length} tokens.")
    pairs = _encoded(summarizer, data.train)
    return PairBatches(*pairs, options.batch_size, options.seed)


class Evaluation:
    """Scores the summaries after each epoch, and once those of the test texts.

    Args:
        monitor: of the run.
        summarizer: that is trained.
        data: its texts.
        options: of the script.
    """

    def __init__(self, monitor, summarizer: Summarizer, data: SummaryData, options):
        self._monitor, self._summarizer = monitor, summarizer
        self._data, self._options = data, options
        draw = np.random.default_rng(options.seed).permutation(len(data.validation))
        self._rows = [data.validation[n] for n in draw[:_VALIDATED]]
        pairs = _encoded(summarizer, data.validation)
        self._batches = list(PairBatches(*pairs, _MEASURED)(1))

    def validate(self, epoch: int) -> dict[str, float]:
        """Gives ``loss`` in nats a token, and ROUGE (0 to 100) of greedy search."""
        loss = losses.mean_cross_entropy(self._summarizer.model, self._batches)
        texts, references = zip(*self._rows, strict=True)
        written = self._summarizer.summarize(texts, num_beams=1)
        rows = list(zip(texts, written, references, strict=True))
        table = text_table(("text", "summary", "right"), rows[:_SHOWN])
        self._monitor.text("validation", epoch, "summaries", table)
        scores = rouge_scores(written, references, self._data.language)
        means = {name: 100 * float(score.mean()) for name, score in scores.items()}
        return {"loss": loss, **means}

    def test(self, epoch: int) -> dict[str, float]:
        """Scores beams and greedy search beside lead and TextRank, and prints it."""
        texts, references = zip(*self._data.test, strict=True)
        beams, language = self._options.num_beams, self._data.language
        rows = {
            f"this model, {beams} beams": (
                "",
                self._summarizer.summarize(texts, beams),
            ),
            "this model, greedy": (
                "greedy_",
                self._summarizer.summarize(texts, num_beams=1),
            ),
        } | baselines(self._data)
        print(f"\n{len(texts):,} test texts, with the weights of epoch {epoch} (the")
        print(f"largest ROUGE-L in validation):\n\n{'':28}ROUGE-1  ROUGE-2  ROUGE-L")
        metrics, of_each = {}, {}
        for name, (prefix, written) in rows.items():
            scores = rouge_scores(written, references, language)
            of_each[name] = scores["rougeL"]
            means = {metric: 100 * float(scores[metric].mean()) for metric in METRICS}
            print(f"{name:28}" + "  ".join(f"{mean:7.2f}" for mean in means.values()))
            metrics |= {prefix + metric: mean for metric, mean in means.items()}
        print(f"\nROUGE-L, on the same texts ({units_of(language)}):")
        ours, *others = of_each
        for name in others[1:]:
            print(compared(of_each[ours], of_each[name], (ours, name)))
        print()
        for text, written, right in [
            *zip(texts, rows[ours][1], references, strict=True)
        ][:_PRINTED]:
            print(f"{' '.join(text.split())[:160]}\n    {written}\n    right: {right}")
        print()
        return metrics


def baselines(data: SummaryData) -> dict[str, tuple[str, list[str]]]:
    """Sums up the test texts without a model, as long as training summaries are.

    Returns:
        Of each baseline, by its name: the prefix of its metrics, and its summaries.
    """
    language, right = data.language, [row.summary for row in data.train]
    count = max(1, round(np.mean([len(sentences_of(one, language)) for one in right])))
    words = round(np.mean([len(rouge_units(one, language)) for one in right]))
    texts = [row.text for row in data.test]
    number = f"{count} sentence" + "s" * (count > 1)
    return {
        f"lead, {number}": (
            "lead_",
            [lead_sentences(text, count, language) for text in texts],
        ),
        f"lead, {words} words": (
            "lead_words_",
            [lead_words(text, words) for text in texts],
        ),
        f"TextRank, {number}": (
            "textrank_",
            [textrank_summary(text, count, language) for text in texts],
        ),
    }


def compared(ours, others, names: tuple[str, str]) -> str:
    """Compares the scores (N,) of two summarisers on the same texts, in a line."""
    return str(compare(np.zeros(len(ours)), ours, others, _mean_score, names))


def units_of(language: str) -> str:
    return "characters" if language == "zh" else "stemmed words"


def _mean_score(_, scores) -> float:
    return float(np.mean(scores))


def _encoded(summarizer: Summarizer, rows) -> tuple[list, list]:
    texts, summaries = zip(*rows, strict=True)
    return (
        summarizer.encode(texts, summarizer.source_length),
        summarizer.encode(summaries, summarizer.target_length),
    )
